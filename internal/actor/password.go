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
const (
	argonTime, argonMemory, argonThreads = 2, 19 * 1024, 1
)

var slots = make(chan struct{}, 4)

// LongestPassword is in bytes: 256 characters of any script. What is longer is
// wrong without being computed.
const LongestPassword = 1024

// HashPassword returns the stored form of a password.
func HashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	slots <- struct{}{}
	defer func() { <-slots }()
	return "argon2id$" + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(derive(password, salt))
}

// derive reads the password in its compatibility form, so that the same
// characters match whichever keyboard composed them: é in one piece or two, a
// full-width letter of a Chinese input method or its plain twin. Nothing is cut.
func derive(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, argonTime, argonMemory, argonThreads, 32)
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
	part := strings.Split(stored, "$")
	if len(part) != 3 {
		derive(password, make([]byte, 16))
		return false, nil
	}
	salt, _ := base64.RawStdEncoding.DecodeString(part[1])
	want, _ := base64.RawStdEncoding.DecodeString(part[2])
	return subtle.ConstantTimeCompare(derive(password, salt), want) == 1, nil
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
		return staff, nil
	}
	err = db.Update(ctx, func(tx *sqldb.Tx) error { return Deed(tx, Actor{}, "signin.failed", staff, "") })
	return "", errors.Join(fault.New(fault.Invalid, "actor.signin_failed", nil), err)
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
