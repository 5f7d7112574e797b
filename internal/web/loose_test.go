package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"gongzhi/internal/fault"
	"gongzhi/internal/web"
)

// TestLooseRoutesTakeDoubledSlashes: clients of some protocols join addresses by
// hand; the rest of the site still has one address for each page.
func TestLooseRoutesTakeDoubledSlashes(t *testing.T) {
	s := newSite(t)
	s.srv.Add(web.Route{Method: "GET", Path: "/door/{call...}", Policy: "public", API: true, Loose: true,
		Do: func(w http.ResponseWriter, r *http.Request) error {
			if r.PathValue("call") == "wrong" {
				return fault.New(fault.Invalid, "web.malformed", nil)
			}
			_, err := io.WriteString(w, r.PathValue("call"))
			return err
		},
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(web.Status(err))
			_, _ = io.WriteString(w, "<error/>")
		}})
	for path, want := range map[string]string{"/door/a/b": "a/b", "/door//a///b": "a/b", "//door/a": "a", "/en//door/a": "a", "/door/wrong": "<error/>"} {
		w := httptest.NewRecorder()
		s.h.ServeHTTP(w, httptest.NewRequest("GET", "http://example.com"+path, nil))
		if got := w.Body.String(); got != want {
			t.Errorf("%s: got %q (status %d), want %q", path, got, w.Code, want)
		}
	}
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, httptest.NewRequest("GET", "http://example.com//form", nil))
	if w.Code < 300 || w.Code > 399 {
		t.Errorf("//form: status %d, want a redirect to the page's own address", w.Code)
	}
}
