package assessment_test

import (
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var (
	keys       = vault.Test()
	agent      = staff("agent", "hotline", actor.Agent)
	dispatcher = staff("dispatcher", "hotline", actor.Dispatcher)
	reviewer   = staff("reviewer", "hotline", actor.Reviewer)
	supervisor = staff("supervisor", "hotline", actor.Supervisor)
	auditor    = staff("auditor", "hotline", actor.Auditor)
	clerk      = staff("clerk", "lamps", actor.Clerk)
	lead       = staff("lead", "lamps", actor.Lead)
)

func staff(name, unit string, role actor.Role) actor.Actor {
	return actor.Actor{ID: "s-" + name, Name: name, Roles: []actor.Role{role}, UnitID: unit, UnitPath: "city/" + unit + "/"}
}

// fiveDays is what the units of this city have.
var fiveDays = calendar.Limit{N: 5, Unit: "wd"}

// world is a hotline with the units hotline, lamps (with lamps-east below) and
// water.
type world struct {
	t     *testing.T
	db    *sqldb.DB
	clock *sqldbtest.Clock
	s     *assessment.Service
	next  int64
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, clock: sqldbtest.ClockOf(db), s: &assessment.Service{DB: db, Vault: keys, Catalog: &catalog.Shelf{DB: db}, Atlas: &place.Shelf{DB: db}}}
	w.do(func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "hotline", Parent: "city", Name: "热线", Kind: "hotline"},
			{ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}, {ID: "lamps-east", Parent: "lamps", Name: "东片维护站", Kind: "contractor"},
			{ID: "water", Parent: "city", Name: "水务集团", Kind: "utility"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		for _, text := range []string{"closed", "reopened"} {
			if err := catalog.SaveText(tx, "s-admin", catalog.Text{Code: text, Kind: "notice", Title: text, Body: "{编号} {事项}", Active: true}); err != nil {
				return err
			}
		}
		return nil
	})
	w.reload()
	return w
}

func (w *world) reload() {
	w.t.Helper()
	if err := w.s.Catalog.Reload(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.s.Atlas.Reload(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) set(name, value string) {
	w.t.Helper()
	w.do(func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, name, value) })
	w.reload()
}

func (w *world) do(f func(*sqldb.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) view(f func(*sqldb.Tx) error) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// sent registers a request and gives it to a unit, which accepts it.
func (w *world) sent(unit string, d request.Draft) *request.Order {
	w.t.Helper()
	var o *request.Order
	w.do(func(tx *sqldb.Tx) (err error) {
		if w.next++; d.Type == "" {
			d.Type = "help"
		}
		d.ID, d.Number, d.State, d.Channel = matter.ID(id.New(tx.Now)), id.Number(tx.Now, w.next), request.ToDispatch, "phone"
		d.Title = "路灯不亮"
		d.Due = tx.Now.Add(5 * 24 * time.Hour)
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		if o, err = request.Create(tx, keys, agent, d); err != nil {
			return err
		}
		o.Unit = unit
		if err := o.Record(tx, dispatcher, request.Deed{Name: request.DeedDispatched}); err != nil {
			return err
		}
		task, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: unit, Lead: true, Limit: fiveDays, DueAt: o.DueAt})
		if err != nil {
			return err
		}
		if err := request.MoveTask(tx, task, request.TaskWorking); err != nil {
			return err
		}
		return o.Record(tx, clerk, request.Deed{Name: request.DeedAccepted})
	})
	return o
}

// reply answers it as the unit does.
func (w *world) reply(m matter.ID) {
	w.t.Helper()
	w.do(func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, m, 0)
		if err != nil {
			return err
		}
		t, err := request.OpenLead(tx, m)
		if err != nil {
			return err
		}
		o.Replies++
		err = o.Record(tx, clerk, request.Deed{Name: request.DeedReplied, Notes: []request.Note{{Kind: "answer", Audience: request.Public, Text: "已经修好。"}, {Kind: "record", Text: "更换接触器。"}}})
		if err != nil {
			return err
		}
		return request.MoveTask(tx, t.ID, request.TaskDone)
	})
}

// replied is a request of lamps that was answered to somebody with a telephone.
func (w *world) replied() *request.Order {
	w.t.Helper()
	o := w.sent("lamps", request.Draft{Contact: request.Contact{Name: "李四", Phone: "13800005521", Masked: "李** 138****5521"}})
	w.reply(o.ID)
	return w.now(o.ID)
}

// asked is replied and passed by the review.
func (w *world) asked() *request.Order {
	w.t.Helper()
	o := w.replied()
	w.must(w.s.ReviewPass(w.t.Context(), reviewer, assessment.ReviewPass{ID: o.ID, Version: o.Version, Checked: true}))
	return w.now(o.ID)
}

func (w *world) now(m matter.ID) (o *request.Order) {
	w.t.Helper()
	w.view(func(tx *sqldb.Tx) (err error) {
		o, err = request.Find(tx, actor.System, m)
		return err
	})
	return o
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) refused(err error, want fault.Kind) {
	w.t.Helper()
	if fault.KindOf(err) != want {
		w.t.Errorf("got %v, want a fault of kind %s", err, want)
	}
}

func (w *world) state(m matter.ID, want string) {
	w.t.Helper()
	if got := w.now(m).State; got != want {
		w.t.Errorf("state %s, want %s", got, want)
	}
}
