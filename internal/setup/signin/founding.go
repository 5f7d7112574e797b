package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// foundingLife is how long the token of a first start may be used. A restart
// makes another.
const foundingLife = time.Hour

// Invite makes the one-time token with which a city without accounts gets its
// first two administrators; it is "" where there is an account. Only its hash
// is kept, and tokens of earlier starts are void.
func (s *Service) Invite(ctx context.Context) (token string, err error) {
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		token = ""
		there, err := founded(tx)
		if err != nil || there {
			return err
		}
		if err := tx.Exec(`delete from setup_founding`); err != nil {
			return err
		}
		token = actor.Secret()
		return tx.Exec(`insert into setup_founding(token, expires_at) values ($1, $2)`, hash(token), tx.Now.Add(foundingLife).UnixMicro())
	})
	return token, err
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func founded(tx *sqldb.Tx) (there bool, err error) {
	err = tx.QueryRow(`select exists (select 1 from actor_staff)`).Scan(&there)
	return there, err
}

// FoundingPage makes the first two administrators.
type FoundingPage struct {
	page.Base
	Token    string
	Typed    setup.Founders
	Other    setup.Credential // once they are made
	Problems page.Problems
}

func (s *Service) foundingForm(w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	return s.showFounding(w, r, http.StatusOK, FoundingPage{Token: q.String("token", 100), Typed: setup.Founders{City: s.Base(w, r, "signin.founding").City}}, nil)
}

// showFounding is not found where the city has accounts: there is nothing left
// to take over.
func (s *Service) showFounding(w http.ResponseWriter, r *http.Request, status int, p FoundingPage, fail error) error {
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		there, err := founded(tx)
		if err == nil && there {
			err = fault.New(fault.NotFound, "web.not_found", nil)
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Base = s.Base(w, r, "signin.founding")
	p.Problems = p.Base.Problems(fail)
	return page.View{}.Render(w, r, status, foundingPage(p))
}

func (s *Service) found(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := FoundingPage{Token: v.String("token", 100), Typed: setup.Founders{City: v.String("city", 40), Login: v.String("login", 64), Name: v.String("name", 40),
		New: v.Raw("new"), Again: v.Raw("again"), Other: v.String("other", 64), Called: v.String("called", 40)}}
	token, other, err := "", setup.Credential{}, v.Err()
	if err == nil {
		token, other, err = s.Found(r.Context(), p.Token, p.Typed, s.entry(r, ""))
	}
	if fault.KindOf(err) == fault.Invalid {
		return s.showFounding(w, r, http.StatusUnprocessableEntity, p, err)
	}
	if err != nil {
		return err
	}
	s.setSession(w, token)
	p.Base, p.Other = s.Base(w, r, "signin.founded"), other
	return page.View{}.Render(w, r, http.StatusOK, foundedPage(p))
}

// Found spends the token and makes both accounts, or neither. It signs the
// first one in and returns the first password of the other, to be handed over.
func (s *Service) Found(ctx context.Context, token string, c setup.Founders, e actor.Entry) (session string, other setup.Credential, err error) {
	if err := c.Check(); err != nil {
		return "", other, err
	}
	other = setup.Credential{Login: c.Other, Name: c.Called, Password: setup.NewPassword()}
	if err := s.invited(ctx, token); err != nil {
		return "", other, err // before the slow part
	}
	own, others := actor.HashPassword(c.New), actor.HashPassword(other.Password)
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock(setup.FoundLocks...); err != nil {
			return err
		}
		n, err := tx.ExecN(`delete from setup_founding where token = $1 and expires_at >= $2`, hash(token), tx.Now.UnixMicro())
		if err == nil && n == 0 {
			err = errToken()
		}
		if err != nil {
			return err
		}
		if e.Staff, err = s.Setup.FoundBoth(tx, c, own, others); err != nil {
			return err
		}
		if err := actor.Deed(tx, actor.System, "founding", e.Staff, ""); err != nil {
			return err
		}
		session, err = actor.OpenSession(tx, e)
		return err
	})
	if err != nil {
		return "", other, err
	}
	return session, other, s.Setup.Reload(ctx)
}

func (s *Service) invited(ctx context.Context, token string) error {
	return s.DB.View(ctx, func(tx *sqldb.Tx) error {
		var there bool
		err := tx.QueryRow(`select exists (select 1 from setup_founding where token = $1 and expires_at >= $2)`, hash(token), tx.Now.UnixMicro()).Scan(&there)
		if err == nil && !there {
			err = errToken()
		}
		return err
	})
}

func errToken() error { return fault.Fields{{Name: "token", Key: "signin.token_wrong"}} }
