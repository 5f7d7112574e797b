// Package web is the way into the program over HTTP. It owns everything that
// must hold for each request whatever the page does: who may pass (by a policy
// that every route has to name), limits on size, time and rate, the headers
// that confine a browser, proof that a form came from our own page, and one
// adapter from an error to a status, a page and a log line.
//
// It knows nothing of people, roles or cities. Those come in as functions:
// Options.Authorize decides, Options.OnError draws.
//
// A handler returns an error instead of writing one:
//
//	srv.Add(web.Route{Method: "POST", Path: "/matter/{id}/accept", Policy: "handling.accept", Do: p.accept})
//
// Before Do runs the request has been authorised, its size is limited, and for
// POST, PUT, PATCH and DELETE its origin and form token have been checked.
package web

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Route is one way in. The program refuses to start on a route without a known
// policy, so that "anyone may" is always something a person wrote down.
type Route struct {
	Method string // GET also answers HEAD
	Path   string // a ServeMux path such as /matter/{id}; without the language prefix
	Policy string // who may: a name that Options.Policies knows
	Do     func(w http.ResponseWriter, r *http.Request) error

	Body    int64 // largest body in bytes; 0 means Options.Body
	Signed  bool  // the handler itself proves who calls by a signature in the request: no form token, any media type
	API     bool  // answers machines: problems as JSON, and JSON bodies instead of form tokens
	Rate    Rate  // how often one address may call it; zero means no limit of its own
	AnyHost bool  // answers under any Host, for health probes that call by address
	Fresh   bool  // who calls must just have proved who they are: Options.Fresh decides

	// For protocols of others. Loose: doubled slashes anywhere in the path lead here
	// too, without a redirect, because their clients join addresses by hand. Fail
	// answers errors in the protocol's own form instead of ours.
	Loose bool
	Fail  func(w http.ResponseWriter, r *http.Request, err error)
}

// Options is what a Server needs to know. The zero value of everything but
// Policies and Authorize is a good one.
type Options struct {
	Policies  func(policy string) bool // reports whether the policy exists
	Authorize func(r *http.Request, policy string) (*http.Request, error)
	Fresh     func(r *http.Request) error                             // an error asks for a proof of who calls; needed by routes with Fresh
	OnError   func(w http.ResponseWriter, r *http.Request, err error) // draws the page for Status(err)
	Log       *slog.Logger
	Now       func() time.Time
	Observe   func(method, route string, status int, took time.Duration) // told of each answer; nil tells nobody

	BaseURL        string   // https://12345.example.cn; requests for another host are refused when set
	SignIn         string   // where someone without a session is sent; "/signin"
	SessionCookie  string   // name of the cookie that form tokens are bound to
	Key            []byte   // secret behind form tokens; random for this process when empty
	TrustedProxies []string // addresses or networks whose X-Forwarded-For is believed
	TileHost       string   // https://tiles.example.cn; images from there are allowed when set
	TLS            bool     // people reach us over https; implied by an https BaseURL

	Body    int64         // largest body in bytes; 1 MiB
	Timeout time.Duration // for reading a request, and again for answering it; 60 s
}

// Server is a set of routes and the rules around them.
type Server struct {
	opt     Options
	host    string // the only Host we answer to; "" is any
	proxies []netip.Prefix
	cross   *http.CrossOriginProtection
	limits  *Limiter
	headers [][2]string
	mux     *http.ServeMux
	routes  []Route
	loose   []string // first parts of the paths of Loose routes, each with its slashes
}

// NewServer checks the options. It fails on settings an operator can mend, such
// as a base URL without a host or a proxy list that trusts everybody.
func NewServer(o Options) (*Server, error) {
	s := &Server{opt: withDefaults(o), cross: http.NewCrossOriginProtection(), mux: http.NewServeMux()}
	if err := s.setBase(); err != nil {
		return nil, err
	}
	var err error
	if s.proxies, err = parseProxies(o.TrustedProxies); err != nil {
		return nil, err
	}
	s.limits = NewLimiter(s.opt.Now)
	s.headers = securityHeaders(s.opt)
	return s, nil
}

func withDefaults(o Options) Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SignIn == "" {
		o.SignIn = "/signin"
	}
	if len(o.Key) == 0 {
		o.Key = make([]byte, 32)
		rand.Read(o.Key) // never fails since Go 1.24
	}
	if o.Body == 0 {
		o.Body = 1 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 60 * time.Second
	}
	return o
}

func (s *Server) setBase() error {
	if s.opt.BaseURL == "" {
		return nil
	}
	u, err := url.Parse(s.opt.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("base URL %q: want http(s)://host", s.opt.BaseURL)
	}
	s.host = strings.ToLower(u.Host)
	s.opt.TLS = s.opt.TLS || u.Scheme == "https"
	return s.cross.AddTrustedOrigin(u.Scheme + "://" + s.host)
}

// Add registers routes. It panics on a route that has no known policy, no
// handler, a path that is not ours to take, or the same method and path as an
// earlier one: each is a mistake in the program, best met at start.
func (s *Server) Add(routes ...Route) {
	for _, rt := range routes {
		if problem := s.check(rt); problem != "" {
			panic(fmt.Sprintf("web: route %q %q: %s", rt.Method, rt.Path, problem))
		}
		s.routes = append(s.routes, rt)
		if first := firstPart(rt.Path); rt.Loose && !slices.Contains(s.loose, first) {
			s.loose = append(s.loose, first)
		}
		s.mux.Handle(rt.Method+" "+rt.Path, s.handle(rt))
	}
}

func (s *Server) check(rt Route) string {
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	same := func(old Route) bool { return old.Method == rt.Method && old.Path == rt.Path }
	switch {
	case rt.Policy == "":
		return "no policy"
	case s.opt.Policies == nil || !s.opt.Policies(rt.Policy):
		return fmt.Sprintf("unknown policy %q", rt.Policy)
	case s.opt.Authorize == nil:
		return "nobody to authorise it"
	case rt.Do == nil:
		return "no handler"
	case rt.Fresh && s.opt.Fresh == nil:
		return "nobody to ask for a fresh proof"
	case !slices.Contains(methods, rt.Method):
		return "unknown method"
	case !strings.HasPrefix(rt.Path, "/") || strings.HasPrefix(rt.Path+"/", "/en/"):
		return "the path must start with / and leaves the language prefix to web"
	case slices.ContainsFunc(s.routes, same):
		return "registered twice"
	}
	return ""
}

// Routes lists what was added, in that order, for the authorisation matrix.
func (s *Server) Routes() []Route { return slices.Clone(s.routes) }

// Limiter is the server's rate limiter, for limits that are not by address.
func (s *Server) Limiter() *Limiter { return s.limits }

// firstPart is a path's first part with the slashes around it.
func firstPart(path string) string {
	part, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return "/" + part + "/"
}
