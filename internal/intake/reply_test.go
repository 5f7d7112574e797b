package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

const asker = "13800005521"

// answered is a request of the asker whose answer was checked: it waits for his word.
func answered(t *testing.T, s *intake.Service, body string) intake.Receipt {
	t.Helper()
	got := receive(t, s, intake.Report{Body: body, Category: "0101", Phone: asker})
	send(t, s, got.ID, request.DeedAccepted, request.DeedReplied, request.DeedReviewPassed)
	if o := find(t, s, got.ID); o.State != request.ToCallback {
		t.Fatalf("state %s", o.State)
	}
	return got
}

func sendSMS(t *testing.T, s *intake.Service, id, words string) {
	t.Helper()
	for range 3 { // gateways deliver again until they are sure
		if err := s.TakeReplies(t.Context(), "gateway", []intake.Reply{{ID: id, Phone: "+86 " + asker, Words: words}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASMSRatesOnceAndMayBringItBack(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		good := answered(t, s, "路灯坏了三天")
		sendSMS(t, s, "1", " 5 ")
		if o := find(t, s, good.ID); o.State != request.Closed || o.Rating != 5 || o.Solved != "yes" {
			t.Errorf("after 5: %s, %d stars, solved %q", o.State, o.Rating, o.Solved)
		}
		sendSMS(t, s, "2", "没解决，昨晚又灭了")
		o := find(t, s, good.ID)
		if o.State != request.InProgress || o.Round != 1 {
			t.Errorf("not solved: %s, round %d", o.State, o.Round)
		}
		if n := count(t, db, `select count(*) from matter_event where name = $1`, request.DeedReopened); n != 1 {
			t.Errorf("reopened %d times", n)
		}
		if n := count(t, db, `select count(*) from request_note where text like '%昨晚又灭了%'`); n != 1 {
			t.Errorf("the reason stands %d times", n)
		}
	})
}

func TestASMSThatCouldMeanTwoRequestsDoesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		first, second := answered(t, s, "路灯坏了三天"), answered(t, s, "路灯一闪一闪")
		sendSMS(t, s, "1", "4")
		if a, b := find(t, s, first.ID), find(t, s, second.ID); a.Rating != 0 || b.Rating != 0 {
			t.Errorf("rated %d and %d", a.Rating, b.Rating)
		}
		sendSMS(t, s, "2", first.Number+" 4")
		if a, b := find(t, s, first.ID), find(t, s, second.ID); a.Rating != 4 || b.Rating != 0 {
			t.Errorf("named: rated %d and %d", a.Rating, b.Rating)
		}
	})
}

func TestWordsOfASMSAreAddedWithdrawOrBecomeARequest(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		sendSMS(t, s, "1", "5")
		if n := count(t, db, `select count(*) from matter`); n != 0 {
			t.Errorf("a digit of a stranger made %d requests", n)
		}
		sendSMS(t, s, "2", "梧桐路的井盖松了，会响")
		if n := count(t, db, `select count(*) from request_order where channel = 'sms'`); n != 1 {
			t.Fatalf("%d requests by SMS", n)
		}
		sendSMS(t, s, "3", "在公交站旁边")
		if n := count(t, db, `select count(*) from request_note where kind = 'supplement' and text = '在公交站旁边'`); n != 1 {
			t.Errorf("added %d times", n)
		}
		sendSMS(t, s, "4", "撤回")
		if n := count(t, db, `select count(*) from matter where open`); n != 0 {
			t.Errorf("%d still open", n)
		}
	})
}

// smsStates is what became of the SMS that came in, by the gateway's id.
func smsStates(t *testing.T, db *sqldb.DB) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select ref, state, deed, deliveries, attention, masked, words, phone from intake_sms`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var ref, state, deed, masked, words, phone string
			var n int64
			var waits bool
			if err := rows.Scan(&ref, &state, &deed, &n, &waits, &masked, &words, &phone); err != nil {
				return err
			}
			out[ref] = fmt.Sprint(state, " ", deed, " ", n, " ", waits)
			if masked != "138****5521" || strings.Contains(words+phone, asker) || strings.Contains(words, "没解决") {
				t.Errorf("%s is kept in the clear: %q %q %q", ref, masked, words, phone)
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEverySMSIsListedWithWhatBecameOfIt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		sendSMS(t, s, "stranger", "5")
		sendSMS(t, s, "new", "梧桐路的井盖松了，会响")
		sendSMS(t, s, "more", "在公交站旁边")
		good := answered(t, s, "路灯坏了三天")
		sendSMS(t, s, "rated", good.Number+" 5")
		sendSMS(t, s, "bare", good.Number+" 没解决，昨晚又灭了")
		sendSMS(t, s, "twice", good.Number+" 没解决，还是不亮")
		want := map[string]string{"stranger": "unread rate 3 true", "new": "case add 3 false", "more": "done add 3 false", "rated": "done rate 3 false",
			"bare": "done unsolved 3 false", "twice": "refused unsolved 3 true"}
		if diff := cmp.Diff(want, smsStates(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// waitingSMS is the one that waits for a person.
func waitingSMS(t *testing.T, s *intake.Service) intake.SMS {
	t.Helper()
	var list []intake.SMS
	err := s.DB.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		list, err = s.SMSList(tx, intake.SMSWait, "", 10)
		return err
	})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d wait, %v", len(list), err)
	}
	return list[0]
}

func TestAnAgentSettlesAnSMSThatNobodyUnderstood(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		agent := actor.Actor{ID: "agent", Roles: []actor.Role{actor.Agent}}
		sendSMS(t, s, "1", "5")
		x := waitingSMS(t, s)
		if _, err := s.SMSToCase(t.Context(), actor.Actor{ID: "clerk", Roles: []actor.Role{actor.Clerk}}, x.ID, "要办的事"); fault.KindOf(err) != fault.Denied {
			t.Errorf("by a clerk: %v", err)
		}
		if _, err := s.SMSToCase(t.Context(), agent, x.ID, " "); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without words: %v", err)
		}
		number, err := s.SMSToCase(t.Context(), agent, x.ID, "电话问过：是说楼道灯不亮")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SMSToCase(t.Context(), agent, x.ID, "再来一次"); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a second time: %v", err)
		}
		sendSMS(t, s, "2", "0")
		y := waitingSMS(t, s)
		if err := s.SMSToRequest(t.Context(), agent, y.ID, "260302999999", "补充"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("to a number that is none: %v", err)
		}
		if err := s.SMSToRequest(t.Context(), agent, y.ID, number, "还没有来修"); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from request_note where kind = 'supplement' and text = '还没有来修'`); n != 1 {
			t.Errorf("added %d times", n)
		}
		sendSMS(t, s, "3", "0")
		z := waitingSMS(t, s)
		if err := s.DropSMS(t.Context(), agent, z.ID, "电话问过，是发错了"); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from intake_sms where attention`); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}
