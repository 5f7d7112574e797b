package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/page/axetest"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// station is an agent's desk in a real browser.
type station struct {
	t       *testing.T
	app     *app.App
	browser *axetest.Browser
	url     string
	cookies map[string]string
	tab     context.Context

	mu    sync.Mutex
	paths []string // every address that was asked for, with its query
}

func openStation(t *testing.T, login string) *station {
	t.Helper()
	a, _ := openCity(t, sqldb.SQLite)
	return stationOf(t, a, login)
}

func stationOf(t *testing.T, a *app.App, login string) *station {
	t.Helper()
	s := &station{t: t, app: a, browser: axetest.Open(t)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.paths = append(s.paths, r.RequestURI, r.Referer())
		s.mu.Unlock()
		a.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url, s.cookies, s.tab = server.URL, signedIn(t, a.Handler(), login).cookies, s.browser.Tab(t)
	for name, value := range s.cookies {
		if _, err := chromedp.Call(s.tab, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: s.url}); err != nil {
			t.Fatal(err)
		}
	}
	s.do(chromedp.EmulateViewport(1366, 768))
	s.open("/desk")
	return s
}

func (s *station) open(path string) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.url+path), chromedp.Evaluate[chromedp.Void](`window.bad = [];
		document.addEventListener("securitypolicyviolation", (e) => bad.push(e.violatedDirective + " " + e.blockedURI))`))
}

func (s *station) do(steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.tab, steps...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) keys(keys string, modifiers ...chromedp.Modifier) {
	s.t.Helper()
	s.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

func (s *station) alt(key string) { s.t.Helper(); s.keys(key, chromedp.ModifierAlt) }

// is waits until the expression holds, also when a form leads to another page
// meanwhile.
func (s *station) is(expression string) {
	s.t.Helper()
	var err error
	for range 3 {
		_, err = chromedp.Run(s.tab, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second)))
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "context") && !strings.Contains(err.Error(), "navigated") {
			break
		}
	}
	now, _ := chromedp.Run(s.tab, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 1500)`))
	s.t.Fatalf("%s: %v\n%s", expression, err, now)
}

func (s *station) text(expression string) string {
	s.t.Helper()
	out, err := chromedp.Run(s.tab, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

const (
	callerPhone = "13800005521"
	callerWords = "梧桐路32号门口的路灯坏了三天，晚上看不见路，有老人差点摔倒，希望尽快修。"
	inWhat      = `document.activeElement.id === "f-what"`
	lampUnit    = `document.querySelector("#desk-proposal").textContent.includes("路灯管理所")`
)

func TestACallIsTakenByKeyboardAlone(t *testing.T) {
	s := openStation(t, "agent1027")
	started := time.Now()
	s.is(`document.activeElement.id === "f-phone"`)
	s.keys(callerPhone)
	s.alt("a")
	s.is(inWhat)
	s.keys(callerWords)
	s.is(`document.querySelector("#desk-phone").textContent.includes("138****5521") && ` + inWhat)
	s.is(`document.querySelectorAll("#desk-options mark").length > 0`)
	s.alt("s")
	s.keys("梧桐路32")
	s.is(`document.querySelector("#desk-places [aria-selected=true]")?.textContent.replaceAll(" ", "").includes("梧桐路32号")`)
	s.keys(kb.Enter)
	s.is(`document.querySelector("#desk").elements.area.value !== "" && document.querySelector("#desk-places").textContent.includes("社区")`)
	s.alt("1")
	s.is(lampUnit)
	s.is(`document.querySelector("#desk").elements.category.value === "010101" && bad.length === 0`)

	// The page is lost and nothing with it.
	s.do(chromedp.Reload())
	s.is(`document.querySelector("#f-what").value === ` + quoted(callerWords) + ` && document.querySelector("#f-address").value.replaceAll(" ", "") === "梧桐路32号" && ` + lampUnit)
	s.is(`document.querySelector("[aria-current=page].tab").textContent.includes("138****5521")`)
	if html := s.text(`document.documentElement.outerHTML`); strings.Contains(html, callerPhone) {
		t.Error("the page shows the caller's whole number after it was left")
	}

	s.keys(kb.Enter, chromedp.ModifierCtrl)
	s.is(`document.querySelector("[role=status] .note")?.textContent.includes("已派云泽市路灯管理所")`)
	t.Logf("the keyboard story took %.1f s", time.Since(started).Seconds())
	s.is(`document.activeElement.id === "f-phone" && document.querySelector("#f-what").value === ""`)
	note := s.text(`document.querySelector("[role=status] .note").textContent`)
	if !regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{4}`).MatchString(note) {
		t.Errorf("no query code to read out: %s", note)
	}
	s.dispatched("lighting")
	for _, p := range s.paths {
		if strings.Contains(p, "5521") || strings.Contains(p, "%E8%B7%AF") {
			t.Errorf("the address %s tells what was typed", p)
		}
	}
}

// dispatched checks what the call became.
func (s *station) dispatched(unit string) {
	s.t.Helper()
	err := s.app.DB.View(s.t.Context(), func(tx *sqldb.Tx) error {
		var number string
		if err := tx.QueryRow(`select m.number from matter m join intake_call c on c.matter_id = m.id`).Scan(&number); err != nil {
			return err
		}
		o, err := request.FindNumber(tx, actor.System, number)
		if err != nil {
			return err
		}
		if o.State != request.ToAccept || o.Unit != unit || o.Channel != "phone" || !o.HasPoint() || o.Body != callerWords {
			s.t.Errorf("got %s at %s through %s, point %v: %q", o.State, o.Unit, o.Channel, o.HasPoint(), o.Body)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func quoted(s string) string { return `"` + s + `"` }

func TestTheDeskWaitsForTheInputMethod(t *testing.T) {
	s := openStation(t, "agent1027")
	s.is(`document.activeElement.id === "f-phone"`)
	s.alt("a")
	s.is(inWhat)
	s.text(`window.asked = 0; window.fetch = new Proxy(window.fetch, { apply: (f, me, args) => { if (String(args[0]).endsWith("/look")) asked++; return Reflect.apply(f, me, args); } }); ""`)
	if _, err := chromedp.Call(s.tab, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "ludeng", SelectionStart: 6, SelectionEnd: 6}); err != nil {
		t.Fatal(err)
	}
	s.text(`new Promise((done) => setTimeout(() => done(""), 500))`)
	s.text(`document.querySelector("#f-what").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true, isComposing: true }));
		document.querySelector("#f-what").dispatchEvent(new KeyboardEvent("keydown", { key: "1", code: "Digit1", altKey: true, bubbles: true, cancelable: true, isComposing: true })); ""`)
	s.is(`asked === 0 && document.querySelector("#f-what").value === "ludeng" && location.pathname.length > 6`)
	if _, err := chromedp.Call(s.tab, input.InsertText, input.InsertTextParams{Text: "路灯坏了"}); err != nil {
		t.Fatal(err)
	}
	s.is(`document.querySelector("#f-what").value === "路灯坏了" && asked > 0 && document.querySelector("#desk-options").textContent.includes("路灯不亮") && ` + inWhat)
}

func TestWhatIsTypedInAPartIsNeverReplaced(t *testing.T) {
	s := openStation(t, "agent1027")
	s.is(`document.activeElement.id === "f-phone"`)
	s.alt("a")
	s.keys("路灯坏了")
	s.is(`document.querySelector("#desk-options mark") !== null`)
	s.alt("1")
	s.is(`document.querySelector("#f-q1") !== null`)
	s.text(`document.querySelector("#f-q1").focus(); ""`)
	s.keys("上周三")
	s.keys(kb.Tab)
	s.keys("A7")
	s.is(`document.querySelector("#f-q1").value === "上周三" && document.querySelector("#f-q2").value === "A7" && document.activeElement.id === "f-q2"`)
	s.alt("a")
	s.keys("，很黑")
	s.is(`document.querySelector("#desk-options").textContent.includes("路灯不亮") && ` + inWhat)
	s.is(`document.querySelector("#f-q1").value === "上周三" && document.querySelector("#f-q2").value === "A7"`)
}

func TestTheDeskIsAccessible(t *testing.T) {
	s := openStation(t, "agent1027")
	s.is(`document.activeElement.id === "f-phone"`)
	s.keys(callerPhone)
	s.alt("a")
	s.keys(callerWords)
	s.is(`document.querySelector("#desk-options mark") !== null`)
	s.alt("1")
	s.is(`document.querySelector("#f-q1") !== null`)
	full := s.text(`location.pathname`)
	for _, path := range []string{"/desk", full, "/en" + full} {
		for _, width := range []int64{1366, 390} {
			found, err := s.browser.Check(s.url+path, width, s.cookies)
			if err != nil {
				t.Fatal(err)
			}
			axetest.Report(t, fmt.Sprintf("%s at %d px", path, width), found)
		}
	}
}

func TestTheDeskWorksWithoutScripts(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			a, _ := openCity(t, d)
			b := signedIn(t, a.Handler(), "agent1027")
			b.open("/desk")
			sees := func(want string) {
				t.Helper()
				if !strings.Contains(strings.ReplaceAll(b.text(), " ", ""), want) {
					t.Errorf("%s does not say %q: %.1500s", b.path, want, b.text())
				}
			}
			b.submit("/desk", url.Values{"what": {callerWords}, "phone": {callerPhone}, "address": {"梧桐路32号"}, "act": {"look"}})
			sees("市政设施›照明›路灯不亮")
			sees("梧桐社区")
			sees("138****5521")
			b.submit("/desk", url.Values{"act": {"dispatch"}})
			if b.status != http.StatusUnprocessableEntity {
				t.Errorf("dispatched without a category: status %d", b.status)
			}
			sees("先选事项")
			sees(callerWords)
			b.submit("/desk", url.Values{"category": {"010101"}, "act": {"look"}})
			sees("路灯管理所")
			sees("坏了一盏还是好几盏")
			if strings.Contains(b.body, callerPhone) {
				t.Error("the page shows the caller's whole number")
			}
			b.submit("/desk", url.Values{"act": {"dispatch"}})
			sees("已派云泽市路灯管理所")
			b.submit("/desk", url.Values{"what": {"还是那盏灯"}, "phone": {callerPhone}, "act": {"look"}})
			sees("此前来电1件")
			b.submit("/desk", url.Values{"act": {"discard"}})
			sees("已放弃")
		})
	}
}
