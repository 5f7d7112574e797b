package signin

import (
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// codeRate bounds how many codes are tried for one account, whatever the number
// of sign-ins begun: a million codes are out of reach.
var codeRate = web.Rate{N: 10, Per: 15 * time.Minute}

// CodePage asks for the second factor of who is half in.
type CodePage struct {
	page.Base
	Next, Error string
}

// begin lets a person in whose password, or whose identity at the city's own
// provider, was right: at once, or over the second factor of their account.
func (s *Service) begin(w http.ResponseWriter, r *http.Request, staff, next string) error {
	half := ""
	err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		second, err := actor.SecondOf(tx, staff)
		if half = ""; err == nil && second.On() {
			half, err = actor.OpenHalf(tx, staff)
		}
		return err
	})
	if err != nil {
		return err
	}
	if half == "" {
		return s.enter(w, r, s.entry(r, staff), next)
	}
	s.setCookie(w, s.halfCookie(), half, actor.HalfLife)
	return web.See(w, r, with("/signin/code", next))
}

func (s *Service) entry(r *http.Request, staff string) actor.Entry {
	return actor.Entry{Staff: staff, Device: setup.Device(r.UserAgent()), Place: setup.Place(web.ClientIP(r))}
}

func (s *Service) halfCookie() string { return cookieName("signin", s.Secure) }

func (s *Service) codeForm(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	if _, err := s.half(r); err != nil {
		return s.again(w, r, err)
	}
	return s.showCode(w, r, http.StatusOK, CodePage{Next: web.LocalPath(q.String("next"), "")})
}

// half is who is half in.
func (s *Service) half(r *http.Request) (staff string, err error) {
	c, err := r.Cookie(s.halfCookie())
	if err != nil {
		return "", fault.New(fault.NotFound, "actor.half_over", err)
	}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		staff, err = actor.FindHalf(tx, c.Value)
		return err
	})
	return staff, err
}

// again sends who was half in too long back to the beginning.
func (s *Service) again(w http.ResponseWriter, r *http.Request, err error) error {
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	s.setCookie(w, s.halfCookie(), "", 0)
	page.SetFlash(w, r, "warn", "actor.half_over")
	return web.See(w, r, "/signin")
}

func (s *Service) showCode(w http.ResponseWriter, r *http.Request, status int, p CodePage) error {
	p.Base = s.Base(w, r, "signin.code_title")
	return page.View{}.Render(w, r, status, codePage(p))
}

func (s *Service) code(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	staff, err := s.half(r)
	if err != nil {
		return s.again(w, r, err)
	}
	if err := web.Limit(r, "code", staff, codeRate); err != nil {
		return err
	}
	c, _ := r.Cookie(s.halfCookie()) // there is one: half has read it
	ok, next := false, web.LocalPath(v.Raw("next"), "")
	err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) (err error) {
		staff, ok, err = actor.Complete(tx, s.Vault, c.Value, v.Raw("code"))
		return err
	})
	switch {
	case err != nil:
		return s.again(w, r, err)
	case !ok:
		p := CodePage{Next: next, Error: s.Base(w, r, "signin.code_title").T("actor.code_wrong")}
		return s.showCode(w, r, http.StatusUnprocessableEntity, p)
	}
	s.setCookie(w, s.halfCookie(), "", 0)
	e := s.entry(r, staff)
	e.Strong = true
	return s.enter(w, r, e, next)
}
