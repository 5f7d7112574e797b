package web_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/web"
)

// site is a server with one page for each thing that can go wrong.
type site struct {
	t   *testing.T
	srv *web.Server
	h   http.Handler
	log *bytes.Buffer
	now time.Time
}

func newSite(t *testing.T, change ...func(*web.Options)) *site {
	t.Helper()
	s := &site{t: t, log: &bytes.Buffer{}, now: time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)}
	o := web.Options{
		Policies:      func(p string) bool { return p == "public" || p == "staff" },
		Authorize:     authorize,
		Log:           slog.New(slog.NewJSONHandler(s.log, nil)),
		Now:           func() time.Time { return s.now },
		SessionCookie: "session",
	}
	for _, f := range change {
		f(&o)
	}
	srv, err := web.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.srv, s.h = srv, srv.Handler()
	srv.Add(
		web.Route{Method: "GET", Path: "/form", Policy: "public", Do: showToken},
		web.Route{Method: "POST", Path: "/form", Policy: "public", Do: takeForm},
		web.Route{Method: "GET", Path: "/staff", Policy: "staff", Do: showToken},
		web.Route{Method: "POST", Path: "/staff", Policy: "staff", Do: takeForm},
		web.Route{Method: "GET", Path: "/fail/{kind}", Policy: "public", Do: failing},
		web.Route{Method: "POST", Path: "/api", Policy: "public", API: true, Do: takeJSON},
		web.Route{Method: "GET", Path: "/limited", Policy: "public", Rate: web.Rate{N: 2, Per: time.Minute}, Do: showToken},
		web.Route{Method: "POST", Path: "/upload", Policy: "public", Body: 3 << 20, Do: takeForm},
		web.Route{Method: "GET", Path: "/healthz", Policy: "public", AnyHost: true, Do: showToken},
	)
	return s
}

func authorize(r *http.Request, policy string) (*http.Request, error) {
	if policy == "public" {
		return r, nil
	}
	if c, err := r.Cookie("session"); err != nil || c.Value == "" {
		return nil, web.ErrSignIn
	}
	return r, nil
}

func showToken(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := io.WriteString(w, web.CSRF(r))
	return err
}

func takeForm(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	v.Int("age")
	if err := v.Err(); err != nil {
		return err
	}
	return web.See(w, r, "/done")
}

func takeJSON(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Title string }
	if err := web.ReadJSON(r, &in); err != nil {
		return err
	}
	if in.Title == "" {
		return fault.Fields{{Name: "Title", Key: "web.field_missing"}}
	}
	return web.JSON(w, http.StatusCreated, in)
}

const secretText = "password=hunter2 at /srv/secret.go:12"

func failing(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Disposition", "attachment")
	w.Header().Set("Cache-Control", "public, max-age=600")
	switch kind := r.PathValue("kind"); kind {
	case "panic":
		panic(secretText)
	case "late":
		io.WriteString(w, "half an answer")
		return errors.New(secretText)
	case "plain":
		return errors.New(secretText)
	default:
		return fault.New(fault.Kind(kind), "web.not_found", errors.New(secretText))
	}
}

func (s *site) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w
}

func (s *site) get(path string) *httptest.ResponseRecorder {
	return s.do(httptest.NewRequest("GET", path, nil))
}

// visit opens the form and returns its token with the cookies it set.
func (s *site) visit(path string, cookies ...*http.Cookie) (string, []*http.Cookie) {
	r := httptest.NewRequest("GET", path, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := s.do(r)
	return w.Body.String(), append(cookies, w.Result().Cookies()...)
}

func (s *site) post(path string, form url.Values, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return s.do(r)
}

func TestEveryAnswerCarriesSecurityHeaders(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.BaseURL = "https://example.com"; o.TileHost = "https://tiles.example.net" })
	want := map[string]string{
		"Content-Security-Policy":    "frame-ancestors 'none'",
		"X-Content-Type-Options":     "nosniff",
		"Referrer-Policy":            "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Strict-Transport-Security":  "max-age=31536000",
		"Cache-Control":              "no-store",
	}
	token, cookies := s.visit("https://example.com/form")
	answers := map[string]*httptest.ResponseRecorder{
		"200":      s.get("https://example.com/form"),
		"303":      s.get("https://example.com/staff"),
		"404":      s.get("https://example.com/<script>"),
		"405":      s.do(httptest.NewRequest("DELETE", "https://example.com/form", nil)),
		"421":      s.get("https://evil.example/form"),
		"422":      s.post("https://example.com/form", url.Values{"csrf": {token}, "age": {"x"}}, cookies...),
		"400":      s.get("https://example.com/form?a=%zz"),
		"403":      s.post("https://example.com/form", nil),
		"500":      s.get("https://example.com/fail/plain"),
		"panic":    s.get("https://example.com/fail/panic"),
		"redirect": s.get("https://example.com/en//form"),
	}
	for name, w := range answers {
		for header, part := range want {
			if got := w.Header().Get(header); !strings.Contains(got, part) {
				t.Errorf("%s (status %d): %s = %q, want %q in it", name, w.Code, header, got, part)
			}
		}
		if len(name) == 3 && http.StatusText(w.Code) != "" && name != httpCode(w.Code) {
			t.Errorf("%s: got status %d", name, w.Code)
		}
	}
	csp := answers["200"].Header().Get("Content-Security-Policy")
	if !strings.Contains(csp, "img-src 'self' blob: data: https://tiles.example.net;") {
		t.Errorf("tile host is missing from %q", csp)
	}
}

func httpCode(n int) string {
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}

func TestErrorKindsBecomeStatuses(t *testing.T) {
	s := newSite(t)
	for kind, want := range map[string]int{
		"invalid": 422, "not_found": 404, "denied": 403, "conflict": 409, "too_many": 429,
		"unavailable": 503, "internal": 500, "plain": 500, "panic": 500,
	} {
		w := s.get("/fail/" + kind)
		if w.Code != want {
			t.Errorf("%s: status = %d, want %d", kind, w.Code, want)
		}
		if strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: the page tells the error: %s", kind, w.Body)
		}
		if id := w.Header().Get("X-Request-Id"); id == "" || !strings.Contains(w.Body.String(), id) {
			t.Errorf("%s: no reference number %q in %q", kind, id, w.Body)
		}
		if w.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s: the error page keeps the headers of the page that failed", kind)
		}
	}
}

func TestFailureAfterTheAnswerBeganCutsTheConnection(t *testing.T) {
	s := newSite(t)
	server := httptest.NewServer(s.h)
	defer server.Close()
	res, err := http.Get(server.URL + "/fail/late")
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if err == nil {
		t.Error("half an answer arrived as a whole one")
	}
}

func TestBrokenErrorPageFallsBackToPlainText(t *testing.T) {
	s := newSite(t, func(o *web.Options) {
		o.OnError = func(http.ResponseWriter, *http.Request, error) { panic("template") }
	})
	if w := s.get("/fail/conflict"); w.Code != http.StatusConflict || w.Body.Len() == 0 {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}

func TestServerRefusesRoutesWithoutPolicy(t *testing.T) {
	ok := web.Route{Method: "GET", Path: "/x", Policy: "public", Do: showToken}
	for name, bad := range map[string]func(*web.Route){
		"empty policy":    func(r *web.Route) { r.Policy = "" },
		"unknown policy":  func(r *web.Route) { r.Policy = "everyone" },
		"no handler":      func(r *web.Route) { r.Do = nil },
		"odd method":      func(r *web.Route) { r.Method = "TRACE" },
		"language prefix": func(r *web.Route) { r.Path = "/en/x" },
		"twice":           func(r *web.Route) { r.Path = "/form" },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the server accepted it")
				}
			}()
			route := ok
			bad(&route)
			newSite(t).srv.Add(route)
		})
	}
}

func TestRoutesAreListed(t *testing.T) {
	s := newSite(t)
	if got := s.srv.Routes(); len(got) != 9 || got[1].Method != "POST" || got[1].Path != "/form" {
		t.Errorf("got %+v", got)
	}
}

func TestEnglishPagesLiveUnderAPrefix(t *testing.T) {
	s := newSite(t)
	var lang locale.Lang
	var link string
	s.srv.Add(web.Route{Method: "GET", Path: "/{$}", Policy: "public", Do: func(w http.ResponseWriter, r *http.Request) error {
		lang, link = web.Lang(r), web.URL(r, "/report")
		return web.See(w, r, "/report")
	}})
	for path, want := range map[string][3]string{
		"/":    {"zh", "/report", "/report"},
		"/en":  {"en", "/en/report", "/en/report"},
		"/en/": {"en", "/en/report", "/en/report"},
	} {
		w := s.get(path)
		if got := [3]string{string(lang), link, w.Header().Get("Location")}; got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if w := s.get("/england"); w.Code != http.StatusNotFound {
		t.Errorf("/england: status %d", w.Code)
	}
}

func TestStrangersAreSentToSignInAndBack(t *testing.T) {
	s := newSite(t)
	w := s.get("/en/staff?tab=2")
	if got, want := w.Header().Get("Location"), "/en/signin?next=%2Fen%2Fstaff%3Ftab%3D2"; w.Code != 303 || got != want {
		t.Errorf("got %d %q, want 303 %q", w.Code, got, want)
	}
	if w := s.post("/staff", nil); w.Code != http.StatusForbidden {
		t.Errorf("POST: status %d, want 403", w.Code)
	}
}

func TestRedirectsStayOnThisSite(t *testing.T) {
	for _, path := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "", "evil", "/a\r\nSet-Cookie: x=1", "/\tevil", "javascript:alert(1)"} {
		r := httptest.NewRequest("GET", "/", nil)
		if err := web.See(httptest.NewRecorder(), r, path); fault.KindOf(err) != fault.Internal {
			t.Errorf("See(%q) = %v, want a refusal", path, err)
		}
	}
	if got := web.LocalPath("/matter/7?tab=1", "/"); got != "/matter/7?tab=1" {
		t.Errorf("a path of ours became %q", got)
	}
}

func TestReadsHaveNoSideEffects(t *testing.T) {
	s := newSite(t)
	for _, method := range []string{"HEAD", "OPTIONS", "TRACE", "GET"} {
		r := httptest.NewRequest(method, "/upload", nil) // only POST exists
		w := s.do(r)
		if want := http.StatusMethodNotAllowed; method != "OPTIONS" && w.Code != want {
			t.Errorf("%s: status %d, want %d", method, w.Code, want)
		}
		if got := w.Header().Get("Allow"); got != "POST" {
			t.Errorf("%s: Allow = %q", method, got)
		}
	}
	r := httptest.NewRequest("POST", "/form", strings.NewReader("_method=DELETE"))
	r.Header.Set("X-HTTP-Method-Override", "GET")
	if w := s.do(r); w.Code < 400 {
		t.Errorf("a method override was obeyed: %d", w.Code)
	}
}

func TestHostileAddressesAreRefusedEarly(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]int{
		"/form?a=%zz":     400,
		"/form?a=1;b=2":   400,
		"/form?a=%00":     422,
		"/form?a=%ff":     422,
		"/fail/%00":       404,
		"/fail/%ff":       404,
		"/..%2f..%2fetc":  404,
		"/fail/a%2f..%2f": 500, // one path element like any other: the page decides
	} {
		if w := s.get(path); w.Code != want {
			t.Errorf("%s: status %d, want %d", path, w.Code, want)
		}
	}
}

func TestLogLineSaysNothingPersonal(t *testing.T) {
	s := newSite(t)
	r := httptest.NewRequest("GET", "/13800005521?code=SECRET", nil)
	r.Header.Set("User-Agent", "canary-agent")
	r.RemoteAddr = "203.0.113.9:1234"
	s.do(r)
	line := s.log.String()
	for _, canary := range []string{"13800005521", "SECRET", "canary-agent", "203.0.113.9"} {
		if strings.Contains(line, canary) {
			t.Errorf("%s is in the log: %s", canary, line)
		}
	}
	if got := strings.Count(line, `"msg":"request"`); got != 1 {
		t.Errorf("%d access lines, want 1: %s", got, line)
	}
}

func TestRateLimitSaysWhenToComeBack(t *testing.T) {
	s := newSite(t)
	var codes []int
	for range 3 {
		codes = append(codes, s.get("/limited").Code)
	}
	w := s.get("/limited")
	if diff := cmp.Diff([]int{200, 200, 429}, codes); diff != "" || w.Header().Get("Retry-After") != "30" {
		t.Errorf("codes %v, Retry-After %q, want 30", codes, w.Header().Get("Retry-After"))
	}
	other := httptest.NewRequest("GET", "/limited", nil)
	other.RemoteAddr = "198.51.100.7:1"
	if w := s.do(other); w.Code != 200 {
		t.Errorf("another address was stopped too: %d", w.Code)
	}
	s.now = s.now.Add(30 * time.Second)
	if w := s.get("/limited"); w.Code != 200 {
		t.Errorf("after the wait: %d", w.Code)
	}
}

func TestTextIsCompressedWhenAsked(t *testing.T) {
	s := newSite(t)
	r := httptest.NewRequest("GET", "/form", nil)
	r.Header.Set("Accept-Encoding", "br, gzip;q=0.8")
	w := s.do(r)
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || len(text) == 0 {
		t.Errorf("got %q, %v", text, err)
	}
	r.Header.Set("Accept-Encoding", "gzip;q=0")
	if w := s.do(r); w.Header().Get("Content-Encoding") != "" {
		t.Error("compressed against the visitor's word")
	}
}

func TestAFreshRouteAsksBeforeItsHandlerRuns(t *testing.T) {
	asked := fault.New(fault.Denied, "actor.step_up", nil)
	s := newSite(t, func(o *web.Options) { o.Fresh = func(*http.Request) error { return asked } })
	ran := false
	s.srv.Add(web.Route{Method: "GET", Path: "/grave", Policy: "public", Fresh: true, Do: func(http.ResponseWriter, *http.Request) error { ran = true; return nil }})
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, httptest.NewRequest("GET", "/grave", nil))
	if w.Code != http.StatusForbidden || ran {
		t.Errorf("status %d, handler ran %v", w.Code, ran)
	}
}
