package setup

import (
	"net/http"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// signInRate slows down guessing without locking anybody out: per account, and
// per address for all accounts.
var (
	accountRate = web.Rate{N: 10, Per: 5 * time.Minute}
	addressRate = web.Rate{N: 60, Per: 5 * time.Minute}
)

// SignInPage asks who you are. In the demonstration it lists the accounts.
type SignInPage struct {
	page.Base
	Login    string
	Next     string
	Error    string
	Accounts []Account
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
	return s.showSignIn(w, r, http.StatusOK, SignInPage{Next: q.String("next")})
}

func (s *Service) showSignIn(w http.ResponseWriter, r *http.Request, status int, p SignInPage) error {
	p.Base = s.Base(w, r, "setup.signin")
	p.Base.DemoMode = s.Demo
	if s.Demo {
		if err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
			p.Accounts, err = demoAccounts(tx, p.Base)
			return err
		}); err != nil {
			return err
		}
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
	if err := web.Limit(r, "signin", login, accountRate); err != nil {
		return err
	}
	if err := web.LimitAddress(r, "signin", addressRate); err != nil {
		return err
	}
	token, err := actor.SignIn(r.Context(), s.DB, login, v.Raw("password"), "web")
	if fault.KindOf(err) == fault.Invalid {
		key, args := fault.KeyOf(err)
		p := SignInPage{Login: login, Next: next}
		p.Error = s.Base(w, r, "setup.signin").T(key, args...)
		return s.showSignIn(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	s.setCookie(w, token, 12*time.Hour)
	if next == "" {
		if next, err = s.homeOf(r, token); err != nil {
			return err
		}
	}
	return web.See(w, r, next)
}

func (s *Service) homeOf(r *http.Request, token string) (home string, err error) {
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		who, _, err := actor.Session(tx, token)
		home = s.Home(who)
		return err
	})
	return home, err
}

func (s *Service) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return actor.SignOut(tx, actor.From(r.Context())) }); err != nil {
		return err
	}
	s.setCookie(w, "", -1)
	// What a shared desk computer kept of private pages goes with the session.
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return web.See(w, r, "/")
}

func (s *Service) setCookie(w http.ResponseWriter, token string, life time.Duration) {
	c := &http.Cookie{Name: s.SessionCookie, Value: token, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(life / time.Second)}
	if life < 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
