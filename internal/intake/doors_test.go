package intake_test

import (
	"fmt"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// unsolvedBy are the doors through which a resident says 还是没解决 of one request.
var unsolvedBy = map[string]func(t *testing.T, s *intake.Service, got intake.Receipt, phone string){
	"link and code": func(t *testing.T, s *intake.Service, got intake.Receipt, _ string) {
		err := s.DB.Update(t.Context(), func(tx *sqldb.Tx) error { return s.UnsolvedTx(tx, anne, got.ID, "还是不亮") })
		known(t, err)
	},
	"rating": func(t *testing.T, s *intake.Service, got intake.Receipt, _ string) {
		known(t, s.Rate(t.Context(), anne, intake.Rating{ID: got.ID, Solved: "no", Stars: 1, Text: "还是不亮"}))
	},
	"telephone": func(t *testing.T, s *intake.Service, got intake.Receipt, _ string) {
		known(t, voice(t, s, got, intake.Voice{Deed: intake.VoiceUnsolved, Text: "还是不亮"}))
	},
	"SMS": func(t *testing.T, s *intake.Service, got intake.Receipt, phone string) {
		id := fmt.Sprintf("%s/%d", phone, find(t, s, got.ID).Version)
		if err := s.TakeReplies(t.Context(), "gateway", []intake.Reply{{ID: id, Phone: phone, Words: "没解决，还是不亮"}}); err != nil {
			t.Error(err)
		}
	},
}

// known lets pass what a door may answer: done, or not now.
func known(t *testing.T, err error) {
	t.Helper()
	if err != nil && fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

func TestNotSolvedCountsOnceWhicheverTheDoors(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		n := 0
		for first, say := range unsolvedBy {
			for second, sayAgain := range unsolvedBy {
				n++
				phone := fmt.Sprintf("138000056%02d", n)
				got := receive(t, s, intake.Report{Body: fmt.Sprintf("路灯坏了，第%d盏", n), Category: "0101", Phone: phone})
				send(t, s, got.ID, request.DeedAccepted, request.DeedReplied, request.DeedReviewPassed)
				if first == "link and code" { // offered after the end
					closeRated(t, s, got)
				}
				say(t, s, got, phone)
				if o := find(t, s, got.ID); o.State != request.InProgress || o.Round != 1 {
					t.Fatalf("by %s: %s, round %d", first, o.State, o.Round)
				}
				update(t, db, func(tx *sqldb.Tx) error { return doneAgain(tx, got) })
				if second == "link and code" {
					closeRated(t, s, got)
				}
				sayAgain(t, s, got, phone)
				if o := find(t, s, got.ID); o.State == request.InProgress || o.Round != 1 {
					t.Errorf("by %s after %s: %s, round %d", second, first, o.State, o.Round)
				}
			}
		}
		if again := count(t, db, `select count(*) from matter_event where name = $1`, request.DeedReopened); again != n {
			t.Errorf("%d reopened, want %d", again, n)
		}
	})
}

func closeRated(t *testing.T, s *intake.Service, got intake.Receipt) {
	t.Helper()
	if err := s.Rate(t.Context(), anne, intake.Rating{ID: got.ID, Solved: "yes", Stars: 4}); err != nil {
		t.Fatal(err)
	}
}

// doneAgain is the second round as the unit and its reviewer end it.
func doneAgain(tx *sqldb.Tx, got intake.Receipt) error {
	o, err := request.Load(tx, actor.System, got.ID, 0)
	if err != nil {
		return err
	}
	for _, deed := range []string{request.DeedReplied, request.DeedReviewPassed} {
		if err := o.Record(tx, actor.System, request.Deed{Name: deed}); err != nil {
			return err
		}
	}
	return nil
}
