package wechat_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/outbound"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
	"gongzhi/internal/wechat"
	"gongzhi/internal/wechat/fake"
)

var keys = vault.Test()

// api starts WeChat's API on this machine and gives clients of one database.
func api(t *testing.T, db *sqldb.DB, clients int) (*fake.API, wechat.Account, []*wechat.Client) {
	t.Helper()
	a := account
	server := &fake.API{Account: a, Now: db.Now}
	http := httptest.NewServer(server)
	t.Cleanup(http.Close)
	a.API = http.URL
	out := &outbound.Client{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	list := make([]*wechat.Client, clients)
	for i := range list {
		list[i] = &wechat.Client{DB: db, Vault: keys, Out: out}
	}
	return server, a, list
}

func TestManyProcessesFetchOneToken(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		server, a, clients := api(t, db, 4)
		var wait sync.WaitGroup
		for i := range 40 {
			wait.Go(func() {
				_, err := clients[i%4].SendTemplate(t.Context(), a, wechat.Template{OpenID: "o1", ID: "T1", Fields: map[string]string{"thing1": "路灯"}})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := server.Calls("/cgi-bin/stable_token"); n != 1 || len(server.Sent()) != 40 {
			t.Errorf("%d calls for a token and %d messages, want 1 and 40", n, len(server.Sent()))
		}
		server.Expire()
		for i := range 12 {
			wait.Go(func() {
				if _, err := clients[i%4].SendTemplate(t.Context(), a, wechat.Template{OpenID: "o1", ID: "T1"}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := server.Tokens(); n != 2 {
			t.Errorf("%d tokens were made, want 2: one and one after it was ended", n)
		}
		sqldbtest.ClockOf(db).Add(2 * time.Hour)
		if err := clients[1].Check(t.Context(), a); err != nil || server.Tokens() != 3 {
			t.Errorf("two hours later: %v and %d tokens, want 3", err, server.Tokens())
		}
	})
}

func TestTheTokenIsNotReadableInTheDatabase(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		_, a, clients := api(t, db, 1)
		if err := clients[0].Check(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		var kept string
		err := db.View(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(`select token from wechat_token`).Scan(&kept) })
		if err != nil || kept == "" || strings.Contains(kept, "token-1") {
			t.Errorf("kept %q, %v", kept, err)
		}
	})
}

func TestRefusalsSayWhetherTryingAgainHelps(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		server, a, clients := api(t, db, 1)
		c := clients[0]
		const path = "/cgi-bin/message/template/send"
		send := func() error {
			_, err := c.SendTemplate(t.Context(), a, wechat.Template{OpenID: "o1", ID: "T1"})
			return err
		}
		for code, permanent := range map[int]bool{-1: false, 45009: false, 48001: false, 40164: false, 40037: false, 40003: true, 43101: true, 47003: true} {
			server.Refuse(path, code)
			if err := send(); wechat.CodeOf(err) != code || wechat.Permanent(err) != permanent {
				t.Errorf("%d: %v, permanent %v", code, err, wechat.Permanent(err))
			}
		}
		server.Left("o1", true)
		if err := send(); !wechat.Gone(err) {
			t.Errorf("a person who left: %v", err)
		}
		server.Left("o1", false)
		for _, code := range []int{40001, 42001, 40014} {
			server.Refuse(path, code)
			if err := send(); err != nil {
				t.Errorf("%d is mended by a new token: %v", code, err)
			}
		}
		server.Refuse(path, 40001, 40001)
		if err := send(); wechat.CodeOf(err) != 40001 {
			t.Errorf("refused twice: %v", err)
		}
		wrong := a
		wrong.AppID = "wx1"
		if _, err := c.SendTemplate(t.Context(), wrong, wechat.Template{OpenID: "o1", ID: "T1"}); wechat.CodeOf(err) != wechat.CodeAppID {
			t.Errorf("wrong AppID: %v", err)
		}
		nowhere := a
		nowhere.AppID, nowhere.API = "wx2", "http://10.1.2.3"
		if err := c.Check(t.Context(), nowhere); !errors.Is(err, outbound.ErrRefused) {
			t.Errorf("an address inside: %v", err)
		}
	})
}

func TestTemplatesFitMediaAndMenu(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		server, a, clients := api(t, db, 1)
		c := clients[0]
		long := strings.Repeat("长", 30)
		one := wechat.Template{OpenID: "o1", ID: "T1", URL: "https://x.example/?a=1&b=2", Once: "n1", Fields: map[string]string{"thing1": long, "time2": "", "phrase3": "处理中的诉求"}}
		id, err := c.SendTemplate(t.Context(), a, one)
		if err != nil || id == "" {
			t.Fatalf("send: %q, %v", id, err)
		}
		if again, err := c.SendTemplate(t.Context(), a, one); err != nil || again != id || len(server.Sent()) != 1 {
			t.Errorf("the same one again: %q, %v, %d sent", again, err, len(server.Sent()))
		}
		got := server.Sent()[0]
		if n := len([]rune(got.Fields["thing1"])); n != 20 || got.Fields["time2"] != "—" || got.Fields["phrase3"] != "处理中的…" || got.URL != one.URL {
			t.Errorf("sent %+v", got)
		}
		if err := c.SendSubscribe(t.Context(), a, one); err != nil {
			t.Error(err)
		}
		server.Keep("m1", []byte("\xff\xd8picture"))
		if b, err := c.Media(t.Context(), a, "m1"); err != nil || string(b) != "\xff\xd8picture" {
			t.Errorf("picture %q, %v", b, err)
		}
		if _, err := c.Media(t.Context(), a, "m2"); !wechat.Permanent(err) {
			t.Errorf("a picture that is gone: %v", err)
		}
		server.Keep("big", make([]byte, 2<<20))
		if _, err := c.Media(t.Context(), a, "big"); !errors.Is(err, outbound.ErrTooLarge) {
			t.Errorf("a picture above the limit: %v", err)
		}
		menu := []wechat.MenuItem{{Name: "我要反映", Key: "REPORT"}, {Name: "我的", Items: []wechat.MenuItem{{Name: "网站", URL: "https://x.example/?a&b"}}}}
		if err := c.SetMenu(t.Context(), a, menu); err != nil || !strings.Contains(server.Menu(), `"type":"view"`) || !strings.Contains(server.Menu(), "a&b") {
			t.Errorf("menu %s, %v", server.Menu(), err)
		}
	})
}

func TestAWaitingProcessGivesUpWithItsContext(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		_, a, clients := api(t, db, 1)
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error { // another process has the lease and is stuck
			return tx.Exec(`insert into wechat_token(app_id, token, expires_at, lease_until) values ($1, '', 0, $2)`, a.AppID, tx.Now.Add(time.Minute).UnixMicro())
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := clients[0].Check(ctx, a); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		sqldbtest.ClockOf(db).Add(2 * time.Minute) // the lease has run out
		if err := clients[0].Check(t.Context(), a); err != nil {
			t.Error(err)
		}
	})
}
