package dispatch_test

import (
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

func TestConsultationLetsUnitsSayTheirView(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{})
		w.wants(w.Consult(ctx(w), dispatcher, dispatch.Consult{On: on(o), Text: "归谁管"}), fault.Invalid, "dispatch.consult_unit_missing")
		w.wants(w.Consult(ctx(w), agent, dispatch.Consult{On: on(o), Text: "归谁管", Units: []string{"lamps"}}), fault.Denied, "actor.denied")
		w.must(w.Consult(ctx(w), dispatcher, dispatch.Consult{On: on(o), Text: "归谁管", Units: []string{"lamps", "water", "lamps"}}))
		seen := w.now(lampClerk, o)
		if seen.State != request.PreConsult || len(w.tasks(o)) != 2 {
			t.Errorf("state %s with %d tasks, want pre_consult with 2", seen.State, len(w.tasks(o)))
		}
		w.wants(w.ConsultEnd(ctx(w), dispatcher, dispatch.ConsultEnd{On: on(seen)}), fault.Invalid, "dispatch.consult_result_missing")
		w.must(w.ConsultEnd(ctx(w), dispatcher, dispatch.ConsultEnd{On: on(seen), Text: "路灯所主办"}))
		if tasks := w.tasks(o); tasks["lamps"].Open || tasks["water"].Open {
			t.Errorf("tasks stay open: %+v", tasks)
		}
		if got := w.now(dispatcher, o); got.State != request.ToDispatch {
			t.Errorf("state %s", got.State)
		}
	})
}

func TestUpheldReturnGoesToTheUnitNamed(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.objected(w.register(request.Draft{}), "330101-housing")
		w.wants(w.RuleObjection(ctx(w), dispatcher, dispatch.RuleObjection{On: on(o), Uphold: true}), fault.Invalid, "dispatch.ruling_reason_missing")
		w.wants(w.RuleObjection(ctx(w), dispatcher, dispatch.RuleObjection{On: on(o), Uphold: true, Unit: "lamps", Reason: "属小区红线内"}), fault.Invalid, "dispatch.unit_returned_it")
		w.wants(w.RuleObjection(ctx(w), agent, dispatch.RuleObjection{On: on(o), Uphold: true, Reason: "属小区红线内"}), fault.Denied, "actor.denied")
		w.must(w.RuleObjection(ctx(w), dispatcher, dispatch.RuleObjection{On: on(o), Uphold: true, Unit: "330101-housing", Reason: "属小区红线内"}))
		got := w.now(dispatcher, o)
		if tasks := w.tasks(o); got.State != request.ToDispatch || got.Unit != "" || tasks["lamps"].State != request.TaskReturned || tasks["s1"].Open {
			t.Errorf("state %s, unit %q, tasks %+v", got.State, got.Unit, tasks)
		}
		_ = w.DB.View(ctx(w), func(tx *sqldb.Tx) error {
			p, err := w.Propose(tx, got)
			if err != nil || p.Lead.ID != "330101-housing" || !p.Ruled || !p.Certain() {
				t.Errorf("proposal %q, ruled %v, %v", p.Lead.ID, p.Ruled, err)
			}
			return nil
		})
		w.wants(w.RuleObjection(ctx(w), dispatcher, dispatch.RuleObjection{On: on(got), Reason: "再来一次"}), fault.Conflict, "matter.not_in_this_state")
	})
}

func TestRejectedReturnFixesTheUnit(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.objected(w.register(request.Draft{}), "")
		w.must(w.RuleObjection(ctx(w), dispatcher, dispatch.RuleObjection{On: on(o), Reason: "梧桐路为市政道路"}))
		got := w.now(lampClerk, o)
		if !got.Ruled || got.State != request.ToAccept || w.tasks(o)["lamps"].State != request.TaskToAccept {
			t.Errorf("ruled %v, state %s, task %s", got.Ruled, got.State, w.tasks(o)["lamps"].State)
		}
		lines := w.timeline(actor.Actor{}, got)
		if last := lines[len(lines)-1]; len(last.Notes) != 1 || last.Notes[0].Text != "梧桐路为市政道路" {
			t.Errorf("the resident reads %+v", last)
		}
	})
}

func TestCorrectionMovesTheDateOnlyBeforeTheDispatch(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{})
		w.wants(w.Reclassify(ctx(w), dispatcher, dispatch.Reclassify{On: on(o), Reason: "没改什么"}), fault.Invalid, "dispatch.nothing_changed")
		w.wants(w.Reclassify(ctx(w), dispatcher, dispatch.Reclassify{On: on(o), Category: "01", Reason: "分错类了"}), fault.Invalid, "dispatch.category_leaf")
		w.wants(w.Reclassify(ctx(w), lampClerk, dispatch.Reclassify{On: on(o), Category: "0102", Reason: "分错类了"}), fault.NotFound, "request.not_found")
		w.must(w.Reclassify(ctx(w), agent, dispatch.Reclassify{On: on(o), Category: "0102", Urgency: "urgent", Reason: "灯杆漏电"}))
		got := w.now(dispatcher, o)
		if got.Topic != "0102" || got.Urgency != "urgent" || got.DueAt.Sub(got.OpenedAt).Hours() != 4 {
			t.Errorf("topic %s, urgency %s, due in %v", got.Topic, got.Urgency, got.DueAt.Sub(got.OpenedAt))
		}
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(got)}))
		sent := w.now(dispatcher, o)
		w.must(w.Reclassify(ctx(w), dispatcher, dispatch.Reclassify{On: on(sent), Category: "0101", Reason: "不漏电，只是不亮"}))
		after := w.now(dispatcher, o)
		if !after.DueAt.Equal(sent.DueAt) || after.Unit != "lamps" {
			t.Errorf("after the dispatch the date moved to %v", after.DueAt)
		}
		lines := w.timeline(dispatcher, after)
		if text := lines[len(lines)-1].Notes; len(text) != 2 || !strings.Contains(text[1].Text+text[0].Text, "期限不变") {
			t.Errorf("history says %+v", text)
		}
	})
}

func TestCorrectionToAReportProtectsTheReporter(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{Publicity: "public"})
		w.must(w.Reclassify(ctx(w), agent, dispatch.Reclassify{On: on(o), Type: "report", Subject: "lamps", Reason: "实为举报"}))
		got := w.now(dispatcher, o)
		if !got.Sealed || got.Publicity != "private" || got.Type != "report" {
			t.Errorf("sealed %v, publicity %s", got.Sealed, got.Publicity)
		}
		w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(got), Lead: "lamps"}), fault.Invalid, "dispatch.unit_accused")
	})
}

func TestMergeKeepsEveryReporterInformed(t *testing.T) {
	eachDB(t, func(w *world) {
		first, second, third := w.register(request.Draft{}), w.register(request.Draft{}), w.register(request.Draft{})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(second)}))
		w.must(w.Merge(ctx(w), agent, dispatch.Merge{On: on(first), Into: second.Number, Reason: "同一盏灯"}))
		w.must(w.Merge(ctx(w), agent, dispatch.Merge{On: dispatch.On{Number: second.Number}, Into: third.Number, Reason: "同一盏灯"}))
		if got := w.now(agent, first); got.State != request.Merged || got.Open {
			t.Errorf("state %s", got.State)
		}
		if w.tasks(second)["lamps"].Open {
			t.Error("the lead of the merged request keeps its task")
		}
		got := w.now(agent, third)
		if got.Followers != 2 {
			t.Errorf("followers = %d, want 2", got.Followers)
		}
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(got)}))
		if told := w.told(third); len(told) != 3 {
			t.Errorf("told %d reporters of three: %q", len(told), told)
		}
	})
}

func TestMergeIsRefused(t *testing.T) {
	eachDB(t, func(w *world) {
		o, sealed, done := w.register(request.Draft{}), w.register(request.Draft{Sealed: true, Subjects: []string{"lamps"}}), w.register(request.Draft{})
		w.must(w.DirectAnswer(ctx(w), agent, dispatch.DirectAnswer{On: on(done), Text: "已经修好了"}))
		into := func(o *request.Order, number string) error {
			return w.Merge(ctx(w), agent, dispatch.Merge{On: on(o), Into: number, Reason: "同一件"})
		}
		w.wants(into(o, o.Number), fault.Invalid, "dispatch.merge_itself")
		w.wants(into(o, sealed.Number), fault.Invalid, "dispatch.merge_sealed")
		w.wants(into(o, done.Number), fault.Invalid, "dispatch.merge_closed")
		w.wants(into(o, "261123999999"), fault.Invalid, "dispatch.merge_unknown")
		w.wants(into(done, o.Number), fault.Conflict, "request.changed_meanwhile")
		w.wants(w.Merge(ctx(w), agent, dispatch.Merge{On: dispatch.On{Number: done.Number}, Into: o.Number}), fault.Conflict, "matter.not_in_this_state")
		other := w.register(request.Draft{Sealed: true, Subjects: []string{"water"}})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(other), Lead: "lamps"}))
		w.wants(into(sealed, other.Number), fault.Invalid, "dispatch.merge_accused")
		w.wants(w.Merge(ctx(w), lampClerk, dispatch.Merge{On: on(o), Into: o.Number}), fault.Denied, "actor.denied")
	})
}

func TestSplitMakesAPartOfItsOwn(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{Body: "路灯不亮，邻居还吵"})
		_, err := w.Split(ctx(w), dispatcher, dispatch.Split{On: on(o), Title: "邻居吵闹", Reason: "两件事"})
		w.wants(err, fault.Invalid, "dispatch.split_body_missing")
		_, err = w.Split(ctx(w), agent, dispatch.Split{On: on(o), Title: "邻居吵闹", Body: "邻居还吵", Reason: "两件事"})
		w.wants(err, fault.Denied, "actor.denied")
		number, err := w.Split(ctx(w), dispatcher, dispatch.Split{On: on(o), Title: "邻居吵闹", Body: "邻居还吵", Category: "1301", Reason: "两件事"})
		w.must(err)
		_ = w.DB.View(ctx(w), func(tx *sqldb.Tx) error {
			part, err := request.FindNumber(tx, dispatcher, number)
			if err != nil {
				t.Fatal(err)
			}
			contacts, err := request.Contacts(tx, agent, part)
			if part.Topic != "1301" || part.State != request.ToDispatch || part.DueAt.IsZero() || len(contacts) != 1 || err != nil {
				t.Errorf("part = %+v with contacts %v, %v", part.Matter, contacts, err)
			}
			if told := w.told(part); len(told) != 1 || !strings.Contains(told[0], "-") {
				t.Errorf("told %q, want the new query code", told)
			}
			return nil
		})
	})
}

func TestDirectAnswerAndDiversionAreToldAndCounted(t *testing.T) {
	eachDB(t, func(w *world) {
		a, b := w.register(request.Draft{}), w.register(request.Draft{})
		w.wants(w.DirectAnswer(ctx(w), agent, dispatch.DirectAnswer{On: on(a)}), fault.Invalid, "dispatch.answer_missing")
		w.must(w.DirectAnswer(ctx(w), agent, dispatch.DirectAnswer{On: on(a), Text: "今晚检修，明早恢复"}))
		if got := w.now(agent, a); got.State != request.Answered || got.Replies != 1 || len(w.told(a)) != 1 {
			t.Errorf("state %s, replies %d", got.State, got.Replies)
		}
		w.wants(w.Divert(ctx(w), agent, dispatch.Divert{On: on(b), Code: "unknown"}), fault.Invalid, "dispatch.divert_code_missing")
		w.wants(w.Divert(ctx(w), agent, dispatch.Divert{On: on(b), Code: "other_lawful"}), fault.Invalid, "dispatch.divert_text_missing")
		w.wants(w.Divert(ctx(w), agent, dispatch.Divert{On: on(b), Code: "legal_route"}), fault.Invalid, "dispatch.divert_route_missing")
		w.must(w.Divert(ctx(w), agent, dispatch.Divert{On: on(b), Code: "beyond_duty"}))
		got := w.now(agent, b)
		lines := w.timeline(actor.Actor{}, got)
		last := lines[len(lines)-1]
		if got.State != request.Diverted || !strings.Contains(last.Body, "beyond_duty") || len(last.Notes) != 2 {
			t.Errorf("state %s, line %+v", got.State, last)
		}
		if told := w.told(b); len(told) != 1 || !strings.Contains(told[0], "消费者协会") {
			t.Errorf("told %q", told)
		}
	})
}

func TestThirdReminderIsPushed(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
		pushed := func() bool {
			var n int64
			w.must(w.DB.View(ctx(w), func(tx *sqldb.Tx) (err error) {
				n, err = request.Count(tx, dispatcher, request.Filter{Flag: "pushed"})
				return err
			}))
			return n > 0
		}
		for i := range 3 {
			if pushed() {
				t.Errorf("pushed after %d reminders", i)
			}
			w.must(w.Urge(ctx(w), agent, dispatch.Urge{On: dispatch.On{Number: o.Number}, Text: "老人差点摔倒"}))
		}
		if !pushed() || len(w.told(o)) != 4 {
			t.Errorf("pushed %v, told %d", pushed(), len(w.told(o)))
		}
		w.wants(w.Urge(ctx(w), lampClerk, dispatch.Urge{On: dispatch.On{Number: o.Number}}), fault.Denied, "actor.denied")
	})
}
