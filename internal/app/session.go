package app

import (
	"errors"
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// sessionCookie carries the token of a signed-in member of staff.
const sessionCookie = "session"

// authorize finds who asks and refuses what the policy table does not allow.
// Rights are read from the database on every request, so that what was taken
// away is gone at once.
func (a *App) authorize(r *http.Request, policy string) (*http.Request, error) {
	who, err := a.who(r)
	if err != nil {
		return nil, err
	}
	if !actor.Allowed(who, actor.Action(policy)) {
		if !who.Staff() {
			return nil, web.ErrSignIn
		}
		return nil, fault.New(fault.Denied, "actor.denied", nil)
	}
	return r.WithContext(actor.With(r.Context(), who)), nil
}

func (a *App) who(r *http.Request) (actor.Actor, error) {
	c, err := r.Cookie(sessionCookie)
	if errors.Is(err, http.ErrNoCookie) || c.Value == "" {
		return actor.Actor{}, nil
	}
	var who actor.Actor
	var stale bool
	err = a.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		who, stale, err = actor.Session(tx, c.Value)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return actor.Actor{}, nil
	}
	if err == nil && stale {
		err = a.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return actor.Touch(tx, who) })
	}
	return who, err
}
