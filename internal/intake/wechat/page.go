package wechat

import (
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
	wx "gongzhi/internal/wechat"
)

// setupPage is the page on which the office connects its account.
type setupPage struct {
	page.Base
	Can      bool
	Address  string // to paste on WeChat's page
	Account  Account
	Known    [3]bool // whether token, AES key and secret are set
	Typed    map[string]string
	Problems page.Problems
	Changed  bool // somebody else saved meanwhile

	Last     time.Time // of the latest message, zero none
	People   int64     // who follow and have written
	Refused  refusal
	Notices  []catalog.Text // words of template messages
	Tokened  bool           // a token of the API is kept
	TokenEnd time.Time
}

const setupPath = "/setup/wechat"

func (s *Service) showSetup(w http.ResponseWriter, r *http.Request) error {
	return s.drawSetup(w, r, http.StatusOK, nil, nil)
}

func (s *Service) drawSetup(w http.ResponseWriter, r *http.Request, status int, typed map[string]string, failed error) error {
	p := setupPage{Base: s.Base(w, r, "wechat.setup"), Can: actor.Allowed(actor.From(r.Context()), "setup.city"), Address: s.address(r) + Path, Typed: typed}
	if fault.KindOf(failed) == fault.Conflict && typed != nil {
		p.Changed = true
	} else if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	s.mu.Lock()
	p.Refused = s.refused
	s.mu.Unlock()
	if err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.readSetup(tx, &p) }); err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, setupView(p))
}

func (s *Service) readSetup(tx *sqldb.Tx, p *setupPage) (err error) {
	if p.Account, err = s.load(tx); err != nil {
		return err
	}
	a := &p.Account
	p.Known = [3]bool{a.Token != "", a.AESKey != "", a.Secret != ""}
	a.AESKey, a.Secret = "", "" // never on a page again
	if a.Rev == 0 {
		a.Menu, a.Active = DefaultMenu, true
	}
	var last, end int64
	if err := tx.QueryRow(`select cast(coalesce(max(at), 0) as bigint) from intake_wechat_message`).Scan(&last); err != nil {
		return err
	}
	if err := tx.QueryRow(`select cast(count(*) as bigint) from intake_wechat_user where following`).Scan(&p.People); err != nil {
		return err
	}
	if last == 0 { // answers are forgotten after an hour, who wrote is not
		if err := tx.QueryRow(`select cast(coalesce(max(changed_at), 0) as bigint) from intake_wechat_user`).Scan(&last); err != nil {
			return err
		}
	}
	if end, err = wx.TokenUntil(tx, a.AppID); err != nil {
		return err
	}
	p.Last, p.TokenEnd = sqldb.FromMicros(last), sqldb.FromMicros(end)
	p.Tokened = p.TokenEnd.After(tx.Now)
	texts, err := catalog.Texts(tx, "notice")
	for _, t := range texts {
		if len(t.Code) > len(noticeSuffix) && t.Code[len(t.Code)-len(noticeSuffix):] == noticeSuffix {
			p.Notices = append(p.Notices, t)
		}
	}
	return err
}

// noticeSuffix ends the codes of notices in the form of a WeChat template.
const noticeSuffix = ".wechat"

// Value is what stands in a field: what was typed, or what is in force.
func (p setupPage) Value(name string) string {
	if p.Typed != nil {
		return p.Typed[name]
	}
	a := p.Account
	switch name {
	case "app_id":
		return a.AppID
	case "token":
		return a.Token
	case "mode":
		return string(a.Mode)
	case "api":
		return a.API
	case "menu":
		return menuText(a.Menu)
	case "active":
		if a.Active {
			return "1"
		}
	}
	return ""
}

func (p setupPage) modes() []page.Option {
	var out []page.Option
	for _, m := range wx.Modes {
		out = append(out, page.Option{Value: string(m), Label: p.T("wechat.mode_" + string(m))})
	}
	return out
}

func (s *Service) postSetup(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	typed := map[string]string{"rev": v.String("rev")}
	for _, name := range []string{"app_id", "token", "mode", "api"} {
		typed[name] = v.String(name, 200)
	}
	typed["menu"], typed["active"] = v.Text("menu", 4000), v.String("active")
	c := Connect{Account: wx.Account{AppID: typed["app_id"], Token: typed["token"], Mode: wx.Mode(typed["mode"]), API: typed["api"],
		AESKey: v.String("aes_key", 100), Secret: v.String("secret", 100)}, Active: v.Bool("active"), Rev: int64(v.Int("rev"))}
	if err = v.Err(); err == nil {
		c.Menu, err = parseMenu(typed["menu"])
	}
	if err == nil {
		err = s.Connect(r.Context(), actor.From(r.Context()), c)
	}
	switch fault.KindOf(err) {
	case "":
		page.SetFlash(w, r, "good", "wechat.saved")
		return web.See(w, r, setupPath)
	case fault.Invalid, fault.Conflict:
		return s.drawSetup(w, r, web.Status(err), typed, err)
	}
	return err
}

// act does something with WeChat's API and says what came of it.
func (s *Service) act(done string, do func(r *http.Request, a actor.Actor) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(r, actor.From(r.Context()))
		switch fault.KindOf(err) {
		case "":
			page.SetFlash(w, r, "good", done)
			return web.See(w, r, setupPath)
		case fault.Conflict, fault.NotFound:
			return s.drawSetup(w, r, web.Status(err), nil, err)
		}
		return err
	}
}
