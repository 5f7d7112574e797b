package scoring_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment/scoring"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var (
	sysadmin   = actor.Actor{ID: "s-sys", Roles: []actor.Role{actor.SysAdmin}, UnitID: "hotline", UnitPath: "city/hotline/"}
	supervisor = actor.Actor{ID: "s-sup", Roles: []actor.Role{actor.Supervisor}, UnitID: "hotline", UnitPath: "city/hotline/"}
	agent      = actor.Actor{ID: "s-agent", Roles: []actor.Role{actor.Agent}, UnitID: "hotline", UnitPath: "city/hotline/"}
)

type world struct {
	t     *testing.T
	db    *sqldb.DB
	s     *scoring.Service
	clock *sqldbtest.Clock
	n     int64
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, s: &scoring.Service{DB: db, Catalog: &catalog.Shelf{DB: db}}, clock: sqldbtest.ClockOf(db)}
	w.do(func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "hotline", Parent: "city", Name: "热线", Kind: "hotline"}, {ID: "lamps", Parent: "city", Name: "路灯所", Kind: "department"},
			{ID: "water", Parent: "city", Name: "水务局", Kind: "department"}, {ID: "east", Parent: "lamps", Name: "东片", Kind: "contractor"}} {
			if u.Active = true; u.ID != "" {
				if err := actor.SaveUnit(tx, u); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err := w.s.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) do(f func(*sqldb.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// rated makes a request of a unit that its resident has spoken about.
func (w *world) rated(unit, topic, solved string, rating int64) {
	w.t.Helper()
	w.do(func(tx *sqldb.Tx) error {
		w.n++
		d := request.Draft{ID: matter.ID(id.New(tx.Now)), Number: id.Number(tx.Now, w.n), State: request.ToDispatch, Channel: "phone", Type: "help", Title: "路灯不亮", Category: topic}
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		o, err := request.Create(tx, vault.Test(), agent, d)
		if err != nil {
			return err
		}
		o.Unit, o.Solved, o.Rating = unit, solved, rating
		return o.Record(tx, actor.System, request.Deed{Name: request.DeedDispatched})
	})
}

func (w *world) month() string { return w.now().Format("2006-01") }

func (w *world) now() (t time.Time) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), func(tx *sqldb.Tx) error {
		t = tx.Now.In(w.s.Catalog.Book().Calendar.Zone)
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return t
}

const twoRates = `{"code": "city", "name": "本市考核", "source": "办法", "least": 2, "total": {"round": {"decimals": 2}}, "items": [
	{"code": "solved", "name": "解决率", "kind": "linear", "full": 60, "input": {"decimals": 2}, "rate": "solved"},
	{"code": "satisfied", "name": "满意率", "kind": "slope", "full": 40, "line": 95, "slope": 0.5, "floor": 20, "input": {"decimals": 2}, "rate": "satisfied"}]}`

func (w *world) keep(text string) scoring.Version {
	w.t.Helper()
	v, err := w.s.Save(w.t.Context(), sysadmin, scoring.Save{Text: []byte(text)})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) enforce(v scoring.Version, from string) error {
	return w.s.Enforce(w.t.Context(), sysadmin, scoring.Enforce{ID: v.ID, Rev: v.Rev, From: from})
}

func refused(t *testing.T, err error, kind fault.Kind, key string) {
	t.Helper()
	got, _ := fault.KeyOf(err)
	if fault.KindOf(err) != kind || key != "" && got != key {
		t.Errorf("got %v, want %s %s", err, kind, key)
	}
}

func TestAMonthKeepsTheSchemeItWasScoredBy(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		now := w.now()
		first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location())
		at := func(months int) string { return first.AddDate(0, months, 0).Format("2006-01") }
		old := w.keep(twoRates)
		if err := w.enforce(old, at(-3)); err != nil {
			t.Fatalf("before any rule was in force: %v", err)
		}
		changed := w.keep(strings.Replace(twoRates, `"full": 60`, `"full": 50`, 1))
		refused(t, w.enforce(changed, at(-1)), fault.Invalid, "scoring.scored_already")
		refused(t, w.enforce(changed, "soon"), fault.Invalid, "scoring.which_month")
		if err := w.enforce(changed, at(1)); err != nil {
			t.Fatal(err)
		}
		refused(t, w.enforce(w.keep(twoRates), at(1)), fault.Invalid, "scoring.later_there")
		refused(t, w.enforce(w.keep(twoRates), at(0)), fault.Invalid, "scoring.later_there")
		for months, want := range map[int]string{-4: "", -3: old.ID, 0: old.ID, 1: changed.ID, 9: changed.ID} {
			w.do(func(tx *sqldb.Tx) error {
				v, ok, err := scoring.InForce(tx, at(months))
				if ok != (want != "") || ok && v.ID != want {
					t.Errorf("month %s: %v %s, want %q", at(months), ok, v.ID, want)
				}
				return err
			})
		}
		_, err := w.s.Save(t.Context(), sysadmin, scoring.Save{ID: old.ID, Rev: old.Rev + 1, Text: []byte(twoRates)})
		refused(t, err, fault.Invalid, "scoring.in_force")
		refused(t, w.s.Remove(t.Context(), sysadmin, old.ID, old.Rev+1), fault.Invalid, "scoring.in_force")
	})
}

func TestDraftsAreCheckedCopiedAndRemoved(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		for text, place := range map[string]string{
			strings.Replace(twoRates, `"rate": "solved"`, `"rate": "returned"`, 1):            "items[0].rate",
			strings.Replace(twoRates, `"least": 2`, `"choices": {"basic": "perhaps"}`, 1):     "choices.basic",
			strings.Replace(twoRates, `"slope": 0.5`, `"slope": 0`, 1):                        "items[1].slope",
			strings.Replace(twoRates, `"least": 2`, `"choices": {"accept_hours": "9999"}`, 1): "choices.accept_hours",
		} {
			_, err := w.s.Save(t.Context(), sysadmin, scoring.Save{Text: []byte(text)})
			var f fault.Fields
			if !errors.As(err, &f) {
				t.Errorf("%s is taken: %v", place, err)
				continue
			}
			if _, ok := f.Of(place); !ok {
				t.Errorf("%v, want %s", err, place)
			}
		}
		v := w.keep(twoRates)
		_, err := w.s.Save(t.Context(), sysadmin, scoring.Save{ID: v.ID, Rev: v.Rev + 1, Text: []byte(twoRates)})
		refused(t, err, fault.Conflict, "")
		_, err = w.s.Save(t.Context(), supervisor, scoring.Save{Text: []byte(twoRates)})
		refused(t, err, fault.Denied, "")
		c, err := w.s.Copy(t.Context(), sysadmin, v.ID)
		if err != nil || c.CopyOf != v.ID || c.State != scoring.Draft || string(c.Text()) != string(v.Text()) {
			t.Errorf("copy: %+v, %v", c, err)
		}
		if err := w.s.Remove(t.Context(), sysadmin, c.ID, c.Rev); err != nil {
			t.Fatal(err)
		}
		refused(t, w.s.Remove(t.Context(), sysadmin, c.ID, c.Rev), fault.NotFound, "")
	})
}

// TestAMonthIsScoredByItsRequests scores a month, does one sum by hand, and
// holds every count against the list it leads to.
func TestAMonthIsScoredByItsRequests(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		if err := w.enforce(w.keep(twoRates), w.month()); err != nil {
			t.Fatal(err)
		}
		// lamps with east: 4 asked, 3 solved, 3 satisfied of 4. water: 1 of 1, too few to rank.
		w.rated("lamps", "0101", "yes", 5)
		w.rated("lamps", "0101", "yes", 3)
		w.rated("east", "0102", "yes", 4)
		w.rated("east", "0102", "no", 1)
		w.rated("lamps", "0101", "", 0)
		w.rated("water", "0101", "yes", 5)
		w.do(func(tx *sqldb.Tx) error {
			got, err := w.s.Scores(tx, supervisor, w.month())
			if err != nil {
				return err
			}
			lamps := got["lamps"]
			// 60 × 75% = 45; 40 − 0.5 × (95 − 75) = 30
			if lamps.Came != 5 || lamps.Total == nil || lamps.Total.String() != "75" || lamps.Rank != 1 || lamps.Of != 1 {
				t.Errorf("lamps: %+v", lamps)
			}
			if water := got["water"]; water.Apart != score.ApartFew || water.Rank != 0 || water.Total == nil || water.Total.String() != "100" {
				t.Errorf("water: %+v", water)
			}
			for unit, row := range got {
				for rate, c := range row.Counts {
					met, of, err := w.s.Lists(tx, supervisor, w.month(), rate, unit)
					if err != nil {
						return err
					}
					if met != c.K || of != c.N {
						t.Errorf("%s of %s: %d/%d, its lists have %d/%d", rate, unit, c.K, c.N, met, of)
					}
				}
			}
			return nil
		})
	})
}

func TestABonusIsGivenWithAReasonAndStandsApart(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		with := strings.Replace(twoRates, `"items": [`, `"items": [{"code": "bonus", "name": "加分项", "kind": "bonus", "full": 0, "cap": 5},`, 1)
		if err := w.enforce(w.keep(with), w.month()); err != nil {
			t.Fatal(err)
		}
		w.rated("lamps", "0101", "yes", 5)
		w.rated("lamps", "0101", "no", 1)
		give := func(a actor.Actor, item, value, reason string) error {
			return w.s.Give(t.Context(), a, scoring.Give{Month: w.month(), Unit: "lamps", Item: item, Value: value, Reason: reason})
		}
		refused(t, give(sysadmin, "bonus", "2", "通报表扬"), fault.Denied, "")
		for _, x := range [][3]string{{"solved", "90", "通报表扬"}, {"bonus", "two", "通报表扬"}, {"bonus", "-1", "通报表扬"}, {"bonus", "2", ""}} {
			refused(t, give(supervisor, x[0], x[1], x[2]), fault.Invalid, "")
		}
		for _, x := range []struct{ value, bonus, total string }{{"2.5", "2.5", "52.5"}, {"9", "5", "55"}, {"", "0", "50"}} {
			if err := give(supervisor, "bonus", x.value, "通报表扬"); err != nil {
				t.Fatal(err)
			}
			w.do(func(tx *sqldb.Tx) error {
				got, err := w.s.Scores(tx, supervisor, w.month())
				// 60 × 50% = 30; 40 − 0.5 × (95 − 50) is below the floor: 20
				if r := got["lamps"]; r.Total == nil || r.Bonus.String() != x.bonus || r.Total.String() != x.total {
					t.Errorf("given %q: %+v, want a bonus of %s and %s in all", x.value, r, x.bonus, x.total)
				}
				return err
			})
		}
	})
}

func TestItemsGoThroughAWorkbookUnchanged(t *testing.T) {
	for _, name := range score.Templates() {
		s, _, err := score.Template(name)
		if err != nil {
			t.Fatal(err)
		}
		want := scoring.Version{Scheme: s}
		var book bytes.Buffer
		if err := scoring.WriteXLSX(&book, want); err != nil {
			t.Fatal(err)
		}
		text, err := scoring.FromWorkbook("items.xlsx", book.Bytes(), want.Text())
		if err != nil {
			t.Fatal(err)
		}
		got, err := scoring.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a, b := string((scoring.Version{Scheme: got}).Text()), string(want.Text()); a != b {
			t.Errorf("%s changed:\n%s\nwant\n%s", name, a, b)
		}
	}
	_, err := scoring.FromWorkbook("x.xlsx", []byte("PK broken"), nil)
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a broken workbook: %v", err)
	}
}
