package app_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/setup"
	"gongzhi/internal/setup/setuptest"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/totp"
)

// A grave act at a desk left open asks who sits there, and loses nothing that
// was typed; the session goes on under a new token.
func TestAGraveActAsksWhoSitsThereAndKeepsWhatWasTyped(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "secadmin1551")
	b.open("/setup/staff/new")
	clock.Add(6 * time.Minute)
	b.submit("/setup/staff/new", url.Values{"login": {"wangfang"}, "name": {"王芳"}, "unit": {"hotline"}, "roles": {"agent"}, "active": {"1"}, "reason": {"新到岗"}})
	if b.status != 403 || !strings.Contains(b.text(), "确认一次是您本人") {
		t.Fatalf("status %d: %.600s", b.status, b.text())
	}
	asked := b.doc
	b.submit("/account/confirm", url.Values{"proof": {"guess"}})
	if b.status != 422 || !strings.Contains(b.text(), "密码不对") {
		t.Fatalf("wrong password: status %d: %.600s", b.status, b.text())
	}
	before := b.cookies["session"]
	b.submit("/account/confirm", url.Values{"proof": {setup.DemoPassword}})
	if b.status != 200 || b.cookies["session"] == before {
		t.Fatalf("status %d, new token %v: %.600s", b.status, b.cookies["session"] != before, b.text())
	}
	b.submit("/setup/staff/new", nil)
	if !strings.Contains(b.text(), "wangfang") || !strings.Contains(b.text(), "只在这里显示这一次") {
		t.Fatalf("the account was not made: status %d: %.600s", b.status, b.text())
	}
	// The token of before is dead, and a form of before still has its proof.
	old := newBrowser(t, a.Handler())
	old.cookies["session"] = before
	if old.open("/account"); !strings.HasPrefix(old.path, "/signin") {
		t.Errorf("the token of before opens %s", old.path)
	}
	b.doc = asked
	if b.submit("/account/confirm", url.Values{"proof": {"guess"}}); b.status != 422 {
		t.Errorf("a form of before: status %d", b.status)
	}
}

func TestALookAtAContactAsksAndComesBack(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	m := &matrix{t: t, app: a}
	o := m.request("lighting")
	var contact string
	m.update(func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select id from request_contact where matter_id = $1`, o.ID).Scan(&contact)
	})
	b := signedIn(t, a.Handler(), "dispatcher1101")
	path := "/case/" + o.Number + "/contact/" + contact
	b.open(path)
	clock.Add(6 * time.Minute)
	b.submit(path, url.Values{"reason": {"callback"}})
	if b.status != 403 || strings.Contains(b.body, "13800005521") {
		t.Fatalf("status %d: %.600s", b.status, b.text())
	}
	b.submit("/account/confirm", url.Values{"proof": {setup.DemoPassword}})
	b.submit(path, nil)
	if !strings.Contains(strings.ReplaceAll(b.text(), " ", ""), "13800005521") {
		t.Errorf("status %d: %.600s", b.status, b.text())
	}
}

// A city is set up from its Excel files by two people, from the token of the
// first start to the first request: every form they send is counted.
func TestACityIsSetUpFromItsExcelFiles(t *testing.T) {
	a, clock := open(t, sqldb.SQLite)
	token, err := a.SignIn.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	send := func(b *browser, action string, given url.Values, files ...upload) {
		t.Helper()
		steps++
		if b.submit(action, given, files...); b.status >= 400 {
			t.Fatalf("step %d, %s: status %d: %.900s", steps, action, b.status, b.text())
		}
	}
	enrol := func(b *browser) {
		t.Helper()
		if b.open("/setup"); b.path != "/account/second" {
			t.Fatalf("without a second factor at %s", b.path)
		}
		send(b, "/account/second", url.Values{"code": {codeAt(t, shownSecret(t, b), clock.Now())}})
	}
	const password = "lamps and bridges"
	sys, sec := newBrowser(t, a.Handler()), newBrowser(t, a.Handler())
	sys.open("/start?token=" + token)
	send(sys, "/start", url.Values{"city": {"青河市"}, "login": {"sys"}, "name": {"李明"}, "new": {password}, "again": {password}, "other": {"sec"}, "called": {"王芳"}})
	first := regexp.MustCompile(`[a-z2-9]{4}(-[a-z2-9]{4}){3}`).FindString(sys.body)
	enrol(sys)

	// The system administrator: one workbook.
	sys.open("/setup/first/workbook.xlsx")
	file := setuptest.Fill(t, []byte(sys.body), setuptest.City())
	sys.open("/setup/first")
	if !strings.Contains(sys.text(), "还差") {
		t.Errorf("an empty city is ready: %.600s", sys.text())
	}
	send(sys, "/setup/first/import", nil, upload{"file", "city.xlsx", file})
	send(sys, strings.Split(sys.path, "?")[0], nil)

	// The security administrator: a password, a second factor, one table.
	sec.open("/signin")
	send(sec, "/signin", url.Values{"login": {"sec"}, "password": {first}})
	send(sec, "/account", url.Values{"old": {first}, "new": {"rivers and lamps"}, "again": {"rivers and lamps"}})
	enrol(sec)
	sec.open("/setup/staff/import")
	send(sec, "/setup/staff/import", nil, upload{"file", "staff.xlsx", workbook(t, []string{"登录名", "姓名", "所在单位", "岗位"},
		[]string{"agent", "赵敏", "hotline", "话务员"}, []string{"dispatcher", "钱进", "hotline", "派单员"}, []string{"clerk", "孙丽", "lighting", "经办"})})
	send(sec, strings.Split(sec.path, "?")[0], url.Values{"reason": {"首次设置"}})

	// What needs no table is ticked off, one request is tried, and the city opens.
	for _, task := range []string{"community", "texts", "signin", "mail", "backup"} {
		sys.open("/setup/first")
		steps++
		sys.post("/setup/first/tick", url.Values{"csrf": {sys.csrf()}, "task": {task}, "done": {"1"}}, false)
	}
	sys.open("/report/quick")
	send(sys, "/report/quick", url.Values{"what": {"试报：路灯不亮"}, "category": {"0101"}, "address": {"梧桐街道"}})
	sys.open("/setup/first")
	if !strings.Contains(sys.text(), "都准备好了") {
		t.Fatalf("not ready: %.2500s", sys.text())
	}
	send(sys, "/setup/first/open", nil)
	if !strings.Contains(sys.text(), "起正式受理") {
		t.Errorf("not open: %.600s", sys.text())
	}
	t.Logf("%d forms from the first start to an open city", steps)
}

func TestACityWithoutAccountsLetsNobodyIn(t *testing.T) {
	a, _ := open(t, sqldb.SQLite)
	for _, login := range []string{"admin", "sysadmin1501", "secadmin1551", "agent1027", "root", ""} {
		if _, err := actor.Check(t.Context(), a.DB, login, setup.DemoPassword); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", login, err)
		}
	}
	b := newBrowser(t, a.Handler())
	b.open("/start?token=guess")
	b.submit("/start", url.Values{"city": {"青河市"}, "login": {"sys"}, "name": {"李明"}, "new": {"lamps and bridges"}, "again": {"lamps and bridges"}, "other": {"sec"}, "called": {"王芳"}})
	if b.status != 422 || !strings.Contains(b.text(), "口令不对") {
		t.Errorf("a guessed token: status %d: %.300s", b.status, b.text())
	}
}

// Over https every cookie is confined; those that let somebody in carry the
// prefix that keeps sister domains from planting one. Over plain http on this
// machine a browser would refuse Secure, so there it is left out.
func TestCookiesAreConfined(t *testing.T) {
	for _, base := range []string{"https://example.com", "http://example.com"} {
		secure := strings.HasPrefix(base, "https")
		a, clock := openAt(t, sqldb.SQLite, base)
		loadCity(t, a)
		seen := map[string]bool{}
		watched := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			a.Handler().ServeHTTP(rec, r)
			for _, c := range rec.Result().Cookies() {
				name := strings.TrimPrefix(c.Name, "__Host-")
				seen[name] = true
				if !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
					t.Errorf("%s: %s", base, c)
				}
				if letsIn := slices.Contains([]string{"session", "signin", "known", "visitor"}, name); letsIn && (name != c.Name) != secure {
					t.Errorf("%s: the name of %s", base, c)
				}
			}
			maps.Copy(w.Header(), rec.Header())
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
		b := signedIn(t, watched, "agent1027")
		b.open("/account/second")
		secret := shownSecret(t, b)
		b.submit("/account/second", url.Values{"code": {codeAt(t, secret, clock.Now())}})
		b.open("/account")
		b.submit("/account", url.Values{"old": {setup.DemoPassword}, "new": {"lamps and bridges"}, "again": {"lamps and bridges"}}) // leaves a flash
		b.submit("/mode", url.Values{"mode": {"elder"}, "theme": {"dark"}})
		clock.Add(time.Minute)
		two := newBrowser(t, watched)
		two.open("/signin")
		two.submit("/signin", url.Values{"login": {"agent1027"}, "password": {"lamps and bridges"}})
		two.submit("/signin/code", url.Values{"code": {codeAt(t, secret, clock.Now())}})
		two.open("/account")
		two.submit("/signout", nil)
		for _, name := range []string{"session", "signin", "known", "visitor", "flash", "mode"} {
			if !seen[name] {
				t.Errorf("%s: no cookie %q was set", base, name)
			}
		}
	}
}

// shownSecret is what the page of the second factor offers to an app.
func shownSecret(t *testing.T, b *browser) string {
	t.Helper()
	m := regexp.MustCompile(`<p class="code num">(.*?)</p>`).FindStringSubmatch(strings.ReplaceAll(b.body, "\n", ""))
	if m == nil {
		t.Fatalf("no secret at %s: status %d: %.400s", b.path, b.status, b.text())
	}
	return regexp.MustCompile(`<[^>]+>|\s`).ReplaceAllString(m[1], "")
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.Code(secret, totp.Step(at))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
