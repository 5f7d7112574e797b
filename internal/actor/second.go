package actor

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/totp"
)

// Sealer keeps the secrets of second factors; *vault.Vault is one.
type Sealer interface {
	Seal(plain, row string) (string, error)
	Open(sealed, row string) (string, error)
	CodeHash(number, code string) string
}

// RecoveryCodes is how many spare codes a person prints.
const RecoveryCodes = 10

// Second is what an account has beside its password. Since is zero when it has
// nothing.
type Second struct {
	Since time.Time
	Left  int // recovery codes not yet used
}

// On reports whether the account has a second factor.
func (s Second) On() bool { return !s.Since.IsZero() }

// SecondOf reads what an account has.
func SecondOf(tx *sqldb.Tx, staff string) (s Second, err error) {
	var at int64
	const q = `select e.created_at, cast((select count(*) from actor_recovery r where r.staff_id = e.staff_id and r.used_at = 0) as bigint) from actor_second e where e.staff_id = $1`
	err = tx.QueryRow(q, staff).Scan(&at, &s.Left)
	if errors.Is(err, sql.ErrNoRows) {
		return Second{}, nil
	}
	if err != nil {
		return s, fmt.Errorf("read second factor: %w", err)
	}
	s.Since = sqldb.FromMicros(at)
	return s, nil
}

// Enrol gives the actor's account a second factor: secret is what the app has
// taken from the QR code, typed the code it shows now. The person's other
// sessions end. The recovery codes are returned to be shown once.
func Enrol(tx *sqldb.Tx, v Sealer, a Actor, secret, typed string) ([]string, error) {
	step, ok := totp.Match(secret, cleanCode(typed), tx.Now, 0)
	if !ok {
		return nil, fault.Fields{{Name: "code", Key: "actor.code_wrong"}}
	}
	if err := tx.Lock("actor.second/" + a.ID); err != nil {
		return nil, err
	}
	sealed, err := v.Seal(secret, "second/"+a.ID)
	if err != nil {
		return nil, fmt.Errorf("seal second factor: %w", err)
	}
	const q = `insert into actor_second(staff_id, secret, last_step, created_at) values ($1, $2, $3, $4)
		on conflict (staff_id) do update set secret = excluded.secret, last_step = excluded.last_step, created_at = excluded.created_at`
	if err := tx.Exec(q, a.ID, sealed, step, tx.Now.UnixMicro()); err != nil {
		return nil, fmt.Errorf("keep second factor: %w", err)
	}
	if err := EndOtherSessions(tx, a); err != nil {
		return nil, err
	}
	if err := Deed(tx, a, "second.on", a.ID, ""); err != nil {
		return nil, err
	}
	return newRecovery(tx, v, a.ID)
}

// RenewRecovery makes new recovery codes; the old ones are void.
func RenewRecovery(tx *sqldb.Tx, v Sealer, a Actor) ([]string, error) {
	if err := Fresh(a, tx.Now); err != nil {
		return nil, err
	}
	if err := Deed(tx, a, "second.codes", a.ID, ""); err != nil {
		return nil, err
	}
	return newRecovery(tx, v, a.ID)
}

// newRecovery keeps the codes as hashes under a key that is not in the
// database; 79 bits are beyond guessing without it.
func newRecovery(tx *sqldb.Tx, v Sealer, staff string) ([]string, error) {
	if err := tx.Exec(`delete from actor_recovery where staff_id = $1`, staff); err != nil {
		return nil, err
	}
	codes, rows := make([]string, RecoveryCodes), make([][]any, RecoveryCodes)
	for i := range codes {
		codes[i] = Spoken(16)
		rows[i] = []any{staff, v.CodeHash("recovery/"+staff, cleanCode(codes[i])), 0}
	}
	if err := tx.InsertRows(`insert into actor_recovery(staff_id, hash, used_at) values (`, rows); err != nil {
		return nil, fmt.Errorf("keep recovery codes: %w", err)
	}
	return codes, nil
}

// DropSecond takes the second factor away from an account. Its sessions are the
// caller's to end.
func DropSecond(tx *sqldb.Tx, staff string) error {
	if err := tx.Exec(`delete from actor_recovery where staff_id = $1`, staff); err != nil {
		return err
	}
	n, err := tx.ExecN(`delete from actor_second where staff_id = $1`, staff)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "actor.second_none", nil)
	}
	return err
}

// UseCode reports whether the typed code is the account's: of its app, or one
// of its recovery codes. A code that is right is spent in the same unit of
// work, so that of many who send it at once one gets in.
func UseCode(tx *sqldb.Tx, v Sealer, staff, typed string) (ok bool, err error) {
	if err := tx.Lock("actor.second/" + staff); err != nil {
		return false, err
	}
	typed = cleanCode(typed)
	if len(typed) != totp.Digits {
		return useRecovery(tx, v, staff, typed)
	}
	var sealed string
	var last int64
	err = tx.QueryRow(`select secret, last_step from actor_second where staff_id = $1`, staff).Scan(&sealed, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read second factor: %w", err)
	}
	secret, err := v.Open(sealed, "second/"+staff)
	if err != nil {
		return false, fmt.Errorf("open second factor: %w", err)
	}
	step, ok := totp.Match(secret, typed, tx.Now, last)
	if !ok {
		return false, nil
	}
	n, err := tx.ExecN(`update actor_second set last_step = $1 where staff_id = $2 and last_step < $1`, step, staff)
	return n == 1, err
}

func useRecovery(tx *sqldb.Tx, v Sealer, staff, typed string) (bool, error) {
	n, err := tx.ExecN(`update actor_recovery set used_at = $1 where staff_id = $2 and hash = $3 and used_at = 0`, tx.Now.UnixMicro(), staff, v.CodeHash("recovery/"+staff, typed))
	if err != nil || n == 0 {
		return false, err
	}
	return true, Deed(tx, Actor{ID: staff}, "second.recovery", staff, "")
}

// cleanCode folds what people add when they copy a code: blanks, strokes, the
// full-width digits of an input method, capitals.
func cleanCode(typed string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' {
			return c
		}
		return -1
	}, strings.ToLower(norm.NFKC.String(typed[:min(len(typed), 200)])))
}

// spoken are letters that are easy to read out and to type: none looks like a
// digit.
const spoken = "abcdefghjkmnpqrstuvwxyz23456789"

// Spoken is a random code of n letters and digits in groups of four.
func Spoken(n int) string {
	var out strings.Builder
	var b [1]byte
	for i := 0; i < n; {
		rand.Read(b[:])
		if int(b[0]) >= 256/len(spoken)*len(spoken) {
			continue // would favour the first letters
		}
		if i > 0 && i%4 == 0 {
			out.WriteByte('-')
		}
		out.WriteByte(spoken[int(b[0])%len(spoken)])
		i++
	}
	return out.String()
}
