package signin

import (
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// AccountPage is a person's own account: the password, the second factor, and
// where it is signed in.
type AccountPage struct {
	page.Base
	Login     string
	Must      bool // a first password is to be changed before anything else
	Second    actor.Second
	Links     []Linked
	Providers []Provider
	Visits    []actor.Visit
	Problems  page.Problems
}

func (s *Service) account(w http.ResponseWriter, r *http.Request) error {
	return s.showAccount(w, r, http.StatusOK, nil)
}

func (s *Service) showAccount(w http.ResponseWriter, r *http.Request, status int, fail error) error {
	who := actor.From(r.Context())
	p := AccountPage{Base: s.Base(w, r, "signin.account"), Login: who.Login}
	p.Problems = p.Base.Problems(fail)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Must, err = setup.MustChange(tx, who.ID); err != nil {
			return err
		}
		if p.Second, err = actor.SecondOf(tx, who.ID); err != nil {
			return err
		}
		if p.Links, err = linksOf(tx, who.ID); err != nil {
			return err
		}
		if p.Providers, err = shown(tx); err != nil {
			return err
		}
		p.Visits, err = actor.Visits(tx, who.ID, who.Session)
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
	err = s.Setup.ChangePassword(r.Context(), who, setup.ChangePassword{Old: v.Raw("old"), New: v.Raw("new"), Again: v.Raw("again")})
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
		if visit := v.String("session", 20); visit != "" {
			err = actor.EndSession(tx, who.ID, visit)
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
