package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gongzhi/internal/web"
)

func TestOwnFormIsAccepted(t *testing.T) {
	s := newSite(t)
	token, cookies := s.visit("/form")
	if w := s.post("/form", url.Values{"csrf": {token}}, cookies...); w.Code != http.StatusSeeOther {
		t.Errorf("visitor: status %d", w.Code)
	}
	session := &http.Cookie{Name: "session", Value: "s1"}
	token, cookies = s.visit("/staff", session)
	if w := s.post("/staff", url.Values{"csrf": {token}}, cookies...); w.Code != http.StatusSeeOther {
		t.Errorf("staff: status %d", w.Code)
	}
	r := httptest.NewRequest("POST", "/staff", nil)
	r.AddCookie(session)
	r.Header.Set(web.TokenHeader, token)
	if w := s.do(r); w.Code != http.StatusSeeOther {
		t.Errorf("token in the header: status %d", w.Code)
	}
}

// TestForgeriesAreRefused tries, on every unsafe route, what a foreign page can
// make a signed-in person's browser send.
func TestForgeriesAreRefused(t *testing.T) {
	s := newSite(t)
	mine := &http.Cookie{Name: "session", Value: "victim"}
	attacker, _ := s.visit("/form", &http.Cookie{Name: "session", Value: "attacker"})
	forgeries := map[string]func(*http.Request){
		"no token":            func(*http.Request) {},
		"token of another":    func(r *http.Request) { r.Header.Set(web.TokenHeader, attacker) },
		"foreign origin":      func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"cross-site fetch":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"sister domain":       func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"text/plain as JSON":  func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"no content type":     func(r *http.Request) { r.Header.Del("Content-Type") },
		"random token":        func(r *http.Request) { r.Header.Set(web.TokenHeader, strings.Repeat("A", 86)) },
		"null origin sandbox": func(r *http.Request) { r.Header.Set("Origin", "null") },
	}
	tried := 0
	for _, rt := range s.srv.Routes() {
		if rt.Method == "GET" {
			continue
		}
		for name, forge := range forgeries {
			r := httptest.NewRequest(rt.Method, rt.Path, strings.NewReader(`{"Title":"x"}`))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(mine)
			forge(r)
			if w := s.do(r); w.Code != http.StatusForbidden && w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("%s on %s: status %d", name, rt.Path, w.Code)
			}
			tried++
		}
	}
	if tried != 4*len(forgeries) {
		t.Errorf("tried %d forgeries", tried)
	}
}

func TestTokenDiesWithItsSession(t *testing.T) {
	s := newSite(t)
	token, cookies := s.visit("/form")
	signedIn := append(cookies, &http.Cookie{Name: "session", Value: "new"})
	if w := s.post("/form", url.Values{"csrf": {token}}, signedIn...); w.Code != http.StatusForbidden {
		t.Errorf("a visitor's token worked in a session: %d", w.Code)
	}
}

func TestTokensDifferOnEveryPage(t *testing.T) {
	s := newSite(t)
	a, cookies := s.visit("/form")
	b, _ := s.visit("/form", cookies...)
	if a == b {
		t.Error("the same bytes twice can be guessed from compressed sizes")
	}
}

func TestVisitorCookieIsClosed(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.TLS = true })
	_, cookies := s.visit("/form")
	if len(cookies) != 1 {
		t.Fatalf("got %d cookies", len(cookies))
	}
	c := cookies[0]
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
		t.Errorf("got %+v", c)
	}
}

func TestProgramsNeedNoToken(t *testing.T) {
	s := newSite(t)
	r := httptest.NewRequest("POST", "/api", strings.NewReader(`{"Title":"路灯不亮"}`))
	r.Header.Set("Content-Type", "application/json")
	if w := s.do(r); w.Code != http.StatusCreated {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}
