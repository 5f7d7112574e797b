package signin

import (
	"net/http"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/totp"
	"gongzhi/internal/web"
)

// SecondPage is the second factor of a person's own account.
type SecondPage struct {
	page.Base
	Second   actor.Second
	Must     bool   // nothing else opens before
	Demanded bool   // by the role: it can be put off, or not taken away
	Until    string // last day of putting off
	Secret   string // of an enrolment, as people type it
	Sealed   string // the same, carried through the form
	URI      string // the same, in the QR code
	Codes    []string
	Problems page.Problems
}

// second shows the factor, or the way to get one. Getting one needs a fresh
// proof: whoever finds a desk open must not lock its owner out.
func (s *Service) second(w http.ResponseWriter, r *http.Request) error {
	return s.showSecond(w, r, http.StatusOK, SecondPage{Secret: totp.NewSecret()})
}

func (s *Service) showSecond(w http.ResponseWriter, r *http.Request, status int, p SecondPage) error {
	who, set := actor.From(r.Context()), s.Catalog.Book().Settings
	p.Base = s.Base(w, r, "signin.second")
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Second, err = actor.SecondOf(tx, who.ID); err != nil {
			return err
		}
		if p.Must, err = s.MustEnrol(tx, whole(r)); err != nil || p.Second.On() {
			return err
		}
		return actor.Fresh(who, tx.Now)
	})
	if err != nil {
		return err
	}
	rule := RuleOf(set)
	later := false
	if p.Demanded, later = rule.Demands(whole(r), p.Now, set.Zone()); later {
		p.Until = rule.Grace
	}
	if !p.Second.On() {
		if p.Sealed, err = s.Vault.Seal(p.Secret, "enrol/"+who.ID); err != nil {
			return err
		}
		p.URI = totp.URI(p.City+" 12345", who.Login, p.Secret)
	}
	if p.Must {
		p.Nav = nil
	}
	return page.View{}.Render(w, r, status, secondPage(p))
}

func (s *Service) enrol(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	who := actor.From(r.Context())
	if err := web.Limit(r, "code", who.ID, codeRate); err != nil {
		return err
	}
	secret, err := s.Vault.Open(v.Raw("secret"), "enrol/"+who.ID)
	if err != nil {
		return fault.New(fault.Invalid, "web.malformed", err)
	}
	cookie, err := r.Cookie(s.Cookie)
	if err != nil {
		return web.ErrSignIn
	}
	var codes []string
	var token string
	err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) (err error) {
		if codes, err = s.enrolTx(tx, who, secret, v.Raw("code")); err != nil {
			return err
		}
		token, err = actor.Prove(tx, who, cookie.Value)
		return err
	})
	if fault.KindOf(err) == fault.Invalid {
		p := SecondPage{Secret: secret}
		p.Problems = s.Base(w, r, "signin.second").Problems(err)
		return s.showSecond(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	s.setSession(w, token)
	return s.showCodes(w, r, codes)
}

func (s *Service) enrolTx(tx *sqldb.Tx, who actor.Actor, secret, typed string) ([]string, error) {
	if err := actor.Fresh(who, tx.Now); err != nil {
		return nil, err
	}
	second, err := actor.SecondOf(tx, who.ID)
	if err != nil {
		return nil, err
	}
	if second.On() {
		return nil, fault.New(fault.Conflict, "signin.second_already", nil)
	}
	return actor.Enrol(tx, s.Vault, who, secret, typed)
}

// showCodes shows recovery codes, once.
func (s *Service) showCodes(w http.ResponseWriter, r *http.Request, codes []string) error {
	p := SecondPage{Base: s.Base(w, r, "signin.codes"), Codes: codes}
	p.Path = "/account/second"
	return page.View{}.Render(w, r, http.StatusOK, codesPage(p, s.Home(whole(r))))
}

func (s *Service) renewCodes(w http.ResponseWriter, r *http.Request) error {
	var codes []string
	err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		who := actor.From(r.Context())
		second, err := actor.SecondOf(tx, who.ID)
		if err == nil && !second.On() {
			err = fault.New(fault.NotFound, "actor.second_none", nil)
		}
		if err != nil {
			return err
		}
		codes, err = actor.RenewRecovery(tx, s.Vault, who)
		return err
	})
	if err != nil {
		return err
	}
	return s.showCodes(w, r, codes)
}

// dropSecond takes the person's own second factor away, unless the role
// demands it. All other sessions end.
func (s *Service) dropSecond(w http.ResponseWriter, r *http.Request) error {
	who, set := actor.From(r.Context()), s.Catalog.Book().Settings
	err := s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		if err := actor.Fresh(who, tx.Now); err != nil {
			return err
		}
		if demands, _ := RuleOf(set).Demands(who, tx.Now, set.Zone()); demands {
			return fault.New(fault.Denied, "signin.second_demanded", nil)
		}
		if err := actor.DropSecond(tx, who.ID); err != nil {
			return err
		}
		if err := actor.EndOtherSessions(tx, who); err != nil {
			return err
		}
		return actor.Deed(tx, who, "second.off", who.ID, "")
	})
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "signin.second_dropped")
	return web.See(w, r, "/account")
}

// whole is who asks with the roles that still wait.
func whole(r *http.Request) actor.Actor {
	who := actor.From(r.Context())
	who.Roles = append(slices.Clone(who.Roles), who.Waiting...)
	return who
}
