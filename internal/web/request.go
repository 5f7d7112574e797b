package web

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
)

// request is what the server knows about a request before any handler does.
type request struct {
	srv    *Server
	id     string
	lang   locale.Lang
	ip     netip.Addr
	route  *Route // nil until a route is found
	w      http.ResponseWriter
	secret string // the visitor's anonymous cookie, once issued in this request
}

type requestKey struct{}

func stateOf(r *http.Request) *request {
	st, _ := r.Context().Value(requestKey{}).(*request)
	return st
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) (*request, *http.Request) {
	st := &request{srv: s, id: newRequestID(), lang: locale.ZH, ip: s.clientIP(r), w: w}
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, st))
	if path, ok := cutLang(r.URL.Path); ok {
		st.lang = locale.EN
		u := *r.URL
		u.Path = path
		if u.RawPath != "" {
			u.RawPath, _ = cutLang(u.RawPath)
		}
		r.URL = &u
	}
	if strings.Contains(r.URL.Path, "//") {
		r.URL = s.joined(r.URL)
	}
	return st, r
}

// joined is the address with single slashes if a Loose route may be meant; the
// mux would send others to the clean form of their path.
func (s *Server) joined(u *url.URL) *url.URL {
	path := slashes.ReplaceAllString(u.Path, "/")
	for _, first := range s.loose {
		if strings.HasPrefix(path, first) {
			out := *u
			out.Path, out.RawPath = path, slashes.ReplaceAllString(u.RawPath, "/")
			return &out
		}
	}
	return u
}

var slashes = regexp.MustCompile(`/{2,}`)

// cutLang takes the language prefix off a path.
func cutLang(path string) (string, bool) {
	if path == "/en" {
		return "/", true
	}
	if strings.HasPrefix(path, "/en/") {
		return path[len("/en"):], true
	}
	return path, false
}

// spoken is the language that a program asks for: with ?lang, by its address, or
// with the first language of Accept-Language that we speak. Pages go by their
// address alone, so that a cache may keep them.
func spoken(r *http.Request, byAddress locale.Lang) locale.Lang {
	switch r.URL.Query().Get("lang") {
	case "en":
		return locale.EN
	case "zh":
		return locale.ZH
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base {
		case "zh":
			return byAddress
		case "en":
			return locale.EN
		}
	}
	return byAddress
}

var readable = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newRequestID is short enough to be read out over the telephone.
func newRequestID() string {
	var b [5]byte
	rand.Read(b[:])
	return readable.EncodeToString(b[:])
}

// RequestID is the reference number that an error page shows and the log keeps.
func RequestID(r *http.Request) string {
	if st := stateOf(r); st != nil {
		return st.id
	}
	return ""
}

// Lang is the language the address asks for: Chinese unless it starts with /en.
func Lang(r *http.Request) locale.Lang {
	if st := stateOf(r); st != nil {
		return st.lang
	}
	return locale.ZH
}

// ClientIP is the visitor's address: the peer, or what a trusted proxy says.
func ClientIP(r *http.Request) netip.Addr {
	if st := stateOf(r); st != nil {
		return st.ip
	}
	return peer(r)
}

// URL is a path of ours in the language of the request.
func URL(r *http.Request, path string) string {
	if Lang(r) != locale.EN {
		return path
	}
	if _, has := cutLang(path); has || !strings.HasPrefix(path, "/") {
		return path
	}
	return "/en" + path
}

// See sends the browser to another page of ours with GET, in the language it
// was using. A path that would leave this site is an error: where a person
// lands must never be decided by what somebody else typed.
func See(w http.ResponseWriter, r *http.Request, path string) error {
	if LocalPath(path, "") == "" {
		return fault.New(fault.Internal, "web.redirect", nil)
	}
	http.Redirect(w, r, URL(r, path), http.StatusSeeOther)
	return nil
}

// LocalPath returns path when it stays on this site, otherwise fallback. Use it
// on every address that arrives from outside, such as ?next=.
func LocalPath(path, fallback string) string {
	outside := !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsFunc(path, func(c rune) bool { return c == '\\' || c < ' ' || c == 0x7f })
	if outside {
		return fallback
	}
	return path
}
