package wechat

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	wx "gongzhi/internal/wechat"
)

// Account is the city's account with what the office has set.
type Account struct {
	wx.Account
	Menu    []wx.MenuItem
	Active  bool
	Rev     int64
	Checked time.Time // when WeChat checked our address
	Trouble string    // what the API last refused, "" nothing
	Since   time.Time
}

const accountRow = "intake_wechat_account/"

// load reads the account. Without one it is an empty, inactive one.
func (s *Service) load(tx *sqldb.Tx) (Account, error) {
	var a Account
	var sealed [3]string
	var mode, menu string
	var checked, since int64
	const q = `select app_id, token, aes_key, secret, mode, api, menu, active, rev, checked_at, trouble, trouble_at from intake_wechat_account where id = 'main'`
	err := tx.QueryRow(q).Scan(&a.AppID, &sealed[0], &sealed[1], &sealed[2], &mode, &a.API, &menu, &a.Active, &a.Rev, &checked, &a.Trouble, &since)
	if errors.Is(err, sql.ErrNoRows) {
		return Account{Account: wx.Account{Mode: wx.Safe}}, nil
	}
	if err != nil {
		return a, fmt.Errorf("read the WeChat account: %w", err)
	}
	a.Mode, a.Checked, a.Since = wx.Mode(mode), sqldb.FromMicros(checked), sqldb.FromMicros(since)
	for i, dst := range []*string{&a.Token, &a.AESKey, &a.Secret} {
		if *dst, err = s.Vault.Open(sealed[i], accountRow+secretNames[i]); err != nil {
			return a, fmt.Errorf("open %s of the WeChat account: %w", secretNames[i], err)
		}
	}
	return a, json.Unmarshal([]byte(menu), &a.Menu)
}

// secretNames are the columns that are sealed.
var secretNames = [3]string{"token", "aes_key", "secret"}

func (s *Service) save(tx *sqldb.Tx, a Account) error {
	var sealed [3]string
	for i, plain := range []string{a.Token, a.AESKey, a.Secret} {
		var err error
		if sealed[i], err = s.Vault.Seal(plain, accountRow+secretNames[i]); err != nil {
			return err
		}
	}
	menu, err := json.Marshal(a.Menu)
	if err != nil {
		return err
	}
	const q = `insert into intake_wechat_account(id, app_id, token, aes_key, secret, mode, api, menu, active, rev, checked_at, trouble, trouble_at)
		values ('main', $1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', 0)
		on conflict (id) do update set app_id = excluded.app_id, token = excluded.token, aes_key = excluded.aes_key, secret = excluded.secret, mode = excluded.mode,
		api = excluded.api, menu = excluded.menu, active = excluded.active, rev = excluded.rev`
	return tx.Exec(q, a.AppID, sealed[0], sealed[1], sealed[2], string(a.Mode), a.API, string(menu), a.Active, a.Rev)
}

// Account is the one in force, or NotFound where the city has none or has switched it off.
func (s *Service) Account(ctx context.Context) (a Account, err error) {
	err = s.DB.Look(ctx, func(tx *sqldb.Tx) (err error) {
		a, err = s.load(tx)
		return err
	})
	if err == nil && (!a.Active || a.AppID == "") {
		err = fault.New(fault.NotFound, "wechat.off", nil)
	}
	return a, err
}

// noteTrouble keeps what the API answered last, for the page of settings: a wrong
// secret and a whitelist without our address are mended there and nowhere else.
func (s *Service) noteTrouble(ctx context.Context, failed error) error {
	words := ""
	if failed != nil {
		words = wx.Cut(strings.TrimPrefix(failed.Error(), "wechat: "), 300)
	}
	return s.DB.Update(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error {
		return tx.Exec(`update intake_wechat_account set trouble = $1, trouble_at = $2 where id = 'main' and trouble <> $1`, words, tx.Now.UnixMicro())
	})
}
