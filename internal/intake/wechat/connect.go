package wechat

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	wx "gongzhi/internal/wechat"
)

// Connect sets the city's account. A secret that is left empty stays as it is.
type Connect struct {
	Account wx.Account
	Menu    []wx.MenuItem
	Active  bool
	Rev     int64 // what the editor saw, 0 none yet
}

var (
	appIDForm = regexp.MustCompile(`^wx[0-9a-f]{16}$`)
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)
)

// Connect keeps it, with the former one as a revision that holds no secret, and
// writes our words as texts of the city where it has none.
func (s *Service) Connect(ctx context.Context, a actor.Actor, c Connect) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock(accountRow); err != nil {
			return err
		}
		was, err := s.load(tx)
		if err != nil {
			return err
		}
		if was.Rev != c.Rev {
			return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
		}
		now := was
		now.Account, now.Menu, now.Active, now.Rev = c.keeping(was.Account), c.Menu, c.Active, was.Rev+1
		if err := check(now); err != nil {
			return err
		}
		return s.replace(tx, a, was, now)
	})
	s.mu.Lock()
	s.asked = time.Time{} // whoever asks looks anew
	s.mu.Unlock()
	return err
}

func (s *Service) replace(tx *sqldb.Tx, a actor.Actor, was, now Account) error {
	if err := s.save(tx, now); err != nil {
		return err
	}
	if was.AppID != now.AppID || was.Secret != now.Secret {
		if err := wx.Forget(tx, now.AppID); err != nil {
			return err
		}
	}
	if err := catalog.Revise(tx, a.HistoryID(), "wechat", "account", now.Rev, shown(was), shown(now)); err != nil {
		return err
	}
	if err := actor.Deed(tx, a, "setup.wechat", now.AppID, ""); err != nil {
		return err
	}
	return seed(tx, a.HistoryID())
}

// shown is an account for the revisions: of a secret only whether there is one.
func shown(a Account) Account {
	for _, s := range []*string{&a.Token, &a.AESKey, &a.Secret} {
		if *s != "" {
			*s = "***"
		}
	}
	return a
}

// keeping fills the secrets that were left empty.
func (c Connect) keeping(was wx.Account) wx.Account {
	a := c.Account
	if a.AppID != was.AppID {
		was = wx.Account{Token: was.Token, AESKey: was.AESKey} // the secret is the other account's
	}
	for _, x := range [][2]*string{{&a.Token, &was.Token}, {&a.AESKey, &was.AESKey}, {&a.Secret, &was.Secret}} {
		if *x[0] == "" {
			*x[0] = *x[1]
		}
	}
	return a
}

func check(a Account) error {
	var wrong fault.Fields
	if !appIDForm.MatchString(a.AppID) {
		wrong.Add("app_id", "wechat.app_id_wrong")
	}
	if !tokenForm.MatchString(a.Token) {
		wrong.Add("token", "wechat.token_wrong")
	}
	if a.AESKey == "" && a.Mode != wx.Plain || a.AESKey != "" && !wx.ValidKey(a.AESKey) {
		wrong.Add("aes_key", "wechat.aes_key_wrong")
	}
	if !slices.Contains(wx.Modes, a.Mode) {
		wrong.Add("mode", "wechat.mode_wrong")
	}
	if u, err := url.Parse(a.API); a.API != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "") {
		wrong.Add("api", "wechat.api_wrong")
	}
	return wrong.Err()
}

// PutMenu puts the menu up in WeChat.
func (s *Service) PutMenu(ctx context.Context, a actor.Actor) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	now, err := s.Account(ctx)
	if err != nil {
		return err
	}
	return s.spoken(ctx, s.Client.SetMenu(ctx, now.Account, now.Menu))
}

// Try asks WeChat for a token: whether AppID, secret and whitelist are right.
func (s *Service) Try(ctx context.Context, a actor.Actor) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	now, err := s.Account(ctx)
	if err != nil {
		return err
	}
	return s.spoken(ctx, s.Client.Check(ctx, now.Account))
}

// spoken notes what WeChat's API said and gives the sentence that helps.
func (s *Service) spoken(ctx context.Context, failed error) error {
	if err := s.noteTrouble(ctx, failed); err != nil || failed == nil {
		return err
	}
	key := "wechat.api_failed"
	switch wx.CodeOf(failed) {
	case wx.CodeSecret, 40001:
		key = "wechat.api_secret"
	case wx.CodeAppID:
		key = "wechat.api_app_id"
	case wx.CodeWhitelist:
		key = "wechat.api_whitelist"
	case wx.CodeRight:
		key = "wechat.api_right"
	case wx.CodeQuota:
		key = "wechat.api_quota"
	case 0:
		key = "wechat.api_away"
	}
	return fault.New(fault.Conflict, key, failed, strconv.Itoa(wx.CodeOf(failed)))
}
