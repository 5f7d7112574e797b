package app

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/setup"
	"gongzhi/internal/setup/signin"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// secure reports whether people reach us over https.
func (a *App) secure() bool { return strings.HasPrefix(a.Config.BaseURL, "https://") }

// authorize finds who asks and refuses what the policy table does not allow.
// Rights are read from the database on every request, so that what was taken
// away is gone at once.
func (a *App) authorize(r *http.Request, policy string) (*http.Request, error) {
	who, first, err := a.who(r)
	if err != nil {
		return nil, err
	}
	if first != nil {
		if policy != "account.own" && policy != "public" {
			return nil, first
		}
		who = actor.Pending(who) // what is open to all shows more to those who have a role
	}
	if !actor.Allowed(who, actor.Action(policy)) {
		if !who.Staff() {
			return nil, web.ErrSignIn
		}
		if area := actor.Area(actor.Action(policy)); who.Token != "" && !slices.Contains(who.Scopes, api.Scope(area, r.Method)) {
			return nil, fault.New(fault.Denied, "actor.token_scope", nil, api.Scope(area, r.Method))
		}
		return nil, fault.New(fault.Denied, "actor.denied", nil)
	}
	return r.WithContext(actor.With(r.Context(), who)), nil
}

// who asks, and what they have to do before anything else: change a first
// password, or get the second factor that their role demands.
func (a *App) who(r *http.Request) (who actor.Actor, first, err error) {
	if who, first, came, err := a.bearer(r); came {
		return who, first, err
	}
	c, err := r.Cookie(a.SignIn.Cookie)
	if errors.Is(err, http.ErrNoCookie) || c.Value == "" {
		return who, nil, nil
	}
	var stale bool
	err = a.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if who, stale, err = actor.Session(tx, c.Value); err != nil {
			return err
		}
		first, err = a.first(tx, who)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return actor.Actor{}, nil, nil
	}
	if err == nil && stale {
		err = a.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return actor.Touch(tx, who) })
	}
	return who, first, err
}

func (a *App) first(tx *sqldb.Tx, who actor.Actor) (first, err error) {
	must, err := setup.MustChange(tx, who.ID)
	if must || err != nil {
		return setup.ErrMustChange, err
	}
	if must, err = a.SignIn.MustEnrol(tx, who); must {
		first = signin.ErrMustEnrol
	}
	return first, err
}
