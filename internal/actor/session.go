package actor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// A session ends after a working day, or after an hour and a half unused.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = 90 * time.Minute
)

// Argon2id with the parameters OWASP recommends for interactive sign-in; slots
// bounds how many run at once, so that a flood of attempts cannot take the
// memory of the intake.
const (
	argonTime, argonMemory, argonThreads = 2, 19 * 1024, 1
)

var slots = make(chan struct{}, 4)

// HashPassword returns the stored form of a password.
func HashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	return "argon2id$" + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(derive(password, salt))
}

func derive(password string, salt []byte) []byte {
	slots <- struct{}{}
	defer func() { <-slots }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, 32)
}

func passwordIs(stored, password string) bool {
	part := strings.Split(stored, "$")
	if len(part) != 3 {
		derive(password, make([]byte, 16)) // the same time for an account that does not exist
		return false
	}
	salt, _ := base64.RawStdEncoding.DecodeString(part[1])
	want, _ := base64.RawStdEncoding.DecodeString(part[2])
	return subtle.ConstantTimeCompare(derive(password, salt), want) == 1
}

// SignIn checks login and password and opens a session. The token goes into
// the person's cookie; only its hash is stored. Every failure reads the same.
func SignIn(ctx context.Context, db *sqldb.DB, login, password, device string) (token string, err error) {
	var staff, stored string
	var active bool
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		err := tx.QueryRow(`select id, password, active from actor_staff where login = $1`, login).Scan(&staff, &stored, &active)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	if !passwordIs(stored, password) || !active {
		return "", fault.New(fault.Invalid, "actor.signin_failed", nil)
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	token = base64.RawURLEncoding.EncodeToString(secret)
	return token, db.Update(ctx, func(tx *sqldb.Tx) error { return openSession(tx, staff, token, device) })
}

func openSession(tx *sqldb.Tx, staff, token, device string) error {
	const q = `insert into actor_session(token, staff_id, device, created_at, seen_at, expires_at) values ($1, $2, $3, $4, $5, $6)`
	err := tx.Exec(q, tokenHash(token), staff, device, tx.Now.UnixMicro(), tx.Now.UnixMicro(), tx.Now.Add(sessionLife).UnixMicro())
	if err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	return Deed(tx, Actor{ID: staff}, "signin", staff, "")
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Session is who holds the token now, with the rights of this moment. stale
// asks the caller to call Touch. NotFound means: sign in again.
func Session(tx *sqldb.Tx, token string) (a Actor, stale bool, err error) {
	const q = `select e.staff_id, s.login, s.name, s.number, u.id, u.name, u.path, u.kind, u.area, e.seen_at,
		coalesce((select string_agg(r.role, ',') from actor_role r where r.staff_id = s.id), '')
		from actor_session e join actor_staff s on s.id = e.staff_id join actor_unit u on u.id = s.unit_id
		where e.token = $1 and e.expires_at > $2 and e.seen_at > $3 and s.active`
	hash := tokenHash(token)
	var roles string
	var seen int64
	err = tx.QueryRow(q, hash, tx.Now.UnixMicro(), tx.Now.Add(-sessionIdle).UnixMicro()).Scan(&a.ID, &a.Login, &a.Name, &a.Number,
		&a.UnitID, &a.UnitName, &a.UnitPath, &a.UnitKind, &a.UnitArea, &seen, &roles)
	if errors.Is(err, sql.ErrNoRows) {
		return Actor{}, false, fault.New(fault.NotFound, "actor.session_over", err)
	}
	if err != nil {
		return Actor{}, false, fmt.Errorf("read session: %w", err)
	}
	for r := range strings.SplitSeq(roles, ",") {
		a.Roles = append(a.Roles, Role(r))
	}
	a.Session = hash
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
// role or unit, and when it is disabled.
func EndSessions(tx *sqldb.Tx, staff string) error {
	return tx.Exec(`delete from actor_session where staff_id = $1`, staff)
}

// PasswordIs reports whether the password is that of the account.
func PasswordIs(ctx context.Context, db *sqldb.DB, staff, password string) (bool, error) {
	var stored string
	err := db.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select password from actor_staff where id = $1`, staff).Scan(&stored)
	})
	if err != nil {
		return false, fmt.Errorf("read password: %w", err)
	}
	return passwordIs(stored, password), nil
}

// SetPassword keeps the hash of a new password.
func SetPassword(tx *sqldb.Tx, staff, hash string) error {
	n, err := tx.ExecN(`update actor_staff set password = $1 where id = $2`, hash, staff)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "actor.staff_not_found", nil)
	}
	return err
}

// OpenSession is one place where an account is signed in. Its ID is the
// beginning of the token's hash: enough to name it, not enough to use it.
type OpenSession struct {
	ID, Device    string
	Created, Seen time.Time
	Current       bool
}

const sessionID = 16

// OpenSessions are where an account is signed in now, the latest first.
// current is the session of the person who asks.
func OpenSessions(tx *sqldb.Tx, staff, current string) ([]OpenSession, error) {
	const q = `select token, device, created_at, seen_at from actor_session where staff_id = $1 and expires_at > $2 and seen_at > $3 order by seen_at desc, token`
	rows, err := tx.Query(q, staff, tx.Now.UnixMicro(), tx.Now.Add(-sessionIdle).UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var out []OpenSession
	for rows.Next() {
		var s OpenSession
		var token string
		var created, seen int64
		if err := rows.Scan(&token, &s.Device, &created, &seen); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		s.ID, s.Current = token[:sessionID], token == current
		s.Created, s.Seen = sqldb.FromMicros(created), sqldb.FromMicros(seen)
		out = append(out, s)
	}
	return out, rows.Err()
}

// EndSession ends one session of an account.
func EndSession(tx *sqldb.Tx, staff, session string) error {
	return tx.Exec(`delete from actor_session where staff_id = $1 and substr(token, 1, 16) = $2`, staff, session)
}

// EndOtherSessions ends all sessions of the actor but the one that is acting.
func EndOtherSessions(tx *sqldb.Tx, a Actor) error {
	return tx.Exec(`delete from actor_session where staff_id = $1 and token <> $2`, a.ID, a.Session)
}
