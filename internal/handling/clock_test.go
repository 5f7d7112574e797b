package handling_test

import (
	"testing"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/handling"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// Received on Monday 2 March 2026, five working days: due on Monday the 9th.

func TestWaitingForTheResidentMovesTheDateByWorkingDays(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		if !o.DueAt.Equal(beijing(9, 18)) {
			t.Fatalf("due %v, want Monday the 9th", o.DueAt)
		}
		w.ok(w.Ask(t.Context(), lamps, handling.Ask{ID: o.ID, Question: "哪一盏"}))
		w.is(o, request.Waiting)
		w.clock.Set(beijing(4, 10)) // Wednesday: Tuesday and Wednesday began while it stood still
		w.update(func(tx *sqldb.Tx) error {
			x, err := request.Load(tx, agent, o.ID, 0)
			if err != nil {
				return err
			}
			return w.Supplemented(tx, x)
		})
		got := w.is(o, request.InProgress)
		if !got.DueAt.Equal(beijing(11, 18)) {
			t.Errorf("due %v, want Wednesday the 11th", got.DueAt)
		}
		if task := w.tasks(o)[0]; !task.DueAt.Equal(got.DueAt) {
			t.Errorf("the task is due %v, the request %v", task.DueAt, got.DueAt)
		}
		if n := w.count(`select count(*) from handling_wait`); n != 0 {
			t.Errorf("%d waits left over", n)
		}
	})
}

func TestAPauseWithinADayDoesNotMoveADateInDays(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.Ask(t.Context(), lamps, handling.Ask{ID: o.ID, Question: "哪一盏"}))
		w.clock.Add(3 * time.Hour)
		w.ok(w.Resume(t.Context(), lamps, handling.Resume{ID: o.ID, Text: "已经找到"}))
		if got := w.is(o, request.InProgress); !got.DueAt.Equal(o.DueAt) {
			t.Errorf("due %v, want %v", got.DueAt, o.DueAt)
		}
	})
}

func TestALimitInHoursMovesByTheClock(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.CallAssist(t.Context(), lamps, handling.CallAssist{ID: o.ID, Text: "核实", Units: []handling.Helper{{Unit: "street", Limit: calendar.Limit{N: 4, Unit: "h"}}}}))
		before := w.tasks(o)[1].DueAt
		w.ok(w.Ask(t.Context(), lamps, handling.Ask{ID: o.ID, Question: "哪一盏"}))
		w.clock.Add(90 * time.Minute)
		w.ok(w.Resume(t.Context(), lamps, handling.Resume{ID: o.ID}))
		if got := w.tasks(o)[1].DueAt; !got.Equal(before.Add(90 * time.Minute)) {
			t.Errorf("the assistant is due %v, want %v", got, before.Add(90*time.Minute))
		}
	})
}

func TestTheClockRunsAgainWhenTheDateIsReached(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.Ask(t.Context(), lamps, handling.Ask{ID: o.ID, Question: "哪一盏", Days: 1}))
		w.clock.Set(beijing(3, 17))
		w.ok(w.Sweep(t.Context()))
		w.is(o, request.Waiting)
		w.clock.Set(beijing(3, 18))
		w.ok(w.Sweep(t.Context()))
		got := w.is(o, request.InProgress)
		if !got.DueAt.Equal(beijing(10, 18)) {
			t.Errorf("due %v, want one working day later", got.DueAt)
		}
		w.ok(w.Sweep(t.Context()))
		if again := w.now(o); again.Version != got.Version {
			t.Error("a second sweep did it again")
		}
		if n := w.count(`select count(*) from notice_message where template = 'resumed'`); n != 1 {
			t.Errorf("%d notices that it goes on, want 1", n)
		}
	})
}

func TestAskingHasAnEnd(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.refused(o, w.Ask(t.Context(), lamps, handling.Ask{ID: o.ID}), "handling.question_missing")
		w.refused(o, w.Ask(t.Context(), lamps, handling.Ask{ID: o.ID, Question: "哪一盏", Days: 9}), "handling.days_between")
		w.refused(o, w.Resume(t.Context(), lamps, handling.Resume{ID: o.ID}), "matter.not_in_this_state")
		fresh := w.sent()
		w.refused(fresh, w.Ask(t.Context(), lamps, handling.Ask{ID: fresh.ID, Question: "哪一盏"}), "matter.not_in_this_state")
	})
}

func TestExtensionIsRuledOnByADispatcherAndTold(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.refused(o, w.AskExtension(t.Context(), lamps, handling.AskExtension{ID: o.ID, Days: 11, Reason: "等配件"}), "handling.days_between")
		w.refused(o, w.AskExtension(t.Context(), lamps, handling.AskExtension{ID: o.ID, Days: 3}), "handling.reason_missing")
		w.ok(w.AskExtension(t.Context(), lamps, handling.AskExtension{ID: o.ID, Days: 3, Reason: "等配件"}))
		asked := w.is(o, request.ExtensionReview)
		w.refused(asked, w.RuleExtension(t.Context(), supervisor, handling.Ruling{ID: o.ID, Grant: true}), "actor.denied")
		w.refused(asked, w.RuleExtension(t.Context(), lamps, handling.Ruling{ID: o.ID, Grant: true}), "actor.denied")
		w.refused(asked, w.RuleExtension(t.Context(), dispatcher, handling.Ruling{ID: o.ID}), "handling.refusal_reason_missing")
		w.ok(w.RuleExtension(t.Context(), dispatcher, handling.Ruling{ID: o.ID, Version: asked.Version, Grant: true}))
		got := w.is(o, request.InProgress)
		if want := beijing(12, 18); !got.DueAt.Equal(want) || !w.tasks(o)[0].DueAt.Equal(want) {
			t.Errorf("due %v, task %v, want %v", got.DueAt, w.tasks(o)[0].DueAt, want)
		}
		if n := w.count(`select count(*) from notice_message where template = 'extended' and given like '%等配件%' and given like '%3月12日%'`); n != 1 {
			t.Errorf("%d notices with reason and new date, want 1", n)
		}
		w.refused(got, w.RuleExtension(t.Context(), dispatcher, handling.Ruling{ID: o.ID, Grant: true}), "request.plea_ruled")
	})
}

func TestRefusedExtensionKeepsTheDate(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.AskExtension(t.Context(), lamps, handling.AskExtension{ID: o.ID, Days: 3, Reason: "等配件"}))
		w.ok(w.RuleExtension(t.Context(), dispatcher, handling.Ruling{ID: o.ID, Reason: "配件有库存"}))
		if got := w.is(o, request.InProgress); !got.DueAt.Equal(o.DueAt) {
			t.Errorf("due %v after a refusal, want %v", got.DueAt, o.DueAt)
		}
	})
}

func TestExtensionsEndAtTheHourTheCitySets(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.update(func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, "extension.hour", "17") })
		w.ok(w.Catalog.Reload(t.Context()))
		o := w.taken()
		w.clock.Set(beijing(2, 17))
		w.refused(o, w.AskExtension(t.Context(), lamps, handling.AskExtension{ID: o.ID, Days: 3, Reason: "等配件"}), "handling.extension_hour")
		w.clock.Set(beijing(3, 16))
		w.ok(w.AskExtension(t.Context(), lamps, handling.AskExtension{ID: o.ID, Days: 3, Reason: "等配件"}))
	})
}

func TestHoldIsRuledOnByASupervisorAndEndsOnItsDate(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		until := beijing(16, 18)
		w.refused(o, w.AskHold(t.Context(), lamps, handling.AskHold{ID: o.ID, Reason: "等拆迁", Until: until}), "handling.measures_missing")
		w.refused(o, w.AskHold(t.Context(), lamps, handling.AskHold{ID: o.ID, Reason: "等拆迁", Measures: "先围挡"}), "handling.hold_until")
		w.ok(w.AskHold(t.Context(), lamps, handling.AskHold{ID: o.ID, Reason: "等拆迁", Measures: "先围挡", Until: until}))
		asked := w.is(o, request.HoldReview)
		w.refused(asked, w.RuleHold(t.Context(), dispatcher, handling.Ruling{ID: o.ID, Grant: true}), "actor.denied")
		w.ok(w.RuleHold(t.Context(), supervisor, handling.Ruling{ID: o.ID, Grant: true}))
		w.is(o, request.OnHold)
		if n := w.count(`select count(*) from notice_message where template = 'suspended' and given like '%先围挡%'`); n != 1 {
			t.Errorf("%d notices with the measures, want 1", n)
		}
		w.clock.Set(until)
		w.ok(w.Sweep(t.Context()))
		if got := w.is(o, request.InProgress); !got.DueAt.Equal(beijing(23, 18)) {
			t.Errorf("due %v, want ten working days later", got.DueAt)
		}
	})
}

func TestTerminationNeedsALawfulGround(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.refused(o, w.AskTermination(t.Context(), lamps, handling.AskTermination{ID: o.ID, Ground: "too_hard", Reason: "难办"}), "handling.choose_one")
		w.ok(w.AskTermination(t.Context(), lamps, handling.AskTermination{ID: o.ID, Ground: "legal_route", Reason: "已在诉讼"}))
		w.ok(w.RuleTermination(t.Context(), supervisor, handling.Ruling{ID: o.ID, Reason: "再核实一下"}))
		w.is(o, request.InProgress)
		w.ok(w.AskTermination(t.Context(), lamps, handling.AskTermination{ID: o.ID, Ground: handling.NoCooperation, Reason: "拒绝说明地点"}))
		w.ok(w.RuleTermination(t.Context(), supervisor, handling.Ruling{ID: o.ID, Grant: true}))
		got := w.is(o, request.Terminated)
		if got.Open || w.tasks(o)[0].Open {
			t.Error("something is still open after the termination")
		}
		if n := w.count(`select count(*) from notice_message where template = 'terminated' and given like '%拒绝说明地点%'`); n != 1 {
			t.Errorf("%d notices with the reason, want 1", n)
		}
	})
}
