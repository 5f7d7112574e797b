package signin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Linked is an identity at a provider that opens an account.
type Linked struct {
	Issuer, Subject, Provider string
	Since                     time.Time
}

// known is the account of an identity, "" when there is none. A provider that
// may make accounts makes one: without roles, so that it opens nothing until
// the security administrator gives it some. A disabled account stays disabled.
func (s *Service) known(ctx context.Context, who identity) (staff string, err error) {
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		var active bool
		const q = `select i.staff_id, s.active from setup_identity i join actor_staff s on s.id = i.staff_id where i.issuer = $1 and i.subject = $2`
		err := tx.QueryRow(q, who.Issuer, who.Subject).Scan(&staff, &active)
		switch {
		case err == nil && !active:
			return fault.New(fault.Denied, "signin.disabled", nil)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		p, err := findProvider(tx, who.Provider)
		if err != nil || !p.Creates {
			return err
		}
		staff, err = newcomer(tx, who)
		return err
	})
	return staff, err
}

// newcomer is an account for a person whom only the provider knows.
func newcomer(tx *sqldb.Tx, who identity) (staff string, err error) {
	units, err := actor.Units(tx)
	if err != nil || len(units) == 0 {
		return "", errors.Join(err, errRefused(errors.New("no unit")))
	}
	login := "sso-" + actor.Spoken(8)
	name := []rune(who.Name)
	if len(name) == 0 {
		name = []rune(login)
	}
	root := units[0]
	for _, u := range units {
		if u.Parent == "" {
			root = u
		}
	}
	staff, err = actor.SaveStaff(tx, actor.Staff{Login: login, Name: string(name[:min(len(name), 40)]), UnitID: root.ID, Active: true}, "none")
	if err != nil {
		return "", err
	}
	if err := actor.Deed(tx, actor.System, "staff.create", staff, "provider"); err != nil {
		return "", err
	}
	return staff, link(tx, actor.Actor{ID: staff}, who)
}

func link(tx *sqldb.Tx, a actor.Actor, who identity) error {
	const q = `insert into setup_identity(issuer, subject, staff_id, provider_id, created_at) values ($1, $2, $3, $4, $5) on conflict (issuer, subject) do nothing`
	n, err := tx.ExecN(q, who.Issuer, who.Subject, a.ID, who.Provider, tx.Now.UnixMicro())
	if err != nil {
		return fmt.Errorf("link identity: %w", err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "signin.link_taken", nil)
	}
	return actor.Deed(tx, a, "identity.link", a.ID, who.Provider)
}

// linksOf are the identities that open an account.
func linksOf(tx *sqldb.Tx, staff string) ([]Linked, error) {
	rows, err := tx.Query(`select i.issuer, i.subject, coalesce(p.name, i.issuer), i.created_at from setup_identity i left join setup_provider p on p.id = i.provider_id where i.staff_id = $1 order by i.created_at`, staff)
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	defer rows.Close()
	var out []Linked
	for rows.Next() {
		var l Linked
		var at int64
		if err := rows.Scan(&l.Issuer, &l.Subject, &l.Provider, &at); err != nil {
			return nil, fmt.Errorf("list identities: %w", err)
		}
		l.Since = sqldb.FromMicros(at)
		out = append(out, l)
	}
	return out, rows.Err()
}

// LinkPage asks whether the identity at the provider and the account are one
// person's.
type LinkPage struct {
	page.Base
	Provider, Name, Login string
}

// waiting is the identity that this browser has just shown at a provider.
func (s *Service) waiting(r *http.Request) (who identity, err error) {
	if err = s.unseal(r, "link", &who); err != nil || who.Until.Before(s.DB.Now()) {
		return who, fault.New(fault.NotFound, "signin.link_over", err)
	}
	return who, nil
}

func (s *Service) linkForm(w http.ResponseWriter, r *http.Request) error {
	who, err := s.waiting(r)
	if err != nil {
		return err
	}
	p := LinkPage{Base: s.Base(w, r, "signin.link"), Name: who.Name, Login: actor.From(r.Context()).Login}
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		found, err := findProvider(tx, who.Provider)
		p.Provider = found.Name
		if err == nil {
			err = actor.Fresh(actor.From(r.Context()), tx.Now)
		}
		return err
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, linkPage(p))
}

func (s *Service) link(w http.ResponseWriter, r *http.Request) error {
	who, err := s.waiting(r)
	if err != nil {
		return err
	}
	a := actor.From(r.Context())
	err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		if err := actor.Fresh(a, tx.Now); err != nil {
			return err
		}
		return link(tx, a, who)
	})
	if err != nil {
		return err
	}
	s.setCookie(w, cookieName("link", s.Secure), "", 0)
	page.SetFlash(w, r, "good", "signin.linked")
	return web.See(w, r, "/account")
}

func (s *Service) unlink(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	a := actor.From(r.Context())
	err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		if err := actor.Fresh(a, tx.Now); err != nil {
			return err
		}
		n, err := tx.ExecN(`delete from setup_identity where issuer = $1 and subject = $2 and staff_id = $3`, v.Raw("issuer"), v.Raw("subject"), a.ID)
		if err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.NotFound, "signin.link_over", nil))
		}
		return actor.Deed(tx, a, "identity.unlink", a.ID, "")
	})
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "signin.unlinked")
	return web.See(w, r, "/account")
}
