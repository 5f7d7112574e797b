package app_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/demo"
	"gongzhi/internal/intake"
	"gongzhi/internal/page/axetest"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// shown is a page as one of its users opens it. Paths may name a request of
// the city: {case} one that a unit handles, {receipt} a resident's own.
type shown struct {
	name, login, path string
	mode              string
}

// pages are those that every visitor and every role opens daily. The ten main
// ones come first; they are kept as pictures under docs/screens.
var pages = []shown{
	{name: "01-home", path: "/"},
	{name: "02-report", path: "/report"},
	{name: "03-receipt", path: "{receipt}"},
	{name: "04-desk", login: "agent1027", path: "/desk"},
	{name: "05-dispatch", login: "dispatcher1101", path: "/dispatch"},
	{name: "06-case", login: "{clerk}", path: "{case}"},
	{name: "07-today", login: "{clerk}", path: "/today"},
	{name: "08-callback", login: "reviewer1201", path: "/callback"},
	{name: "09-board", login: "supervisor1301", path: "/board"},
	{name: "10-setup", login: "sysadmin1501", path: "/setup"},

	{name: "quick", path: "/report/quick"},
	{name: "track", path: "/track"},
	{name: "nearby", path: "/nearby"},
	{name: "community", path: "/community"},
	{name: "signin", path: "/signin"},
	{name: "case-dispatcher", login: "dispatcher1101", path: "{case}"},
	{name: "print", login: "{clerk}", path: "{case}/print"},
	{name: "list", login: "dispatcher1101", path: "/list"},
	{name: "review", login: "reviewer1201", path: "/review"},
	{name: "supervise", login: "supervisor1301", path: "/supervise"},
	{name: "audit", login: "auditor1401", path: "/audit"},
	{name: "export", login: "dispatcher1101", path: "/export/list"},
	{name: "exports", login: "auditor1401", path: "/exports"},
	{name: "why", path: "{receipt}/why"},
	{name: "advice", login: "dispatcher1101", path: "/dispatch/advice"},
	{name: "advice-year", login: "dispatcher1101", path: "/dispatch/advice?days=365"},
	{name: "direct", login: "dispatcher1101", path: "/dispatch/direct"},
	{name: "human", login: "dispatcher1101", path: "/dispatch?part=human"},
	{name: "merge", login: "dispatcher1101", path: "{merge}"},
	{name: "points", login: "sysadmin1501", path: "/setup/points"},
	{name: "signals", login: "sysadmin1501", path: "/setup/data/signals"},
	{name: "signal", login: "sysadmin1501", path: "/setup/data/signals/entry/gas-leak"},
	{name: "duty-check", login: "sysadmin1501", path: "/setup/duties/check"},
	{name: "publish", login: "dispatcher1101", path: "/publish"},
	{name: "import", login: "sysadmin1501", path: "/import"},
	{name: "devices", login: "sysadmin1501", path: "/setup/devices"},
	{name: "device-rules", login: "sysadmin1501", path: "/setup/devices/rules"},
	{name: "webhooks", login: "sysadmin1501", path: "/setup/webhooks"},
	{name: "webhooks-dead", login: "sysadmin1501", path: "/setup/webhooks/dead"},
	{name: "device-new", login: "sysadmin1501", path: "/setup/devices/new"},
	{name: "device-one", login: "sysadmin1501", path: "{device}"},
	{name: "device-rule", login: "sysadmin1501", path: "{rule}"},
	{name: "device-import", login: "sysadmin1501", path: "/setup/devices/import"},
	{name: "device-sources", login: "sysadmin1501", path: "/setup/devices/sources"},
	{name: "webhook-new", login: "sysadmin1501", path: "/setup/webhooks/new"},
	{name: "webhook-one", login: "sysadmin1501", path: "{webhook}"},
	{name: "outbox", login: "dispatcher1101", path: "/outbox"},
	{name: "outbox-one", login: "dispatcher1101", path: "{notice}"},
	{name: "gateways", login: "sysadmin1501", path: "/setup/sms"},
	{name: "gateway-new", login: "sysadmin1501", path: "/setup/sms/new?like=form"},
	{name: "sms", login: "agent1027", path: "/sms"},
	{name: "sms-done", login: "agent1027", path: "/sms?tab=rest"},
	{name: "sms-one", login: "agent1027", path: "{sms}"},
	{name: "case-agent", login: "agent1027", path: "{case}"},
	{name: "mail", login: "agent1027", path: "/mail"},
	{name: "mail-one", login: "agent1027", path: "{mail}"},
	{name: "mail-health", login: "sysadmin1501", path: "/setup/mail"},
	{name: "account", login: "agent1027", path: "/account"},
	{name: "account-second", login: "agent1027", path: "/account/second"},
	{name: "confirm", login: "agent1027", path: "/account/confirm?next=/list"},
	{name: "signin-rule", login: "secadmin1551", path: "/setup/signin"},
	{name: "provider", login: "secadmin1551", path: "/setup/signin/provider/new"},
	{name: "first", login: "sysadmin1501", path: "/setup/first"},
	{name: "staff", login: "secadmin1551", path: "/setup/staff"},
	{name: "wechat", login: "sysadmin1501", path: "/setup/wechat"},
	{name: "demo-chat", path: "/demo/wechat"},
	{name: "api-docs", path: "/api/docs"},
	{name: "tokens", login: "sysadmin1501", path: "/account/tokens"},
	{name: "tokens-all", login: "secadmin1551", path: "/setup/tokens"},
	{name: "home-elder", path: "/", mode: "elder"},
	{name: "home-contrast", path: "/", mode: "contrast"},
	{name: "home-en", path: "/en/"},
	{name: "report-en", path: "/en/report"},
	{name: "desk-en", login: "agent1027", path: "/en/desk"},
	{name: "board-en", login: "supervisor1301", path: "/en/board"},
}

// TestEveryPageCanBeReadByEverybody opens the pages in a real browser, at the
// width of a phone and of a desk: no violation that axe-core finds, no sideways
// scroll. GONGZHI_SCREENS names a folder for pictures of them.
func TestEveryPageCanBeReadByEverybody(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a browser")
	}
	browser := axetest.Open(t)
	g := livingCity(t)
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) { g.look(t, browser, p) })
	}
}

// gallery is a city with some weeks of history, served.
type gallery struct {
	app     *app.App
	server  *httptest.Server
	places  map[string]string
	cookies map[string]map[string]string
}

func livingCity(t *testing.T) *gallery {
	t.Helper()
	a, clock := open(t, sqldb.SQLite)
	clock.Set(time.Date(2026, 11, 24, 10, 20, 0, 0, a.Catalog.Book().Calendar.Zone))
	if err := demo.Make(t.Context(), a, demo.Plan{Seed: 1, Days: 60, Requests: 2400, Until: clock.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	g := &gallery{app: a, server: httptest.NewServer(a.Handler()), places: map[string]string{}, cookies: map[string]map[string]string{}}
	t.Cleanup(g.server.Close)
	g.findCase(t)
	r, err := a.Intake.Receive(t.Context(), actor.Actor{}, intake.Report{Body: "梧桐路32号小区南门口的路灯坏了三天，晚上看不见路，有老人差点摔倒，希望尽快修。", Category: "010101", Address: "梧桐路32号", Phone: "19000005521", Name: "李女士"})
	if err != nil {
		t.Fatal(err)
	}
	twin, err := a.Intake.Receive(t.Context(), actor.Actor{}, intake.Report{Body: "梧桐路32号的路灯不亮，晚上一片漆黑", Category: "010101", Address: "梧桐路32号"})
	if err != nil {
		t.Fatal(err)
	}
	g.places["{receipt}"], g.places["{merge}"] = r.Path(), "/dispatch/merge?n="+r.Number+"&n="+twin.Number
	return g
}

// findCase takes a unit that has an account and much to do, and one of its
// requests with a long history.
func (g *gallery) findCase(t *testing.T) {
	t.Helper()
	err := g.app.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		const q = `select s.login, m.number from request_task k join matter m on m.id = k.matter_id join actor_staff s on s.unit_id = k.unit_id
			join actor_role r on r.staff_id = s.id where k.open and r.role = 'clerk' and m.state = $1 and k.role = 'lead' order by m.version desc, m.number limit 1`
		var login, number string
		err := tx.QueryRow(q, request.InProgress).Scan(&login, &number)
		g.places["{clerk}"], g.places["{case}"] = login, "/case/"+number
		if err != nil {
			return err
		}
		for _, x := range []struct{ place, path, query string }{
			{"{mail}", "/mail/", `select id from intake_mail where reason = 'not_ours'`},
			{"{sms}", "/sms/", `select id from intake_sms where attention limit 1`},
			{"{device}", "/setup/devices/entry/", `select device from intake_device_fault limit 1`},
			{"{rule}", "/setup/devices/rules/", `select id from intake_device_rule limit 1`},
			{"{webhook}", "/setup/webhooks/entry/", `select id from webhook_subscription limit 1`},
			{"{notice}", "/outbox/", `select id from notice_message where channel = 'sms' limit 1`},
		} {
			var one string
			if err := tx.QueryRow(x.query).Scan(&one); err != nil {
				return fmt.Errorf("%s: %w", x.place, err)
			}
			g.places[x.place] = x.path + one
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (g *gallery) fill(s string) string {
	for k, v := range g.places {
		if len(s) >= len(k) && s[:len(k)] == k {
			return v + s[len(k):]
		}
	}
	return s
}

func (g *gallery) look(t *testing.T, b *axetest.Browser, p shown) {
	url := g.server.URL + g.fill(p.path)
	cookies := g.session(t, g.fill(p.login))
	if p.mode != "" {
		cookies = map[string]string{"mode": p.mode}
	}
	folder := os.Getenv("GONGZHI_SCREENS")
	for name, size := range map[string][2]int64{"phone": {390, 844}, "desk": {1366, 768}} {
		narrower := p.mode == "" && !strings.HasPrefix(p.path, "/en") && !strings.ContainsAny(p.name[:1], "01") // read at 320 px by the test of modes and languages
		if name == "phone" && narrower && folder == "" && os.Getenv("GONGZHI_AXE") != "all" {
			continue
		}
		found, err := b.Check(url, size[0], cookies)
		if err != nil {
			t.Fatal(err)
		}
		axetest.Report(t, p.name+" "+name, found)
		if folder != "" {
			shoot(t, b, url, size, cookies, filepath.Join(folder, p.name+"-"+name+".png"))
		}
	}
}

func (g *gallery) session(t *testing.T, login string) map[string]string {
	if login == "" {
		return nil
	}
	if g.cookies[login] == nil {
		g.cookies[login] = map[string]string{"session": signedIn(t, g.app.Handler(), login).cookies["session"]}
	}
	return g.cookies[login]
}

func shoot(t *testing.T, b *axetest.Browser, url string, size [2]int64, cookies map[string]string, file string) {
	t.Helper()
	png, err := b.Shot(url, size[0], size[1], cookies)
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
