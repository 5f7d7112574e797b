package request

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/alike"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/geo"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// report is one row of Boston's file.
type report struct {
	id, title, body, topic, branch, address, closing string
	opened, closed                                   time.Time
	at                                               geo.Point
}

// duplicate is how closing texts say that a report repeats another one, and
// partner the number by which they name it: "Duplicate of Existing Case See CRM#
// 310556", "REFER TO CN#101000302680", "Same as #320927".
var (
	duplicate = regexp.MustCompile(`(?i)dup|same as|see ?crm`)
	partner   = regexp.MustCompile(`(?:\b|\D)(?:101000)?([23]\d{5})(?:\D|$)`)
)

// partnerOf is the report that the closing text names, "" none.
func (r report) partnerOf() string {
	if m := partner.FindStringSubmatch(r.closing); m != nil && duplicate.MatchString(r.closing) {
		return "101000" + m[1]
	}
	return ""
}

// TestTruePartnersAreOffered replays Boston's summer of 2011: the reports come in
// and are closed at their times, and when one comes of which the city later
// wrote that it repeats another one, named by its number, and that one is then
// open, what Similar offers is compared with it. Without GONGZHI_EVAL only July
// is replayed.
func TestTruePartnersAreOffered(t *testing.T) {
	reports := boston(t)
	db := sqldbtest.New(t, sqldb.SQLite)
	at := map[string]int{}
	for i, r := range reports {
		at[r.id] = i
	}
	var first [6]int                                                                     // at place 1 … 5; 0 not among five
	months := map[time.Month]*[2]int{time.July: {}, time.August: {}, time.September: {}} // among three, of
	n, elsewhere, late, gone := 0, 0, 0, 0
	city := replay{t: t, db: db, list: reports}
	city.tree()
	for i, r := range reports {
		if os.Getenv("GONGZHI_EVAL") == "" && r.opened.Month() > time.July {
			break
		}
		j, there := at[r.partnerOf()]
		switch {
		case r.partnerOf() == "":
			continue
		case !there:
			elsewhere++
			continue
		case j >= i:
			late++
			continue
		case !reports[j].closed.IsZero() && !reports[j].closed.After(r.opened):
			gone++
			continue
		}
		n++
		city.until(i)
		k := city.place(r, reports[j].id)
		first[k]++
		months[r.opened.Month()][1]++
		if k >= 1 && k <= 3 {
			months[r.opened.Month()][0]++
		}
	}
	share := func(k int) float64 {
		sum := 0
		for _, x := range first[1 : k+1] {
			sum += x
		}
		return float64(sum) / float64(n)
	}
	fmt.Printf("Boston: %d closing texts name an earlier, open request; it is offered first %.1f %%, among three %.1f %%, among five %.1f %% (left out: %d not in the file, %d opened later, %d closed before)\n",
		n, 100*share(1), 100*share(3), 100*share(5), elsewhere, late, gone)
	for _, m := range []time.Month{time.July, time.August, time.September} {
		fmt.Printf("  %s: %d of %d among three\n", m, months[m][0], months[m][1])
	}
	if n < 80 || share(3) < 0.75 {
		t.Errorf("n = %d, among the first three %.3f", n, share(3))
	}
}

// boston reads the file, oldest first.
func boston(t *testing.T) []report {
	t.Helper()
	var out []report
	each(t, filepath.Join("boston311", "requests_2011-07_09.csv"), func(get func(string) string) {
		x := report{id: get("case_enquiry_id"), title: get("case_title"), topic: get("type"), branch: get("reason"), address: get("location_street_name"), closing: get("closure_reason")}
		x.opened, _ = time.Parse(time.DateTime, get("open_dt"))
		x.closed, _ = time.Parse(time.DateTime, get("closed_dt"))
		x.at.Lat, _ = strconv.ParseFloat(get("latitude"), 64)
		x.at.Lng, _ = strconv.ParseFloat(get("longitude"), 64)
		if x.at == (geo.Point{Lat: 42.3594, Lng: -71.0587}) {
			x.at = geo.Point{} // where the city's system puts what it cannot find
		}
		out = append(out, x)
	})
	slices.SortStableFunc(out, func(a, b report) int { return a.opened.Compare(b.opened) })
	return out
}

// each reads a file of real data, which may not be copied into the repository.
func each(t *testing.T, name string, take func(get func(column string) string)) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatalf("GONGZHI_SHARED=required, and %v", err)
		}
		t.Skipf("no real data beside the repository: %v", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.LazyQuotes = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := map[string]int{}
	for i, name := range rows[0] {
		col[name] = i
	}
	for _, row := range rows[1:] {
		take(func(name string) string { return row[col[name]] })
	}
}

// TestCopiesAreOfferedWithoutAPlace replays a year of real messages, of which
// neither place nor category is known: of each text that came before, but for
// blanks, the earlier one must be offered.
func TestCopiesAreOfferedWithoutAPlace(t *testing.T) {
	var list []report
	each(t, filepath.Join("messages", "stream_2019.csv"), func(get func(string) string) {
		list = append(list, report{id: get("留言编号"), title: strings.TrimSpace(get("留言主题")), body: get("留言详情"), opened: beginning.Add(time.Duration(len(list)) * time.Hour / 4)})
	})
	if os.Getenv("GONGZHI_EVAL") == "" {
		list = list[:1500]
	}
	db := sqldbtest.New(t, sqldb.SQLite)
	city := replay{t: t, db: db, list: list}
	before := map[uint64]string{}
	n, found := 0, 0
	for i, r := range list {
		first, copied := before[alike.Print(r.body)]
		if !copied {
			before[alike.Print(r.body)] = r.id
			continue
		}
		n++
		city.until(i)
		if p := city.place(r, first); p >= 1 && p <= 3 {
			found++
		}
	}
	fmt.Printf("Messages without a place: of %d copied texts the first one is among three offered %d times\n", n, found)
	if n < 10 || found < n {
		t.Errorf("%d of %d", found, n)
	}
}

// replay lets reports come in and be closed as time passes.
type replay struct {
	t    *testing.T
	db   *sqldb.DB
	list []report
	come int
	open []report
}

// tree keeps the city's types under what it calls their reasons.
func (y *replay) tree() {
	y.t.Helper()
	seen := map[string]bool{}
	err := y.db.Update(y.t.Context(), func(tx *sqldb.Tx) error {
		for _, r := range y.list {
			if seen[r.topic] {
				continue
			}
			seen[r.topic] = true
			if err := catalog.SaveCategory(tx, "", catalog.Category{Code: r.topic, Parent: r.branch, Name: r.topic, Limit: calendar.Limit{N: 5, Unit: "wd"}, Type: "help", Active: true}, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		y.t.Fatal(err)
	}
}

// until lets all reports before the i-th come in, and closes what had been closed.
func (y *replay) until(i int) {
	y.t.Helper()
	now := y.list[i].opened
	sqldbtest.ClockOf(y.db).Set(now)
	var came []string
	var matters, orders [][]any
	for ; y.come < i; y.come++ {
		r := y.list[y.come]
		y.open, came = append(y.open, r), append(came, r.id)
		matters = append(matters, []any{r.id, "request", r.id, ToDispatch, true, 1, r.title, r.topic, "", "", false, r.opened.UnixMicro(), r.opened.UnixMicro()})
		var lat, lng any
		if !r.at.Zero() {
			lat, lng = r.at.Lat, r.at.Lng
		}
		orders = append(orders, []any{r.id, "help", "web", r.body, r.topic, 1, "[]", r.address, "", "", lat, lng, "normal", "public", false, "", "", nil, "", 0, false, 0, 0, "", 0})
	}
	var done []string
	y.open = slices.DeleteFunc(y.open, func(r report) bool {
		over := !r.closed.IsZero() && !r.closed.After(now)
		if over {
			done = append(done, r.id)
		}
		return over
	})
	err := y.db.Update(y.t.Context(), func(tx *sqldb.Tx) error {
		if err := tx.InsertRows(`insert into matter(id, kind, number, state, open, version, title, topic, area, unit, sealed, opened_at, changed_at) values (`, matters); err != nil {
			return err
		}
		if err := tx.InsertRows(`insert into request_order(matter_id, type, channel, body, category, category_rev, answers, address, area, district, lat, lng, urgency, publicity,
			no_reply, code_hash, source, source_id, taken_by, round, ruled, followers, reply_count, solved, rating) values (`, orders); err != nil {
			return err
		}
		for part := range slices.Chunk(done, 100) {
			marks, args := sqldb.In(1, part)
			if err := tx.Exec(`update matter set open = false where id in (`+marks+`)`, args...); err != nil {
				return err
			}
		}
		for part := range slices.Chunk(append(came, done...), 100) {
			if err := markAll(tx, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		y.t.Fatal(err)
	}
}

// place is where the named one stands among the five that are offered, 0 nowhere.
func (y *replay) place(r report, want string) int {
	y.t.Helper()
	place := 0
	err := y.db.View(y.t.Context(), func(tx *sqldb.Tx) error {
		twins, err := Similar(tx, agent, Likeness{Category: r.topic, Text: r.title + "\n" + r.body, Address: r.address, Lat: r.at.Lat, Lng: r.at.Lng})
		place = 1 + slices.IndexFunc(twins, func(x Twin) bool { return x.ID == matter.ID(want) })
		return err
	})
	if err != nil {
		y.t.Fatal(err)
	}
	return place
}
