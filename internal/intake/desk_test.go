package intake_test

import (
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// sender stands for package dispatch: it gives the lead a task.
type sender struct {
	lead    string
	assists []string
	refuse  error
}

func (x *sender) SendTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, lead string, assists []string) error {
	if x.refuse != nil {
		return x.refuse
	}
	x.lead, x.assists = lead, assists
	if _, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: lead, Lead: true, DueAt: o.DueAt}); err != nil {
		return err
	}
	o.Unit = lead
	return o.Record(tx, a, request.Deed{Name: request.DeedDispatched})
}

const phone = "13800005521"

func lampCall() intake.Fields {
	return intake.Fields{What: "路灯坏了三天，晚上看不见路", Address: "梧桐路32号", Category: "0101", Phone: "138 0000 5521", Name: "李女士"}
}

// deskWorld adds to the world what only the desk needs.
func deskWorld(t *testing.T, db *sqldb.DB) (*intake.Service, *sender) {
	s, x := world(t, db), &sender{}
	s.Sender = x
	update(t, db, func(tx *sqldb.Tx) error {
		for _, r := range []catalog.Refusal{{Code: "legal_route", Name: "应走法定途径", Tell: "这件事按法律要走专门程序。", Route: "向人民法院提起诉讼；申请仲裁"},
			{Code: "other_lawful", Name: "其他情形", Tell: "依据是：{依据}。", NeedsText: true}} {
			if err := catalog.SaveRefusal(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	return s, x
}

func newCall(db *sqldb.DB) string { return id.New(db.Now()) }

func end(t *testing.T, s *intake.Service, call string, f intake.Fields, outcome, number string) error {
	t.Helper()
	return s.EndCall(t.Context(), agent, intake.End{Call: call, Fields: f, Outcome: outcome, Number: number})
}

// ended is the request that a call became.
func ended(t *testing.T, s *intake.Service, call string) *request.Order {
	t.Helper()
	var m matter.ID
	err := s.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select matter_id from intake_call where id = $1 and state = 'done'`, call).Scan(&m)
	})
	if err != nil {
		t.Fatal(err)
	}
	return find(t, s, m)
}

func TestACallIsRegisteredAndDispatchedInOneStroke(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, x := deskWorld(t, db)
		call := newCall(db)
		if err := end(t, s, call, lampCall(), intake.Dispatched, ""); err != nil {
			t.Fatal(err)
		}
		o := ended(t, s, call)
		if x.lead != "lamps" || o.State != request.ToAccept || o.Channel != "phone" || o.TakenBy != agent.ID || o.Area != "330101001001" {
			t.Errorf("got %s at %s by %s through %s, sent to %q", o.State, o.Area, o.TakenBy, o.Channel, x.lead)
		}
		if err := end(t, s, call, lampCall(), intake.Dispatched, ""); err != nil {
			t.Errorf("pressing the button twice: %v", err)
		}
		if n := count(t, db, `select count(*) from matter`); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

func TestACallThatCannotBeSentLeavesNothingBehind(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, x := deskWorld(t, db)
		x.refuse = fault.New(fault.Invalid, "dispatch.no_lead", nil)
		call := newCall(db)
		keep(t, s, agent, call, lampCall())
		if err := end(t, s, call, lampCall(), intake.Dispatched, ""); err == nil {
			t.Fatal("dispatched although the sender refused")
		}
		if n := count(t, db, `select count(*) from matter`); n != 0 {
			t.Errorf("%d requests, want none", n)
		}
		if n := count(t, db, `select count(*) from intake_call where state = 'open'`); n != 1 {
			t.Errorf("%d open drafts, want 1", n)
		}
	})
}

func TestWhatACallLacksIsNamedFieldByField(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _ := deskWorld(t, db)
		for _, c := range []struct {
			outcome string
			fields  intake.Fields
			want    string
		}{
			{intake.Dispatched, intake.Fields{}, "what category"},
			{intake.Dispatched, intake.Fields{What: "漏水", Category: "0102", Phone: "12"}, "phone address"},
			{intake.Answered, intake.Fields{What: "怎么办居住证"}, "answer"},
			{intake.Diverted, intake.Fields{What: "合同纠纷"}, "refusal"},
			{intake.Diverted, intake.Fields{What: "合同纠纷", Refusal: "other_lawful"}, "reason"},
			{intake.Registered, intake.Fields{}, "what"},
		} {
			err := end(t, s, newCall(db), c.fields, c.outcome, "")
			var names []string
			for _, f := range fault.FieldsOf(err) {
				names = append(names, f.Name)
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("%s of %+v: wrong fields %q, want %q (%v)", c.outcome, c.fields, got, c.want, err)
			}
		}
		if n := count(t, db, `select count(*) from matter`); n != 0 {
			t.Errorf("%d requests, want none", n)
		}
	})
}

func TestACallEndsInExactlyOneWay(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _ := deskWorld(t, db)
		answered := lampCall()
		answered.Answer, answered.Knowledge = "路灯管理所五个工作日内修好。", "K01"
		diverted := intake.Fields{What: "邻居欠我钱", Refusal: "legal_route"}
		for _, c := range []struct {
			outcome string
			fields  intake.Fields
			state   string
			note    string
		}{
			{intake.Answered, answered, request.Answered, "路灯管理所五个工作日内修好。"},
			{intake.Diverted, diverted, request.Diverted, "向人民法院提起诉讼；申请仲裁"},
			{intake.Registered, lampCall(), request.ToDispatch, ""},
		} {
			call := newCall(db)
			if err := end(t, s, call, c.fields, c.outcome, ""); err != nil {
				t.Fatalf("%s: %v", c.outcome, err)
			}
			o := ended(t, s, call)
			if o.State != c.state {
				t.Errorf("%s: state %s, want %s", c.outcome, o.State, c.state)
			}
			if c.note != "" && count(t, db, `select count(*) from request_note where matter_id = $1 and text = $2 and audience = 'resident'`, o.ID, c.note) != 1 {
				t.Errorf("%s: the resident cannot read %q", c.outcome, c.note)
			}
		}
	})
}

func TestACallerJoinsWhatIsKnownAlready(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _ := deskWorld(t, db)
		first := receive(t, s, intake.Report{Body: "路灯坏了", Category: "0101", Address: "梧桐路32号"})
		call := newCall(db)
		if err := end(t, s, call, lampCall(), intake.Joined, first.Number); err != nil {
			t.Fatal(err)
		}
		o := find(t, s, first.ID)
		if o.Followers != 1 || count(t, db, `select count(*) from request_contact where matter_id = $1 and kind = 'follower'`, o.ID) != 1 {
			t.Errorf("%d followers", o.Followers)
		}
		if n := count(t, db, `select count(*) from matter`); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
		update(t, db, func(tx *sqldb.Tx) error {
			o, err := request.Load(tx, actor.System, first.ID, 0)
			if err != nil {
				return err
			}
			return o.Record(tx, actor.System, request.Deed{Name: request.DeedWithdrawn})
		})
		err := end(t, s, newCall(db), lampCall(), intake.Joined, first.Number)
		if got := fault.KindOf(err); got != fault.Conflict {
			t.Errorf("joining what is closed: %v, want a conflict", err)
		}
	})
}

func TestTheAccusedUnitIsNeverNamed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, x := deskWorld(t, db)
		f := lampCall()
		f.Type, f.Subject = "report", "lamps"
		call := newCall(db)
		if err := end(t, s, call, f, intake.Dispatched, ""); err != nil {
			t.Fatal(err)
		}
		if o := ended(t, s, call); x.lead != "nanhu" || !o.Sealed || o.Publicity != "private" {
			t.Errorf("sent to %q, sealed %v, %s", x.lead, o.Sealed, o.Publicity)
		}
		if n := count(t, db, `select count(*) from request_subject where unit_id = 'lamps'`); n != 1 {
			t.Errorf("%d subjects, want 1", n)
		}
	})
}

func keep(t *testing.T, s *intake.Service, a actor.Actor, call string, f intake.Fields) {
	t.Helper()
	if _, err := s.KeepCall(t.Context(), a, call, func(x *intake.Fields) { *x = f }); err != nil {
		t.Fatal(err)
	}
}

func TestADraftIsSealedOwnAndForgottenWhenItEnds(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _ := deskWorld(t, db)
		call := newCall(db)
		keep(t, s, agent, call, lampCall())
		stored := func() (text string) {
			err := db.View(t.Context(), func(tx *sqldb.Tx) error {
				return tx.QueryRow(`select fields from intake_call where id = $1`, call).Scan(&text)
			})
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		if text := stored(); strings.Contains(text, "路灯") || strings.Contains(text, "5521") {
			t.Errorf("the draft lies open: %s", text)
		}
		c, err := s.KeepCall(t.Context(), agent, call, func(*intake.Fields) {})
		if err != nil || c.Fields.What != lampCall().What || c.Fields.Masked() != "138****5521" {
			t.Errorf("read back %+v, %v", c, err)
		}
		other := agent
		other.ID = "s-other"
		if _, err := s.KeepCall(t.Context(), other, call, func(*intake.Fields) {}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another agent's draft: %v, want not found", err)
		}
		if _, err := s.KeepCall(t.Context(), clerk, newCall(db), func(*intake.Fields) {}); fault.KindOf(err) != fault.Denied {
			t.Errorf("a clerk at the desk: %v, want denied", err)
		}
		if err := end(t, s, call, lampCall(), intake.Registered, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.KeepCall(t.Context(), agent, call, func(f *intake.Fields) { f.What = "后到的自动保存" }); err != nil {
			t.Fatal(err)
		}
		if text := stored(); text != "" {
			t.Errorf("after the end the draft still holds %q", text)
		}
	})
}

func TestADiscardedDraftCanBeTakenBack(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _ := deskWorld(t, db)
		call := newCall(db)
		keep(t, s, agent, call, lampCall())
		open := func() int { return count(t, db, `select count(*) from intake_call where state = 'open'`) }
		if err := s.DiscardCall(t.Context(), agent, call); err != nil || open() != 0 {
			t.Errorf("after discarding %d open, %v", open(), err)
		}
		if err := s.RestoreCall(t.Context(), agent, call); err != nil || open() != 1 {
			t.Errorf("after taking back %d open, %v", open(), err)
		}
	})
}

func TestTheQueryCodeDoesNotFollowFromTheAddressOfACall(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _ := deskWorld(t, db)
		call := newCall(db)
		if err := end(t, s, call, lampCall(), intake.Registered, ""); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from intake_sent where draft_id = $1`, call); n != 0 {
			t.Error("a receipt can be had by the id of the call, which stands in addresses")
		}
		if n := count(t, db, `select count(*) from request_order where code_hash <> ''`); n != 1 {
			t.Errorf("%d requests with a query code, want 1", n)
		}
	})
}

func TestNoNumberOfACallerStandsInHistory(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _ := deskWorld(t, db)
		first := receive(t, s, intake.Report{Body: "路灯坏了", Category: "0101", Address: "梧桐路32号", Phone: phone})
		f := lampCall()
		f.What += "，我的电话" + phone
		for _, e := range [][2]string{{intake.Dispatched, ""}, {intake.Joined, first.Number}} {
			if err := end(t, s, newCall(db), f, e[0], e[1]); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []string{`select count(*) from matter_event where body like '%5521%' or body like '%李女士%'`,
			`select count(*) from matter where title like '%5521%'`, `select count(*) from request_contact where phone like '%5521%'`} {
			if n := count(t, db, q); n != 0 {
				t.Errorf("%s: %d, want 0", q, n)
			}
		}
	})
}

// The unit complained about is neither proposed nor among those that had such
// requests before.
func TestTheDeskNeverSuggestsTheUnitComplainedAbout(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		named := func(kind, subject string) (out string) {
			l, err := s.LookAt(t.Context(), agent, &intake.Fields{What: "路灯不亮", Category: "0101", Type: kind, Subject: subject})
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range l.Advice.Units {
				out += u.Code + " "
			}
			return out + "/" + l.Proposal.Lead.ID
		}
		if got := named("help", "lamps"); !strings.Contains(got, "lamps /") {
			t.Fatalf("for a request for help: %s", got)
		}
		for _, kind := range []string{"complaint", "report"} {
			if got := named(kind, "lamps"); strings.Contains(got, "lamps") {
				t.Errorf("%s: %s", kind, got)
			}
		}
		call := id.New(db.Now())
		e := intake.End{Call: call, Outcome: intake.Registered, Fields: intake.Fields{What: "投诉路灯所推诿", Category: "0101", Type: "complaint", Subject: "lamps"}}
		if err := s.EndCall(t.Context(), agent, e); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from request_subject where unit_id = 'lamps'`); n != 1 {
			t.Errorf("%d subjects kept, want 1", n)
		}
	})
}
