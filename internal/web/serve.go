package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"gongzhi/internal/fault"
)

// Handler answers requests with everything the package promises.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	start := s.opt.Now()
	out := &response{ResponseWriter: w, req: r, tls: s.opt.TLS}
	st, r := s.begin(out, r)
	defer s.finish(out, r, st, start)
	for _, h := range s.headers {
		out.Header().Set(h[0], h[1])
	}
	out.Header().Set("X-Request-Id", st.id)
	out.Header().Set("Cache-Control", "no-store") // a page may be private; assets say otherwise themselves
	if err := readable400(r.URL); err != nil {
		s.fail(out, r, err)
		return
	}
	out.gated = true
	s.mux.ServeHTTP(out, r)
	out.gated = false
	if st.route == nil {
		s.unmatched(out, r)
	}
}

// finish turns a panic into an error page, ends the body and writes the one log
// line. The line names the route, not the path: paths carry numbers and codes.
func (s *Server) finish(out *response, r *http.Request, st *request, start time.Time) {
	caught := recover()
	out.gated = false
	if caught == http.ErrAbortHandler {
		panic(caught)
	}
	if caught != nil {
		cause := fmt.Errorf("panic: %v\n%s", caught, debug.Stack())
		s.fail(out, r, fault.New(fault.Internal, "web.internal", cause))
	}
	out.close()
	pattern := "none"
	if st.route != nil {
		pattern = st.route.Path
	}
	took := s.opt.Now().Sub(start)
	if s.opt.Observe != nil {
		s.opt.Observe(knownMethod(r.Method), pattern, out.status, took)
	}
	s.opt.Log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "request",
		slog.String("id", st.id), slog.String("method", knownMethod(r.Method)), slog.String("route", pattern),
		slog.String("lang", string(st.lang)), slog.Int("status", out.status), slog.Int64("bytes", out.bytes),
		slog.Int64("us", took.Microseconds()))
	if out.broken {
		panic(http.ErrAbortHandler) // cuts the connection, so nobody takes half an answer for a whole one
	}
}

// knownMethod keeps a visitor from choosing the words in our log.
func knownMethod(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return "other"
}

// readable400 refuses addresses that no page of ours could have produced and
// that would fail later in worse places: a database takes neither NUL nor
// broken UTF-8.
func readable400(u *url.URL) error {
	if strings.ContainsRune(u.Path, 0) || !utf8.ValidString(u.Path) {
		return fault.New(fault.NotFound, "web.not_found", nil)
	}
	if u.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fault.New(fault.Invalid, "web.malformed", err)
	}
	return unreadable(query)
}

// unmatched answers what the mux answered in its own words: no such page, wrong
// method, or a redirect to the clean form of a path.
func (s *Server) unmatched(out *response, r *http.Request) {
	h := out.Header()
	switch {
	case out.muxStatus >= 300 && out.muxStatus < 400:
		h.Set("Location", URL(r, h.Get("Location")))
		out.WriteHeader(out.muxStatus)
	case out.muxStatus == http.StatusMethodNotAllowed && r.Method == http.MethodOptions:
		out.WriteHeader(http.StatusNoContent)
	case out.muxStatus == http.StatusMethodNotAllowed:
		s.fail(out, r, fault.New(fault.Invalid, "web.method", nil))
	case out.muxStatus == http.StatusBadRequest:
		s.fail(out, r, fault.New(fault.Invalid, "web.malformed", nil))
	default:
		s.fail(out, r, fault.New(fault.NotFound, "web.not_found", nil))
	}
}

// handle is the adapter around one route.
func (s *Server) handle(rt Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := w.(*response)
		out.gated = false
		st := stateOf(r)
		if st.route = &rt; rt.API {
			st.lang = spoken(r, st.lang)
		}
		admitted, err := s.admit(out, r, &rt)
		defer dropUploads(admitted) // also when the token in the form was wrong
		if err == nil {
			err = rt.Do(out, admitted)
		}
		if err != nil {
			s.fail(out, admitted, err) // who asked and what was sent, as far as it is known
		}
	})
}

// admit runs every check that precedes a handler, cheapest first, and reads a
// form only for somebody who may send it.
// It always returns a request, as far as it came.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, rt *Route) (*http.Request, error) {
	if s.host != "" && !rt.AnyHost && !strings.EqualFold(r.Host, s.host) {
		return r, fault.New(fault.Invalid, "web.host", nil)
	}
	if err := s.limits.Allow(rt.Method+" "+rt.Path, addressKey(ClientIP(r)), rt.Rate); err != nil {
		return r, err
	}
	limit := rt.Body
	if limit == 0 {
		limit = s.opt.Body
	}
	if r.ContentLength > limit {
		return r, fault.New(fault.Invalid, "web.too_large", nil, limit>>10)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if limit > s.opt.Body {
		s.allowTime(w, limit)
	}
	if err := s.cross.Check(r); err != nil {
		return r, fault.New(fault.Denied, "web.cross_site", err)
	}
	authorised, err := s.opt.Authorize(r, rt.Policy)
	if err != nil {
		return r, err
	}
	if err := s.checkToken(authorised, rt); err != nil || !rt.Fresh {
		return authorised, err
	}
	return authorised, s.opt.Fresh(authorised) // last: by now what was sent is read, and can be kept while the proof is asked for
}

// allowTime gives a large upload the time that a poor mobile connection needs,
// and no more: 64 KiB a second.
func (s *Server) allowTime(w http.ResponseWriter, limit int64) {
	until := time.Now().Add(s.opt.Timeout + time.Duration(limit>>16)*time.Second)
	control := http.NewResponseController(w)
	if control.SetReadDeadline(until) == nil { // a test recorder has no connection
		control.SetWriteDeadline(until.Add(s.opt.Timeout))
	}
}

// fail answers an error. Whatever the handler had prepared is forgotten; what it
// has already sent cannot be taken back, so the connection is cut instead.
func (s *Server) fail(out *response, r *http.Request, err error) {
	status := Status(err)
	s.logFailure(r, err, status)
	if out.status != 0 {
		out.broken = true
		return
	}
	h := out.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Disposition", "Content-Encoding", "Etag", "Last-Modified", "Location"} {
		h.Del(name)
	}
	for _, header := range s.headers {
		h.Set(header[0], header[1])
	}
	h.Set("Cache-Control", "no-store")
	setRetryAfter(h, err)
	st := stateOf(r)
	switch {
	case st.route != nil && st.route.Fail != nil:
		st.route.Fail(out, r, err)
	case isAPI(r, st):
		if errors.Is(err, ErrSignIn) {
			status = http.StatusUnauthorized
		}
		writeProblem(out, r, err, status)
	case errors.Is(err, ErrSignIn) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		s.toSignIn(out, r)
	default:
		s.drawError(out, r, err, status)
	}
}

// isAPI reports whether a program asks, also for something that is not there.
func isAPI(r *http.Request, st *request) bool {
	if st.route == nil {
		return strings.HasPrefix(r.URL.Path, "/api/v")
	}
	return st.route.API
}

func (s *Server) logFailure(r *http.Request, err error, status int) {
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	key, _ := fault.KeyOf(err)
	attrs := []slog.Attr{slog.String("id", RequestID(r)), slog.Int("status", status), slog.String("key", key)}
	if status >= 500 {
		attrs = append(attrs, slog.String("err", err.Error())) // a 4xx error may quote what a person typed
	}
	s.opt.Log.LogAttrs(r.Context(), level, "failed", attrs...)
}

func (s *Server) toSignIn(w http.ResponseWriter, r *http.Request) {
	back := URL(r, r.URL.RequestURI())
	http.Redirect(w, r, URL(r, s.opt.SignIn)+"?next="+url.QueryEscape(back), http.StatusSeeOther)
}

// drawError asks the program for its error page, and falls back to a plain line
// when even that fails.
func (s *Server) drawError(out *response, r *http.Request, err error, status int) {
	defer func() {
		if caught := recover(); caught != nil {
			s.opt.Log.ErrorContext(r.Context(), "error page", "id", RequestID(r), "err", fmt.Sprint(caught))
		}
		if out.status == 0 {
			plainError(out, r, err, status)
		}
	}()
	if s.opt.OnError != nil {
		s.opt.OnError(out, r, err)
	}
}
