package dispatch_test

import (
	"fmt"
	"sync"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// decided writes the decisions of a category as the watcher does: of n, wrong
// ones went elsewhere.
func (w *world) decided(category string, n, wrong int) {
	w.t.Helper()
	o := w.register(request.Draft{})
	w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
		const numbers = `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $1) `
		const matters = numbers + `insert into matter(id, kind, number, state, open, version, title, topic, area, unit, sealed, opened_at, due_at, closed_at, changed_at)
			select 'old-' || cast(n.i as text), m.kind, 'old-' || cast(n.i as text), 'closed', $2, m.version, m.title, m.topic, m.area, m.unit, m.sealed, m.opened_at, m.due_at, m.closed_at, m.changed_at
			from n, matter m where m.id = $3`
		if err := tx.Exec(matters, n, false, o.ID); err != nil {
			return err
		}
		const cases = numbers + `insert into advice_case(matter_id, at, category, share, second, third, type, unit, unit_share, model, chosen, chosen_type, first_unit, chosen_unit, decided_at, returned, direct, words)
			select 'old-' || cast(n.i as text), n.i, $2, 0.97, '', '', 'help', 'lamps', 0.9, 'm1', case when n.i < $3 then '1302' else $2 end, 'help', 'lamps', 'lamps', n.i + 1, $4, $4, '' from n`
		return tx.Exec(cases, n, category, wrong, false)
	}))
}

// proposed is a new request for which the program proposed its own category.
func (w *world) proposed(d request.Draft, share float64) *request.Order {
	w.t.Helper()
	o := w.register(d)
	w.must(w.Advice.Watcher().Drain(ctx(w), w.DB)) // what it would say itself
	w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
		const q = `insert into advice_case(matter_id, at, category, share, second, third, type, unit, unit_share, model, chosen, chosen_type, first_unit, chosen_unit, decided_at, returned, direct, words)
			values ($1, 1, $2, $3, '', '', 'help', 'lamps', 0.9, 'm1', '', '', '', '', 0, $4, $4, '路灯') on conflict (matter_id) do update set category = excluded.category, share = excluded.share, model = excluded.model, words = excluded.words`
		return tx.Exec(q, o.ID, o.Category, share, false)
	}))
	return o
}

func (w *world) directly() {
	w.t.Helper()
	w.Advice = &advice.Advisor{DB: w.DB, Catalog: w.Catalog}
}

func (w *world) trust(category string) (t advice.Trust) {
	w.t.Helper()
	w.must(w.DB.View(ctx(w), func(tx *sqldb.Tx) (err error) {
		t, err = advice.TrustIn(tx, category)
		return err
	}))
	return t
}

func (w *world) state(o *request.Order) string { return w.now(actor.System, o).State }

func TestOnlyWhatWasRightAlmostAlwaysGoesWithoutAPerson(t *testing.T) {
	for _, c := range []struct {
		n, wrong int
		may      bool
	}{{499, 0, false}, {500, 11, false}, {500, 10, true}, {1000, 10, true}} {
		t.Run(fmt.Sprintf("%d wrong of %d", c.wrong, c.n), func(t *testing.T) {
			eachDB(t, func(w *world) {
				w.directly()
				w.decided("0101", c.n, c.wrong)
				err := w.Advice.Direct(ctx(w), dispatcher, "0101", true)
				if !c.may {
					w.wants(err, fault.Conflict, "advice.not_trusted")
				} else {
					w.must(err)
				}
				if got := w.trust("0101"); got.On() != c.may {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func TestACategoryThatSinksIsSwitchedOffAndSaysSo(t *testing.T) {
	eachDB(t, func(w *world) {
		w.directly()
		w.decided("0101", 500, 10)
		w.must(w.Advice.Direct(ctx(w), dispatcher, "0101", true))
		w.must(w.Advice.DropDirect(ctx(w)))
		if !w.trust("0101").On() {
			t.Fatal("98 % were not enough")
		}
		w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
			return tx.Exec(`update advice_case set returned = $1 where matter_id = 'old-499'`, true)
		}))
		o := w.proposed(request.Draft{}, 0.97)
		w.must(w.SendDirect(ctx(w))) // the night has not come: it is looked at again now
		if got := w.trust("0101"); !got.Sunk() || got.OffOf != 500 || got.OffRight != 489 || w.state(o) != request.ToDispatch {
			t.Errorf("%+v, request %s", got, w.state(o))
		}
	})
}

func TestWhatAPersonShouldSeeWaitsForOne(t *testing.T) {
	eachDB(t, func(w *world) {
		w.directly()
		w.decided("0101", 500, 0)
		clear := w.proposed(request.Draft{Title: "梧桐路三号灯不亮"}, 0.97)
		unsure := w.proposed(request.Draft{Title: "甲"}, 0.94)
		urgent := w.proposed(request.Draft{Title: "乙", Urgency: "urgent"}, 0.99)
		accused := w.proposed(request.Draft{Title: "丙", Subjects: []string{"water"}}, 0.99)
		nowhere := w.proposed(request.Draft{Title: "丁", Category: "1301"}, 0.99)
		sealed := w.proposed(request.Draft{Title: "戊", Sealed: true}, 0.99)
		asked := w.proposed(request.Draft{Title: "己"}, 0.99)
		w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error { return request.Flag(tx, asked.ID, request.FlagHuman, "resident") }))
		w.must(w.SendDirect(ctx(w)))
		if got := w.state(clear); got != request.ToDispatch {
			t.Fatalf("sent while it was off: %s", got)
		}
		w.must(w.Advice.Direct(ctx(w), dispatcher, "0101", true))
		w.must(w.SendDirect(ctx(w)))
		if got := w.state(clear); got != request.ToAccept {
			t.Errorf("nothing speaks against it: %s", got)
		}
		for name, o := range map[string]*request.Order{"unsure": unsure, "urgent": urgent, "accused": accused, "nowhere": nowhere, "sealed": sealed, "asked": asked} {
			if got := w.state(o); got != request.ToDispatch {
				t.Errorf("%s: %s", name, got)
			}
		}
	})
}

func TestADirectDispatchHappensOnceIsMarkedAndCanBeRecalled(t *testing.T) {
	eachDB(t, func(w *world) {
		w.directly()
		w.decided("0101", 500, 0)
		w.must(w.Advice.Direct(ctx(w), dispatcher, "0101", true))
		o := w.proposed(request.Draft{Title: "湖滨大道灯不亮", Area: "330101001001", Category: "0101"}, 0.97)
		w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
			return tx.Exec(`update matter set open = $1, state = 'closed' where id <> $2`, false, o.ID)
		}))
		other := *w.Service // as a second process
		var two sync.WaitGroup
		for _, s := range []*dispatch.Service{w.Service, &other} {
			two.Go(func() {
				if err := s.SendDirect(ctx(w)); err != nil {
					t.Error(err)
				}
			})
		}
		two.Wait()
		n, marked := 0, false
		for _, l := range w.timeline(dispatcher, o) {
			if l.Name == request.DeedDispatched {
				n++
				for _, note := range l.Notes {
					marked = marked || note.Kind == "remark"
				}
			}
		}
		if n != 1 || !marked || w.state(o) != request.ToAccept {
			t.Fatalf("sent %d times, marked %v, %s", n, marked, w.state(o))
		}
		w.must(w.Recall(ctx(w), dispatcher, dispatch.Recall{On: on(w.now(dispatcher, o)), Reason: "不归它管"}))
		w.must(w.SendDirect(ctx(w)))
		if got := w.now(dispatcher, o); got.State != request.ToDispatch || got.Unit != "" {
			t.Errorf("after the recall: %s %s", got.State, got.Unit)
		}
		w.must(w.Advice.Watcher().Drain(ctx(w), w.DB))
		if got := w.trust("0101"); got.Right != got.Decisions-1 {
			t.Errorf("the recalled one is not counted as wrong: %+v", got)
		}
	})
}

func TestAUnitKeepsWhatItHasAccepted(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
		w.wants(w.Recall(ctx(w), dispatcher, dispatch.Recall{On: dispatch.On{Number: o.Number}}), fault.Invalid, "dispatch.recall_reason_missing")
		w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
			x, err := request.Load(tx, lampClerk, o.ID, 0)
			if err != nil {
				return err
			}
			return x.Record(tx, lampClerk, request.Deed{Name: request.DeedAccepted})
		}))
		w.wants(w.Recall(ctx(w), dispatcher, dispatch.Recall{On: dispatch.On{Number: o.Number}, Reason: "晚了"}), fault.Conflict, "dispatch.recall_late")
	})
}

// A program that agrees with itself proves nothing: what went out without a person
// counts only when somebody has looked at it since.
func TestOnlyPeoplesDecisionsAreEvidence(t *testing.T) {
	eachDB(t, func(w *world) {
		w.directly()
		w.decided("0101", 600, 100) // the oldest 100 are wrong
		w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
			return tx.Exec(`update advice_case set direct = $1 where decided_at between 200 and 400`, true) // 201 of the program's own
		}))
		if got := w.trust("0101"); got.Decisions != 399 || got.Right != 299 || got.Allowed() {
			t.Errorf("%+v, want the 399 that people decided", got)
		}
		w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
			return tx.Exec(`update advice_case set touched = $1 where decided_at between 200 and 249`, true)
		}))
		if got := w.trust("0101"); got.Decisions != 449 || got.Right != 349 {
			t.Errorf("%+v, want 50 more that somebody has looked at", got)
		}
	})
}

func TestWhoLooksAtADirectDispatchMakesItEvidence(t *testing.T) {
	for name, look := range map[string]func(w *world, o *request.Order) error{
		"recalled": func(w *world, o *request.Order) error {
			return w.Recall(ctx(w), dispatcher, dispatch.Recall{On: on(o), Reason: "不归它管"})
		},
		"corrected": func(w *world, o *request.Order) error {
			return w.Reclassify(ctx(w), dispatcher, dispatch.Reclassify{On: on(o), Type: "complaint", Reason: "看过，事项没错"})
		},
		"let be": func(*world, *request.Order) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			eachDB(t, func(w *world) {
				w.t = t
				w.directly()
				w.decided("0101", 500, 0)
				w.must(w.Advice.Direct(ctx(w), dispatcher, "0101", true))
				o := w.proposed(request.Draft{Title: "湖滨大道灯不亮", Category: "0101"}, 0.97)
				w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
					return tx.Exec(`update matter set open = $1, state = 'closed' where id <> $2`, false, o.ID)
				}))
				w.must(w.SendDirect(ctx(w)))
				w.must(look(w, w.now(dispatcher, o)))
				w.must(w.Advice.Watcher().Drain(ctx(w), w.DB))
				var touched bool
				w.must(w.DB.View(ctx(w), func(tx *sqldb.Tx) error {
					return tx.QueryRow(`select touched from advice_case where direct and matter_id = $1`, o.ID).Scan(&touched)
				}))
				if touched == (name == "let be") {
					t.Errorf("looked at: %v", touched)
				}
			})
		})
	}
}
