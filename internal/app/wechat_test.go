package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake/wechat"
	"gongzhi/internal/sqldb"
	wx "gongzhi/internal/wechat"
	"gongzhi/internal/wechat/fake"
)

// TestWeChatCallsThroughTheFrontDoor sends what WeChat's servers send to the whole
// program over HTTP: the check of the address, messages, and what is not theirs.
func TestWeChatCallsThroughTheFrontDoor(t *testing.T) {
	account := wx.Account{AppID: "wx49f0ab532d5d035a", Token: "tok3n", AESKey: "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", Mode: wx.Safe}
	a, clock := openCity(t, sqldb.SQLite)
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	call := func(method string, q url.Values, body []byte) (int, []byte) {
		r, err := http.NewRequest(method, server.URL+wechat.Path+"?"+q.Encode(), bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "text/xml")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		out, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, out
	}
	if status, _ := call("POST", url.Values{}, []byte("<xml/>")); status != 404 {
		t.Errorf("without an account: %d", status)
	}
	if err := a.WeChat.Connect(t.Context(), actor.System, wechat.Connect{Account: account, Active: true}); err != nil {
		t.Fatal(err)
	}
	ts := fmt.Sprint(clock.Now().Unix())
	q := url.Values{"timestamp": {ts}, "nonce": {"1"}, "echostr": {"4375120948"}, "signature": {account.Sign(ts, "1")}}
	if status, out := call("GET", q, nil); status != 200 || string(out) != "4375120948" {
		t.Errorf("the check of the address: %d %s", status, out)
	}
	q.Set("signature", strings.Repeat("0", 40))
	if status, _ := call("GET", q, nil); status != 403 {
		t.Errorf("a wrong signature: %d", status)
	}
	p := &fake.Phone{Account: account, OpenID: "oMing", Now: clock.Now, Deliver: func(x fake.Push) ([]byte, error) {
		status, out := call("POST", x.Query, x.Body)
		if status != 200 {
			return nil, fmt.Errorf("status %d: %s", status, out)
		}
		return out, nil
	}}
	got, err := p.Text("梧桐路32号门口的路灯坏了")
	if err != nil || !strings.Contains(got.Content, "在哪里") {
		t.Errorf("a message: %+v, %v", got, err)
	}
	for name, body := range map[string][]byte{"no message": []byte("x"), "a bomb": []byte(`<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>`), "nothing": nil} {
		if status, _ := call("POST", url.Values{"timestamp": {ts}, "nonce": {"2"}, "encrypt_type": {"aes"}, "msg_signature": {"0"}}, body); status != 403 {
			t.Errorf("%s: %d, want 403", name, status)
		}
	}
	if status, _ := call("POST", url.Values{}, bytes.Repeat([]byte("x"), wx.MaxBody+1)); status != 413 {
		t.Errorf("too much: %d", status)
	}
}

// TestTheWholeLoopInTheChat goes from a report in the chat to the rating there, with
// the office at its pages in between and each step told by template.
func TestTheWholeLoopInTheChat(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			account := wx.Account{AppID: "wx49f0ab532d5d035a", Token: "tok3n", AESKey: "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", Secret: "s3cret", Mode: wx.Safe}
			a, clock := openCity(t, d)
			api := &fake.API{Account: account, Now: clock.Now}
			a.WeChat.Client = &wx.Client{DB: a.DB, Vault: a.Vault, Out: api}
			l := &loop{t: t, app: a, api: api, phone: &fake.Phone{Account: account, OpenID: "oMing", Now: clock.Now, Deliver: func(p fake.Push) ([]byte, error) {
				return a.WeChat.Push(t.Context(), wx.CallOf(p.Query), p.Body, "https://12345.example")
			}}}
			if err := a.WeChat.Connect(t.Context(), actor.System, wechat.Connect{Account: account, Active: true}); err != nil {
				t.Fatal(err)
			}
			l.templates("received", "dispatched", "answered")
			l.play()
		})
	}
}

type loop struct {
	t     *testing.T
	app   *app.App
	api   *fake.API
	phone *fake.Phone
	n     string
}

func (l *loop) templates(codes ...string) {
	l.t.Helper()
	err := l.app.DB.Update(l.t.Context(), func(tx *sqldb.Tx) error {
		for _, code := range codes {
			x := catalog.Text{Code: code + ".wechat", Kind: "notice", Title: "T-" + code, Body: "thing1={事项}\ncharacter_string2={编号}", Active: true}
			if err := catalog.SaveText(tx, "test", x); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *loop) say(words ...string) string {
	l.t.Helper()
	out := ""
	for _, w := range words {
		got, err := l.phone.Text(w)
		if err != nil {
			l.t.Fatalf("%s: %v", w, err)
		}
		out = got.Content
	}
	return out
}

// told lets the office's jobs run and looks for the template that they send; WeChat
// then tells that it arrived.
func (l *loop) told(template string) {
	l.t.Helper()
	if err := l.app.Settle(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	sent := l.api.Sent()
	if len(sent) == 0 || sent[len(sent)-1].Template != "T-"+template || sent[len(sent)-1].OpenID != "oMing" {
		l.t.Fatalf("want %s as the latest template, got %+v", template, sent)
	}
	if _, err := l.phone.Finished(sent[len(sent)-1], "success"); err != nil {
		l.t.Fatal(err)
	}
	var state string
	err := l.app.DB.View(l.t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select state from notice_message where channel = 'wechat' and template = $1`, template).Scan(&state)
	})
	if err != nil || state != "delivered" {
		l.t.Errorf("the notice %s is %s, %v; want delivered", template, state, err)
	}
}

func (l *loop) office(login, deed string, values url.Values, files ...upload) {
	l.t.Helper()
	b := signedIn(l.t, l.app.Handler(), login)
	b.open("/case/" + l.n)
	b.submit("/case/"+l.n+"/"+deed, values, files...)
	if b.status != 200 {
		l.t.Fatalf("%s: status %d", deed, b.status)
	}
}

func (l *loop) play() {
	got := l.say("梧桐路32号门口的路灯坏了三天了", "梧桐路32号", "跳过", "跳过", "跳过", "确认")
	m := regexp.MustCompile(`/r/(\d{12})/`).FindStringSubmatch(got)
	if m == nil {
		l.t.Fatalf("no receipt in %q", got)
	}
	l.n = m[1]
	l.told("received")
	l.office("dispatcher1101", "send", url.Values{})
	l.told("dispatched")
	l.office("clerk2001", "accept", url.Values{})
	l.office("clerk2001", "contact", url.Values{"contact.way": {"phone"}, "contact.outcome": {"reached"}, "contact.text": {"约好去看"}})
	l.office("clerk2001", "answer", url.Values{"answer.solved": {"yes"}, "answer.contacted": {"1"}, "answer.record": {"更换灯头"}, "answer.text": {"路灯已经修好。"}},
		upload{"answer.before", "b.jpg", picture(l.t)}, upload{"answer.after", "a.jpg", picture(l.t)})
	l.office("reviewer1201", "review_pass", url.Values{"review_pass.checked": {"1"}})
	l.told("answered")
	if got := l.say("进度"); !strings.Contains(got, "路灯已经修好") {
		l.t.Errorf("progress %q", got)
	}
	if got := l.say("评价", "解决了", "非常满意"); !strings.Contains(got, "谢谢") {
		l.t.Errorf("rated %q", got)
	}
	var solved string
	var stars int
	err := l.app.DB.View(l.t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select r.solved, r.rating from request_order r join matter m on m.id = r.matter_id where m.number = $1`, l.n).Scan(&solved, &stars)
	})
	if err != nil || solved != "yes" || stars != 5 {
		l.t.Errorf("kept %s, %d, %v", solved, stars, err)
	}
}
