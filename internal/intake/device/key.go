package device

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// Owner is who sends: a device itself, or a system for its devices.
type Owner struct{ Kind, Code string }

// The kinds of owners.
const (
	OfDevice = "device"
	OfSource = "source"
)

// Key is a secret that an owner may use, without the secret.
type Key struct {
	ID            string
	Created, Used time.Time
	Expires       time.Time // zero: until it is taken back
	secret        string
}

// overlap is how long the former secrets go on beside a new one, so that nobody
// has to change both ends at the same moment.
const overlap = 48 * time.Hour

// keyToken finds a key by its secret; without the vault it cannot be made.
const keyToken = "device key"

// Issue makes a new secret for an owner and lets its others end. The secret is
// given here once; what is stored cannot be turned back into it without the vault.
func (s *Service) Issue(ctx context.Context, a actor.Actor, o Owner) (secret string, err error) {
	if err := actor.Can(a, "device.edit"); err != nil {
		return "", err
	}
	raw := make([]byte, 24)
	rand.Read(raw)
	secret = "gz_" + base64.RawURLEncoding.EncodeToString(raw)
	return secret, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.issue(tx, a, o, secret) })
}

func (s *Service) issue(tx *sqldb.Tx, a actor.Actor, o Owner, secret string) error {
	key := id.New(tx.Now)
	sealed, err := s.Vault.Seal(secret, "intake_device_key/"+key)
	if err != nil {
		return err
	}
	const end = `update intake_device_key set expires_at = $1 where kind = $2 and owner = $3 and (expires_at = 0 or expires_at > $1)`
	if err := tx.Exec(end, tx.Now.Add(overlap).UnixMicro(), o.Kind, o.Code); err != nil {
		return fmt.Errorf("end former keys of %s: %w", o.Code, err)
	}
	const q = `insert into intake_device_key(id, kind, owner, token, secret, created_at, expires_at, used_at) values ($1, $2, $3, $4, $5, $6, 0, 0)`
	if err := tx.Exec(q, key, o.Kind, o.Code, s.Vault.Token(keyToken, secret), sealed, tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("issue key of %s: %w", o.Code, err)
	}
	return actor.Deed(tx, a, "device.key", o.Code, key)
}

// Revoke ends all secrets of an owner at once, and its connection.
func (s *Service) Revoke(ctx context.Context, a actor.Actor, o Owner) error {
	if err := actor.Can(a, "device.edit"); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Exec(`delete from intake_device_key where kind = $1 and owner = $2`, o.Kind, o.Code); err != nil {
			return fmt.Errorf("revoke keys of %s: %w", o.Code, err)
		}
		return actor.Deed(tx, a, "device.revoke", o.Code, "")
	})
	if l := s.connection(); err == nil && l != nil && o.Kind == OfDevice {
		l.Drop(o.Code)
	}
	return err
}

// Keys are the secrets of an owner that are valid, the newest first.
func (s *Service) Keys(tx *sqldb.Tx, o Owner) ([]Key, error) {
	all, err := liveKeys(tx, o.Kind, o.Code)
	return all[o.Code], err
}

// liveKeys are the keys of one owner, or with "" of all of a kind, by owner.
func liveKeys(tx *sqldb.Tx, kind, owner string) (map[string][]Key, error) {
	const q = `select owner, id, secret, created_at, expires_at, used_at from intake_device_key
		where kind = $1 and ($2 = '' or owner = $2) and (expires_at = 0 or expires_at > $3) order by id desc`
	rows, err := tx.Query(q, kind, owner, tx.Now.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("keys of %s %s: %w", kind, owner, err)
	}
	defer rows.Close()
	out := map[string][]Key{}
	for rows.Next() {
		var k Key
		var of string
		var created, expires, used int64
		if err := rows.Scan(&of, &k.ID, &k.secret, &created, &expires, &used); err != nil {
			return nil, err
		}
		k.Created, k.Expires, k.Used = sqldb.FromMicros(created), moment(expires), moment(used)
		out[of] = append(out[of], k)
	}
	return out, rows.Err()
}

// moment reads a time that may be none.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return sqldb.FromMicros(micros)
}

// holder is who holds a secret now, with the key's id; ok is false for nobody, and
// for an owner that was switched off.
func (s *Service) holder(ctx context.Context, secret string) (o Owner, ok bool, err error) {
	if secret == "" || len(secret) > 200 {
		return o, false, nil
	}
	var key string
	var used int64
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		const q = `select k.id, k.kind, k.owner, k.used_at from intake_device_key k left join intake_device d on k.kind = 'device' and d.code = k.owner
			left join intake_device_source s on k.kind = 'source' and s.code = k.owner
			where k.token = $1 and (k.expires_at = 0 or k.expires_at > $2) and (d.active or s.active)`
		return tx.QueryRow(q, s.Vault.Token(keyToken, secret), tx.Now.UnixMicro()).Scan(&key, &o.Kind, &o.Code, &used)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Owner{}, false, nil
	}
	if err != nil {
		return Owner{}, false, err
	}
	return o, true, s.used(ctx, key, used)
}

// used notes that a key is in use, at most once an hour.
func (s *Service) used(ctx context.Context, key string, last int64) error {
	if s.DB.Now().Sub(sqldb.FromMicros(last)) < time.Hour {
		return nil
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update intake_device_key set used_at = $1 where id = $2`, tx.Now.UnixMicro(), key)
	})
}

// secrets are those that a system signs with now.
func (s *Service) secrets(ctx context.Context, source string) (out []string, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		var active bool
		if err := tx.QueryRow(`select active from intake_device_source where code = $1`, source).Scan(&active); err != nil || !active {
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			return err
		}
		keys, err := s.Keys(tx, Owner{OfSource, source})
		for _, k := range keys {
			plain, e := s.Vault.Open(k.secret, "intake_device_key/"+k.ID)
			if e != nil {
				return e
			}
			out = append(out, plain)
		}
		return err
	})
	return out, err
}
