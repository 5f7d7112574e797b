package actor

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Argon2id with the parameters OWASP recommends for interactive sign-in; slots
// bounds how many run at once, so that a flood of attempts cannot take the
// memory of the intake: four times 19 MiB.
var argon = cost{memory: 19 * 1024, time: 2, threads: 1}

var slots = make(chan struct{}, 4)

// LongestPassword is in bytes: 256 characters of any script. What is longer is
// wrong without being computed.
const LongestPassword = 1024

// cost is what one guess at a password costs. It stands in every stored hash, so
// that it can be raised: hashes of before still open, and are made anew when
// their owner signs in.
type cost struct {
	memory, time uint32
	threads      uint8
}

const keyLength = 32

// HashPassword returns the stored form of a password, as PHC strings are:
// $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
func HashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	slots <- struct{}{}
	defer func() { <-slots }()
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argon.memory, argon.time, argon.threads, enc(salt), enc(argon.derive(password, salt)))
}

// derive reads the password in its compatibility form, so that the same
// characters match whichever keyboard composed them: é in one piece or two, a
// full-width letter of a Chinese input method or its plain twin. Nothing is cut.
func (c cost) derive(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.time, c.memory, c.threads, keyLength)
}

// hashed is a stored password taken apart. The first accounts were stored
// without their cost, which was today's.
func hashed(stored string) (c cost, salt, want []byte, ok bool) {
	c = argon
	part := strings.Split(strings.TrimPrefix(stored, "$"), "$")
	if len(part) == 5 {
		n, err := fmt.Sscanf(part[2], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads)
		if n != 3 || err != nil || part[1] != fmt.Sprintf("v=%d", argon2.Version) || c.time == 0 || c.threads == 0 {
			return argon, nil, nil, false
		}
		part = []string{part[0], part[3], part[4]}
	}
	if len(part) != 3 || part[0] != "argon2id" {
		return argon, nil, nil, false
	}
	salt, wrong := base64.RawStdEncoding.DecodeString(part[1])
	want, worse := base64.RawStdEncoding.DecodeString(part[2])
	return c, salt, want, wrong == nil && worse == nil && len(want) == keyLength
}

// passwordIs takes the same time whether the account exists or not: stored is
// "" where it does not.
func passwordIs(ctx context.Context, stored, password string) (bool, error) {
	if len(password) > LongestPassword {
		return false, nil
	}
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return false, fault.New(fault.Unavailable, "actor.busy", ctx.Err())
	}
	defer func() { <-slots }()
	c, salt, want, ok := hashed(stored)
	if !ok {
		argon.derive(password, make([]byte, 16))
		return false, nil
	}
	return subtle.ConstantTimeCompare(c.derive(password, salt), want) == 1, nil
}

// outdated reports whether a stored password costs less than one made today, or
// does not say what it costs.
func outdated(stored string) bool {
	c, _, _, ok := hashed(stored)
	return ok && (c != argon || !strings.HasPrefix(stored, "$"))
}

// Check finds the account whose login and password these are. Every failure
// reads the same, takes the same time and leaves the same kind of line.
func Check(ctx context.Context, db *sqldb.DB, login, password string) (staff string, err error) {
	var stored string
	var active bool
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		err := tx.QueryRow(`select id, password, active from actor_staff where login = $1`, login).Scan(&staff, &stored, &active)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("check password: %w", err)
	}
	right, err := passwordIs(ctx, stored, password)
	if err != nil {
		return "", err
	}
	if right && active {
		return staff, strengthen(ctx, db, staff, stored, password)
	}
	err = db.Update(ctx, func(tx *sqldb.Tx) error { return Deed(tx, Actor{}, "signin.failed", staff, "") })
	return "", errors.Join(fault.New(fault.Invalid, "actor.signin_failed", nil), err)
}

// strengthen stores the password anew where it was stored for less: now is the
// only time when it is known.
func strengthen(ctx context.Context, db *sqldb.DB, staff, stored, password string) error {
	if !outdated(stored) {
		return nil
	}
	hash := HashPassword(password) // slow: before the unit of work
	return db.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update actor_staff set password = $1 where id = $2 and password = $3`, hash, staff, stored) // not over a change of this moment
	})
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
	return passwordIs(ctx, stored, password)
}

// SetPassword keeps the hash of a new password.
func SetPassword(tx *sqldb.Tx, staff, hash string) error {
	n, err := tx.ExecN(`update actor_staff set password = $1 where id = $2`, hash, staff)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "actor.staff_not_found", nil)
	}
	return err
}
