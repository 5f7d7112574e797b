package intake_test

import (
	"strings"
	"sync"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestReceiveGivesNumberCodeAndDate(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		got := receive(t, s, intake.Report{Body: "小区门口路灯坏了三天，晚上看不见路。请快点修，我电话13800005521", Category: "0101", Address: "梧桐路３２号",
			Name: "李芳", Phone: "+86 138-0000-5521"})
		if len(got.Number) != 12 || len(got.Code) != 15 {
			t.Fatalf("receipt %+v", got)
		}
		o := find(t, s, got.ID)
		if o.State != request.ToDispatch || o.Title != "小区门口路灯坏了三天，晚上看不见路" || o.Publicity != "public" || o.Channel != "web" || o.Type != "help" {
			t.Errorf("request %+v", o)
		}
		if o.Area != "330101001001" || !o.HasPoint() {
			t.Errorf("the known address was not placed: %q %v", o.Area, o.HasPoint())
		}
		if want := s.Catalog.Book().Calendar.Due(o.OpenedAt, s.Catalog.Book().Tree.All[1].Limit); !o.DueAt.Equal(want) {
			t.Errorf("due %v, want %v", o.DueAt, want)
		}
		if n := count(t, db, `select count(*) from notice_message where matter_id = $1`, string(got.ID)); n != 1 {
			t.Errorf("%d notices, want 1", n)
		}
		if n := count(t, db, `select count(*) from request_order where code_hash like '%' || $1 || '%'`, got.Code); n != 0 {
			t.Error("the query code is stored in the clear")
		}
	})
}

func TestTheSameDraftGivesTheSameReceipt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		var mu sync.Mutex
		seen := map[intake.Receipt]int{}
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				got, err := s.Receive(t.Context(), anne, intake.Report{Draft: "same", Body: "路灯坏了", Category: "0101"})
				if err != nil {
					t.Error(err)
					return
				}
				got.Order = nil
				mu.Lock()
				defer mu.Unlock()
				seen[got]++
			})
		}
		group.Wait()
		if len(seen) != 1 || count(t, db, `select count(*) from matter`) != 1 {
			t.Errorf("receipts %v, want one", seen)
		}
	})
}

func TestReportOfWrongdoingIsSealed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		got := receive(t, s, intake.Report{Body: "路灯管理所的人收钱才来修", Type: "report", Category: "0101", Phone: "13800005521", Subjects: []string{"lamps"}})
		o := find(t, s, got.ID)
		if !o.Sealed || o.Publicity != "private" {
			t.Errorf("sealed %v, publicity %s", o.Sealed, o.Publicity)
		}
		send(t, s, got.ID)
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			_, err := request.Find(tx, clerk, got.ID)
			return err
		})
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("the accused unit finds the report: %v", err)
		}
	})
}

func TestWhatIsWrongWithAReport(t *testing.T) {
	s := world(t, sqldbtest.New(t, sqldb.SQLite))
	for field, r := range map[string]intake.Report{
		"what":     {Body: "  "},
		"phone":    {Body: "路灯坏了", Phone: "一三八"},
		"category": {Body: "路灯坏了", Category: "01"},
		"address":  {Body: "路灯坏了", Address: strings.Repeat("长", 201)},
		"type":     {Body: "路灯坏了", Type: "spam"},
	} {
		_, err := s.Receive(t.Context(), anne, r)
		if _, ok := fault.FieldsOf(err).Of(field); !ok {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := s.Receive(t.Context(), clerk, intake.Report{Body: "路灯坏了"}); fault.KindOf(err) != fault.Denied {
		t.Errorf("a unit's clerk took a call: %v", err)
	}
	if _, err := s.Receive(t.Context(), agent, intake.Report{Body: "路灯坏了", Channel: "phone"}); err != nil {
		t.Errorf("the agent: %v", err)
	}
}

func TestResidentUrgesOnceADay(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		got := receive(t, s, intake.Report{Body: "路灯坏了", Category: "0101"})
		if err := s.Urge(t.Context(), anne, got.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Urge(t.Context(), anne, got.ID); fault.KindOf(err) != fault.TooMany {
			t.Errorf("second urge: %v", err)
		}
	})
}

func TestNotSolvedReopensOnce(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		got := receive(t, s, intake.Report{Body: "路灯坏了", Category: "0101"})
		send(t, s, got.ID, request.DeedAccepted, request.DeedReplied, request.DeedReviewPassed)
		if err := s.Rate(t.Context(), anne, intake.Rating{ID: got.ID, Solved: "no", Stars: 2}); len(fault.FieldsOf(err)) == 0 {
			t.Errorf("not solved without saying what: %v", err)
		}
		again := intake.Rating{ID: got.ID, Solved: "no", Stars: 2, Text: "还是不亮"}
		if err := s.Rate(t.Context(), anne, again); err != nil {
			t.Fatal(err)
		}
		o := find(t, s, got.ID)
		if o.State != request.InProgress || o.Round != 1 || o.Unit != "lamps" || !o.DueAt.After(o.OpenedAt) {
			t.Errorf("reopened request %+v", o)
		}
		if n := count(t, db, `select count(*) from request_task where round = 1 and open and state = 'working'`); n != 1 {
			t.Errorf("%d tasks of the new round, want 1", n)
		}
		update(t, db, func(tx *sqldb.Tx) error {
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
		})
		if err := s.Rate(t.Context(), anne, again); fault.KindOf(err) != fault.Conflict {
			t.Errorf("second reopening: %v", err)
		}
		if err := s.Rate(t.Context(), anne, intake.Rating{ID: got.ID, Solved: "yes", Stars: 5}); err != nil {
			t.Fatal(err)
		}
		if o := find(t, s, got.ID); o.State != request.Closed || o.Solved != "yes" || o.Rating != 5 {
			t.Errorf("closed request %+v", o)
		}
	})
}

func TestWithdrawnRequestLeavesTheUnit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		got := receive(t, s, intake.Report{Body: "路灯坏了", Category: "0101"})
		send(t, s, got.ID)
		if err := s.Withdraw(t.Context(), anne, got.ID, "自己亮了"); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from request_task where open`); n != 0 {
			t.Errorf("%d open tasks, want 0", n)
		}
		if err := s.Supplement(t.Context(), anne, intake.Supplement{ID: got.ID, Text: "又坏了"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("supplement after withdrawal: %v", err)
		}
	})
}

func TestFollowerHasAReceiptOfHisOwnAndCanLeave(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		got := receive(t, s, intake.Report{Body: "路灯坏了", Category: "0101"})
		c := intake.Follow{Number: got.Number, Draft: "follower-1", Phone: "13900001111"}
		first, err := s.Follow(t.Context(), anne, c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Follow(t.Context(), anne, c)
		if err != nil || again.Code != first.Code || first.Code == got.Code {
			t.Errorf("receipts %q and %q beside %q, %v", first.Code, again.Code, got.Code, err)
		}
		if o := find(t, s, got.ID); o.Followers != 1 {
			t.Errorf("%d followers, want 1", o.Followers)
		}
		if n := count(t, db, `select count(*) from request_contact where kind = 'follower'`); n != 1 {
			t.Errorf("%d contacts of followers, want 1", n)
		}
		if _, err := s.Follow(t.Context(), anne, intake.Follow{Number: got.Number, Phone: "一三八"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a wrong number: %v", err)
		}
		secret := receive(t, s, intake.Report{Body: "吃拿卡要", Type: "report", Category: "0101"})
		if _, err := s.Follow(t.Context(), anne, intake.Follow{Number: secret.Number}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("following a report of wrongdoing: %v", err)
		}
	})
}

func TestSupplementStartsTheClockThatWaitedForIt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		clock := &clock{}
		s.Resumer = clock
		got := receive(t, s, intake.Report{Body: "路灯坏了", Category: "0101"})
		say := intake.Supplement{ID: got.ID, Text: "灯杆编号0571"}
		if err := s.Supplement(t.Context(), anne, say); err != nil || clock.started != 0 {
			t.Errorf("a supplement nobody waited for: %v, clock started %d times", err, clock.started)
		}
		send(t, s, got.ID, request.DeedAccepted, request.DeedAsked)
		if err := s.Supplement(t.Context(), anne, say); err != nil || clock.started != 1 {
			t.Errorf("the supplement that was asked for: %v, clock started %d times", err, clock.started)
		}
		if err := s.Supplement(t.Context(), anne, intake.Supplement{ID: got.ID, Text: " "}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an empty supplement: %v", err)
		}
	})
}

// clock counts how often it is started.
type clock struct{ started int }

func (c *clock) Supplemented(*sqldb.Tx, *request.Order) error {
	c.started++
	return nil
}

func TestHideTakesOutNumbersThatNameAPerson(t *testing.T) {
	for text, want := range map[string]string{
		"我电话13800005521":               "我电话***",
		"打 138 0000 5521 找我":           "打 *** 找我",
		"１３８００００５５２１":                  "***",
		"身份证11010519491231002X。":       "身份证***。",
		"0571-88886666转2":              "***转2",
		"梧桐路32号2单元301室":                "梧桐路***",
		"编号261123004718":               "编号261123004718",
		"2026-11-23开始":                 "2026-11-23开始",
		"卡号6222020200112233445":        "卡号***",
		"3栋 13800005521 和 13900005521": "3栋 *** 和 ***",
	} {
		if got := request.Hide(text); got != want {
			t.Errorf("Hide(%q) = %q, want %q", text, got, want)
		}
		if request.Tells(text) != (text != want) {
			t.Errorf("Tells(%q) = %v", text, request.Tells(text))
		}
	}
}
