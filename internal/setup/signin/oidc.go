package signin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// flowLife is how long a person may take at the provider.
const flowLife = 10 * time.Minute

// algorithms are signatures with a key pair. One with a shared secret would let
// anybody sign who knows what the provider publishes.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// flow is one visit to a provider. It is sealed into a cookie of the browser
// that began it, so that no other browser can end it.
type flow struct {
	Provider, State, Nonce, Verifier, Next string
	Until                                  time.Time
}

// errRefused is what a person reads of any answer of a provider that does not
// hold. The log says which.
func errRefused(cause error) error { return fault.New(fault.Denied, "signin.oidc_refused", cause) }

// leave sends a person to the provider.
func (s *Service) leave(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	p, conf, _, err := s.provider(r, r.PathValue("provider"))
	if err != nil {
		return err
	}
	f := flow{Provider: p.ID, State: actor.Secret(), Nonce: actor.Secret(), Verifier: oauth2.GenerateVerifier(), Next: web.LocalPath(q.String("next"), ""), Until: s.DB.Now().Add(flowLife)}
	if err := s.seal(w, "oidc", f, flowLife); err != nil {
		return err
	}
	to := conf.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// provider reads one that is in use and asks it where its doors are. The
// answer is asked anew each time: keys and addresses change.
func (s *Service) provider(r *http.Request, name string) (p Provider, conf *oauth2.Config, found *oidc.Provider, err error) {
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p, err = findProvider(tx, name)
		return err
	})
	if err == nil && !p.Active {
		err = fault.New(fault.NotFound, "signin.provider_none", nil)
	}
	if err != nil {
		return p, nil, nil, err
	}
	if p.Secret, err = s.Vault.Open(p.Secret, "provider/"+p.ID); err != nil {
		return p, nil, nil, fmt.Errorf("open client secret: %w", err)
	}
	found, err = oidc.NewProvider(oidc.ClientContext(r.Context(), s.Out.HTTP()), p.Issuer)
	if err != nil {
		return p, nil, nil, fault.New(fault.Unavailable, "signin.provider_away", err, p.Name)
	}
	conf = &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: found.Endpoint(), RedirectURL: s.callback(r, p.ID), Scopes: []string{oidc.ScopeOpenID, "profile"}}
	return p, conf, found, nil
}

// callback is the address a provider sends people back to; each has its own.
// Without a base URL it is where the person is now.
func (s *Service) callback(r *http.Request, provider string) string {
	return cmp.Or(s.BaseURL, "http://"+r.Host) + "/signin/with/" + provider + "/back"
}

// back is where the provider sends a person with a code.
func (s *Service) back(w http.ResponseWriter, r *http.Request) error {
	var f flow
	if err := s.unseal(r, "oidc", &f); err != nil {
		return errRefused(err)
	}
	s.setCookie(w, cookieName("oidc", s.Secure), "", 0)
	who, err := s.identify(r, f)
	if err != nil {
		return err
	}
	staff, err := s.known(r.Context(), who)
	switch {
	case err != nil:
		return err
	case staff != "":
		return s.begin(w, r, staff, f.Next)
	}
	// Nobody we know. An address that looks like an account's proves nothing:
	// the person signs in here once and says that both are theirs.
	who.Until = s.DB.Now().Add(flowLife)
	if err := s.seal(w, "link", who, flowLife); err != nil {
		return err
	}
	if actor.From(r.Context()).Staff() {
		return web.See(w, r, "/account/link")
	}
	page.SetFlash(w, r, "warn", "signin.link_first")
	return web.See(w, r, "/signin?next=/account/link")
}

// identity is who a provider says somebody is.
type identity struct {
	Provider, Issuer, Subject, Name string
	Until                           time.Time
}

// identify checks everything there is to check about the answer.
func (s *Service) identify(r *http.Request, f flow) (identity, error) {
	q := r.URL.Query()
	switch {
	case f.Provider != r.PathValue("provider"), f.Until.Before(s.DB.Now()):
		return identity{}, errRefused(errors.New("another flow, or too late"))
	case subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(f.State)) != 1:
		return identity{}, errRefused(errors.New("state"))
	}
	if err := s.spend(r.Context(), f.State); err != nil {
		return identity{}, err
	}
	if q.Get("error") != "" || q.Get("code") == "" {
		return identity{}, fault.New(fault.Denied, "signin.oidc_declined", errors.New(q.Get("error")))
	}
	p, conf, found, err := s.provider(r, f.Provider)
	if err != nil {
		return identity{}, err
	}
	if iss := q.Get("iss"); iss != "" && iss != p.Issuer {
		return identity{}, errRefused(fmt.Errorf("answer of issuer %q", iss))
	}
	ctx := oidc.ClientContext(r.Context(), s.Out.HTTP())
	answer, err := conf.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return identity{}, errRefused(err)
	}
	return s.verify(ctx, p, found, answer, f.Nonce)
}

// spend lets a state be used once, whatever becomes of it.
func (s *Service) spend(ctx context.Context, state string) error {
	sum := sha256.Sum256([]byte(state))
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Exec(`delete from setup_flow where expires_at < $1`, tx.Now.UnixMicro()); err != nil {
			return err
		}
		n, err := tx.ExecN(`insert into setup_flow(state, expires_at) values ($1, $2) on conflict (state) do nothing`, hex.EncodeToString(sum[:]), tx.Now.Add(flowLife).UnixMicro())
		if err == nil && n == 0 {
			err = errRefused(errors.New("state used before"))
		}
		return err
	})
}

// verify checks the token: signature by a published key of a kind we take,
// issuer, audience and authorised party, time, nonce, access token, subject.
func (s *Service) verify(ctx context.Context, p Provider, found *oidc.Provider, answer *oauth2.Token, nonce string) (identity, error) {
	raw, ok := answer.Extra("id_token").(string)
	if !ok {
		return identity{}, errRefused(errors.New("no ID token"))
	}
	token, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: s.DB.Now}).Verify(ctx, raw)
	if err != nil {
		return identity{}, errRefused(err)
	}
	var claims struct {
		Name  string `json:"name"`
		Party string `json:"azp"`
	}
	if err := token.Claims(&claims); err != nil {
		return identity{}, errRefused(err)
	}
	now := s.DB.Now()
	wrong := map[string]bool{
		"nonce":   subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1,
		"issuer":  token.Issuer != p.Issuer,
		"party":   claims.Party != "" && claims.Party != p.ClientID || len(token.Audience) > 1 && claims.Party == "",
		"subject": token.Subject == "" || len(token.Subject) > 255,
		"time":    token.IssuedAt.After(now.Add(2*time.Minute)) || token.IssuedAt.Before(now.Add(-flowLife)),
		"access":  token.AccessTokenHash != "" && token.VerifyAccessToken(answer.AccessToken) != nil,
	}
	for what, is := range wrong {
		if is {
			return identity{}, errRefused(fmt.Errorf("ID token: %s", what))
		}
	}
	return identity{Provider: p.ID, Issuer: token.Issuer, Subject: token.Subject, Name: web.Line(claims.Name)}, nil
}

// seal puts something into a cookie that only this program can read and only
// this browser holds.
func (s *Service) seal(w http.ResponseWriter, name string, what any, life time.Duration) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	sealed, err := s.Vault.Seal(string(text), "cookie/"+name)
	if err == nil {
		s.setCookie(w, cookieName(name, s.Secure), sealed, life)
	}
	return err
}

func (s *Service) unseal(r *http.Request, name string, into any) error {
	c, err := r.Cookie(cookieName(name, s.Secure))
	if err != nil {
		return err
	}
	text, err := s.Vault.Open(c.Value, "cookie/"+name)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}

// shown are the providers that the sign-in page offers.
func shown(tx *sqldb.Tx) ([]Provider, error) {
	all, err := providers(tx)
	return slices.DeleteFunc(all, func(p Provider) bool { return !p.Active }), err
}
