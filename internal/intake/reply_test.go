package intake_test

import (
	"testing"

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
