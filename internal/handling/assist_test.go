package handling_test

import (
	"testing"

	"gongzhi/internal/calendar"
	"gongzhi/internal/handling"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestAssistantsHaveTheirOwnDateAndReportToTheLead(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.CallAssist(t.Context(), lamps, handling.CallAssist{ID: o.ID, Text: "核实范围", Units: []handling.Helper{help("street"), {Unit: "water", Limit: calendar.Limit{N: 3, Unit: "wd"}}}}))
		tasks := w.tasks(o)
		if len(tasks) != 3 || !tasks[1].DueAt.Equal(beijing(3, 18)) || !tasks[2].DueAt.Equal(beijing(5, 18)) {
			t.Fatalf("tasks %+v", tasks)
		}
		w.ok(w.AssistAccept(t.Context(), street, handling.AssistAccept{ID: o.ID, Task: tasks[1].ID}))
		w.ok(w.AssistAnswer(t.Context(), street, handling.AssistAnswer{ID: o.ID, Task: tasks[1].ID, Text: "影响六盏灯"}))
		w.ok(w.AssistObject(t.Context(), water, handling.AssistObject{ID: o.ID, Task: tasks[2].ID, Reason: "与供水无关"}))
		after := w.tasks(o)
		if after[1].State != request.TaskDone || after[2].State != request.TaskReturned || !after[0].Open {
			t.Errorf("states %s, %s, lead open %v", after[1].State, after[2].State, after[0].Open)
		}
		w.is(o, request.InProgress)
		now := w.now(o)
		w.refused(now, w.AssistAnswer(t.Context(), street, handling.AssistAnswer{ID: o.ID, Task: tasks[1].ID, Text: "再说一次"}), "handling.no_open_task")
	})
}

func TestAnAssistantCannotActForAnother(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.CallAssist(t.Context(), lamps, handling.CallAssist{ID: o.ID, Text: "核实范围", Units: []handling.Helper{help("street"), help("water")}}))
		o = w.now(o)
		theirs := w.tasks(o)[1]
		for _, task := range w.tasks(o) {
			if task.Unit == "street" {
				theirs = task
			}
		}
		w.refused(o, w.AssistAnswer(t.Context(), water, handling.AssistAnswer{ID: o.ID, Task: theirs.ID, Text: "好了"}), "handling.not_your_task")
		w.refused(o, w.AssistAnswer(t.Context(), lamps, handling.AssistAnswer{ID: o.ID, Task: w.tasks(o)[0].ID, Text: "好了"}), "handling.no_open_task")
		w.refused(o, w.Answer(t.Context(), street, handling.Answer{ID: o.ID, Solved: "yes", Record: "好了", Text: "好了"}), "handling.not_your_task")
	})
}

func TestWhoMayNotBeCalledToAssist(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken(func(d *request.Draft) { d.Subjects = []string{"street"} })
		call := func(units ...handling.Helper) error {
			return w.CallAssist(t.Context(), lamps, handling.CallAssist{ID: o.ID, Text: "核实范围", Units: units})
		}
		w.refused(o, call(help("street")), "handling.assist_accused")
		w.refused(o, call(help("wutong")), "handling.assist_accused")
		w.refused(o, call(help("lamps")), "handling.assist_taken")
		w.refused(o, call(help("water"), help("water")), "handling.assist_taken")
		w.refused(o, call(), "handling.assist_unit_missing")
		w.refused(o, call(handling.Helper{Unit: "water", Limit: calendar.Limit{Unit: "wd"}}), "handling.assist_limit")
		plain := w.taken()
		err := w.CallAssist(t.Context(), lamps, handling.CallAssist{ID: plain.ID, Text: "修灯", Units: []handling.Helper{help("wutong")}})
		w.refused(plain, err, "catalog.community_not_on_list")
	})
}
