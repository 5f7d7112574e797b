package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/locale"
	"gongzhi/internal/page/axetest"
	"gongzhi/internal/setup"
	"gongzhi/internal/setup/setuptest"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// hall shows pages that no address leads to: those that stand between a form and
// what follows, kept as the program answered with them.
type hall struct {
	t      *testing.T
	server *httptest.Server
	kept   map[string]string
	names  []string
}

func newHall(t *testing.T, h http.Handler) *hall {
	x := &hall{t: t, kept: map[string]string{}}
	x.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body := x.kept[r.URL.Path]; body != "" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(body))
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(x.server.Close)
	return x
}

// keep takes the page that the browser shows, which has to say the words.
func (x *hall) keep(name string, b *browser, words string) {
	x.t.Helper()
	if !strings.Contains(b.text(), words) {
		x.t.Fatalf("%s at %s, status %d, does not say %q: %.900s", name, b.path, b.status, words, b.text())
	}
	x.kept["/kept/"+name], x.names = b.body, append(x.names, name)
}

// manner is a way of reading: the start of addresses, and what the browser says.
type manner struct {
	name, lang string
	cookies    map[string]string
	width      []int64
}

var manners = []manner{
	{name: "zh", width: []int64{390, 1366}},
	{name: "en", lang: "/en", width: []int64{390}},
	{name: "elder", cookies: map[string]string{"mode": "elder"}, width: []int64{390}},
	{name: "dark", cookies: map[string]string{"theme": "dark"}, width: []int64{1366}},
}

// TestTheWayInCanBeReadByEverybody walks from the first start of a city to a
// second sign-in, and looks at each page on the way in the real browser: in half
// of the manners, in all with GONGZHI_AXE=all.
func TestTheWayInCanBeReadByEverybody(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a browser")
	}
	chromium := axetest.Open(t)
	for k, m := range manners {
		t.Run(m.name, func(t *testing.T) {
			a, clock := open(t, sqldb.SQLite)
			x := newHall(t, a.Handler())
			token, err := a.SignIn.Invite(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			x.walk(a.Handler(), clock, token, m)
			for i, name := range x.names {
				for j, width := range m.width {
					if os.Getenv("GONGZHI_AXE") == "all" || (i+j+k)%2 == 0 {
						x.look(chromium, name, m, width)
					}
				}
			}
		})
	}
}

func (x *hall) walk(h http.Handler, clock *sqldbtest.Clock, token string, m manner) {
	t, l := x.t, m.lang
	says := func(key string, args ...any) string {
		return locale.T(map[string]locale.Lang{"": locale.ZH, "/en": locale.EN}[l], key, args...)
	}
	visitor := func() *browser {
		b := newBrowser(t, h)
		for k, v := range m.cookies {
			b.cookies[k] = v
		}
		return b
	}
	const password = "lamps and bridges"
	sys := visitor()
	sys.open(l + "/start?token=" + token)
	x.keep("start", sys, says("signin.founding_token"))
	founders := url.Values{"city": {"青河市"}, "login": {"sys"}, "name": {"李明"}, "new": {"short"}, "again": {"other"}, "other": {"sys"}, "called": {"王芳"}}
	sys.submit(l+"/start", founders)
	x.keep("start-wrong", sys, says("setup.password_short", setup.Shortest))
	founders["new"], founders["again"], founders["other"] = []string{password}, []string{password}, []string{"sec"}
	sys.submit(l+"/start", founders)
	x.keep("founded", sys, "sec")
	sys.open(l + "/setup/first")
	x.keep("enrol", sys, says("signin.enrol_app"))
	secret := shownSecret(t, sys)
	sys.submit(l+"/account/second", url.Values{"code": {"000000"}})
	x.keep("enrol-wrong", sys, says("actor.code_wrong"))
	sys.submit(l+"/account/second", url.Values{"code": {codeAt(t, secret, clock.Now())}})
	x.keep("codes", sys, says("signin.codes_once"))
	sys.open(l + "/setup/first")
	x.keep("first", sys, says("setup.guide_tasks"))
	x.workbooks(sys, l)
	sys.open(l + "/account/second")
	x.keep("second", sys, says("signin.second_on"))

	// Another browser: the password, a wrong one, then both steps.
	b := visitor()
	b.open(l + "/signin")
	x.keep("signin", b, says("signin.title"))
	b.submit(l+"/signin", url.Values{"login": {"sys"}, "password": {"guess"}})
	x.keep("signin-wrong", b, says("actor.signin_failed"))
	for range 10 {
		b.submit(l+"/signin", url.Values{"login": {"nobody"}, "password": {"guess"}})
	}
	b.submit(l+"/signin", url.Values{"login": {"nobody"}, "password": {"guess"}})
	x.keep("signin-slow", b, "31")
	clock.Add(time.Minute)
	b.submit(l+"/signin", url.Values{"login": {"sys"}, "password": {password}})
	x.keep("code", b, says("signin.code_title"))
	b.submit(l+"/signin/code", url.Values{"code": {"000000"}})
	x.keep("code-wrong", b, says("actor.code_wrong"))
	b.submit(l+"/signin/code", url.Values{"code": {codeAt(t, secret, clock.Now())}})
	b.open(l + "/account")
	x.keep("account", b, says("signin.account"))

	// A form that waits for a proof.
	b.open(l + "/setup/settings")
	clock.Add(stale)
	b.submit(l+"/setup/settings", url.Values{"office_close": {"17"}})
	x.keep("confirm", b, says("signin.confirm_kept"))
	b.submit(l+"/account/confirm", url.Values{"proof": {"000000"}})
	x.keep("confirm-wrong", b, says("actor.code_wrong"))
	b.submit(l+"/account/confirm", url.Values{"proof": {codeAt(t, secret, clock.Now())}})
	x.keep("confirmed", b, says("signin.confirmed_text"))
}

// workbooks are the previews of a workbook with a fault and of a right one.
func (x *hall) workbooks(b *browser, l string) {
	b.open(l + "/setup/first/workbook.xlsx")
	empty := []byte(b.body)
	wrong, right := setuptest.City(), setuptest.City()
	wrong["职责清单"] = append(wrong["职责清单"], "清单编号=D2 事项=0101 主办单位=moon")
	for _, w := range []struct {
		name string
		rows map[string][]string
	}{{"preview-wrong", wrong}, {"preview", right}} {
		b.open(l + "/setup/first")
		b.submit(l+"/setup/first/import", nil, upload{"file", "青河市.xlsx", setuptest.Fill(x.t, empty, w.rows)})
		x.keep(w.name, b, "青河市.xlsx")
	}
	b.submit(strings.Split(b.path, "?")[0], nil)
	x.keep("imported", b, "OK"[:0])
}

func (x *hall) look(c *axetest.Browser, name string, m manner, width int64) {
	address := x.server.URL + "/kept/" + name
	found, err := c.Check(address, width, m.cookies)
	if err != nil {
		x.t.Fatal(err)
	}
	axetest.Report(x.t, name+" "+m.name, found)
	if folder := os.Getenv("GONGZHI_SCREENS"); folder != "" {
		height := map[int64]int64{390: 1400, 1366: 1000}[width]
		shoot(x.t, c, address, [2]int64{width, height}, m.cookies, filepath.Join(folder, "door-"+name+"-"+m.name+"-"+map[int64]string{390: "phone", 1366: "desk"}[width]+".png"))
	}
}
