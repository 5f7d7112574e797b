package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkForm measures what the package adds to a posted form.
func BenchmarkForm(b *testing.B) {
	s, err := NewServer(Options{Policies: func(string) bool { return true }, Authorize: func(r *http.Request, _ string) (*http.Request, error) { return r, nil }})
	if err != nil {
		b.Fatal(err)
	}
	var token string
	s.Add(Route{Method: "GET", Path: "/form", Policy: "p", Do: func(_ http.ResponseWriter, r *http.Request) error { token = CSRF(r); return nil }},
		Route{Method: "POST", Path: "/form", Policy: "p", Do: func(w http.ResponseWriter, r *http.Request) error {
			v, err := Form(r)
			if err != nil {
				return err
			}
			v.String("title")
			v.Text("body")
			return See(w, r, "/done")
		}})
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/form", nil))
	cookie := w.Result().Cookies()[0]
	body := "csrf=" + token + "&title=%E8%B7%AF%E7%81%AF%E4%B8%8D%E4%BA%AE&body=" + strings.Repeat("%E8%B7%AF", 200)
	for b.Loop() {
		r := httptest.NewRequest("POST", "/form", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(cookie)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			b.Fatal(w.Code)
		}
	}
}
