// Package signin lets staff in and shows them where they are in: password,
// second factor, the city's own identity provider, sessions, the confirmation
// before sensitive acts, and the first administrators of a new city.
package signin

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/outbound"
	"gongzhi/internal/page"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
	"gongzhi/internal/web"
)

// Service offers the verbs and pages of this feature.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Catalog *catalog.Shelf
	Setup   *setup.Service
	Base    page.Maker
	Demo    bool                     // lists the demo accounts on the sign-in page
	Home    func(actor.Actor) string // where a member of staff begins
	Cookie  string                   // name of the session's cookie
	Secure  bool                     // people reach us over https
	BaseURL string                   // of our own pages
	Out     *outbound.Client         // to identity providers
}

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/signin", Policy: "public", Do: s.signInForm},
		{Method: "POST", Path: "/signin", Policy: "public", Do: s.signIn},
		{Method: "GET", Path: "/start", Policy: "public", Do: s.foundingForm},
		{Method: "POST", Path: "/start", Policy: "public", Do: s.found, Rate: accountRate},
		{Method: "GET", Path: "/signin/code", Policy: "public", Do: s.codeForm},
		{Method: "POST", Path: "/signin/code", Policy: "public", Do: s.code, Rate: addressRate},
		{Method: "GET", Path: "/signin/with/{provider}", Policy: "public", Do: s.leave, Rate: addressRate},
		{Method: "GET", Path: "/signin/with/{provider}/back", Policy: "signin.return", Do: s.back, Rate: addressRate},
		{Method: "POST", Path: "/signout", Policy: "account.own", Do: s.signOut},

		{Method: "GET", Path: "/account", Policy: "account.own", Do: s.account},
		{Method: "POST", Path: "/account", Policy: "account.own", Do: s.changePassword},
		{Method: "POST", Path: "/account/end", Policy: "account.own", Do: s.endOwnSession},
		{Method: "GET", Path: "/account/second", Policy: "account.own", Do: s.second},
		{Method: "POST", Path: "/account/second", Policy: "account.own", Do: s.enrol},
		{Method: "POST", Path: "/account/second/codes", Policy: "account", Do: s.renewCodes},
		{Method: "POST", Path: "/account/second/off", Policy: "account", Do: s.dropSecond},
		{Method: "GET", Path: "/account/link", Policy: "account", Do: s.linkForm},
		{Method: "POST", Path: "/account/link", Policy: "account", Do: s.link},
		{Method: "POST", Path: "/account/unlink", Policy: "account", Do: s.unlink},
		{Method: "GET", Path: "/setup/signin", Policy: "setup.signin", Do: s.rulePage},
		{Method: "POST", Path: "/setup/signin", Policy: "setup.signin", Do: s.saveRule},
		{Method: "GET", Path: "/setup/signin/provider/{provider}", Policy: "setup.signin", Do: s.providerPage},
		{Method: "POST", Path: "/setup/signin/provider/{provider}", Policy: "setup.signin", Do: s.saveProvider},
		{Method: "GET", Path: "/account/confirm", Policy: "account.own", Do: s.confirmForm},
		{Method: "POST", Path: "/account/confirm", Policy: "account.own", Do: s.confirm},
	}
}

// The rates slow down guessing without locking anybody out: per account, and
// per address for all accounts.
var (
	accountRate = web.Rate{N: 10, Per: 5 * time.Minute}
	addressRate = web.Rate{N: 60, Per: 5 * time.Minute}
)

// SessionCookie is the name of the session's cookie. The prefix keeps a sister
// domain from planting one, and exists only over TLS.
func SessionCookie(secure bool) string { return cookieName("session", secure) }

func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// with is a path of ours that remembers where the person wanted to go.
func with(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

// grouped are the letters of a secret in fours, for typing.
func grouped(secret string) []string {
	var out []string
	for part := range slices.Chunk([]byte(secret), 4) {
		out = append(out, string(part))
	}
	return out
}

// setSession gives the browser its session; "" takes it away.
func (s *Service) setSession(w http.ResponseWriter, token string) {
	s.setCookie(w, s.Cookie, token, actor.SessionLife)
}

func (s *Service) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(life / time.Second)}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
