package actor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// A session ends after a working day, or after an hour and a half unused.
const (
	SessionLife = 12 * time.Hour
	sessionIdle = 90 * time.Minute
)

// Entry is one coming in: who, with what browser, from where, and whether a
// second factor was shown.
type Entry struct {
	Staff  string
	Device string // what the browser says of itself, in codes
	Place  string // the address, masked
	Strong bool
}

// SignIn checks login and password and opens a session without asking for a
// second factor. Pages ask for it; this is for programs that have no page.
func SignIn(ctx context.Context, db *sqldb.DB, login, password, device string) (token string, err error) {
	staff, err := Check(ctx, db, login, password)
	if err != nil {
		return "", err
	}
	err = db.Update(ctx, func(tx *sqldb.Tx) error {
		token, err = OpenSession(tx, Entry{Staff: staff, Device: device})
		return err
	})
	return token, err
}

// OpenSession lets a person in who has proved who they are. The token goes into
// the person's cookie; only its hash is stored. What stands after the dot binds
// the forms of the browser and outlives a renewal of what stands before it.
func OpenSession(tx *sqldb.Tx, e Entry) (token string, err error) {
	token = Secret() + "." + Secret()
	const q = `insert into actor_session(token, staff_id, device, place, strong, created_at, seen_at, proved_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	now := tx.Now.UnixMicro()
	if err := tx.Exec(q, tokenHash(token), e.Staff, e.Device, e.Place, e.Strong, now, now, now, tx.Now.Add(SessionLife).UnixMicro()); err != nil {
		return "", fmt.Errorf("open session: %w", err)
	}
	detail := ""
	if e.Strong {
		detail = "second"
	}
	return token, Deed(tx, Actor{ID: e.Staff}, "signin", e.Staff, detail)
}

// Secret is 256 random bits as they stand in cookies and links.
func Secret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Session is who holds the token now, with the rights of this moment. stale
// asks the caller to call Touch. NotFound means: sign in again.
func Session(tx *sqldb.Tx, token string) (a Actor, stale bool, err error) {
	const q = `select e.staff_id, s.login, s.name, s.number, u.id, u.name, u.path, u.kind, u.area, e.seen_at, e.proved_at, e.strong,
		coalesce((select string_agg(r.role, ',') from actor_role r where r.staff_id = s.id), '')
		from actor_session e join actor_staff s on s.id = e.staff_id join actor_unit u on u.id = s.unit_id
		where e.token = $1 and e.expires_at > $2 and e.seen_at > $3 and s.active`
	hash := tokenHash(token)
	var roles string
	var seen, proved int64
	err = tx.QueryRow(q, hash, tx.Now.UnixMicro(), tx.Now.Add(-sessionIdle).UnixMicro()).Scan(&a.ID, &a.Login, &a.Name, &a.Number,
		&a.UnitID, &a.UnitName, &a.UnitPath, &a.UnitKind, &a.UnitArea, &seen, &proved, &a.Strong, &roles)
	if errors.Is(err, sql.ErrNoRows) {
		return Actor{}, false, fault.New(fault.NotFound, "actor.session_over", err)
	}
	if err != nil {
		return Actor{}, false, fmt.Errorf("read session: %w", err)
	}
	for r := range strings.SplitSeq(roles, ",") {
		if r != "" {
			a.Roles = append(a.Roles, Role(r))
		}
	}
	a.Session, a.Proved = hash, sqldb.FromMicros(proved)
	return a, tx.Now.Sub(sqldb.FromMicros(seen)) > time.Minute, nil
}

// Touch keeps a session that is in use alive.
func Touch(tx *sqldb.Tx, a Actor) error {
	return tx.Exec(`update actor_session set seen_at = $1 where token = $2`, tx.Now.UnixMicro(), a.Session)
}

// SignOut ends the session of the actor.
func SignOut(tx *sqldb.Tx, a Actor) error {
	return tx.Exec(`delete from actor_session where token = $1`, a.Session)
}

// EndSessions ends all sessions of an account: after a change of password,
// role, unit or second factor, and when it is disabled.
func EndSessions(tx *sqldb.Tx, staff string) error {
	if err := tx.Exec(`delete from actor_half where staff_id = $1`, staff); err != nil {
		return err
	}
	return tx.Exec(`delete from actor_session where staff_id = $1`, staff)
}

// Visit is one place where an account is signed in. Its ID is the beginning of
// the token's hash: enough to name it, not enough to use it.
type Visit struct {
	ID, Device, Place string
	Strong            bool
	Created, Seen     time.Time
	Current           bool
}

const visitID = 16

// Visits are where an account is signed in now, the latest first. current is
// the session of the person who asks.
func Visits(tx *sqldb.Tx, staff, current string) ([]Visit, error) {
	const q = `select token, device, place, strong, created_at, seen_at from actor_session where staff_id = $1 and expires_at > $2 and seen_at > $3 order by seen_at desc, token`
	rows, err := tx.Query(q, staff, tx.Now.UnixMicro(), tx.Now.Add(-sessionIdle).UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var out []Visit
	for rows.Next() {
		var s Visit
		var token string
		var created, seen int64
		if err := rows.Scan(&token, &s.Device, &s.Place, &s.Strong, &created, &seen); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		s.ID, s.Current = token[:visitID], token == current
		s.Created, s.Seen = sqldb.FromMicros(created), sqldb.FromMicros(seen)
		out = append(out, s)
	}
	return out, rows.Err()
}

// EndSession ends one session of an account.
func EndSession(tx *sqldb.Tx, staff, visit string) error {
	return tx.Exec(`delete from actor_session where staff_id = $1 and substr(token, 1, 16) = $2`, staff, visit)
}

// EndOtherSessions ends all sessions of the actor but the one that is acting.
func EndOtherSessions(tx *sqldb.Tx, a Actor) error {
	if err := tx.Exec(`delete from actor_half where staff_id = $1`, a.ID); err != nil {
		return err
	}
	return tx.Exec(`delete from actor_session where staff_id = $1 and token <> $2`, a.ID, a.Session)
}
