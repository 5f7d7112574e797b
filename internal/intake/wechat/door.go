package wechat

import (
	"io"
	"net/http"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
	wx "gongzhi/internal/wechat"
)

// Path is where WeChat's servers call us.
const Path = "/wechat"

// check answers the check of the address, when it is entered on WeChat's page.
func (s *Service) check(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Account(r.Context())
	if err != nil {
		return err
	}
	echo, err := a.Echo(wx.CallOf(r.URL.Query()), s.DB.Now())
	if err != nil {
		return s.refuse(err)
	}
	err = s.DB.Update(r.Context(), func(tx *sqldb.Tx) error {
		return tx.Exec(`update intake_wechat_account set checked_at = $1 where id = 'main'`, tx.Now.UnixMicro())
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, echo)
	return nil
}

// push takes a message.
func (s *Service) push(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fault.New(fault.Invalid, "web.malformed", err)
	}
	out, err := s.Push(r.Context(), wx.CallOf(r.URL.Query()), body, s.address(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	if string(out) == wx.Nothing {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	_, _ = w.Write(out)
	return nil
}

// address is where people reach our pages.
func (s *Service) address(r *http.Request) string {
	if s.BaseURL != "" {
		return s.BaseURL
	}
	return "http://" + r.Host
}

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: Path, Policy: "public", Do: s.check, API: true},
		{Method: "POST", Path: Path, Policy: "public", Do: s.push, API: true, Signed: true, Body: wx.MaxBody},

		{Method: "GET", Path: setupPath, Policy: "setup.look", Do: s.showSetup},
		{Method: "POST", Path: setupPath, Policy: "setup.city", Do: s.postSetup},
		{Method: "POST", Path: setupPath + "/try", Policy: "setup.city", Do: s.act("wechat.tried", func(r *http.Request, a actor.Actor) error { return s.Try(r.Context(), a) })},
		{Method: "POST", Path: setupPath + "/menu", Policy: "setup.city", Do: s.act("wechat.menu_put", func(r *http.Request, a actor.Actor) error { return s.PutMenu(r.Context(), a) })},
	}
}
