package assessment_test

import (
	"testing"
	"time"

	"gongzhi/internal/assessment"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestReviewedAnswerGoesToTheCallBack(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.replied()
		ctx, pass := t.Context(), assessment.ReviewPass{ID: o.ID, Version: o.Version, Checked: true}
		w.refused(w.s.ReviewPass(ctx, clerk, pass), fault.Denied)
		w.refused(w.s.ReviewPass(ctx, reviewer, assessment.ReviewPass{ID: o.ID, Version: o.Version}), fault.Invalid)
		w.refused(w.s.ReviewPass(ctx, reviewer, assessment.ReviewPass{ID: o.ID, Version: o.Version - 1, Checked: true}), fault.Conflict)
		w.must(w.s.ReviewPass(ctx, reviewer, pass))
		w.state(o.ID, request.ToCallback)
		w.refused(w.s.ReviewPass(ctx, reviewer, assessment.ReviewPass{ID: o.ID, Checked: true}), fault.Conflict)
	})
}

func TestNobodyIsAskedWhereTheCitySaysSo(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		phone := request.Contact{Name: "李四", Phone: "13800005521", Masked: "李** 138****5521"}
		for _, x := range []struct {
			rule  string
			draft request.Draft
			want  string
		}{
			{"none", request.Draft{}, request.ToCallback},
			{"", request.Draft{}, request.Closed},
			{"no_contact", request.Draft{}, request.Closed},
			{"no_reply", request.Draft{NoReply: true, Contact: phone}, request.Closed},
			{"no_contact", request.Draft{NoReply: true, Contact: phone}, request.ToCallback},
			{"no_reply,consult", request.Draft{Type: "consult", Contact: phone}, request.Closed},
			{"no_reply,no_contact", request.Draft{Type: "consult", Contact: phone}, request.ToCallback},
		} {
			w.set("callback.skip", x.rule)
			o := w.sent("lamps", x.draft)
			w.reply(o.ID)
			w.must(w.s.ReviewPass(t.Context(), reviewer, assessment.ReviewPass{ID: o.ID, Checked: true}))
			w.state(o.ID, x.want)
		}
	})
}

func TestFailedReviewGivesTheUnitItsTaskBackWithoutMoreTime(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.replied()
		w.refused(w.s.ReviewFail(t.Context(), reviewer, assessment.ReviewFail{ID: o.ID, Version: o.Version, Reason: " "}), fault.Invalid)
		w.must(w.s.ReviewFail(t.Context(), reviewer, assessment.ReviewFail{ID: o.ID, Version: o.Version, Reason: "没有说什么时候修好"}))
		w.state(o.ID, request.InProgress)
		w.view(func(tx *sqldb.Tx) error {
			task, err := request.OpenLead(tx, o.ID)
			if err != nil || task.Unit != "lamps" || !task.DueAt.Equal(o.DueAt) || task.Round != 0 {
				t.Errorf("task %+v (%v), want the same one of lamps, due %v", task, err, o.DueAt)
			}
			return nil
		})
		w.reply(o.ID)
		w.state(o.ID, request.Replied)
	})
}

func TestUnreachableResidentIsTriedAsOftenAsTheCitySays(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.set("callback.tries", "2")
		o := w.asked()
		w.refused(w.s.CallbackTry(t.Context(), reviewer, assessment.CallbackTry{ID: o.ID, Outcome: "answered"}), fault.Invalid)
		w.must(w.s.CallbackTry(t.Context(), reviewer, assessment.CallbackTry{ID: o.ID, Version: o.Version, Outcome: assessment.CallNone}))
		w.state(o.ID, request.ToCallback)
		w.must(w.s.CallbackTry(t.Context(), reviewer, assessment.CallbackTry{ID: o.ID, Outcome: assessment.CallWrong}))
		if got := w.now(o.ID); got.State != request.Closed || got.Solved != "" {
			t.Errorf("state %s, solved %q, want closed without his word", got.State, got.Solved)
		}
	})
}

func TestSatisfiedResidentClosesTheRequest(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.asked()
		for _, c := range []assessment.CallbackClose{{Solved: "no", Rating: 1}, {Solved: "yes"}, {Solved: "yes", Rating: 2}, {Rating: 5}} {
			c.ID = o.ID
			w.refused(w.s.CallbackClose(t.Context(), reviewer, c), fault.Invalid)
		}
		w.refused(w.s.CallbackClose(t.Context(), agent, assessment.CallbackClose{ID: o.ID, Solved: "yes", Rating: 5}), fault.Denied)
		w.must(w.s.CallbackClose(t.Context(), reviewer, assessment.CallbackClose{ID: o.ID, Version: o.Version, Solved: "yes", Rating: 5}))
		got := w.now(o.ID)
		if got.State != request.Closed || got.Solved != "yes" || got.Rating != 5 {
			t.Errorf("state %s solved %s rating %d", got.State, got.Solved, got.Rating)
		}
		w.told(o.ID, "closed", 1)
	})
}

func TestUnsolvedRequestGoesBackToTheSameUnitAndIsSupervisedTheSecondTime(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.asked()
		w.refused(w.s.Reopen(t.Context(), reviewer, assessment.Reopen{ID: o.ID}), fault.Invalid)
		for round := int64(1); round <= 2; round++ {
			w.clock.Add(3 * 24 * time.Hour)
			w.must(w.s.Reopen(t.Context(), reviewer, assessment.Reopen{ID: o.ID, Rating: 1, Reason: "只扶正没加固"}))
			got := w.now(o.ID)
			if got.State != request.InProgress || got.Round != round || got.Unit != "lamps" || !got.DueAt.After(w.clock.Now()) || got.Solved != "no" {
				t.Errorf("round %d: %s round %d unit %s due %v", round, got.State, got.Round, got.Unit, got.DueAt)
			}
			if got := w.flagged(o.ID, "supervised"); got != (round == 2) {
				t.Errorf("round %d: supervised %v", round, got)
			}
			w.reply(o.ID)
			w.must(w.s.ReviewPass(t.Context(), reviewer, assessment.ReviewPass{ID: o.ID, Checked: true}))
		}
		w.told(o.ID, "reopened", 2)
		w.must(w.s.CallbackClose(t.Context(), reviewer, assessment.CallbackClose{ID: o.ID, Solved: "partly", Rating: 3}))
	})
}

func TestSupervisorDemandsEscalatesAndReleases(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o, ctx := w.sent("lamps", request.Draft{}), t.Context()
		demand := assessment.Supervise{ID: o.ID, Version: o.Version, Instruction: "周五前说明原因", Due: w.clock.Now().Add(48 * time.Hour)}
		w.refused(w.s.Supervise(ctx, lead, demand), fault.Denied)
		past := demand
		past.Due = w.clock.Now()
		w.refused(w.s.Supervise(ctx, supervisor, past), fault.Invalid)
		w.refused(w.s.Release(ctx, supervisor, assessment.Release{ID: o.ID, Remark: "已经办好"}), fault.Conflict)
		w.must(w.s.Supervise(ctx, supervisor, demand))
		w.refused(w.s.Escalate(ctx, supervisor, assessment.Escalate{ID: o.ID, Level: "moon", Instruction: "请协调"}), fault.Invalid)
		w.must(w.s.Escalate(ctx, supervisor, assessment.Escalate{ID: o.ID, Level: "city", Instruction: "请市里协调"}))
		if !w.flagged(o.ID, "supervised") || !w.flagged(o.ID, "escalated") {
			t.Error("the marks are missing")
		}
		w.must(w.s.Release(ctx, supervisor, assessment.Release{ID: o.ID, Remark: "已经办好"}))
		if w.flagged(o.ID, "supervised") || w.flagged(o.ID, "escalated") {
			t.Error("the marks are still there")
		}
		w.state(o.ID, request.InProgress)
	})
}

func TestSweepFilesWhatHasRestedAndKeepsWhenItWasClosed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		old := w.asked()
		w.must(w.s.CallbackClose(t.Context(), reviewer, assessment.CallbackClose{ID: old.ID, Solved: "yes", Rating: 4}))
		closed := w.now(old.ID).ClosedAt
		w.clock.Add(6 * 24 * time.Hour)
		fresh := w.asked()
		w.must(w.s.CallbackClose(t.Context(), reviewer, assessment.CallbackClose{ID: fresh.ID, Solved: "yes", Rating: 4}))
		w.clock.Add(2 * 24 * time.Hour)
		w.must(w.s.Sweep(t.Context()))
		if got := w.now(old.ID); got.State != request.Archived || !got.ClosedAt.Equal(closed) {
			t.Errorf("state %s, closed %v, want archived and %v", got.State, got.ClosedAt, closed)
		}
		w.state(fresh.ID, request.Closed)
	})
}

func (w *world) flagged(m matter.ID, kind string) (found bool) {
	w.t.Helper()
	w.view(func(tx *sqldb.Tx) error {
		var n int64
		err := tx.QueryRow(`select cast(count(*) as bigint) from request_flag where matter_id = $1 and kind = $2`, m, kind).Scan(&n)
		found = n > 0
		return err
	})
	return found
}

func (w *world) told(m matter.ID, template string, want int) {
	w.t.Helper()
	w.view(func(tx *sqldb.Tx) error {
		all, err := notice.Of(tx, m)
		n := 0
		for _, x := range all {
			if x.Template == template {
				n++
			}
		}
		if n != want {
			w.t.Errorf("%d notices %s, want %d", n, template, want)
		}
		return err
	})
}
