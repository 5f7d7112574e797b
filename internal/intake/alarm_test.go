package intake_test

import (
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// alarmed is a world with the default signals.
func alarmed(t *testing.T, db *sqldb.DB) *intake.Service {
	t.Helper()
	s := world(t, db)
	update(t, db, func(tx *sqldb.Tx) error {
		_, err := catalog.PlantSignals(tx, "test")
		return err
	})
	if err := s.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func alarmOf(t *testing.T, s *intake.Service, o *request.Order) (a request.Alarm) {
	t.Helper()
	update(t, s.DB, func(tx *sqldb.Tx) error {
		all, err := request.AlarmsOf(tx, o.ID)
		a = all[o.ID]
		return err
	})
	return a
}

func TestWordsOfDangerMakeARequestUrgentAtEveryDoor(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := alarmed(t, db)
		for _, channel := range []string{"web", "sms", "mail", "wechat", "open311", "api", "device"} {
			got := receive(t, s, intake.Report{Body: "三楼楼道煤气泄漏，味道很大", Category: "0101", Channel: channel})
			o := find(t, s, got.ID)
			a := alarmOf(t, s, o)
			if o.Urgency != "urgent" || !a.Live() || a.Signal != "gas-leak" || a.Phone != "119" || strings.Join(a.Found, " ") != "煤气 泄漏" {
				t.Errorf("%s: urgency %q, alarm %+v", channel, o.Urgency, a)
			}
			if left := o.DueAt.Sub(o.OpenedAt); left != 2*time.Hour {
				t.Errorf("%s: due in %v", channel, left)
			}
		}
		quiet := find(t, s, receive(t, s, intake.Report{Body: "路灯不亮", Category: "0101"}).ID)
		if quiet.Urgency != "normal" || alarmOf(t, s, quiet).Signal != "" || quiet.DueAt.Sub(quiet.OpenedAt) < 24*time.Hour {
			t.Errorf("a quiet request: %q due %v", quiet.Urgency, quiet.DueAt)
		}
		old := find(t, s, receive(t, s, intake.Report{Body: "煤气泄漏", Category: "0101", Old: true}).ID)
		if old.Urgency != "normal" || alarmOf(t, s, old).Signal != "" {
			t.Errorf("what is of the past is urgent: %+v", alarmOf(t, s, old))
		}
	})
}

func TestWhyItIsUrgentStandsInTheHistoryWithoutTheWordsAroundIt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := alarmed(t, db)
		o := find(t, s, receive(t, s, intake.Report{Body: "我叫张小三，电话13800005521，楼下煤气泄漏", Category: "0101"}).ID)
		update(t, db, func(tx *sqldb.Tx) error {
			lines, err := request.Timeline(tx, agent, o)
			if err != nil {
				return err
			}
			text := ""
			for _, n := range lines[0].Notes {
				text += n.Text
			}
			if !strings.Contains(text, "燃气泄漏") || strings.Contains(text, "张小三") || strings.Contains(text, "138") {
				t.Errorf("the history says %q", text)
			}
			return nil
		})
	})
}

func TestAnAgentWhoHasCheckedCalmsACall(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := alarmed(t, db)
		for _, calm := range []bool{false, true} {
			call := id.New(db.Now())
			e := intake.End{Call: call, Outcome: intake.Registered, Fields: intake.Fields{What: "楼道里的电动车充电时起火 " + call, Category: "0101", Calm: calm}}
			if err := s.EndCall(t.Context(), agent, e); err != nil {
				t.Fatal(err)
			}
			var number string
			update(t, db, func(tx *sqldb.Tx) error {
				return tx.QueryRow(`select m.number from matter m join request_order r on r.matter_id = m.id where r.body like $1`, "%"+call).Scan(&number)
			})
			var o *request.Order
			update(t, db, func(tx *sqldb.Tx) (err error) {
				o, err = request.FindNumber(tx, actor.System, number)
				return err
			})
			a := alarmOf(t, s, o)
			if a.Signal == "" || a.Live() == calm || (o.Urgency == "urgent") == calm || (o.DueAt.Sub(o.OpenedAt) == 2*time.Hour) == calm {
				t.Errorf("calm %v: urgency %q, alarm %+v, due in %v", calm, o.Urgency, a, o.DueAt.Sub(o.OpenedAt))
			}
		}
	})
}
