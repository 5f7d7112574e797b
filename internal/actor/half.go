package actor

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Who has shown a password and not yet the second factor is half in: for five
// minutes and five tries, and for nothing but showing it.
const (
	HalfLife  = 5 * time.Minute
	halfTries = 5
)

// OpenHalf begins the second step of a sign-in. Its token stands in a cookie of
// its own, which no other page reads.
func OpenHalf(tx *sqldb.Tx, staff string) (token string, err error) {
	if err := tx.Exec(`delete from actor_half where expires_at < $1`, tx.Now.UnixMicro()); err != nil {
		return "", err
	}
	token = Secret()
	const q = `insert into actor_half(token, staff_id, tries, expires_at) values ($1, $2, 0, $3)`
	if err := tx.Exec(q, tokenHash(token), staff, tx.Now.Add(HalfLife).UnixMicro()); err != nil {
		return "", fmt.Errorf("open second step: %w", err)
	}
	return token, nil
}

// FindHalf is who is half in, or NotFound: sign in from the beginning.
func FindHalf(tx *sqldb.Tx, token string) (staff string, err error) {
	const q = `select h.staff_id from actor_half h join actor_staff s on s.id = h.staff_id where h.token = $1 and h.expires_at >= $2 and h.tries < $3 and s.active`
	err = tx.QueryRow(q, tokenHash(token), tx.Now.UnixMicro(), halfTries).Scan(&staff)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.New(fault.NotFound, "actor.half_over", err)
	}
	return staff, err
}

// Complete ends the second step when the typed code is right, and counts the
// try when it is not.
func Complete(tx *sqldb.Tx, v Sealer, token, typed string) (staff string, ok bool, err error) {
	if staff, err = FindHalf(tx, token); err != nil {
		return "", false, err
	}
	if ok, err = UseCode(tx, v, staff, typed); err != nil {
		return "", false, err
	}
	if ok {
		// Of two that come with two right codes, the first takes the step.
		n, err := tx.ExecN(`delete from actor_half where token = $1`, tokenHash(token))
		return staff, n == 1, err
	}
	if err := tx.Exec(`update actor_half set tries = tries + 1 where token = $1`, tokenHash(token)); err != nil {
		return "", false, err
	}
	return staff, false, Deed(tx, Actor{}, "signin.failed", staff, "second")
}
