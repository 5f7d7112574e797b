package intake_test

import (
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func voice(t *testing.T, s *intake.Service, got intake.Receipt, c intake.Voice) error {
	t.Helper()
	c.Order = find(t, s, got.ID)
	c.Version = c.Order.Version
	return s.Voice(t.Context(), agent, c)
}

func TestACallersWordIsHisOwnAndSaysWhoTookItDown(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		got := answered(t, s, "路灯坏了三天")
		if err := voice(t, s, got, intake.Voice{Deed: intake.VoiceUnsolved, Text: "昨晚又灭了"}); err != nil {
			t.Fatal(err)
		}
		o := find(t, s, got.ID)
		if o.State != request.InProgress || o.Round != 1 || o.Rating != 0 {
			t.Errorf("state %s, round %d, rating %d", o.State, o.Round, o.Rating)
		}
		if n := count(t, db, `select count(*) from matter_event where name = 'reopened' and actor = $1`, actor.ResidentID); n != 1 {
			t.Error("the reopening is not the resident's")
		}
		if n := count(t, db, `select count(*) from matter_event where name = 'noted' and actor = $1`, agent.ID); n != 1 {
			t.Error("nothing says who took it down")
		}
		send(t, s, receive(t, s, intake.Report{Body: "别的事", Category: "0101"}).ID) // another one changes nothing
		if err := voice(t, s, got, intake.Voice{Deed: intake.VoiceSupplement, Text: "在公交站旁边"}); err != nil {
			t.Error(err)
		}
	})
}

func TestACallerMayDoWhatTheReceiptAllowsAndNoMore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		open := receive(t, s, intake.Report{Body: "路灯坏了三天", Category: "0101", Phone: asker})
		for deed, want := range map[string]fault.Kind{intake.VoiceRate: fault.Invalid, intake.VoiceUnsolved: fault.Invalid, intake.VoiceUnfollow: fault.Invalid, "": fault.Invalid} {
			if err := voice(t, s, open, intake.Voice{Deed: deed, Solved: "yes", Stars: 5, Text: "好"}); fault.KindOf(err) != want {
				t.Errorf("%q of an open request: %v", deed, err)
			}
		}
		if n := count(t, db, `select count(*) from matter_event where name = 'noted'`); n != 0 {
			t.Errorf("%d lines of what was refused", n)
		}
		o := find(t, s, open.ID)
		if err := s.Voice(t.Context(), clerk, intake.Voice{Order: o, Version: o.Version, Deed: intake.VoiceWithdraw}); fault.KindOf(err) != fault.Denied {
			t.Errorf("a clerk: %v", err)
		}
		if err := s.Voice(t.Context(), agent, intake.Voice{Order: o, Version: o.Version + 1, Deed: intake.VoiceWithdraw}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("an old page: %v", err)
		}
		if err := voice(t, s, open, intake.Voice{Deed: intake.VoiceWithdraw, Text: "自己亮了"}); err != nil || find(t, s, open.ID).State != request.Withdrawn {
			t.Errorf("withdraw: %v", err)
		}
	})
}

func TestASMSMayStopTheNotices(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		receive(t, s, intake.Report{Body: "路灯坏了三天", Category: "0101", Phone: asker})
		sendSMS(t, s, "1", "td")
		if n := count(t, db, `select count(*) from request_contact where prefer = 'none'`); n != 1 {
			t.Errorf("%d contacts want no notices", n)
		}
		if n := count(t, db, `select count(*) from matter where open`); n != 1 {
			t.Error("to stop the notices ended the request")
		}
	})
}

func TestANumberOfABuildingIsNoGrade(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		done := answered(t, s, "路灯坏了三天")
		receive(t, s, intake.Report{Body: "井盖松了", Category: "0101", Phone: asker})
		sendSMS(t, s, "1", "5号楼门口那个")
		if o := find(t, s, done.ID); o.Rating != 0 {
			t.Errorf("“5号楼” was taken for %d stars", o.Rating)
		}
		sendSMS(t, s, "2", "２ 慢了点")
		if o := find(t, s, done.ID); o.Rating != 2 || o.Solved != "partly" {
			t.Errorf("rated %d, solved %q", o.Rating, o.Solved)
		}
	})
}
