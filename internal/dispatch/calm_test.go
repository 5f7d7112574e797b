package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// urgent is a request that was received as urgent because of its words.
func (w *world) urgent() *request.Order {
	w.t.Helper()
	return w.register(request.Draft{Urgency: "urgent", Due: w.DB.Now().Add(2 * time.Hour),
		Alarm: &request.Alarm{Signal: "gas-leak", Rev: 1, Name: "燃气泄漏", Found: []string{"煤气", "泄漏"}, Phone: "119", Limit: calendar.Limit{N: 2, Unit: "h"}}})
}

func TestTheLimitOfASignalIsOnTheOrder(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.urgent()
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
		o = w.now(dispatcher, o)
		if left := o.DueAt.Sub(o.OpenedAt); left > 2*time.Hour {
			t.Errorf("due in %v", left)
		}
		if task := w.tasks(o)["lamps"]; task.Limit != (calendar.Limit{N: 2, Unit: "h"}) {
			t.Errorf("the order says %+v", task.Limit)
		}
	})
}

func TestAnAlarmIsTakenBackWithAReason(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.urgent()
		if err := w.Calm(ctx(w), dispatcher, dispatch.Calm{On: on(o)}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		if err := w.Calm(ctx(w), lampClerk, dispatch.Calm{On: on(o), Reason: "没有危险"}); err == nil {
			t.Error("a unit that has nothing to do with it took it back")
		}
		w.must(w.Calm(ctx(w), dispatcher, dispatch.Calm{On: on(o), Reason: "已核实，没有危险"}))
		o = w.now(dispatcher, o)
		if o.Urgency != "normal" || o.DueAt.Sub(o.OpenedAt) < 24*time.Hour {
			t.Errorf("urgency %q, due in %v", o.Urgency, o.DueAt.Sub(o.OpenedAt))
		}
		w.wants(w.Calm(ctx(w), dispatcher, dispatch.Calm{On: on(o), Reason: "再来一次"}), fault.Conflict, "dispatch.no_alarm")
		w.must(w.DB.View(ctx(w), func(tx *sqldb.Tx) error {
			alarms, err := request.AlarmsOf(tx, o.ID)
			if a := alarms[o.ID]; a.Live() || a.EndedBy != dispatcher.ID {
				t.Errorf("alarm %+v", a)
			}
			return err
		}))
		said := ""
		lines := w.timeline(dispatcher, o)
		for _, n := range lines[len(lines)-1].Notes {
			said += n.Text + "\n"
		}
		if !strings.Contains(said, "已核实，没有危险") || !strings.Contains(said, "燃气泄漏") {
			t.Errorf("the history says %q", said)
		}
	})
}

func TestUrgentRequestsStandFirstInTheQueue(t *testing.T) {
	eachDB(t, func(w *world) {
		var calm []string
		for range 3 {
			calm = append(calm, w.register(request.Draft{}).Number)
		}
		var pressing []string
		for _, hours := range []int{4, 1, 0, 2, 1} { // 0 has no limit: it stands behind the others
			d := request.Draft{Urgency: "urgent"}
			if hours > 0 {
				d.Due = w.DB.Now().Add(time.Duration(hours) * time.Hour)
			}
			pressing = append(pressing, w.register(d).Number)
		}
		want := strings.Join(append([]string{pressing[1], pressing[4], pressing[3], pressing[0], pressing[2]}, calm...), " ")
		for _, size := range []int{1, 2, 3, 5, 10} {
			got, err := dispatch.QueueNumbers(ctx(w), w.Service, dispatcher, size)
			w.must(err)
			if strings.Join(got, " ") != want {
				t.Errorf("pages of %d: %q, want %q", size, got, want)
			}
		}
	})
}
