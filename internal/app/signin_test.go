package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

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
// first start to the first request. What they type, press and choose is counted
// and reckoned as the time of a person.
func TestACityIsSetUpFromItsExcelFiles(t *testing.T) {
	began := time.Now()
	a, clock := open(t, sqldb.SQLite)
	token, err := a.SignIn.Invite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &effort{read: map[string]bool{}}
	send := func(b *browser, action string, given url.Values, files ...upload) {
		t.Helper()
		if w.submit(b, action, given, files...); b.status >= 400 {
			t.Fatalf("form %d, %s: status %d: %.900s", w.forms, action, b.status, b.text())
		}
	}
	enrol := func(b *browser) {
		t.Helper()
		if w.open(b, "/setup"); b.path != "/account/second" {
			t.Fatalf("without a second factor at %s", b.path)
		}
		w.scans++
		send(b, "/account/second", url.Values{"code": {codeAt(t, shownSecret(t, b), clock.Now())}})
	}
	const password = "lamps and bridges"
	sys, sec := newBrowser(t, a.Handler()), newBrowser(t, a.Handler())
	w.open(sys, "/start?token="+token)
	send(sys, "/start", url.Values{"city": {"青河市"}, "login": {"sys"}, "name": {"李明"}, "new": {password}, "again": {password}, "other": {"sec"}, "called": {"王芳"}})
	first := regexp.MustCompile(`[a-z2-9]{4}(-[a-z2-9]{4}){3}`).FindString(sys.body)
	enrol(sys)

	// The system administrator: one workbook.
	sys.open("/setup/first/workbook.xlsx")
	w.clicks++
	file := setuptest.Fill(t, []byte(sys.body), setuptest.City())
	w.paste(setuptest.City())
	w.open(sys, "/setup/first")
	if !strings.Contains(sys.text(), "还差") || !strings.Contains(sys.text(), "大约") {
		t.Errorf("an empty city is ready: %.600s", sys.text())
	}
	send(sys, "/setup/first/import", nil, upload{"file", "city.xlsx", file})
	send(sys, strings.Split(sys.path, "?")[0], nil)

	// The security administrator: a password, a second factor, one table.
	w.open(sec, "/signin")
	send(sec, "/signin", url.Values{"login": {"sec"}, "password": {first}})
	send(sec, "/account", url.Values{"old": {first}, "new": {"rivers and lamps"}, "again": {"rivers and lamps"}})
	enrol(sec)
	w.open(sec, "/setup/staff/import")
	w.paste(map[string][]string{"人员": {"登录名= 姓名= 所在单位= 岗位="}})
	send(sec, "/setup/staff/import", nil, upload{"file", "staff.xlsx", workbook(t, []string{"登录名", "姓名", "所在单位", "岗位"},
		[]string{"agent", "赵敏", "hotline", "话务员"}, []string{"dispatcher", "钱进", "hotline", "派单员"}, []string{"clerk", "孙丽", "lighting", "经办"})})
	send(sec, strings.Split(sec.path, "?")[0], url.Values{"reason": {"首次设置"}})

	// What needs no table is ticked off, one request is tried, and the city opens.
	for _, task := range []string{"community", "signin"} {
		w.open(sys, map[string]string{"community": "/setup/data/community", "signin": "/setup/check/admins"}[task])
		w.open(sys, "/setup/first")
		w.forms++
		w.clicks++
		sys.post("/setup/first/tick", url.Values{"csrf": {sys.csrf()}, "task": {task}, "done": {"1"}}, false)
	}
	w.open(sys, "/report/quick")
	send(sys, "/report/quick", url.Values{"what": {"试报：路灯不亮"}, "category": {"0101"}, "address": {"梧桐街道"}})
	w.open(sys, "/setup/first")
	if !strings.Contains(sys.text(), "都准备好了") || !strings.Contains(sys.text(), "可以以后再办") {
		t.Fatalf("not ready: %.2500s", sys.text())
	}
	send(sys, "/setup/first/open", nil)
	if !strings.Contains(sys.text(), "起正式受理") {
		t.Errorf("not open: %.600s", sys.text())
	}
	t.Logf("from the first start to an open city: %s; the machine took %s", w, time.Since(began).Round(100*time.Millisecond))
	if w.time() > 20*time.Minute {
		t.Errorf("a person needs %s, more than 20 minutes", w.time().Round(time.Second))
	}
}

// effort counts what a person does, and reckons its time by the keystroke-level
// model (Card, Moran & Newell 1980): a key 0.28 s, pointing 1.1 s and a press
// 0.2 s, a hand from mouse to keys 0.4 s, thinking before each field and each
// press 1.35 s. A character of Chinese is four keys. What the model does not
// know: reading 5 characters a second, each page once; choosing a file 10 s;
// copying a column from one workbook into another 15 s; scanning a code with a
// telephone and reading it off 30 s.
type effort struct {
	forms, clicks, fields, keys, files, columns, scans, letters int
	read                                                        map[string]bool
}

func (e *effort) open(b *browser, path string) {
	b.open(path)
	e.clicks++
	e.look(b)
}

func (e *effort) look(b *browser) {
	path := strings.Split(b.path, "?")[0]
	if text := find(b.doc, func(n *html.Node) bool { return n.Data == "main" }); text != nil && !e.read[path] {
		e.read[path] = true
		e.letters += shownLetters(text)
	}
}

// shownLetters counts what stands on a page to be read: no lists that open, no
// fields, nothing for screen readers only.
func shownLetters(n *html.Node) (count int) {
	if n.Type == html.TextNode {
		return len([]rune(strings.Join(strings.Fields(n.Data), "")))
	}
	class := " " + attr(n, "class") + " "
	if slices.Contains([]string{"script", "style", "template", "select", "textarea", "svg"}, n.Data) || strings.Contains(class, " sr ") || n.Data == "details" && !has(n, "open") {
		return 0
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		count += shownLetters(c)
	}
	return count
}

func (e *effort) submit(b *browser, action string, given url.Values, files ...upload) {
	b.t.Helper()
	for _, list := range given {
		e.fields++
		for _, r := range strings.Join(list, "") {
			if e.keys++; r > 127 {
				e.keys += 3
			}
		}
	}
	e.files += len(files)
	e.forms++
	e.clicks++
	b.submit(action, given, files...)
	e.look(b)
}

// paste copies the columns of worksheets.
func (e *effort) paste(sheets map[string][]string) {
	for _, rows := range sheets {
		columns := map[string]bool{}
		for _, row := range rows {
			for cell := range strings.SplitSeq(row, " ") {
				name, _, _ := strings.Cut(cell, "=")
				columns[name] = true
			}
		}
		e.columns += len(columns)
	}
}

func (e *effort) time() time.Duration {
	const point, press, hand, think, key = 1.1, 0.2, 0.4, 1.35, 0.28
	seconds := float64(e.clicks)*(think+point+press) + float64(e.fields)*(think+point+press+hand) + float64(e.keys)*key +
		float64(e.letters)/5 + float64(e.files)*10 + float64(e.columns)*15 + float64(e.scans)*30
	return time.Duration(seconds * float64(time.Second))
}

func (e *effort) String() string {
	return fmt.Sprintf("%d forms, %d presses, %d fields, %d keys, %d files chosen, %d columns copied, %d pages with %d characters read, %d codes scanned: a person needs about %.1f minutes",
		e.forms, e.clicks, e.fields, e.keys, e.files, e.columns, len(e.read), e.letters, e.scans, e.time().Minutes())
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
