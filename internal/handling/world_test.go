package handling_test

import (
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/blob"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/handling"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var (
	agent      = staff("agent", "12345", actor.Agent)
	dispatcher = staff("dispatcher", "12345", actor.Dispatcher)
	supervisor = staff("supervisor", "12345", actor.Supervisor)
	lamps      = staff("lamps", "lamps", actor.Clerk)
	water      = staff("water", "water", actor.Clerk)
	street     = staff("street", "street", actor.Clerk)
)

func staff(name, unit string, role actor.Role) actor.Actor {
	return actor.Actor{ID: "s-" + name, Roles: []actor.Role{role}, UnitID: unit, UnitPath: "city/" + unit + "/"}
}

// world is a small city: a hotline, two departments, a street with its community.
type world struct {
	*handling.Service
	t     *testing.T
	clock *sqldbtest.Clock
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	t.Helper()
	w := &world{t: t, clock: sqldbtest.ClockOf(db), Service: &handling.Service{DB: db, Vault: vault.Test(), Blobs: blob.NewMemory(db.Now), Catalog: &catalog.Shelf{DB: db}}}
	w.update(func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "12345", Parent: "city", Name: "热线", Kind: "hotline"},
			{ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}, {ID: "water", Parent: "city", Name: "水务集团", Kind: "utility"},
			{ID: "street", Parent: "city", Name: "文昌街道", Kind: "street"}, {ID: "wutong", Parent: "street", Name: "梧桐社区", Kind: "community"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		limit := calendar.Limit{N: 5, Unit: "wd"}
		for _, c := range []catalog.Category{{Code: "01", Name: "市政设施"}, {Code: "0101", Parent: "01", Name: "路灯不亮"}, {Code: "0102", Parent: "01", Name: "邻里协助"}} {
			c.Limit, c.Active = limit, true
			if err := catalog.SaveCategory(tx, "test", c, 0); err != nil {
				return err
			}
		}
		if err := catalog.SaveRefusal(tx, catalog.Refusal{Code: "legal_route", Name: "应走法定途径"}); err != nil {
			return err
		}
		for _, n := range []string{"accepted", "ask", "resumed", "extended", "suspended", "terminated", "answered"} {
			text := catalog.Text{Code: n, Kind: "notice", Title: n, Body: n + " {编号} {新截止日期}{原因}{措施}{日期}{答复}{补充内容}", Active: true}
			if err := catalog.SaveText(tx, "test", text); err != nil {
				return err
			}
		}
		return catalog.SaveCommunityItem(tx, catalog.CommunityItem{Category: "0102", Kind: "assist"})
	})
	if err := w.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) update(f func(*sqldb.Tx) error) {
	w.t.Helper()
	if err := w.DB.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// sent is a request that was just dispatched to the lamps unit.
func (w *world) sent(change ...func(*request.Draft)) *request.Order {
	w.t.Helper()
	var o *request.Order
	w.update(func(tx *sqldb.Tx) (err error) {
		d := request.Draft{ID: matter.ID(id.New(tx.Now)), Title: "路灯不亮", Body: "坏了三天", Category: "0101", Channel: "phone", Type: "help", State: request.ToDispatch,
			Contact: request.Contact{Name: "李芳", Phone: "13800005521", Masked: "李* 138****5521"}}
		for _, f := range change {
			f(&d)
		}
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		last, err := request.TakeNumbers(tx, "260302", 1)
		if err != nil {
			return err
		}
		d.Number = id.Number(tx.Now, last)
		limit := calendar.Limit{N: 5, Unit: "wd"}
		d.Due = w.Catalog.Book().Calendar.Due(tx.Now, limit)
		if o, err = request.Create(tx, w.Vault, agent, d); err != nil {
			return err
		}
		if _, err = request.AddTask(tx, request.Task{Matter: o.ID, Unit: "lamps", Lead: true, Limit: limit, DueAt: o.DueAt}); err != nil {
			return err
		}
		o.Unit = "lamps"
		return o.Record(tx, dispatcher, request.Deed{Name: request.DeedDispatched})
	})
	return o
}

// taken is a request that the lamps unit has accepted.
func (w *world) taken(change ...func(*request.Draft)) *request.Order {
	w.t.Helper()
	o := w.sent(change...)
	w.ok(w.Accept(w.t.Context(), lamps, handling.Accept{ID: o.ID}))
	return w.now(o)
}

// now is the request as it stands.
func (w *world) now(o *request.Order) *request.Order {
	w.t.Helper()
	var out *request.Order
	w.update(func(tx *sqldb.Tx) (err error) {
		out, err = request.Find(tx, actor.System, o.ID)
		return err
	})
	return out
}

func (w *world) tasks(o *request.Order) (out []request.Task) {
	w.t.Helper()
	w.update(func(tx *sqldb.Tx) (err error) {
		out, err = request.Tasks(tx, o.ID)
		return err
	})
	return out
}

func (w *world) count(q string, args ...any) (n int) {
	w.t.Helper()
	w.update(func(tx *sqldb.Tx) error { return tx.QueryRow(q, args...).Scan(&n) })
	return n
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// is checks state and version-independent facts of a request.
func (w *world) is(o *request.Order, state string) *request.Order {
	w.t.Helper()
	got := w.now(o)
	if got.State != state {
		w.t.Fatalf("state is %s, want %s", got.State, state)
	}
	return got
}

// refused checks that an act was refused with the sentence of key, and that
// nothing was written.
func (w *world) refused(o *request.Order, err error, key string) {
	w.t.Helper()
	found := false
	if k, _ := fault.KeyOf(err); k == key {
		found = true
	}
	for _, f := range fault.FieldsOf(err) {
		found = found || f.Key == key
	}
	if !found {
		w.t.Errorf("got %v, want %s", err, key)
	}
	if now := w.now(o); now.Version != o.Version {
		w.t.Errorf("a refused act wrote: version %d, want %d", now.Version, o.Version)
	}
}

func beijing(day, hour int) time.Time {
	return time.Date(2026, 3, day, hour, 0, 0, 0, time.FixedZone("CST", 8*3600))
}
