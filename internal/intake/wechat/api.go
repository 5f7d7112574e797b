package wechat

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	wx "gongzhi/internal/wechat"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	a.Chapter("wechat")
	api.Add(a, api.Op{ID: "wechat", Method: "GET", Path: setupPath, Policy: "setup.look", Pages: []string{"GET " + setupPath}}, s.apiAccount)
	api.Add(a, api.Op{ID: "wechat-connect", Method: "PUT", Path: setupPath, Policy: "setup.city", Pages: []string{"POST " + setupPath}}, s.apiConnect)
	api.Add(a, api.Op{ID: "wechat-try", Method: "POST", Path: setupPath + "/try", Policy: "setup.city", Pages: []string{"POST " + setupPath + "/try"}},
		func(ctx context.Context, _ *struct{}) (api.None, error) {
			return api.None{}, s.Try(ctx, actor.From(ctx))
		})
	api.Add(a, api.Op{ID: "wechat-menu", Method: "POST", Path: setupPath + "/menu", Policy: "setup.city", Pages: []string{"POST " + setupPath + "/menu"}},
		func(ctx context.Context, _ *struct{}) (api.None, error) {
			return api.None{}, s.PutMenu(ctx, actor.From(ctx))
		})
}

// accountItem is the city's account. Of its secrets it says only which are set.
type accountItem struct {
	Address string     `json:"address"` // to paste on WeChat's page
	AppID   string     `json:"app_id"`
	Mode    string     `json:"mode"`
	API     string     `json:"api" doc:"api.field_wechat_api"`
	Menu    string     `json:"menu"`
	Active  bool       `json:"active"`
	Rev     int64      `json:"rev"`
	Set     []string   `json:"secrets_set"`
	Checked *time.Time `json:"checked_at,omitempty"`
	Last    *time.Time `json:"last_at,omitempty"`
	People  int64      `json:"readers"`
	Trouble string     `json:"trouble"`
}

func (s *Service) apiAccount(ctx context.Context, _ *struct{}) (accountItem, error) {
	var p setupPage
	err := s.DB.View(ctx, func(tx *sqldb.Tx) error { return s.readSetup(tx, &p) })
	a := p.Account
	out := accountItem{s.address(api.Request(ctx)) + Path, a.AppID, string(a.Mode), a.API, menuText(a.Menu), a.Active, a.Rev, nil, show.Moment(a.Checked), show.Moment(p.Last), p.People, a.Trouble}
	for i, set := range p.Known {
		if set {
			out.Set = append(out.Set, secretNames[i])
		}
	}
	return out, err
}

type connectIn struct {
	Body struct {
		AppID  string `json:"app_id" minLength:"1" maxLength:"40"`
		Token  string `json:"token,omitempty" maxLength:"40"`
		AESKey string `json:"aes_key,omitempty" maxLength:"100"`
		Secret string `json:"app_secret,omitempty" maxLength:"100"`
		Mode   string `json:"mode,omitempty" enum:"plain,compatible,safe" default:"safe"`
		API    string `json:"api,omitempty" doc:"api.field_wechat_api" maxLength:"200"`
		Menu   string `json:"menu,omitempty" maxLength:"4000"`
		Active bool   `json:"active,omitempty"`
		Rev    int64  `json:"rev" minimum:"0"`
	}
}

func (s *Service) apiConnect(ctx context.Context, in *connectIn) (accountItem, error) {
	b := in.Body
	menu, err := parseMenu(b.Menu)
	if err == nil {
		err = s.Connect(ctx, actor.From(ctx), Connect{Account: wx.Account{AppID: b.AppID, Token: b.Token, AESKey: b.AESKey, Secret: b.Secret, Mode: wx.Mode(b.Mode), API: b.API},
			Menu: menu, Active: b.Active, Rev: b.Rev})
	}
	if err != nil {
		return accountItem{}, err
	}
	return s.apiAccount(ctx, nil)
}
