package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gongzhi/internal/actor"
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
