package notice_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func dayAt(y int, m time.Month, d, hour, minute int) time.Time {
	return time.Date(y, m, d, hour, minute, 0, 0, catalog.Settings{}.Zone())
}

func TestMessageIsQueuedThenAcceptedThenDelivered(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.open(both, request.Draft{})
		w.is(w.only(o), notice.Queued, "")
		if len(w.sms.sent()) != 0 {
			t.Error("sent inside the deed's own unit of work")
		}
		w.run()
		m := w.only(o)
		w.is(m, notice.Accepted, "")
		p := w.sms.sent()[0]
		if p.Phone != both.Phone || !strings.Contains(p.Text, "7KQM-V2XD9-94HT") || !strings.Contains(p.Text, "路灯不亮") {
			t.Errorf("parcel %+v", p)
		}
		if strings.Contains(m.Words(), "7KQM") || !strings.Contains(m.Words(), "****") {
			t.Errorf("the outbox shows the query code: %s", m.Words())
		}
		report := []notice.Report{{Ref: m.Ref, State: notice.Delivered}}
		for range 3 {
			if err := w.office.Report(t.Context(), "gate", report); err != nil {
				t.Fatal(err)
			}
		}
		w.is(w.only(o), notice.Delivered, "")
		w.run()
		if n := len(w.sms.sent()); n != 1 {
			t.Errorf("sent %d times, want once", n)
		}
		var stored int
		w.update(func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select cast(count(*) as bigint) from notice_message where subject || body || given || person || reason like '%5521%'`).Scan(&stored)
		})
		if stored != 0 {
			t.Error("the outbox holds a telephone number")
		}
	})
}

func TestWishedChannelComesFirstAndTheNextIfItIsClosed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		mail := both
		mail.Prefer = notice.Mail
		a := w.open(mail, request.Draft{})
		wechat := both
		wechat.Prefer, wechat.OpenID = notice.WeChat, "o-1" // not connected
		b := w.open(wechat, request.Draft{})
		nothing := both
		nothing.Prefer = notice.Nothing
		c := w.open(nothing, request.Draft{})
		w.run()
		if m := w.only(a); m.Channel != notice.Mail || m.State != notice.Accepted {
			t.Errorf("who wishes mail got %s (%s)", m.Channel, m.State)
		}
		if m := w.only(b); m.Channel != notice.SMS || m.State != notice.Accepted {
			t.Errorf("who wishes WeChat got %s (%s), want sms while it is closed", m.Channel, m.State)
		}
		w.is(w.only(c), notice.Dropped, notice.ReasonUnwanted)
		w.sms.closed, w.mail.closed = true, true
		d := w.open(both, request.Draft{})
		w.run()
		w.is(w.only(d), notice.Kept, notice.ReasonNoChannel)
	})
}

func TestRefusedNumberGoesByTheNextChannel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.sms.answer = func(notice.Parcel) (notice.Outcome, error) {
			return notice.Outcome{}, notice.Refuse(notice.ReasonBadNumber, errors.New("no such number"))
		}
		o := w.open(both, request.Draft{})
		phoneOnly := both
		phoneOnly.Email = ""
		p := w.open(phoneOnly, request.Draft{})
		w.run()
		if m := w.only(o); m.Channel != notice.Mail || m.State != notice.Accepted {
			t.Errorf("went by %s: %s", m.Channel, m.State)
		}
		w.is(w.only(p), notice.Failed, notice.ReasonBadNumber)
	})
}

func TestServerAwayForADayLosesAndDoublesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.sms.answer = down
		const owed = 12
		var all []*request.Order
		for range owed {
			c := both
			c.Email, c.Phone = "", fmt.Sprintf("138000055%02d", len(all))
			all = append(all, w.open(c, request.Draft{Urgency: "urgent"}))
		}
		for range 24 {
			w.run()
			w.clock.Add(time.Hour)
		}
		m := w.only(all[0])
		w.is(m, notice.Queued, notice.ReasonDown)
		if m.Tries < 10 || m.Due.IsZero() {
			t.Errorf("%d tries in a day, next %v", m.Tries, m.Due)
		}
		w.sms.answer = nil
		before := len(w.sms.sent())
		w.clock.Add(2 * time.Hour)
		w.run()
		got := map[string]int{}
		for _, p := range w.sms.sent()[before:] {
			got[p.Phone]++
		}
		if len(got) != owed || len(w.sms.sent())-before != owed {
			t.Errorf("%d people got %d messages, want %d and %d", len(got), len(w.sms.sent())-before, owed, owed)
		}
	})
}

func TestTryingEndsAfterTheCitysTime(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.settings[notice.SetKeep] = "3"
		w.sms.answer = func(notice.Parcel) (notice.Outcome, error) { panic("a channel with a fault") }
		c := both
		c.Email = ""
		o := w.open(c, request.Draft{})
		for range 6 {
			w.run()
			w.clock.Add(time.Hour)
		}
		w.is(w.only(o), notice.Failed, notice.ReasonExpired+":"+notice.ReasonBroken)
	})
}

func TestQuietHoursHoldWhatIsNotUrgent(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.at(23, 30)
		calm, urgent := w.open(both, request.Draft{}), w.open(both, request.Draft{Urgency: "urgent"})
		w.run()
		m := w.only(calm)
		w.is(m, notice.Queued, notice.ReasonQuiet)
		if got := m.Due.In(catalog.Settings{}.Zone()).Format("15:04"); got != "08:00" {
			t.Errorf("held until %s", got)
		}
		w.is(w.only(urgent), notice.Accepted, "")
		w.clock.Set(m.Due)
		w.run()
		w.is(w.only(calm), notice.Accepted, "")
	})
}

func TestWhatHasChangedMeanwhileIsSeenBeforeSending(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.at(23, 30)
		withdrawn, forgotten, moved := w.open(both, request.Draft{}), w.open(both, request.Draft{}), w.open(both, request.Draft{})
		w.tell(moved, request.DeedDispatched, "dispatched", map[string]string{"承办单位": "路灯管理所"})
		w.tell(moved, request.DeedAccepted, "accepted", map[string]string{"承办单位": "路灯管理所"})
		w.run()
		w.tell(withdrawn, request.DeedWithdrawn, "", nil)
		w.update(func(tx *sqldb.Tx) error { return request.ForgetContact(tx, forgotten.ID, w.only(forgotten).Contact) })
		w.clock.Add(9 * time.Hour)
		w.run()
		w.is(w.only(withdrawn), notice.Dropped, notice.ReasonOver)
		w.is(w.only(forgotten), notice.Dropped, notice.ReasonForgotten)
		all := w.of(moved)
		w.is(all[0], notice.Accepted, "")
		w.is(all[1], notice.Dropped, notice.ReasonSuperseded)
		w.is(all[2], notice.Accepted, "")
		if n := len(w.sms.sent()); n != 2 {
			t.Errorf("%d sent, want 2", n)
		}
	})
}

func TestAPersonGetsNoMoreThanTheDaysBudget(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.settings[notice.SetBudget] = "2"
		c := both
		c.Email = ""
		var last *request.Order
		for range 3 {
			last = w.open(c, request.Draft{})
			w.run()
		}
		w.is(w.only(last), notice.Queued, notice.ReasonBudget)
		if n := len(w.sms.sent()); n != 2 {
			t.Fatalf("%d sent, want 2", n)
		}
		w.clock.Add(24 * time.Hour)
		w.run()
		w.is(w.only(last), notice.Accepted, "")
	})
}

func TestReportsComeInAnyOrder(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		report := func(list ...notice.Report) {
			t.Helper()
			if err := w.office.Report(t.Context(), "gate", list); err != nil {
				t.Fatal(err)
			}
		}
		// The gateway reports before its answer has been written down.
		w.sms.answer = func(p notice.Parcel) (notice.Outcome, error) {
			report(notice.Report{Ref: "early", State: notice.Delivered})
			return notice.Outcome{State: notice.Accepted, Via: "gate", Ref: "early"}, nil
		}
		early := w.open(both, request.Draft{})
		w.run()
		w.is(w.only(early), notice.Delivered, "")

		w.sms.answer = nil
		late := w.open(both, request.Draft{})
		w.run()
		ref := w.only(late).Ref
		report(notice.Report{Ref: ref, State: notice.Failed, Reason: "UNDELIV"})
		w.is(w.only(late), notice.Failed, notice.ReasonUndeliver+":UNDELIV")
		report(notice.Report{Ref: ref, State: notice.Delivered}, notice.Report{Ref: ref, State: notice.Failed}, notice.Report{Ref: "nobody's", State: notice.Failed})
		w.is(w.only(late), notice.Delivered, "")
		report(notice.Report{Ref: ref, State: "nonsense"})
		w.is(w.only(late), notice.Delivered, "")
	})
}

func TestSendingAgainNeedsAReasonAndARight(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.sms.closed, w.mail.closed = true, true
		o := w.open(both, request.Draft{})
		w.run()
		m := w.only(o)
		clerk := actor.Actor{ID: "c", Roles: []actor.Role{actor.Clerk}}
		chief := actor.Actor{ID: "s", Roles: []actor.Role{actor.Supervisor}}
		if err := w.office.Resend(t.Context(), clerk, notice.Again{ID: m.ID, Reason: "没收到"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("a clerk: %v", err)
		}
		if err := w.office.Resend(t.Context(), chief, notice.Again{ID: m.ID}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		w.sms.closed = false
		if err := w.office.Resend(t.Context(), chief, notice.Again{ID: m.ID, Reason: "来电说没收到"}); err != nil {
			t.Fatal(err)
		}
		if err := w.office.Resend(t.Context(), chief, notice.Again{ID: m.ID, Reason: "再来一次"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("while it is queued: %v", err)
		}
		w.run()
		w.is(w.only(o), notice.Accepted, "")
		if key := w.sms.sent()[0].Key; !strings.HasSuffix(key, "-1") {
			t.Errorf("key %s: a gateway would take it for the first", key)
		}
		w.update(func(tx *sqldb.Tx) error {
			steps, err := notice.Steps(tx, m.ID)
			if !slices.ContainsFunc(steps, func(s notice.Step) bool {
				return s.State == "again" && s.Reason == "来电说没收到" && s.Actor == "s"
			}) {
				t.Errorf("steps %+v", steps)
			}
			return err
		})
	})
}

func TestBracesInAResidentsWordsStay(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.open(both, request.Draft{Title: "{查询码}{{.Secrets}}${7*7}"})
		w.run()
		if text := w.sms.sent()[0].Text; !strings.Contains(text, "收到{查询码}{{.Secrets}}${7*7}，") {
			t.Errorf("sent %q", text)
		}
		w.tell(o, request.DeedNoted, "answered", map[string]string{"答复": "{事项}已修好"})
		w.run()
		if text := w.sms.sent()[1].Text; !strings.HasSuffix(text, "答复：{事项}已修好") {
			t.Errorf("sent %q", text)
		}
	})
}

func TestMailHasWordsAndSubjectOfItsOwn(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.update(func(tx *sqldb.Tx) error {
			return catalog.SaveText(tx, "t", catalog.Text{Code: notice.Variant("received", notice.Mail), Kind: "notice", Title: "{城市}收到：{事项}", Body: "您好，{编号}。", Active: true})
		})
		c := both
		c.Prefer = notice.Mail
		w.open(c, request.Draft{Title: "路灯\r\nBcc: a@b.c"})
		w.run()
		if p := w.mail.sent()[0]; p.Subject != "云泽市收到：路灯 Bcc: a@b.c" || !strings.HasPrefix(p.Text, "您好，") {
			t.Errorf("subject %q, text %q", p.Subject, p.Text)
		}
	})
}

func TestReportOfWrongdoingIsNotNamedInAMessage(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.open(both, request.Draft{Title: "路灯所收红包", Sealed: true, Type: "report"})
		w.tell(o, request.DeedNoted, "answered", map[string]string{"答复": "红包一事已查实"})
		w.run()
		for _, p := range w.sms.sent() {
			if strings.Contains(p.Text, "红包") {
				t.Errorf("the message says %q", p.Text)
			}
		}
	})
}

func TestFollowersAreToldWhatIsPublished(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.open(both, request.Draft{Title: "家里三楼漏水", Publicity: "masked"})
		w.update(func(tx *sqldb.Tx) error {
			return request.AddContact(tx, keys, o.ID, request.Contact{Kind: "follower", Phone: "13900001234"})
		})
		w.tell(o, request.DeedNoted, "ask", map[string]string{"补充内容": "门牌号"})
		w.tell(o, request.DeedNoted, "answered", map[string]string{"答复": "王先生家已修好"})
		w.run()
		for _, p := range w.sms.sent() {
			if p.Phone == "13900001234" && (strings.Contains(p.Text, "漏水") || strings.Contains(p.Text, "王先生") || p.Template == "ask") {
				t.Errorf("a follower is told %q", p.Text)
			}
		}
		if all := w.of(o); len(all) != 4 {
			t.Errorf("%d messages, want received, ask, answered and answered to the follower", len(all))
		}
	})
}

func TestHangingChannelStopsNoOther(t *testing.T) {
	w := newWorld(t, sqldbtest.New(t, sqldb.SQLite))
	hang, reached := make(chan struct{}), make(chan struct{}, 8)
	w.sms.answer = func(notice.Parcel) (notice.Outcome, error) {
		reached <- struct{}{}
		<-hang
		return notice.Outcome{State: notice.Accepted}, nil
	}
	done := make(chan struct{}, 1)
	w.mail.answer = func(notice.Parcel) (notice.Outcome, error) {
		done <- struct{}{}
		return notice.Outcome{State: notice.Accepted}, nil
	}
	for range 6 { // more than the pool has workers
		w.open(request.Contact{Phone: "13800005521"}, request.Draft{})
	}
	if err := w.office.Watcher().Drain(t.Context(), w.db); err != nil {
		t.Fatal(err)
	}
	if err := w.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		<-reached
	}
	w.open(request.Contact{Email: "li@example.com"}, request.Draft{})
	if err := w.office.Watcher().Drain(t.Context(), w.db); err != nil {
		t.Fatal(err)
	}
	<-done // while every worker of the other channel hangs
	close(hang)
	if err := w.jobs.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
