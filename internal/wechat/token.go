package wechat

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gongzhi/internal/outbound"
	"gongzhi/internal/sqldb"
)

// The token of the API is one per account and kept in the database: two processes
// that each fetched their own would end each other's. Who finds it old takes a lease
// and fetches the next; the others wait for it.

const (
	lease   = 15 * time.Second       // longer than the call may take
	patient = 100 * time.Millisecond // between two looks of who waits
	early   = 5 * time.Minute        // WeChat lets the old token live on so long
)

func tokenRow(a Account) string { return "wechat_token/" + a.AppID }

// Check fetches a token when there is none and so tells whether AppID and secret are
// right and our address is on the whitelist.
func (c *Client) Check(ctx context.Context, a Account) error {
	return c.withToken(ctx, a, func(string) error { return nil })
}

// Forget drops the kept token, after another secret was set.
func Forget(tx *sqldb.Tx, appID string) error {
	return tx.Exec(`delete from wechat_token where app_id = $1`, appID)
}

// token is one that is valid and is not the stale one.
func (c *Client) token(ctx context.Context, a Account, stale string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		token, mine, err := c.claim(ctx, a, stale)
		switch {
		case err != nil || token != "":
			return token, err
		case mine:
			return c.refresh(ctx, a, stale)
		}
		wait := time.NewTimer(patient)
		select {
		case <-ctx.Done():
			wait.Stop()
			return "", ctx.Err()
		case <-wait.C:
		}
	}
}

// claim reads the kept token. Without a valid one it takes the lease, if nobody has it.
func (c *Client) claim(ctx context.Context, a Account, stale string) (token string, mine bool, err error) {
	err = c.DB.Update(ctx, func(tx *sqldb.Tx) error {
		token, mine = "", false
		if err := tx.Lock(tokenRow(a)); err != nil {
			return err
		}
		var sealed string
		var until, leased int64
		err := tx.QueryRow(`select token, expires_at, lease_until from wechat_token where app_id = $1`, a.AppID).Scan(&sealed, &until, &leased)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if sealed != "" && until > tx.Now.UnixMicro() {
			if token, err = c.Vault.Open(sealed, tokenRow(a)); err == nil && token != stale {
				return nil
			}
			token = "" // of another vault, or refused by WeChat
		}
		if leased > tx.Now.UnixMicro() {
			return nil
		}
		mine = true
		const q = `insert into wechat_token(app_id, token, expires_at, lease_until) values ($1, '', 0, $2)
			on conflict (app_id) do update set token = '', expires_at = 0, lease_until = excluded.lease_until`
		return tx.Exec(q, a.AppID, tx.Now.Add(lease).UnixMicro())
	})
	return token, mine, err
}

func (c *Client) refresh(ctx context.Context, a Account, stale string) (string, error) {
	token, life, err := c.fetch(ctx, a, false)
	if err == nil && token == stale {
		token, life, err = c.fetch(ctx, a, true) // WeChat refused it and gives it again: ask for another
	}
	if err != nil {
		token = ""
	}
	sealed, sealErr := c.Vault.Seal(token, tokenRow(a))
	keep := c.DB.Update(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error {
		const q = `update wechat_token set token = $1, expires_at = $2, lease_until = 0 where app_id = $3`
		return tx.Exec(q, sealed, tx.Now.Add(max(time.Minute, life-early)).UnixMicro(), a.AppID)
	})
	return token, errors.Join(err, sealErr, keep)
}

func (c *Client) fetch(ctx context.Context, a Account, force bool) (string, time.Duration, error) {
	body, err := json.Marshal(map[string]any{"grant_type": "client_credential", "appid": a.AppID, "secret": a.Secret, "force_refresh": force})
	if err != nil {
		return "", 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url("/cgi-bin/stable_token"), bytes.NewReader(body))
	if err != nil {
		return "", 0, outbound.ErrRefused
	}
	r.Header.Set("Content-Type", "application/json")
	var out struct {
		Token string `json:"access_token"`
		Life  int64  `json:"expires_in"`
	}
	if err := do(c.Out, r, &out); err != nil {
		return "", 0, err
	}
	if out.Token == "" || len(out.Token) > 2000 {
		return "", 0, fmt.Errorf("wechat: no token in the answer")
	}
	return out.Token, time.Duration(min(max(out.Life, 0), 7200)) * time.Second, nil
}

// TokenUntil is when the kept token ends, in stored form, 0 without one.
func TokenUntil(tx *sqldb.Tx, appID string) (int64, error) {
	var until int64
	err := tx.QueryRow(`select cast(coalesce(max(expires_at), 0) as bigint) from wechat_token where app_id = $1 and token <> ''`, appID).Scan(&until)
	return until, err
}
