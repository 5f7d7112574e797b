package app

import (
	"time"

	"gongzhi/internal/intake"
	"gongzhi/internal/intake/wechat"
	wx "gongzhi/internal/wechat"
)

// wechat builds the room of the city's WeChat account.
func (a *App) wechat(in *intake.Service) *wechat.Service {
	pictures := *a.Out
	pictures.Most, pictures.Timeout = wx.MaxMedia, 30*time.Second
	api := &wx.Client{DB: a.DB, Vault: a.Vault, Out: a.Out, Files: &pictures}
	if a.opt.WeChat != nil {
		api.Out, api.Files = a.opt.WeChat, nil
	}
	return &wechat.Service{DB: a.DB, Vault: a.Vault, Blobs: a.Blobs, Catalog: a.Catalog, Atlas: a.Atlas, Numbers: a.Numbers, Intake: in,
		Client: api, Base: a.base, BaseURL: a.Config.BaseURL}
}
