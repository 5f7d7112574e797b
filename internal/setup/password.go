package setup

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// NewPassword makes a first password, to be changed at the first sign-in: four
// groups that are easy to read out, 79 bits.
func NewPassword() string { return actor.Spoken(16) }

// demandChange lets the account do nothing until it has a password of its own.
func demandChange(tx *sqldb.Tx, staff string) error {
	const q = `insert into setup_password(staff_id, must_change, changed_at) values ($1, $2, $3)
		on conflict (staff_id) do update set must_change = excluded.must_change, changed_at = excluded.changed_at`
	return tx.Exec(q, staff, true, tx.Now.UnixMicro())
}

// MustChange reports whether an account still has the password that somebody
// else made for it.
func MustChange(tx *sqldb.Tx, staff string) (must bool, err error) {
	err = tx.QueryRow(`select must_change from setup_password where staff_id = $1`, staff).Scan(&must)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return must, err
}

// ErrMustChange is the answer to everything that an account asks for before it
// has a password of its own.
var ErrMustChange = fault.New(fault.Denied, "setup.must_change", nil)

// Reset gives an account a new first password and ends its sessions. The
// password is returned to be shown once.
func (s *Service) Reset(ctx context.Context, a actor.Actor, login string, why Proof) (Credential, error) {
	c := Credential{Login: login}
	if err := actor.Can(a, "setup.staff"); err != nil {
		return c, err
	}
	if err := why.check(a, s.DB.Now(), "reset_reason"); err != nil {
		return c, err
	}
	c.Password = NewPassword()
	hash := actor.HashPassword(c.Password) // slow: before the unit of work
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		r, err := staffKind().one(tx, login)
		if err != nil {
			return err
		}
		if r["_id"] == a.ID {
			return fault.New(fault.Denied, "setup.own_password", nil)
		}
		c.Name = r["name"]
		if err := actor.SetPassword(tx, r["_id"], hash); err != nil {
			return err
		}
		if err := demandChange(tx, r["_id"]); err != nil {
			return err
		}
		if err := actor.EndSessions(tx, r["_id"]); err != nil {
			return err
		}
		if err := why.keep(tx, a, r["_id"]); err != nil {
			return err
		}
		return actor.Deed(tx, a, "staff.reset", r["_id"], "")
	})
	return c, err
}

// ChangePassword is a person's own change: the old one, and the new one twice.
type ChangePassword struct{ Old, New, Again string }

// ChangePassword ends all other sessions of the person.
func (s *Service) ChangePassword(ctx context.Context, a actor.Actor, c ChangePassword) error {
	if err := actor.Can(a, "account"); err != nil {
		return err
	}
	var fields fault.Fields
	right, err := actor.PasswordIs(ctx, s.DB, a.ID, c.Old)
	if err != nil {
		return err
	}
	if !right {
		fields.Add("old", "setup.password_old")
	}
	if key, args := weak(c, a); key != "" {
		fields.Add("new", key, args...)
	}
	if c.New != c.Again {
		fields.Add("again", "setup.password_again")
	}
	if err := fields.Err(); err != nil {
		return err
	}
	hash := actor.HashPassword(c.New)
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.changeTx(tx, a, hash) })
}

func (s *Service) changeTx(tx *sqldb.Tx, a actor.Actor, hash string) error {
	account, err := actor.FindStaff(tx, a.ID)
	if err != nil {
		return err
	}
	if s.Demo && account.Demo {
		return fault.Fields{{Name: "new", Key: "setup.password_demo"}}
	}
	if err := actor.SetPassword(tx, a.ID, hash); err != nil {
		return err
	}
	const q = `insert into setup_password(staff_id, must_change, changed_at) values ($1, $2, $3)
		on conflict (staff_id) do update set must_change = excluded.must_change, changed_at = excluded.changed_at`
	if err := tx.Exec(q, a.ID, false, tx.Now.UnixMicro()); err != nil {
		return err
	}
	if err := actor.EndOtherSessions(tx, a); err != nil {
		return err
	}
	return actor.Deed(tx, a, "account.password", a.ID, "")
}

// A password has from 12 to 256 characters of any script.
const (
	Shortest = 12
	longest  = 256
)

// weak says what is wrong with a new password: too short, made of the account's
// own name, of one pattern, or the old one again.
func weak(c ChangePassword, a actor.Actor) (key string, args []any) {
	plain := strings.ToLower(c.New)
	different := map[rune]bool{}
	for _, r := range plain {
		different[r] = true
	}
	switch {
	case len([]rune(c.New)) < Shortest:
		return "setup.password_short", []any{Shortest}
	case len([]rune(c.New)) > longest || len(c.New) > actor.LongestPassword:
		return "setup.password_long", []any{longest}
	case c.New == c.Old:
		return "setup.password_same", nil
	case a.Login != "" && strings.Contains(plain, strings.ToLower(a.Login)), len(different) < 5, strings.Contains(plain, "12345678"), strings.Contains(plain, "password"):
		return "setup.password_easy", nil
	}
	return "", nil
}
