package app

import (
	"errors"
	"net/http"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// sessionCookie carries the token of a signed-in member of staff.
const sessionCookie = "session"

// authorize finds who asks and refuses what the policy table does not allow.
// Rights are read from the database on every request, so that what was taken
// away is gone at once.
func (a *App) authorize(r *http.Request, policy string) (*http.Request, error) {
	who, must, err := a.who(r)
	if err != nil {
		return nil, err
	}
	if must && policy != "account" && policy != "public" {
		return nil, setup.ErrMustChange
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

// who asks, and whether they still have to change a first password.
func (a *App) who(r *http.Request) (who actor.Actor, must bool, err error) {
	if who, must, came, err := a.bearer(r); came {
		return who, must, err
	}
	c, err := r.Cookie(sessionCookie)
	if errors.Is(err, http.ErrNoCookie) || c.Value == "" {
		return who, false, nil
	}
	var stale bool
	err = a.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if who, stale, err = actor.Session(tx, c.Value); err != nil {
			return err
		}
		must, err = setup.MustChange(tx, who.ID)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return actor.Actor{}, false, nil
	}
	if err == nil && stale {
		err = a.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return actor.Touch(tx, who) })
	}
	return who, must, err
}
