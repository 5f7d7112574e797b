package signin

import (
	"fmt"
	"net/http"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// SignInPage asks who you are. In the demonstration it lists the accounts.
type SignInPage struct {
	page.Base
	Login     string
	Next      string
	Error     string
	Accounts  []Account
	Providers []Provider
}

// Account is a demo account as the page lists it, one per role.
type Account struct {
	Login, Name, Role, Unit string
}

func (s *Service) signInForm(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	return s.showSignIn(w, r, http.StatusOK, SignInPage{Next: web.LocalPath(q.String("next"), "")})
}

func (s *Service) showSignIn(w http.ResponseWriter, r *http.Request, status int, p SignInPage) error {
	p.Base = s.Base(w, r, "signin.title")
	p.Base.DemoMode = s.Demo
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Providers, err = shown(tx); err == nil && s.Demo {
			p.Accounts, err = demoAccounts(tx, p.Base)
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, signIn(p))
}

// demoAccounts are all demo accounts, those of one role together.
func demoAccounts(tx *sqldb.Tx, b page.Base) ([]Account, error) {
	all, err := actor.AllStaff(tx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(x, y actor.Staff) int { return rank(x) - rank(y) })
	var out []Account
	for _, x := range all {
		if x.Demo && x.Active && len(x.Roles) > 0 {
			out = append(out, Account{Login: x.Login, Name: x.Name, Role: b.T("actor.role_" + string(x.Roles[0])), Unit: x.UnitName})
		}
	}
	return out, nil
}

func rank(x actor.Staff) int {
	if len(x.Roles) == 0 {
		return len(actor.Roles)
	}
	return slices.Index(actor.Roles, x.Roles[0])
}

func (s *Service) signIn(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	login, next := v.String("login", 64), web.LocalPath(v.String("next"), "")
	staff, err := "", s.slow(r, login)
	if err == nil {
		staff, err = actor.Check(r.Context(), s.DB, login, v.Raw("password"))
	}
	key, args := fault.KeyOf(err)
	switch fault.KindOf(err) {
	case "":
	case fault.TooMany:
		w.Header().Set("Retry-After", fmt.Sprint(args...))
		key = "signin.too_many"
		fallthrough
	case fault.Invalid:
		p := SignInPage{Login: login, Next: next}
		p.Error = s.Base(w, r, "signin.title").T(key, args...)
		return s.showSignIn(w, r, web.Status(err), p)
	default:
		return err
	}
	s.remember(w, login)
	return s.begin(w, r, staff, next)
}

// enter opens the session of a person who has proved who they are, and shows
// where they wanted to go.
func (s *Service) enter(w http.ResponseWriter, r *http.Request, e actor.Entry, next string) error {
	var token string
	err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) (err error) {
		if token, err = actor.OpenSession(tx, e); err != nil || next != "" {
			return err
		}
		who, _, err := actor.Session(tx, token)
		next = s.Home(who)
		return err
	})
	if err != nil {
		return err
	}
	s.setSession(w, token)
	return web.See(w, r, next)
}

func (s *Service) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return actor.SignOut(tx, actor.From(r.Context())) }); err != nil {
		return err
	}
	s.setSession(w, "")
	// What a shared desk computer kept of private pages goes with the session.
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return web.See(w, r, "/")
}
