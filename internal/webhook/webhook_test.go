package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/outbound"
	"gongzhi/internal/request"
	"gongzhi/internal/signature"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
	"gongzhi/internal/webhook"
)

var (
	keys     = vault.Test()
	sysadmin = actor.Actor{ID: "s-admin", Roles: []actor.Role{actor.SysAdmin}}
	clerk    = actor.Actor{ID: "s-clerk", Roles: []actor.Role{actor.Clerk}}
)

type world struct {
	*webhook.Service
	t     *testing.T
	jobs  *job.Queue
	clock *sqldbtest.Clock
	n     int64
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	t.Helper()
	allow, err := outbound.Networks([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	out := &outbound.Client{Allow: allow, Timeout: 2 * time.Second}
	w := &world{Service: &webhook.Service{DB: db, Vault: keys, Catalog: &catalog.Shelf{DB: db}, Call: out.Do, Log: slog.New(slog.DiscardHandler), BaseURL: "https://12345.example.cn"}, t: t, clock: sqldbtest.ClockOf(db)}
	w.update(func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}, {ID: "water", Parent: "city", Name: "水务局", Kind: "department"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		for _, c := range []catalog.Category{{Code: "01", Name: "市政"}, {Code: "0101", Parent: "01", Name: "路灯"}, {Code: "02", Name: "水务"}} {
			c.Limit, c.Urgency, c.Publicity, c.Active = calendar.Limit{N: 5, Unit: "wd"}, "normal", "public", true
			if err := catalog.SaveCategory(tx, "test", c, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err := w.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.jobs = job.New(db, slog.New(slog.DiscardHandler))
	w.jobs.Register(webhook.SendJob, w.Send, job.Options{Pool: "webhook"})
	w.jobs.Pool("webhook", 16)
	return w
}

func (w *world) update(f func(*sqldb.Tx) error) {
	w.t.Helper()
	if err := w.DB.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// subscribe makes a target and gives it with its secret.
func (w *world) subscribe(x webhook.Subscription) (webhook.Subscription, string) {
	w.t.Helper()
	x.Name, x.Active = "目标", true
	x, err := w.Save(w.t.Context(), sysadmin, x)
	if err != nil {
		w.t.Fatal(err)
	}
	secret, err := w.Issue(w.t.Context(), sysadmin, x.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return x, secret
}

// request registers one; change may alter it before.
func (w *world) request(change func(*request.Draft)) *request.Order {
	w.t.Helper()
	w.n++
	d := request.Draft{ID: matter.ID(id.New(w.DB.Now())), Number: id.Number(w.DB.Now(), w.n), Title: "李芳家门口路灯不亮", Body: "我是李芳，电话13800005521", Type: "help", Channel: "web", Category: "0101",
		Address: "梧桐路32号", Area: "33010100100101", Publicity: request.Public, State: request.ToDispatch, Due: w.DB.Now().AddDate(0, 0, 7),
		Contact: request.Contact{Name: "李芳", Phone: "13800005521", Masked: "李*"}}
	if change != nil {
		change(&d)
	}
	var o *request.Order
	w.update(func(tx *sqldb.Tx) (err error) {
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		o, err = request.Create(tx, keys, actor.Actor{}, d)
		return err
	})
	return o
}

func (w *world) dispatch(o *request.Order, unit string) {
	w.t.Helper()
	w.update(func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, o.ID, 0)
		if err != nil {
			return err
		}
		if _, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: unit, Lead: true, Limit: calendar.Limit{N: 3, Unit: "wd"}, DueAt: o.DueAt}); err != nil {
			return err
		}
		o.Unit = unit
		return o.Record(tx, actor.System, request.Deed{Name: request.DeedDispatched})
	})
}

// watch reads history and queues deliveries.
func (w *world) watch() {
	w.t.Helper()
	if err := webhook.Watcher().Drain(w.t.Context(), w.DB); err != nil {
		w.t.Fatal(err)
	}
}

// run also sends what is due.
func (w *world) run() {
	w.t.Helper()
	w.watch()
	if _, err := w.jobs.RunDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) states() map[string]int64 {
	w.t.Helper()
	out := map[string]int64{}
	err := w.DB.View(w.t.Context(), func(tx *sqldb.Tx) error {
		all, err := webhook.Counts(tx)
		for _, c := range all {
			for state, n := range c {
				out[state] += n
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// sink is another system: it answers as it is told and keeps what came.
type sink struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
	answer func(n int) int // status of the nth message
}

func newSink(t *testing.T, answer func(n int) int) *sink {
	s := &sink{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.bodies, s.heads = append(s.bodies, string(body)), append(s.heads, r.Header)
		status := http.StatusNoContent
		if s.answer != nil {
			status = s.answer(len(s.bodies))
		}
		s.mu.Unlock()
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.bodies...)
}

func TestAnEventArrivesSignedAndWithoutPersonalData(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		target := newSink(t, nil)
		_, secret := w.subscribe(webhook.Subscription{URL: target.URL})
		o := w.request(nil)
		w.dispatch(o, "lamps")
		w.run()
		w.run() // nothing is sent twice
		got := target.got()
		if len(got) != 2 {
			t.Fatalf("%d messages, want received and dispatched: %v", len(got), got)
		}
		head := target.heads[1]
		if err := signature.Verify(head.Get(signature.Header), []byte(got[1]), db.Now(), secret); err != nil {
			t.Errorf("signature: %v", err)
		}
		if signature.Verify(head.Get(signature.Header), []byte(got[1]+" "), db.Now(), secret) == nil {
			t.Error("a changed body passes")
		}
		var e struct {
			Specversion, ID, Source, Type, Subject, Time string
			Data                                         map[string]any
		}
		if err := json.Unmarshal([]byte(got[1]), &e); err != nil {
			t.Fatal(err)
		}
		if e.Specversion != "1.0" || e.ID != string(o.ID)+"-2" || e.ID != head.Get("Webhook-Id") || e.Source != "https://12345.example.cn" || e.Type != "gongzhi.request.dispatched" || e.Subject != o.Number {
			t.Errorf("event %+v", e)
		}
		if e.Data["state"] != request.ToAccept || e.Data["unit"] != "lamps" || e.Data["category"] != "0101" || e.Data["area"] != "330101001001" {
			t.Errorf("data %v", e.Data)
		}
		for _, secretWord := range []string{"李", "13800005521", "梧桐路", "33010100100101", "路灯不亮"} {
			if strings.Contains(strings.Join(got, ""), secretWord) {
				t.Errorf("the message holds %q", secretWord)
			}
		}
		if s := w.states(); s[webhook.Done] != 2 || len(s) != 1 {
			t.Errorf("states %v", s)
		}
	})
}

func TestWhatATargetMayNotKnowIsNotSent(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		city, unit, full := newSink(t, nil), newSink(t, nil), newSink(t, nil)
		w.subscribe(webhook.Subscription{URL: city.URL})
		w.subscribe(webhook.Subscription{URL: unit.URL, Unit: "lamps"})
		w.subscribe(webhook.Subscription{URL: full.URL, Private: true})
		w.request(func(d *request.Draft) { d.Type, d.Sealed, d.Publicity = "report", true, "private" })
		private := w.request(func(d *request.Draft) { d.Publicity = "private" })
		w.run()
		if len(city.got()) != 0 || len(unit.got()) != 0 {
			t.Errorf("city %v, unit %v", city.got(), unit.got())
		}
		if got := full.got(); len(got) != 1 || !strings.Contains(got[0], private.Number) || strings.Contains(got[0], "0101\"") || strings.Contains(got[0], "area") {
			t.Errorf("of a private request: %v", got)
		}
		o := w.request(nil)
		w.dispatch(o, "lamps")
		w.dispatch(w.request(nil), "water")
		w.run()
		if got := unit.got(); len(got) != 2 || !strings.Contains(got[0], o.Number) || !strings.Contains(got[1], o.Number) {
			t.Errorf("the unit was told: %v", got)
		}
		if n := len(city.got()); n != 4 {
			t.Errorf("the city was told %d events, want 4", n)
		}
	})
}

// Z10: rights are those of the moment in which the message leaves.
func TestRightsAreAskedAgainWhenSending(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		city, unit := newSink(t, nil), newSink(t, nil)
		w.subscribe(webhook.Subscription{URL: city.URL})
		w.subscribe(webhook.Subscription{URL: unit.URL, Unit: "lamps"})
		sealed, hidden, mine := w.request(nil), w.request(nil), w.request(nil)
		w.dispatch(mine, "lamps")
		w.watch()
		w.update(func(tx *sqldb.Tx) error {
			o, err := request.Load(tx, actor.System, sealed.ID, 0)
			if err != nil {
				return err
			}
			if err := matter.Seal(tx, &o.Matter); err != nil {
				return err
			}
			h, err := request.Find(tx, actor.System, hidden.ID)
			if err != nil {
				return err
			}
			h.Publicity = "private"
			if err := h.Save(tx); err != nil {
				return err
			}
			u, err := actor.FindUnit(tx, "lamps")
			u.Active = false
			if err == nil {
				err = actor.SaveUnit(tx, u)
			}
			return err
		})
		if _, err := w.jobs.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := city.got(); len(got) != 2 || !strings.Contains(got[0], mine.Number) {
			t.Errorf("city: %v", got)
		}
		if got := unit.got(); len(got) != 0 {
			t.Errorf("a unit that is gone was told: %v", got)
		}
		if s := w.states(); s[webhook.Withheld] != 6 {
			t.Errorf("states %v, want 6 withheld", s)
		}
	})
}

func TestFiltersChooseDeedsAndCategories(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	w := newWorld(t, db)
	w.request(nil) // before anybody asked
	w.clock.Add(time.Minute)
	target := newSink(t, nil)
	w.subscribe(webhook.Subscription{URL: target.URL, Deeds: []string{request.DeedReceived}, Category: "01"})
	w.dispatch(w.request(nil), "lamps")
	w.request(func(d *request.Draft) { d.Category = "02" })
	w.run()
	if got := target.got(); len(got) != 1 || !strings.Contains(got[0], "received") || !strings.Contains(got[0], "0101") {
		t.Errorf("%v", got)
	}
}

func TestWhatFailsIsTriedAgainLaterAndLater(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		target := newSink(t, func(n int) int { return map[bool]int{true: 500, false: 200}[n < 4] })
		w.subscribe(webhook.Subscription{URL: target.URL})
		w.request(nil)
		began, last := w.clock.Now(), w.clock.Now()
		var gaps []time.Duration
		for n := 0; len(target.got()) < 4 && w.clock.Now().Sub(began) < 24*time.Hour; {
			w.run()
			if now := len(target.got()); now > n {
				n = now
				gaps, last = append(gaps, w.clock.Now().Sub(last)), w.clock.Now()
			}
			w.clock.Add(5 * time.Second)
		}
		if len(gaps) != 4 || gaps[1] < 30*time.Second || gaps[1] > 45*time.Second || gaps[2] < time.Minute || gaps[3] < 2*time.Minute || gaps[3] > 150*time.Second {
			t.Errorf("waits %v", gaps)
		}
		if s := w.states(); s[webhook.Done] != 1 {
			t.Errorf("states %v", s)
		}
		bodies := target.got()
		if bodies[0] != bodies[3] || target.heads[0].Get("Webhook-Id") != target.heads[3].Get("Webhook-Id") {
			t.Error("the same event has another id or body when it is sent again")
		}
	})
}

func TestADeadLetterIsKeptAndCanBeSentAgain(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		mended := false
		target := newSink(t, func(int) int { return map[bool]int{true: 204, false: 503}[mended] })
		x, _ := w.subscribe(webhook.Subscription{URL: target.URL})
		w.request(nil)
		w.request(nil)
		for range 90 {
			w.run()
			w.clock.Add(time.Hour)
		}
		if s := w.states(); s[webhook.Dead] != 2 {
			t.Fatalf("states %v", s)
		}
		var list []webhook.Delivery
		look := func() {
			if err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) { list, err = webhook.DeadLetters(tx, ""); return err }); err != nil {
				t.Fatal(err)
			}
		}
		look()
		if d := list[0]; d.Attempts != 12 || d.Status != 503 || d.Trouble != "webhook.trouble_status" {
			t.Errorf("dead letter %+v", d)
		}
		if _, err := w.Replay(t.Context(), clerk, "", ""); fault.KindOf(err) != fault.Denied {
			t.Errorf("a clerk sends again: %v", err)
		}
		mended = true
		if n, err := w.Replay(t.Context(), sysadmin, list[0].ID, ""); n != 1 || err != nil {
			t.Errorf("one: %d, %v", n, err)
		}
		w.run()
		if s := w.states(); s[webhook.Dead] != 1 || s[webhook.Done] != 1 {
			t.Errorf("after one: %v", s)
		}
		if n, err := w.Replay(t.Context(), sysadmin, "", x.ID); n != 1 || err != nil {
			t.Errorf("all: %d, %v", n, err)
		}
		w.run()
		if s := w.states(); s[webhook.Dead] != 0 || s[webhook.Done] != 2 {
			t.Errorf("after all: %v", s)
		}
	})
}

func TestATargetThatIsDownIsLeftAloneForAWhile(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	w := newWorld(t, db)
	target := newSink(t, func(int) int { return 500 })
	w.subscribe(webhook.Subscription{URL: target.URL})
	for range 100 {
		w.request(nil)
	}
	w.run()
	if n := len(target.got()); n != 5 {
		t.Errorf("%d calls before the breaker opened, want 5", n)
	}
	w.run()
	if n := len(target.got()); n != 5 {
		t.Error("it was called while it should be left alone")
	}
	w.clock.Add(61 * time.Second)
	w.run()
	if n := len(target.got()); n != 6 {
		t.Errorf("%d calls after the pause, want one more", n)
	}
	target.mu.Lock()
	target.answer = nil
	target.mu.Unlock()
	for range 20 {
		w.clock.Add(time.Minute)
		w.run()
	}
	if s := w.states(); s[webhook.Done] != 100 {
		t.Errorf("when it is back: %v", s)
	}
}

// P01: the guard refuses before connecting, and trying again would not help.
func TestAForbiddenAddressIsRefusedAtOnce(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	w := newWorld(t, db)
	w.Call = (&outbound.Client{}).Do
	for _, u := range []string{"http://127.0.0.1/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://100.100.100.200/", "https://[::1]/", "https://0/", "https://2130706433/", "http://example.cn/"} {
		w.subscribe(webhook.Subscription{URL: u})
	}
	w.request(nil)
	w.run()
	if s := w.states(); s[webhook.Dead] != 8 {
		t.Errorf("states %v", s)
	}
	for _, u := range []string{"", "file:///etc/passwd", "gopher://x/", "https://user:pw@example.cn/", "https:///x", "ftp://example.cn/", "https://example.cn/#x"} {
		if _, err := w.Save(t.Context(), sysadmin, webhook.Subscription{Name: "x", URL: u}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q was saved: %v", u, err)
		}
	}
	if _, err := w.Save(t.Context(), clerk, webhook.Subscription{Name: "x", URL: "https://example.cn"}); fault.KindOf(err) != fault.Denied {
		t.Error("a clerk made a target")
	}
}

func TestARedirectIsNoDelivery(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	w := newWorld(t, db)
	target := newSink(t, func(int) int { return 302 })
	w.subscribe(webhook.Subscription{URL: target.URL})
	w.request(nil)
	w.run()
	if s := w.states(); s[webhook.Queued] != 1 || len(target.got()) != 1 {
		t.Errorf("%v after %d calls", s, len(target.got()))
	}
}

func TestTwoSecretsSignWhileOneIsChanged(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	w := newWorld(t, db)
	target := newSink(t, nil)
	x, old := w.subscribe(webhook.Subscription{URL: target.URL})
	fresh, err := w.Issue(t.Context(), sysadmin, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.request(nil)
	w.run()
	w.clock.Add(49 * time.Hour)
	w.request(nil)
	w.run()
	valid := func(i int, secret string) bool {
		head := target.heads[i].Get(signature.Header)
		var at int64
		fmt.Sscanf(head, "t=%d", &at)
		return signature.Verify(head, []byte(target.got()[i]), time.Unix(at, 0), secret) == nil
	}
	if !valid(0, old) || !valid(0, fresh) || valid(1, old) || !valid(1, fresh) {
		t.Errorf("old %v %v, new %v %v", valid(0, old), valid(1, old), valid(0, fresh), valid(1, fresh))
	}
}

// F11: one target hangs, one answers slowly with errors; a third has everything
// at once, and nothing that is owed is lost.
func TestATargetThatHangsDoesNotStopTheOthers(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		release := make(chan struct{})
		hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}))
		t.Cleanup(hanging.Close)
		t.Cleanup(func() { close(release) })
		healthy := newSink(t, nil)
		for range 6 {
			w.subscribe(webhook.Subscription{URL: hanging.URL})
		}
		w.subscribe(webhook.Subscription{URL: newSink(t, func(int) int { return 500 }).URL})
		w.subscribe(webhook.Subscription{URL: healthy.URL})
		const n = 30
		for range n {
			w.request(nil)
		}
		w.watch()
		began := time.Now()
		if err := w.jobs.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		for len(healthy.got()) < n && time.Since(began) < 20*time.Second {
			<-time.After(5 * time.Millisecond)
		}
		took := time.Since(began)
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // those that hang are not waited for
		if err := w.jobs.Stop(ctx); err != nil {
			t.Error(err)
		}
		if len(healthy.got()) != n {
			t.Fatalf("the healthy target has %d of %d after %v", len(healthy.got()), n, took)
		}
		t.Logf("%d deliveries beside 6 hanging targets: %v", n, took)
		if s := w.states(); s[webhook.Done]+s[webhook.Queued] != 8*n || s[webhook.Dead] != 0 {
			t.Errorf("owed %d: %v", 8*n, s)
		}
	})
}

// F13: a message that cannot be made is tried again and given up like any other,
// and the next one goes out.
func TestAMessageThatCannotBeMadeHoldsUpNoOther(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	w := newWorld(t, db)
	target := newSink(t, nil)
	w.subscribe(webhook.Subscription{URL: target.URL})
	poison, good := w.request(nil), w.request(nil)
	w.update(func(tx *sqldb.Tx) error {
		return tx.Exec(`update request_order set answers = 'broken' where matter_id = $1`, string(poison.ID))
	})
	w.run()
	if got := target.got(); len(got) != 1 || !strings.Contains(got[0], good.Number) {
		t.Errorf("sent: %v", got)
	}
	for range 90 {
		w.clock.Add(time.Hour)
		w.run()
	}
	if s := w.states(); s[webhook.Dead] != 1 || s[webhook.Done] != 1 {
		t.Errorf("states %v", s)
	}
}
