package open311

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// Scopes of a key.
const (
	scopeCreate = "create" // new requests
	scopeUpdate = "update" // what is new about them
	scopeRead   = "read"   // in full what the key itself brought
)

// scopes lists them in the order of the page.
var scopes = []string{scopeCreate, scopeUpdate, scopeRead}

// Key lets another system write. Its secret is shown once and not kept.
type Key struct {
	ID          string
	Name        string
	Hint        string // the beginning of the secret, to tell keys apart
	Scopes      []string
	Destination string // the partner whose key it is, "" none of those we call
	By          string
	Created     time.Time
	Expires     time.Time // zero: never
	Revoked     time.Time
	Used        time.Time
}

// source names what the key brings, in the record of a request.
func (k *Key) source() string {
	if k == nil {
		return ""
	}
	return "open311/" + k.ID
}

func (k *Key) may(scope string) bool { return k != nil && slices.Contains(k.Scopes, scope) }

// Live reports whether the key opens anything at a time.
func (k *Key) Live(now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || now.Before(k.Expires))
}

// need refuses a call without a key of the scope.
func (c *call) need(scope string) error {
	switch {
	case c.key == nil:
		return fault.New(fault.Denied, "georeport.key_missing", nil)
	case !c.key.may(scope):
		return fault.New(fault.Denied, "georeport.key_scope", nil, scope)
	}
	return nil
}

const keyColumns = `k.id, k.name, k.hint, k.scopes, k.destination_id, k.created_by, k.created_at, coalesce(k.expires_at, 0), coalesce(k.revoked_at, 0), coalesce(k.used_at, 0)`

func scanKey(scan func(...any) error) (Key, error) {
	var k Key
	var list string
	var created, expires, revoked, used int64
	err := scan(&k.ID, &k.Name, &k.Hint, &list, &k.Destination, &k.By, &created, &expires, &revoked, &used)
	k.Scopes = strings.Fields(list)
	k.Created, k.Expires, k.Revoked, k.Used = sqldb.FromMicros(created), sqldb.FromMicros(expires), sqldb.FromMicros(revoked), sqldb.FromMicros(used)
	return k, err
}

// hash is what is stored of a secret: useless without the vault's key.
func (s *Service) hash(secret string) string { return s.Vault.CodeHash("open311 key", secret) }

// keyOf is the live key of a secret, or NotFound. Its use is noted, at most
// once in ten minutes.
func (s *Service) keyOf(ctx context.Context, secret string) (*Key, error) {
	var k Key
	err := s.DB.Look(ctx, func(tx *sqldb.Tx) (err error) {
		const q = `select ` + keyColumns + ` from intake_open311_key k where k.hash = $1`
		k, err = scanKey(tx.QueryRow(q, s.hash(secret)).Scan)
		return err
	})
	now := s.DB.Now()
	if errors.Is(err, sql.ErrNoRows) || err == nil && !k.Live(now) {
		return nil, fault.New(fault.NotFound, "georeport.key_wrong", err)
	}
	if err != nil || now.Sub(k.Used) < 10*time.Minute {
		return &k, err
	}
	return &k, s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update intake_open311_key set used_at = $1 where id = $2`, now.UnixMicro(), k.ID)
	})
}

// Keys are all keys, the newest first.
func Keys(tx *sqldb.Tx) ([]Key, error) {
	rows, err := tx.Query(`select ` + keyColumns + ` from intake_open311_key k order by k.created_at desc, k.id desc`)
	if err != nil {
		return nil, fmt.Errorf("keys of open311: %w", err)
	}
	defer rows.Close()
	var out []Key
	for rows.Next() {
		k, err := scanKey(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// GrantKey makes a key for another system.
type GrantKey struct {
	Name        string
	Scopes      []string
	Expires     time.Time
	Destination string
}

// GrantKey makes a key and returns its secret, which is seen this once.
func (s *Service) GrantKey(ctx context.Context, a actor.Actor, g GrantKey) (secret string, err error) {
	secret = "o311-" + rand.Text()
	return secret, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.GrantKeyTx(tx, a, id.New(tx.Now), secret, g) })
}

// GrantKeyTx keeps a key with a given id and secret.
func (s *Service) GrantKeyTx(tx *sqldb.Tx, a actor.Actor, key, secret string, g GrantKey) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	var wrong fault.Fields
	if n := len([]rune(strings.TrimSpace(g.Name))); n == 0 || n > 60 {
		wrong.Add("name", "georeport.key_name")
	}
	if len(g.Scopes) == 0 || slices.ContainsFunc(g.Scopes, func(x string) bool { return !slices.Contains(scopes, x) }) {
		wrong.Add("scopes", "georeport.key_scopes")
	}
	if !g.Expires.IsZero() && !g.Expires.After(tx.Now) {
		wrong.Add("expires", "georeport.key_expires")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	var expires any
	if !g.Expires.IsZero() {
		expires = g.Expires.UnixMicro()
	}
	const q = `insert into intake_open311_key(id, name, hint, hash, scopes, destination_id, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	err := tx.Exec(q, key, strings.TrimSpace(g.Name), secret[:min(9, len(secret))], s.hash(secret), strings.Join(g.Scopes, " "), g.Destination, a.HistoryID(), tx.Now.UnixMicro(), expires)
	if err != nil {
		return fmt.Errorf("grant key: %w", err)
	}
	return actor.Deed(tx, a, "open311.key", key, strings.Join(g.Scopes, " "))
}

// RevokeKey ends a key for good.
func (s *Service) RevokeKey(ctx context.Context, a actor.Actor, key string) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.ExecN(`update intake_open311_key set revoked_at = $1 where id = $2 and revoked_at is null`, tx.Now.UnixMicro(), key)
		if err == nil && n == 0 {
			return fault.New(fault.NotFound, "georeport.key_unknown", nil)
		}
		if err != nil {
			return err
		}
		return actor.Deed(tx, a, "open311.revoke", key, "")
	})
}

// revise notes a change that other systems have to know of: it moves the
// changeset.
func revise(tx *sqldb.Tx, a actor.Actor, what string, before, after any) error {
	return catalog.Revise(tx, a.HistoryID(), "open311", what, 0, before, after)
}
