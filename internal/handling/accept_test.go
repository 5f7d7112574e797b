package handling_test

import (
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/handling"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestLeadUnitAcceptsAndTheResidentIsTold(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.sent()
		w.ok(w.Accept(t.Context(), lamps, handling.Accept{ID: o.ID, Version: o.Version}))
		w.is(o, request.InProgress)
		if got := w.tasks(o)[0]; got.State != request.TaskWorking || got.Accepted.IsZero() {
			t.Errorf("task %s, accepted %v", got.State, got.Accepted)
		}
		if n := w.count(`select count(*) from notice_message where template = 'accepted' and state = 'queued'`); n != 1 {
			t.Errorf("%d notices queued, want 1", n)
		}
		again := w.now(o)
		w.refused(again, w.Accept(t.Context(), lamps, handling.Accept{ID: o.ID, Version: again.Version}), "matter.not_in_this_state")
	})
}

func TestOnlyTheLeadUnitsOwnPeopleAccept(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.sent()
		w.refused(o, w.Accept(t.Context(), water, handling.Accept{ID: o.ID}), "request.not_found")
		w.refused(o, w.Accept(t.Context(), dispatcher, handling.Accept{ID: o.ID}), "actor.denied")
		w.refused(o, w.Accept(t.Context(), actor.Actor{}, handling.Accept{ID: o.ID}), "actor.denied")
		w.refused(o, w.Accept(t.Context(), lamps, handling.Accept{ID: o.ID, Version: o.Version - 1}), "request.changed_meanwhile")
		both := lamps
		both.Roles = []actor.Role{actor.Clerk, actor.Dispatcher}
		both.UnitID, both.UnitPath = "water", "city/water/"
		w.refused(o, w.Accept(t.Context(), both, handling.Accept{ID: o.ID}), "handling.not_your_task")
	})
}

func TestAUnitActsForThoseBelowIt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken(func(d *request.Draft) { d.Category = "0102" })
		w.ok(w.CallAssist(t.Context(), lamps, handling.CallAssist{ID: o.ID, Text: "上门看看", Units: []handling.Helper{help("wutong")}}))
		task := w.tasks(o)[1]
		w.ok(w.AssistAccept(t.Context(), street, handling.AssistAccept{ID: o.ID, Task: task.ID}))
		if got := w.tasks(o)[1]; got.State != request.TaskWorking {
			t.Errorf("the community's task is %s after its street accepted it", got.State)
		}
	})
}
