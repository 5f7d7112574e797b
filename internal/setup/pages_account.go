package setup

import (
	"context"
	"net/http"
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// AccountPage is a person's own account: the password, and where it is signed in.
type AccountPage struct {
	page.Base
	Login    string
	Must     bool // a first password is to be changed before anything else
	Sessions []actor.OpenSession
	Problems page.Problems
}

func (s *Service) account(w http.ResponseWriter, r *http.Request) error {
	return s.showAccount(w, r, http.StatusOK, nil)
}

func (s *Service) showAccount(w http.ResponseWriter, r *http.Request, status int, fail error) error {
	who := actor.From(r.Context())
	p := AccountPage{Base: s.Base(w, r, "setup.account"), Login: who.Login}
	p.Problems = p.Base.Problems(fail)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Must, err = MustChange(tx, who.ID); err != nil {
			return err
		}
		p.Sessions, err = actor.OpenSessions(tx, who.ID, who.Session)
		return err
	})
	if err != nil {
		return err
	}
	if p.Must {
		p.Nav = nil // nothing else opens yet
	}
	return page.View{}.Render(w, r, status, accountPage(p))
}

func (s *Service) changePassword(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	who := actor.From(r.Context())
	if err := web.Limit(r, "password", who.ID, accountRate); err != nil {
		return err
	}
	err = s.ChangePassword(r.Context(), who, ChangePassword{Old: v.Raw("old"), New: v.Raw("new"), Again: v.Raw("again")})
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showAccount(w, r, http.StatusUnprocessableEntity, err)
	case err != nil:
		return err
	}
	page.SetFlash(w, r, "good", "setup.password_changed")
	return web.See(w, r, "/account")
}

func (s *Service) endOwnSession(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	who := actor.From(r.Context())
	err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		if session := v.String("session", 20); session != "" {
			err = actor.EndSession(tx, who.ID, session)
		} else {
			err = actor.EndOtherSessions(tx, who)
		}
		if err != nil {
			return err
		}
		return actor.Deed(tx, who, "account.end", who.ID, "")
	})
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "setup.session_ended")
	return web.See(w, r, "/account")
}

func (s *Service) resetPassword(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	who, key := actor.From(r.Context()), r.PathValue("key")
	if err := web.Limit(r, "password", who.ID, accountRate); err != nil {
		return err
	}
	c, err := s.Reset(r.Context(), who, key, Proof{v.String("reset_reason", 200), v.Raw("reset_proof")})
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showEntry(w, r, http.StatusUnprocessableEntity, key, func(p *EntryPage, now record) {
			p.Typed, p.Seen, p.Problems, p.ResetReason = now, p.Kind.seenText(now), p.Base.Problems(err), v.String("reset_reason")
		})
	case err != nil:
		return err
	}
	return s.showCredentials(w, r, staffKind(), []Credential{c})
}

// endSessions ends one session of an account, or all.
func (s *Service) endSessions(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	login := r.PathValue("key")
	if err := s.EndSessionsOf(r.Context(), actor.From(r.Context()), login, v.String("session", 20)); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "setup.session_ended")
	return web.See(w, r, "/setup/staff/entry/"+url.PathEscape(login))
}

// EndSessionsOf ends one session of an account, or all.
func (s *Service) EndSessionsOf(ctx context.Context, a actor.Actor, login, session string) error {
	if err := actor.Can(a, "setup.staff"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		account, err := staffKind().one(tx, login)
		if err != nil {
			return err
		}
		if session != "" {
			err = actor.EndSession(tx, account["_id"], session)
		} else {
			err = actor.EndSessions(tx, account["_id"])
		}
		if err != nil {
			return err
		}
		return actor.Deed(tx, a, "staff.end", account["_id"], "")
	})
}
