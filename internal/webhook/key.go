package webhook

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// overlap is how long the former secret signs beside the new one, so that the
// other side can change without losing a message.
const overlap = 48 * time.Hour

// Key is a secret of a subscription, without the secret.
type Key struct {
	ID      string
	Created time.Time
	Expires time.Time // zero: until it is changed
}

// Issue makes a new secret for a subscription and lets the former ones end. It is
// given here once and sealed where it is stored.
func (s *Service) Issue(ctx context.Context, a actor.Actor, subscription string) (secret string, err error) {
	if err := actor.Can(a, "webhook.edit"); err != nil {
		return "", err
	}
	raw := make([]byte, 32)
	rand.Read(raw)
	secret = "whsec_" + base64.RawURLEncoding.EncodeToString(raw)
	return secret, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.issue(tx, a, subscription, secret) })
}

func (s *Service) issue(tx *sqldb.Tx, a actor.Actor, subscription, secret string) error {
	if _, err := Find(tx, subscription); err != nil {
		return err
	}
	key := id.New(tx.Now)
	sealed, err := s.Vault.Seal(secret, "webhook_key/"+key)
	if err != nil {
		return err
	}
	const end = `update webhook_key set expires_at = $1 where subscription = $2 and (expires_at = 0 or expires_at > $1)`
	if err := tx.Exec(end, tx.Now.Add(overlap).UnixMicro(), subscription); err != nil {
		return fmt.Errorf("end former secrets: %w", err)
	}
	const q = `insert into webhook_key(id, subscription, secret, created_at, expires_at) values ($1, $2, $3, $4, 0)`
	if err := tx.Exec(q, key, subscription, sealed, tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("issue secret: %w", err)
	}
	return actor.Deed(tx, a, "webhook.secret", subscription, key)
}

// Keys are the secrets that sign now, the newest first.
func Keys(tx *sqldb.Tx, subscription string) ([]Key, []string, error) {
	const q = `select id, secret, created_at, expires_at from webhook_key where subscription = $1 and (expires_at = 0 or expires_at > $2) order by id desc`
	rows, err := tx.Query(q, subscription, tx.Now.UnixMicro())
	if err != nil {
		return nil, nil, fmt.Errorf("secrets of a subscription: %w", err)
	}
	defer rows.Close()
	var keys []Key
	var sealed []string
	for rows.Next() {
		var k Key
		var text string
		var created, expires int64
		if err := rows.Scan(&k.ID, &text, &created, &expires); err != nil {
			return nil, nil, err
		}
		k.Created, k.Expires = sqldb.FromMicros(created), moment(expires)
		keys, sealed = append(keys, k), append(sealed, text)
	}
	return keys, sealed, rows.Err()
}

// secrets are the newest two that sign now.
func (s *Service) secrets(tx *sqldb.Tx, subscription string) ([]string, error) {
	keys, sealed, err := Keys(tx, subscription)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, k := range keys[:min(len(keys), 2)] {
		plain, err := s.Vault.Open(sealed[i], "webhook_key/"+k.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, plain)
	}
	return out, nil
}

// moment reads a time that may be none.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return sqldb.FromMicros(micros)
}

func none(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "webhook.none", err)
	}
	return err
}
