package handling

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// todayPage is what a unit has to do, the most pressing first.
type todayPage struct {
	page.Base
	Unit     string
	Segment  string
	Segments []page.Segment
	Jobs     []job
	More     bool // there is more than the page holds
}

// job is one task with what the page says of it.
type job struct {
	request.Row
	Task      request.Task
	Kind      string // shape of the word
	Word      string // how the date stands
	Ruler     page.Ruler
	Where     string
	Category  string
	Segment   string // the segment it belongs to
	Soon      bool
	Standing  string
	UntilWord string // until when the clock stands still
}

// mostJobs is more than a unit can do in a day; the rest is in the list.
const mostJobs = 200

// todaySegments are the tabs in order; "answer" holds those of "working" whose
// date is near or past.
var todaySegments = []string{"", "accept", "working", "answer", "assist", "wait"}

// today answers GET /today.
func (s *Service) today(w http.ResponseWriter, r *http.Request) error {
	a := actor.From(r.Context())
	p := &todayPage{Base: s.Base(w, r, "handling.today"), Unit: a.UnitName, Segment: r.URL.Query().Get("part")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.fillToday(tx, a, p) })
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, todayView(p))
}

func (s *Service) fillToday(tx *sqldb.Tx, a actor.Actor, p *todayPage) error {
	rows, next, err := request.List(tx, a, request.Filter{Task: a.UnitID, Open: "yes", Sort: "due"}, request.Page{Size: mostJobs})
	if err != nil {
		return err
	}
	p.More = next != ""
	tasks, err := openTasks(tx, a.UnitID)
	if err != nil {
		return err
	}
	waits, err := waitsOf(tx, a.UnitID)
	if err != nil {
		return err
	}
	var all []job
	for _, row := range rows {
		j := s.job(p.Base, row, tasks[row.ID])
		if until := waits[row.ID]; until != 0 && j.Segment == "wait" {
			j.UntilWord = p.T("handling.wait_until", p.Short(sqldb.FromMicros(until)))
		}
		all = append(all, j)
	}
	slices.SortStableFunc(all, byTimeLeft)
	p.cut(all)
	return nil
}

// byTimeLeft puts what waits for somebody else last.
func byTimeLeft(a, b job) int {
	waits := func(j job) int {
		if j.Segment == "wait" {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(waits(a), waits(b)), a.Task.DueAt.Compare(b.Task.DueAt))
}

// cut counts the segments and keeps the jobs of the one that is open.
func (p *todayPage) cut(all []job) {
	count := map[string]int{"": len(all)}
	for _, j := range all {
		count[j.Segment]++
		if j.in("answer") {
			count["answer"]++
		}
		if j.in(p.Segment) {
			p.Jobs = append(p.Jobs, j)
		}
	}
	for _, name := range todaySegments {
		p.Segments = append(p.Segments, page.Segment{Label: p.T("handling.part_" + orAll(name)), Path: p.With("part", name), Count: count[name], Current: name == p.Segment})
	}
}

func orAll(name string) string {
	if name == "" {
		return "all"
	}
	return name
}

func (j job) in(segment string) bool {
	return segment == "" || segment == j.Segment || segment == "answer" && j.Segment == "working" && j.Soon && j.State == request.InProgress
}

// job judges one task by its own date: an assistant's is not the request's.
func (s *Service) job(b page.Base, row request.Row, t request.Task) job {
	cal := s.Catalog.Book().Calendar
	own := row.Order
	if !t.DueAt.IsZero() {
		own.DueAt = t.DueAt
	}
	if !t.Lead && !t.SentAt.IsZero() {
		own.OpenedAt = t.SentAt
	}
	j := job{Row: row, Task: t, Where: show.Where(row.AreaName, row.Address), Category: row.CategoryName}
	j.Kind, j.Word = show.Due(b, cal, &own, b.Now)
	j.Ruler = show.Ruler(b, cal, &own, row.Pauses, b.Now, false)
	j.Soon = show.Standing(cal, &own, b.Now) != show.OnTime
	j.Segment = segmentOf(row.State, t)
	return j
}

func segmentOf(state string, t request.Task) string {
	switch {
	case t.State == request.TaskToAccept:
		return "accept"
	case state == request.Waiting || state == request.OnHold:
		return "wait"
	case !t.Lead:
		return "assist"
	}
	return "working"
}

// openTasks are the open tasks of a unit by request; where a unit leads and
// assists, the lead's stands.
func openTasks(tx *sqldb.Tx, unit string) (map[matter.ID]request.Task, error) {
	const q = `select t.id, t.matter_id, t.role, t.state, t.sent_at, t.due_at from request_task t where t.unit_id = $1 and t.open order by t.role, t.sent_at`
	rows, err := tx.Query(q, unit)
	if err != nil {
		return nil, fmt.Errorf("open tasks of %s: %w", unit, err)
	}
	defer rows.Close()
	out := map[matter.ID]request.Task{}
	for rows.Next() {
		t := request.Task{Unit: unit, Open: true}
		var role string
		var sent, due int64
		if err := rows.Scan(&t.ID, &t.Matter, &role, &t.State, &sent, &due); err != nil {
			return nil, err
		}
		t.Lead, t.SentAt, t.DueAt = role == "lead", sqldb.FromMicros(sent), sqldb.FromMicros(due)
		out[t.Matter] = t
	}
	return out, rows.Err()
}

// waitsOf are the dates at which stopped clocks of a unit's requests start again.
func waitsOf(tx *sqldb.Tx, unit string) (map[matter.ID]int64, error) {
	const q = `select w.matter_id, w.until_at from handling_wait w where w.matter_id in (select t.matter_id from request_task t where t.unit_id = $1 and t.open)`
	rows, err := tx.Query(q, unit)
	if err != nil {
		return nil, fmt.Errorf("waits of %s: %w", unit, err)
	}
	defer rows.Close()
	out := map[matter.ID]int64{}
	for rows.Next() {
		var m matter.ID
		var at int64
		if err := rows.Scan(&m, &at); err != nil {
			return nil, err
		}
		out[m] = at
	}
	return out, rows.Err()
}

// path leads to the request's page with a form open.
func (j job) path(b page.Base, act string) string {
	return b.URL(show.Path(&j.Order) + "?act=" + act)
}

func (j job) version() string { return strconv.FormatInt(j.Version, 10) }

// pleads names what the unit has asked for and waits to be ruled on.
func (j job) pleads() bool {
	return slices.Contains([]string{request.ObjectionReview, request.ExtensionReview, request.HoldReview, request.TerminationReview}, j.State)
}
