package exclusion_test

import (
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment/exclusion"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var (
	agent    = staff("agent", "hotline", actor.Agent)
	clerk    = staff("clerk", "lamps", actor.Clerk)
	water    = staff("water", "water", actor.Clerk)
	first    = staff("first", "hotline", actor.Supervisor)
	second   = staff("second", "hotline", actor.Reviewer)
	insider  = staff("insider", "lamps", actor.Supervisor)
	auditor  = staff("auditor", "hotline", actor.Auditor)
	fiveDays = calendar.Limit{N: 5, Unit: "wd"}
)

func staff(name, unit string, role actor.Role) actor.Actor {
	return actor.Actor{ID: "s-" + name, Name: name, Roles: []actor.Role{role}, UnitID: unit, UnitPath: "city/" + unit + "/"}
}

type world struct {
	t     *testing.T
	db    *sqldb.DB
	clock *sqldbtest.Clock
	s     *exclusion.Service
	next  int64
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, clock: sqldbtest.ClockOf(db), s: &exclusion.Service{DB: db, Catalog: &catalog.Shelf{DB: db}}}
	w.do(func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "hotline", Parent: "city", Name: "热线", Kind: "hotline"},
			{ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}, {ID: "water", Parent: "city", Name: "水务集团", Kind: "utility"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) do(f func(*sqldb.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// try does something that may be refused.
func (w *world) try(f func(*sqldb.Tx) error) error { return w.db.Update(w.t.Context(), f) }

// led is a request that lamps handles; closed when it has been asked about.
func (w *world) led(closed bool) *request.Order {
	w.t.Helper()
	var o *request.Order
	w.do(func(tx *sqldb.Tx) (err error) {
		w.next++
		d := request.Draft{ID: matter.ID(id.New(tx.Now)), Number: id.Number(tx.Now, w.next), State: request.ToDispatch, Channel: "phone", Type: "help", Title: "路灯不亮", Due: tx.Now.Add(120 * time.Hour)}
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		if o, err = request.Create(tx, vault.Test(), agent, d); err != nil {
			return err
		}
		o.Unit = "lamps"
		if err := o.Record(tx, agent, request.Deed{Name: request.DeedDispatched}); err != nil {
			return err
		}
		task, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: "lamps", Lead: true, Limit: fiveDays, DueAt: o.DueAt})
		if err != nil {
			return err
		}
		if err := o.Record(tx, clerk, request.Deed{Name: request.DeedAccepted}); err != nil || !closed {
			return err
		}
		if err := request.MoveTask(tx, task, request.TaskDone); err != nil {
			return err
		}
		for _, deed := range []string{request.DeedReplied, request.DeedReviewPassed, request.DeedClosed} {
			if err := o.Record(tx, agent, request.Deed{Name: deed}); err != nil {
				return err
			}
		}
		return nil
	})
	return o
}

func (w *world) ask(a actor.Actor, o *request.Order, ground string) error {
	return w.try(func(tx *sqldb.Tx) error {
		return w.s.AskTx(tx, a, exclusion.Ask{ID: o.ID, Ground: ground, Reason: "法定期限三十日"})
	})
}

func (w *world) rule(a actor.Actor, o *request.Order, grant bool) error {
	return w.try(func(tx *sqldb.Tx) error {
		return w.s.RuleTx(tx, a, exclusion.Rule{ID: o.ID, Exclusion: w.last(tx, o).ID, Grant: grant, Reason: "已核对"})
	})
}

func (w *world) appeal(a actor.Actor, o *request.Order) error {
	return w.try(func(tx *sqldb.Tx) error {
		return w.s.AppealTx(tx, a, exclusion.Appeal{ID: o.ID, Exclusion: w.last(tx, o).ID, Reason: "有新的证据"})
	})
}

func (w *world) last(tx *sqldb.Tx, o *request.Order) exclusion.Exclusion {
	list, err := exclusion.Of(tx, o.ID)
	if err != nil || len(list) == 0 {
		w.t.Fatalf("no application: %v", err)
	}
	return list[len(list)-1]
}

func (w *world) count(f request.Filter) (n int64) {
	w.t.Helper()
	w.do(func(tx *sqldb.Tx) (err error) {
		n, err = request.Count(tx, auditor, f)
		return err
	})
	return n
}

func (w *world) refused(what string, err error, want fault.Kind) {
	w.t.Helper()
	if fault.KindOf(err) != want {
		w.t.Errorf("%s: got %v, want %s", what, err, want)
	}
}

func TestAnExclusionChangesTheCountingAlone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o, other := w.led(true), w.led(true)
		w.refused("a unit that never led it", w.ask(water, o, "statutory"), fault.NotFound)
		w.refused("an unknown ground", w.ask(clerk, o, "nonsense"), fault.Invalid)
		w.refused("a ground that needs proof", w.ask(clerk, o, "outage"), fault.Invalid)
		if err := w.ask(clerk, o, "statutory"); err != nil {
			t.Fatal(err)
		}
		w.refused("twice", w.ask(clerk, o, "force"), fault.Conflict)
		if n := w.count(request.Filter{Excluded: request.AnyRate}); n != 0 {
			t.Errorf("%d requests are left out before anybody decided", n)
		}
		if err := w.rule(first, o, true); err != nil {
			t.Fatal(err)
		}
		for f, want := range map[[2]string]int64{{"", ""}: 2, {"kept", ""}: 1, {"solved", ""}: 2, {"", "kept"}: 1, {"", "solved"}: 0, {request.AnyRate, ""}: 1} {
			if n := w.count(request.Filter{Without: f[0], Excluded: f[1]}); n != want {
				t.Errorf("without %q, only %q: %d requests, want %d", f[0], f[1], n, want)
			}
		}
		w.do(func(tx *sqldb.Tx) error {
			now, err := request.Find(tx, actor.System, o.ID)
			if err == nil && (now.State != o.State || !now.DueAt.Equal(o.DueAt) || now.Round != o.Round) {
				t.Errorf("the request changed: %s, was %s", now.State, o.State)
			}
			if err == nil && !request.Life.Allows(now.State, request.DeedReopened) {
				t.Error("the resident can no longer have it reopened")
			}
			return err
		})
		w.refused("deciding again", w.rule(second, o, false), fault.Conflict)
		_ = other
	})
}

func TestNobodyDecidesOnHisOwnAndNobodyTwice(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.led(false)
		if err := w.ask(clerk, o, "not_duty"); err != nil {
			t.Fatal(err)
		}
		w.refused("a unit decides", w.rule(clerk, o, true), fault.Denied)
		w.refused("a supervisor of that unit", w.rule(insider, o, true), fault.Denied)
		w.refused("an appeal before a decision", w.appeal(clerk, o), fault.Conflict)
		if err := w.rule(first, o, false); err != nil {
			t.Fatal(err)
		}
		w.refused("another unit appeals", w.appeal(water, o), fault.NotFound)
		if err := w.appeal(clerk, o); err != nil {
			t.Fatal(err)
		}
		w.refused("the same person", w.rule(first, o, true), fault.Denied)
		if err := w.rule(second, o, false); err != nil {
			t.Fatal(err)
		}
		w.refused("a second appeal", w.appeal(clerk, o), fault.Conflict)
		if n := w.count(request.Filter{Excluded: request.AnyRate}); n != 0 {
			t.Errorf("%d requests are left out after two refusals", n)
		}
	})
}

func TestLimitsEnd(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o, late := w.led(true), w.led(true)
		if err := w.ask(clerk, o, "statutory"); err != nil {
			t.Fatal(err)
		}
		if err := w.rule(first, o, false); err != nil {
			t.Fatal(err)
		}
		w.clock.Add(30 * 24 * time.Hour)
		w.refused("an appeal after a month", w.appeal(clerk, o), fault.Conflict)
		w.refused("an application after a month", w.ask(clerk, late, "statutory"), fault.Conflict)
	})
}

func TestGroundsAreTheCitysAndKeepTheirNameOfThen(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.led(true)
		if err := w.ask(clerk, o, "statutory"); err != nil {
			t.Fatal(err)
		}
		w.do(func(tx *sqldb.Tx) error {
			g, err := catalog.FindGround(tx, "statutory")
			if err != nil {
				return err
			}
			g.Name, g.Rates, g.Active = "另一个名字", []string{"solved"}, false
			return catalog.SaveGround(tx, "s-admin", g, g.Rev)
		})
		w.refused("a ground no longer in use", w.ask(clerk, w.led(true), "statutory"), fault.Invalid)
		if err := w.rule(first, o, true); err != nil {
			t.Fatal(err)
		}
		w.do(func(tx *sqldb.Tx) error {
			if x := w.last(tx, o); x.GroundName == "另一个名字" || x.State != exclusion.Granted {
				t.Errorf("got %+v", x)
			}
			rates, err := request.ExcludedFrom(tx, o.ID)
			if len(rates) != 1 || rates[0] != "kept" {
				t.Errorf("left out of %v, want the rates of when it was asked", rates)
			}
			return err
		})
	})
}
