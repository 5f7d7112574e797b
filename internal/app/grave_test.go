package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// stale is longer ago than a proof lasts.
const stale = actor.FreshFor + time.Minute

// asks reports whether the seat has just been asked who sits there.
func (b *browser) asks() bool {
	to := b.header.Get("Location")
	if b.status == http.StatusSeeOther && (strings.HasPrefix(to, "/account/confirm?") || strings.HasPrefix(to, "/en/account/confirm?")) {
		return true
	}
	return b.status == http.StatusForbidden && (strings.Contains(b.body, `/account/confirm"`) || strings.Contains(b.body, "urn:gongzhi:problem:step-up"))
}

// TestExactlyTheGraveActsAskWhoSitsThere calls every route of the program from a
// desk that was left open, as somebody who may.
func TestExactlyTheGraveActsAskWhoSitsThere(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	m := newMatrix(t, a)
	clock.Add(stale)
	asking := 0
	for _, r := range a.Server.Routes() {
		i := slices.IndexFunc(m.people, func(p *person) bool { return actor.Allowed(p.who, actor.Action(r.Policy)) })
		if i < 0 || r.Path == "/signout" || actor.Policies[actor.Action(r.Policy)].Key {
			continue
		}
		p := m.people[i]
		m.call(r, p, "own")
		if p.seat.asks() != r.Fresh && !sometimes(r) {
			t.Errorf("%s %s as %s: asks %v, marked %v: status %d", r.Method, r.Path, p.name, p.seat.asks(), r.Fresh, p.seat.status)
		}
		if r.Fresh {
			asking++
		}
	}
	t.Logf("%d of %d routes ask", asking, len(a.Server.Routes()))
}

// sometimes: the verb decides by what is asked. Each has a test of its own.
func sometimes(r web.Route) bool {
	return r.Path == "/account/second" || strings.HasPrefix(r.Path, api.Prefix)
}

// Whoever opens a form that needs a proof is asked before he types; whoever has
// sat over it too long finds it again afterwards, word for word.
func TestAProofIsAskedBeforeAFormAndLosesNothingAfterIt(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	m := newMatrix(t, a)
	left := func(r web.Route) *browser {
		i := slices.IndexFunc(m.people, func(p *person) bool { return p.login != "" && actor.Allowed(p.who, actor.Action(r.Policy)) })
		m.seat(m.people[i])
		clock.Add(stale)
		return m.people[i].seat
	}
	looks, forms := 0, 0
	for _, r := range a.Server.Routes() {
		if !r.Fresh || strings.HasPrefix(r.Path, api.Prefix) {
			continue
		}
		for _, lang := range []string{"", "/en"} {
			if lang != "" && r.Method != "GET" && r.Path != "/setup/devices/import" {
				continue // one form stands for all: it is the same page
			}
			b, path := left(r), lang+strings.ReplaceAll(m.path(r, "own"), "/provider/none", "/provider/new")
			if r.Method == "GET" {
				looks++
				b.open(path)
				if !strings.HasPrefix(b.path, lang+"/account/confirm?") {
					t.Errorf("%s: at %s, status %d", path, b.path, b.status)
					continue
				}
				if b.submit(lang+"/account/confirm", url.Values{"proof": {setup.DemoPassword}}); b.path != path {
					t.Errorf("%s: led to %s, status %d", path, b.path, b.status)
				}
				continue
			}
			forms++
			b.open(lang + "/design")
			b.post(path, url.Values{"csrf": {b.csrf()}, "typed": {"说了一半的话", "第二句"}, "secret": {`a"b<c`}}, false)
			if !b.asks() {
				t.Errorf("%s: status %d: %.300s", path, b.status, b.text())
				continue
			}
			if b.submit(lang+"/account/confirm", url.Values{"proof": {"guess"}}); b.status != 422 {
				t.Errorf("%s: a wrong password: status %d", path, b.status)
			}
			b.submit(lang+"/account/confirm", url.Values{"proof": {setup.DemoPassword}})
			form := find(b.doc, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == path })
			if form == nil {
				t.Errorf("%s: no form waits: %.300s", path, b.text())
				continue
			}
			if got := fields(form); !slices.Equal(got["typed"], []string{"说了一半的话", "第二句"}) || got.Get("secret") != `a"b<c` {
				t.Errorf("%s: what waits is %v", path, got)
			}
			if b.submit(path, nil); b.asks() {
				t.Errorf("%s: asked twice", path)
			}
		}
	}
	t.Logf("%d forms asked before, %d kept while asking", looks, forms)
}

// A file cannot wait in a page: it is said, and the form opens again.
func TestAFileThatCannotWaitIsAskedForAgain(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	for _, lang := range []string{"", "/en"} {
		b := signedIn(t, a.Handler(), "sysadmin1501")
		b.open(lang + "/setup/devices/import")
		from := b.path
		clock.Add(stale)
		b.referer = from
		b.submit(lang+"/setup/devices/import", nil, upload{"file", "devices.csv", []byte("编号,名称\nx,y\n")})
		b.submit(lang+"/account/confirm", url.Values{"proof": {setup.DemoPassword}})
		back := find(b.doc, func(n *html.Node) bool { return n.Data == "a" && attr(n, "href") == from })
		if b.status != 200 || back == nil {
			t.Fatalf("%s: status %d: %.500s", from, b.status, b.text())
		}
	}
}

// A program proves nothing: what its token reaches it does, and grave acts when
// its owner wanted that.
func TestAProgramNeedsAScopeForWhatASessionIsAsked(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "sysadmin1501")
	tokens := map[string]string{}
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) (err error) {
		who, _, err := actor.Session(tx, b.cookies["session"])
		for _, scope := range []string{"", actor.StepUp} {
			if err == nil {
				tokens[scope], err = actor.NewToken(tx, who, "数据中心", strings.Fields("setup:write "+scope), 30)
			}
		}
		if _, e := actor.NewToken(tx, who, "数据中心", []string{"setup:write", actor.StepUp}, actor.MostStepUpDays+1); e == nil {
			t.Error("a token for grave acts lasts as long as any")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	clock.Add(stale)
	p := &program{t: t, h: a.Handler(), token: tokens[""]}
	var now map[string]any
	if now = p.call("GET", "/setup/settings", nil); p.status != 200 {
		t.Fatalf("status %d: %s", p.status, p.body)
	}
	if p.call("PUT", "/setup/settings", now); p.status != 403 || !strings.Contains(string(p.body), actor.StepUp) {
		t.Errorf("with a token for what is not grave: status %d: %s", p.status, p.body)
	}
	p.token = tokens[actor.StepUp]
	if p.call("PUT", "/setup/settings", now); p.status != 200 {
		t.Errorf("with a token for grave acts: status %d: %s", p.status, p.body)
	}
	raw, _ := json.Marshal(now)
	r := httptest.NewRequest("PUT", "/api/v1/setup/settings", strings.NewReader(string(raw)))
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "session", Value: b.cookies["session"]})
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	if w.Code != 403 || !strings.Contains(w.Body.String(), "urn:gongzhi:problem:step-up") {
		t.Errorf("with the session of a desk left open: status %d: %s", w.Code, w.Body)
	}
}

// The administrator reads the same list as the program keeps.
func TestTheGuideNamesEveryPageThatAsks(t *testing.T) {
	raw, err := os.ReadFile("../../docs/ops/signin.md")
	if err != nil {
		t.Fatal(err)
	}
	a, _ := openCity(t, sqldb.SQLite)
	for _, r := range a.Server.Routes() {
		part := strings.Split(r.Path, "/")
		if !r.Fresh || strings.HasPrefix(r.Path, api.Prefix) || len(part) < 3 {
			continue
		}
		if page := strings.TrimSuffix("/"+part[1]+"/"+part[2], "/{id}"); !strings.Contains(string(raw), "`"+page+"`") {
			t.Errorf("docs/ops/signin.md does not name %s, of %s %s", page, r.Method, r.Path)
		}
	}
}
