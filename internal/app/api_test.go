package app_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
)

// sendJSON calls an operation with an empty body in the seat's session.
func (b *browser) sendJSON(method, path string) {
	body := ""
	if method != "GET" {
		body = "{}"
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	b.status, b.header, b.body = w.Code, w.Header(), w.Body.String()
}

// program calls operations as another system does.
type program struct {
	t      testing.TB
	h      http.Handler
	token  string
	header http.Header
	status int
	got    http.Header
	body   []byte
}

func (p *program) call(method, path string, body any) map[string]any {
	p.t.Helper()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			p.t.Fatal(err)
		}
	}
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(string(text)))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	for name := range p.header {
		r.Header.Set(name, p.header.Get(name))
	}
	w := httptest.NewRecorder()
	p.h.ServeHTTP(w, r)
	p.status, p.got, p.body = w.Code, w.Header(), w.Body.Bytes()
	var out map[string]any
	if strings.Contains(w.Header().Get("Content-Type"), "json") && json.Unmarshal(p.body, &out) != nil {
		p.t.Fatalf("%s %s: no JSON object: %s", method, path, p.body)
	}
	return out
}

func (p *program) want(status int) {
	p.t.Helper()
	if p.status != status {
		p.t.Errorf("status %d, want %d: %s", p.status, status, p.body)
	}
}

// programOf gives a member of staff's token to a program.
func programOf(t testing.TB, a *app.App, login string, scopes ...string) *program {
	t.Helper()
	p := &program{t: t, h: a.Handler(), header: http.Header{}}
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error {
		staff, err := actor.AllStaff(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(staff, func(s actor.Staff) bool { return s.Login == login })
		if len(scopes) == 0 {
			scopes = actor.Scopes()
		}
		p.token, err = actor.NewToken(tx, actor.Actor{ID: staff[i].ID, Roles: staff[i].Roles, Proved: tx.Now}, "对接系统", scopes, 30)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pagesOnly are page routes without an operation, and why.
var pagesOnly = map[string]string{
	"GET /healthz": "for probes", "GET /readyz": "for probes", "GET /assets/{name}": "parts of pages", "POST /mode": "how a page looks",
	"GET /design": "how pages look", "GET /api/docs": "describes the operations", "GET /api/openapi.json": "describes the operations",
	"GET /signin": "people sign in; programs have tokens", "POST /signin": "people sign in; programs have tokens", "POST /signout": "of a session",
	"GET /account": "of a session", "POST /account": "a password is changed by its owner at a page", "POST /account/end": "of a session",
	"GET /account/tokens": "a token must not be able to make tokens", "POST /account/tokens": "a token must not be able to make tokens",
	"POST /account/tokens/{id}/revoke": "of the owner at a page; the security administrator has token-revoke",
	"GET /track":                       "an empty form", "GET /report": "an empty form", "GET /report/quick": "an empty form",
	"POST /report": "a step of the guided form; report takes all at once", "POST /report/alike": "while a sentence is typed; alike says the same", "POST /report/heed": "while a sentence is typed; report says the same", "GET /report/{draft}": "a step of the guided form", "POST /report/{draft}": "a step of the guided form",
	"GET /report/{draft}/photo/{n}": "a step of the guided form", "GET /report/{draft}/map.svg": "a step of the guided form", "GET /report/{draft}/where": "a step of the guided form",
	"GET /report/{draft}/follow/{number}": "a step of the guided form", "POST /report/{draft}/about": "a step of the guided form", "POST /report/{draft}/category": "a step of the guided form",
	"GET /report/{draft}/contact": "a step of the guided form", "POST /report/{draft}/contact": "a step of the guided form", "GET /report/{draft}/check": "a step of the guided form",
	"GET /public/{number}/follow": "an empty form",
}

// groups are page routes without an operation that have one reason together, and
// what their paths begin with.
var groups = map[string]string{
	"/open311": "a protocol of its own", "/wechat": "a protocol of its own", "/feed": "a protocol of its own",
	"/gateway": "a protocol of its own: what gateways call", "/events": "a protocol of its own: devices and systems report by it",
	"/signin/": "people sign in; programs have tokens", "/start": "the first administrators, once, with the token that the machine printed",
	"/account/second": "one's own second factor: a token must not be able to change how its owner proves who they are", "/account/link": "one's own account elsewhere: as the second factor",
	"/account/unlink": "one's own account elsewhere: as the second factor", "/account/confirm": "a person proves who sits there; a token carries the scope step-up instead",
	"/demo": "the demonstration's own",
}

// TestEveryPageHasAnOperation is the promise that another system can do what
// people can: a page route has an operation, or a reason why not.
func TestEveryPageHasAnOperation(t *testing.T) {
	a, _ := open(t, sqldb.SQLite)
	stands := map[string]bool{}
	for _, op := range a.Ops.Ops() {
		for _, p := range op.Pages {
			stands[p] = true
		}
	}
	known := map[string]bool{}
	covered := 0
	for _, r := range a.Server.Routes() {
		name := r.Method + " " + r.Path
		known[name] = true
		other := slices.ContainsFunc(slices.Collect(maps.Keys(groups)), func(p string) bool { return strings.HasPrefix(r.Path, p) })
		switch _, excused := pagesOnly[name]; {
		case r.API, other:
		case stands[name] && excused:
			t.Errorf("%s has an operation: it needs no excuse", name)
		case stands[name]:
			covered++
		case !excused:
			t.Errorf("%s has neither an operation nor a reason why not", name)
		}
	}
	for name := range stands {
		if !known[name] {
			t.Errorf("an operation stands for %s, which is no route", name)
		}
	}
	for name := range pagesOnly {
		if !known[name] {
			t.Errorf("%s is excused and is no route", name)
		}
	}
	for p := range groups {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(known)), func(name string) bool { _, path, _ := strings.Cut(name, " "); return strings.HasPrefix(path, p) }) {
			t.Errorf("%s is excused and nothing is there", p)
		}
	}
	t.Logf("%d operations stand for %d page routes; %d page routes are excused", len(a.Ops.Ops()), covered, len(pagesOnly))
}

func TestTheAPIIsDescribedAsItIs(t *testing.T) {
	a, _ := open(t, sqldb.SQLite)
	doc, err := a.Ops.Document(locale.ZH)
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "testdata/openapi.golden.json", string(doc))
	for _, lang := range []locale.Lang{locale.ZH, locale.EN} {
		doc, err := a.Ops.Document(lang)
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(string(doc), `"api.`); i >= 0 {
			t.Errorf("%s: a text is missing: %.60s", lang, doc[i:])
		}
	}
}

func TestAProgramReportsOnceHoweverOftenItSends(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	p := &program{t: t, h: a.Handler(), header: http.Header{"Idempotency-Key": {"3f0c2a7e-once-and-only"}}}
	report := map[string]any{"what": "梧桐路32号门口路灯不亮", "address": "梧桐路32号", "phone": "13800005521"}
	first := p.call("POST", "/reports", report)
	p.want(201)
	again := p.call("POST", "/reports", report)
	p.want(201)
	if first["number"] != again["number"] || first["code"] != again["code"] || p.got.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the second sending got %v, the first %v", again, first)
	}
	report["what"] = "另外一件事：下水道堵了"
	p.call("POST", "/reports", report)
	p.want(422)
	p.header.Del("Idempotency-Key")
	bad := p.call("POST", "/reports", report)
	p.want(422)
	if !strings.Contains(string(p.body), "header.Idempotency-Key") || bad["reference"] == "" {
		t.Errorf("a missing key is answered %s", p.body)
	}
	p.header.Set("Query-Code", first["code"].(string))
	one := p.call("GET", "/receipts/"+first["number"].(string), nil)
	p.want(200)
	if one["what"] != "梧桐路32号门口路灯不亮" || one["own"] != true {
		t.Errorf("the receipt shows %v", one)
	}
	p.header.Set("Query-Code", "WRONG-CODE")
	p.call("GET", "/receipts/"+first["number"].(string), nil)
	p.want(404)
}

// TestARequestGoesItsWayByAPI is the closed loop without a page.
func TestARequestGoesItsWayByAPI(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	resident := &program{t: t, h: a.Handler(), header: http.Header{"Idempotency-Key": {"closed-loop-by-api-1"}}}
	receipt := resident.call("POST", "/reports", map[string]any{"what": "梧桐路32号门口路灯不亮三天", "address": "梧桐路32号", "category": "010101", "phone": "13800005521"})
	resident.want(201)
	number := receipt["number"].(string)
	seen := func(p *program) any {
		p.t.Helper()
		c := p.call("GET", "/cases/"+number, nil)
		p.want(200)
		return c["version"]
	}

	dispatcher := programOf(t, a, "dispatcher1101")
	queue := dispatcher.call("GET", "/dispatch/queue", nil)
	dispatcher.want(200)
	if !strings.Contains(string(dispatcher.body), number) || queue["next"] != "" {
		t.Errorf("the queue is %s", dispatcher.body)
	}
	sent := dispatcher.call("POST", "/cases/"+number+"/send", map[string]any{"version": seen(dispatcher)})
	dispatcher.want(200)
	if sent["state"] != "to_accept" {
		t.Errorf("after the dispatch: %v", sent)
	}
	dispatcher.call("POST", "/cases/"+number+"/send", map[string]any{"version": 1})
	dispatcher.want(409)

	clerk := programOf(t, a, "clerk2001", "request:read", "handling:write")
	clerk.call("POST", "/cases/"+number+"/accept", map[string]any{"version": seen(clerk)})
	clerk.want(200)
	clerk.call("POST", "/cases/"+number+"/contact", map[string]any{"version": seen(clerk), "way": "phone", "outcome": "reached", "text": "约好晚上去看"})
	clerk.want(200)
	done := clerk.call("POST", "/cases/"+number+"/answer", map[string]any{"version": seen(clerk), "solved": "yes", "record": "更换灯具一套", "text": "路灯已修好，今晚亮灯。", "contacted": true})
	clerk.want(200)
	if done["state"] != "replied" {
		t.Errorf("after the answer: %v", done)
	}
	clerk.call("POST", "/cases/"+number+"/direct", map[string]any{"version": 1, "text": "不该由他答复"})
	clerk.want(403)
}

func TestATokenGivesNoMoreThanItsScopesAndItsOwner(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	reader := programOf(t, a, "dispatcher1101", "dispatch:read")
	reader.call("GET", "/dispatch/queue", nil)
	reader.want(200)
	reader.call("GET", "/cases", nil)
	reader.want(403)
	reader.call("POST", "/dispatch/queue", map[string]any{"picks": []any{}})
	reader.want(403)
	if !strings.Contains(string(reader.body), "dispatch:write") {
		t.Errorf("the missing scope is not named: %s", reader.body)
	}
	clerk := programOf(t, a, "clerk2001", "dispatch:write")
	clerk.call("GET", "/dispatch/queue", nil)
	clerk.want(403)
	stranger := &program{t: t, h: a.Handler(), token: "gongzhi_made-up"}
	stranger.call("GET", "/me", nil)
	stranger.want(401)
	if stranger.got.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("a wrong token is answered without WWW-Authenticate")
	}
	nobody := &program{t: t, h: a.Handler()}
	nobody.call("GET", "/me", nil)
	nobody.want(401)
}

func TestADeadTokenOpensNothing(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	revoked, disabled, old := programOf(t, a, "dispatcher1101"), programOf(t, a, "clerk2001"), programOf(t, a, "agent1027")
	me := revoked.call("GET", "/me", nil)
	revoked.want(200)
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error {
		list, err := actor.TokensOf(tx, me["id"].(string))
		if err != nil {
			return err
		}
		if err := actor.RevokeToken(tx, actor.Actor{ID: me["id"].(string)}, list[0].ID); err != nil {
			return err
		}
		return tx.Exec(`update actor_staff set active = false where login = 'clerk2001'`)
	})
	if err != nil {
		t.Fatal(err)
	}
	revoked.call("GET", "/me", nil)
	revoked.want(401)
	disabled.call("GET", "/me", nil)
	disabled.want(401)
	clock.Set(clock.Now().AddDate(0, 0, 31))
	old.call("GET", "/me", nil)
	old.want(401)
}

func TestErrorsOfTheAPIAreInTheLanguageAskedFor(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	p := programOf(t, a, "dispatcher1101")
	p.call("GET", "/cases?limit=1000", nil)
	p.want(422)
	if !strings.Contains(string(p.body), "不能大于 100") || !strings.Contains(string(p.body), "query.limit") {
		t.Errorf("in Chinese: %s", p.body)
	}
	p.call("GET", "/cases?limit=1000&lang=en", nil)
	if !strings.Contains(string(p.body), "At most 100") {
		t.Errorf("in English: %s", p.body)
	}
	p.header.Set("Accept-Language", "en-GB,en;q=0.8")
	p.call("GET", "/nothing", nil)
	p.want(404)
	p.call("POST", "/cases/260302000001/send", map[string]any{"version": 1, "role": "admin"})
	p.want(404)
}

func TestACursorCannotBeMadeUp(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	p := programOf(t, a, "sysadmin1501")
	seen := map[string]bool{}
	for path, n := "/setup/data/units?limit=40", 0; path != "" && n < 20; n++ {
		part := p.call("GET", path, nil)
		p.want(200)
		for _, x := range part["items"].([]any) {
			key := x.(map[string]any)["key"].(string)
			if seen[key] {
				t.Errorf("%s is listed twice", key)
			}
			seen[key] = true
		}
		if path = ""; part["next"] != "" {
			path = "/setup/data/units?limit=40&cursor=" + part["next"].(string)
			p.call("GET", strings.Replace(path, "units", "areas", 1), nil)
			p.want(422) // the cursor of another list
			p.call("GET", path[:len(path)-2]+"AA", nil)
			p.want(422)
		}
	}
	if len(seen) < 100 {
		t.Errorf("walked %d units", len(seen))
	}
}
