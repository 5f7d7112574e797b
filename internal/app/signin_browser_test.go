package app_test

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"gongzhi/internal/page/axetest"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
)

// The whole way in, in the real browser: a password, a second factor, a code
// from the telephone, a grave act that asks once more and keeps what was typed,
// a recovery code that opens once, and another place that is signed out.
func TestTheWholeWayInInTheRealBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a browser")
	}
	a, clock := openCity(t, sqldb.SQLite)
	srv := httptest.NewServer(a.Handler())
	t.Cleanup(srv.Close)
	p := &phone{t: t, tab: axetest.Open(t).Tab(t), base: srv.URL}
	if _, err := chromedp.Call(p.tab, cdppage.SetBypassCSP, cdppage.SetBypassCSPParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	const login = "sysadmin1501"
	enter := func(name, value string) {
		t.Helper()
		p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('input[name="%s"]:not([type=hidden])').value = %q`, name, value)))
	}
	open := func(path string) {
		t.Helper()
		p.do(chromedp.EmulateViewport(1366, 768), chromedp.Navigate(srv.URL+path))
	}
	signIn := func(code string) {
		t.Helper()
		open("/signin")
		enter("login", login)
		enter("password", setup.DemoPassword)
		p.turn(`form.stack[action="/signin"] button`)
		if code != "" {
			p.sees("请输入动态验证码")
			enter("code", code)
			p.turn(`form[action="/signin/code"] button`)
		}
	}
	page := func() string {
		t.Helper()
		html, err := chromedp.Run(p.tab, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
		if err != nil {
			t.Fatal(err)
		}
		return html
	}

	signIn("")
	open("/account/second")
	secret := shownSecret(t, &browser{t: t, body: page()})
	enter("code", codeAt(t, secret, clock.Now()))
	p.turn(`form[action="/account/second"] button`)
	p.sees("只在这里显示这一次")
	spare := regexp.MustCompile(`[a-z2-9]{4}(-[a-z2-9]{4}){3}`).FindString(page())

	// At another place, with the telephone.
	elsewhere := newBrowser(t, a.Handler())
	clock.Add(time.Minute)
	elsewhere.open("/signin")
	elsewhere.submit("/signin", map[string][]string{"login": {login}, "password": {setup.DemoPassword}})
	elsewhere.submit("/signin/code", map[string][]string{"code": {codeAt(t, secret, clock.Now())}})

	// A form that was left open waits while the code is asked for.
	open("/setup/settings")
	enter("office_close", "17")
	clock.Add(stale)
	p.turn(`form[action="/setup/settings"] button:not([name])`)
	p.sees("请再确认一次是您本人")
	enter("proof", codeAt(t, secret, clock.Now()))
	p.turn(`form[action="/account/confirm"] button`)
	p.sees("刚才填的内容都还在")
	p.turn(`form[action="/setup/settings"] button`)
	if got := a.Catalog.Book().Settings["office.close"]; got != "17" {
		t.Errorf("the settings say %q", got)
	}

	// A recovery code opens once.
	p.do(chromedp.Navigate(srv.URL + "/account"))
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action="/signout"]').submit()`))
	p.sees("我要反映")
	signIn(spare)
	open("/account")
	p.sees("还有9个备用码")
	p.sees("登录着的地方")
	if elsewhere.open("/account"); elsewhere.path != "/account" {
		t.Fatalf("the other place is at %s", elsewhere.path)
	}
	p.turn(`form[action="/account/end"] button`)
	if elsewhere.open("/account"); !strings.HasPrefix(elsewhere.path, "/signin") {
		t.Errorf("the place that was signed out opens %s", elsewhere.path)
	}
	if open("/account"); !strings.Contains(page(), "我的账号") {
		t.Error("the place that acted was signed out too")
	}
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action="/signout"]').submit()`))
	p.sees("我要反映")
	signIn(spare)
	p.sees("验证码不对，或者已经用过")
}
