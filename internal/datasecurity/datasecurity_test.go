package datasecurity_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/datasecurity"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var keys = vault.Test()

const phone = "13800005521"

// world is a hotline with two units; people are accounts, since the log names them.
type world struct {
	t      *testing.T
	db     *sqldb.DB
	s      *datasecurity.Service
	people map[string]actor.Actor
	next   int64
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, s: &datasecurity.Service{DB: db, Vault: keys}, people: map[string]actor.Actor{}}
	w.do(func(tx *sqldb.Tx) error {
		for _, u := range []string{"city", "hotline", "lamps", "water"} {
			parent := "city"
			if u == "city" {
				parent = ""
			}
			if err := actor.SaveUnit(tx, actor.Unit{ID: u, Parent: parent, Name: u, Kind: "department", Active: true}); err != nil {
				return err
			}
		}
		for name, role := range map[string]actor.Role{"agent": actor.Agent, "lamps": actor.Clerk, "water": actor.Clerk, "auditor": actor.Auditor} {
			unit := name
			if role != actor.Clerk {
				unit = "hotline"
			}
			p, err := actor.SaveStaff(tx, actor.Staff{Login: "l-" + name, Name: "姓" + name, Number: "1" + name, UnitID: unit, Roles: []actor.Role{role}, Active: true}, "x")
			if err != nil {
				return err
			}
			w.people[name] = actor.Actor{ID: p, Roles: []actor.Role{role}, UnitID: unit, UnitPath: "city/" + unit + "/", Proved: db.Now()}
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

// given is a request of lamps with a contact, whose id it returns.
func (w *world) given(sealed bool) (o *request.Order, contact string) {
	w.t.Helper()
	w.do(func(tx *sqldb.Tx) (err error) {
		w.next++
		d := request.Draft{ID: matter.ID(id.New(tx.Now)), Number: id.Number(tx.Now, w.next), State: request.ToDispatch, Type: "help", Channel: "phone", Title: "路灯不亮",
			Sealed: sealed, Contact: request.Contact{Name: "李四", Phone: phone, Masked: "李** 138****5521"}}
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		if o, err = request.Create(tx, keys, w.people["agent"], d); err != nil {
			return err
		}
		if _, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: "lamps", Lead: true, Limit: calendar.Limit{N: 5, Unit: "wd"}, DueAt: tx.Now}); err != nil {
			return err
		}
		list, err := request.Contacts(tx, actor.System, o)
		contact = list[0].ID
		return err
	})
	return o, contact
}

func (w *world) log(f datasecurity.Search) (lines []datasecurity.Line, next string) {
	w.t.Helper()
	err := w.db.View(w.t.Context(), func(tx *sqldb.Tx) (err error) {
		lines, next, err = datasecurity.Read(tx, w.people["auditor"], f)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return lines, next
}

func TestEachLookIsLoggedWithItsReasonAndNoneWithout(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o, contact := w.given(false)
		look := func(who, reason string) (request.Contact, error) {
			_, c, err := w.s.Reveal(t.Context(), w.people[who], datasecurity.Reveal{Number: o.Number, Contact: contact, Reason: reason})
			return c, err
		}
		for _, x := range []struct {
			who, reason string
			want        fault.Kind
		}{{"lamps", "", fault.Invalid}, {"water", "约定上门", fault.NotFound}, {"auditor", "想看看", fault.Denied}} {
			if c, err := look(x.who, x.reason); fault.KindOf(err) != x.want || c.Phone != "" {
				t.Errorf("%s: %v, phone %q, want %s", x.who, err, c.Phone, x.want)
			}
		}
		if lines, _ := w.log(datasecurity.Search{Kind: datasecurity.Looks}); len(lines) != 0 {
			t.Errorf("refused looks are in the log: %+v", lines)
		}
		if c, err := look("lamps", "约定上门"); err != nil || c.Phone != phone {
			t.Errorf("got %q, %v", c.Phone, err)
		}
		lines, _ := w.log(datasecurity.Search{Kind: datasecurity.Looks, Number: o.Number})
		if len(lines) != 1 || lines[0].Who != "姓lamps" || lines[0].Unit != "lamps" || lines[0].About != o.Number || lines[0].Detail != "约定上门" {
			t.Errorf("log %+v", lines)
		}
		if strings.Contains(fmt.Sprint(lines), phone) || strings.Contains(fmt.Sprint(lines), "李四") {
			t.Error("the log shows what was seen")
		}
	})
}

func TestALookNeedsAFreshProofAndTheCitySetsHowFresh(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o, contact := w.given(false)
		look := func() error {
			_, _, err := w.s.Reveal(t.Context(), w.people["agent"], datasecurity.Reveal{Number: o.Number, Contact: contact, Reason: "回电核实"})
			return err
		}
		sqldbtest.ClockOf(db).Add(6 * time.Minute)
		if err := look(); !errors.Is(err, actor.ErrStepUp) {
			t.Errorf("six minutes after the proof: %v", err)
		}
		w.do(func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, "signin.look", "60") })
		if err := look(); err != nil {
			t.Errorf("where the city allows an hour: %v", err)
		}
	})
}

func TestWhoReportedAWrongIsKeptFromTheUnit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o, contact := w.given(true)
		_, c, err := w.s.Reveal(t.Context(), w.people["lamps"], datasecurity.Reveal{Number: o.Number, Contact: contact, Reason: "约定上门"})
		if fault.KindOf(err) != fault.Denied || !c.Empty() {
			t.Errorf("got %+v, %v, want a refusal", c, err)
		}
		if _, c, err = w.s.Reveal(t.Context(), w.people["agent"], datasecurity.Reveal{Number: o.Number, Contact: contact, Reason: "回电核实"}); err != nil || c.Phone != phone {
			t.Errorf("the hotline itself: %+v, %v", c, err)
		}
	})
}

func TestLogIsReadInPagesByPersonAndPeriod(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o, contact := w.given(false)
		clock := sqldbtest.ClockOf(db)
		start := clock.Now()
		for i := range 60 {
			who := w.people[[]string{"agent", "lamps", "agent"}[i%3]]
			who.Proved = clock.Now()
			if _, _, err := w.s.Reveal(t.Context(), who, datasecurity.Reveal{Number: o.Number, Contact: contact, Reason: fmt.Sprint("第", i, "次")}); err != nil {
				t.Fatal(err)
			}
			clock.Add(time.Minute)
		}
		first, next := w.log(datasecurity.Search{Kind: datasecurity.Looks})
		rest, end := w.log(datasecurity.Search{Kind: datasecurity.Looks, After: next})
		if len(first) != 50 || len(rest) != 10 || end != "" || first[0].Detail != "第59次" || rest[9].Detail != "第0次" {
			t.Errorf("pages of %d and %d, end %q", len(first), len(rest), end)
		}
		if lines, _ := w.log(datasecurity.Search{Kind: datasecurity.Looks, Person: "l-lamps"}); len(lines) != 20 {
			t.Errorf("%d lines of one person, want 20", len(lines))
		}
		if lines, _ := w.log(datasecurity.Search{Kind: datasecurity.Looks, From: start.Add(10 * time.Minute), To: start.Add(15 * time.Minute)}); len(lines) != 5 {
			t.Errorf("%d lines in five minutes, want 5", len(lines))
		}
	})
}

func TestAdministrationAndSignInsAreApartAndOnlyForTheAuditor(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.do(func(tx *sqldb.Tx) error {
			if err := actor.Deed(tx, w.people["agent"], "signin", w.people["agent"].ID, ""); err != nil {
				return err
			}
			return actor.Deed(tx, w.people["agent"], "staff.reset", w.people["water"].ID, "")
		})
		if lines, _ := w.log(datasecurity.Search{Kind: datasecurity.Deeds}); len(lines) != 1 || lines[0].About != "姓water" {
			t.Errorf("deeds %+v", lines)
		}
		if lines, _ := w.log(datasecurity.Search{Kind: datasecurity.SignIns}); len(lines) != 1 || lines[0].Who != "姓agent" {
			t.Errorf("sign-ins %+v", lines)
		}
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			_, _, err := datasecurity.Read(tx, w.people["agent"], datasecurity.Search{Kind: datasecurity.Looks})
			return err
		})
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("an agent reads the log: %v", err)
		}
	})
}

func TestTheLogCannotBeRewritten(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o, contact := w.given(false)
		if _, _, err := w.s.Reveal(t.Context(), w.people["agent"], datasecurity.Reveal{Number: o.Number, Contact: contact, Reason: "回电核实"}); err != nil {
			t.Fatal(err)
		}
		w.do(func(tx *sqldb.Tx) error { return actor.Deed(tx, w.people["agent"], "signin", "x", "") })
		for _, q := range []string{`update request_look set reason = 'x'`, `delete from request_look`, `update actor_deed set deed = 'x'`, `delete from actor_deed`} {
			if err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return tx.Exec(q) }); err == nil {
				t.Errorf("%s was let through", q)
			}
		}
	})
}
