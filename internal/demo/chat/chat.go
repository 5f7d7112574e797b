// Package chat is WeChat in the demonstration: a page on which one writes to the
// city's account as a resident would on a telephone. What is typed is signed and
// encrypted as WeChat's servers do and goes through the very same door; notices that
// the city sends appear as they would in the chat.
package chat

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake/wechat"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
	wx "gongzhi/internal/wechat"
	"gongzhi/internal/wechat/fake"
)

// account is that of the demonstration, known to everybody who reads this.
var account = wx.Account{AppID: "wxde30de30de30de30", Token: "yunzedemo", AESKey: "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", Secret: "yunze-demo", Mode: wx.Safe}

// WeChat is WeChat's side: its API, and the telephones that are open on the page.
type WeChat struct {
	API *fake.API
	Now func() time.Time

	mu    sync.Mutex
	app   *app.App
	chats map[string]*chat // by OpenID
}

// chat is one telephone with what stands on its screen.
type chat struct {
	*fake.Phone
	Lines []line
	pic   map[string][]byte
	used  time.Time
}

// line is one thing on the screen.
type line struct {
	Me     bool
	Text   string
	Photo  string // id of a picture that was sent
	Notice *fake.Notice
	Fields [][2]string // of the notice, in order
	At     time.Time
}

// Limits of what is kept: it is all in memory.
const (
	mostChats = 200
	mostLines = 120
)

// New makes a WeChat with the clock now.
func New(now func() time.Time) *WeChat {
	w := &WeChat{Now: now, chats: map[string]*chat{}}
	w.API = &fake.API{Account: account, Now: now, OnSent: w.sent}
	return w
}

// Connect connects the city's account, when it has none, with templates for what the
// office tells most often.
func Connect(ctx context.Context, a *app.App) error {
	now, err := a.WeChat.Account(ctx)
	if now.Rev > 0 || fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err := a.WeChat.Connect(ctx, actor.System, wechat.Connect{Account: account, Menu: wechat.DefaultMenu, Active: true}); err != nil {
		return err
	}
	return a.DB.Update(ctx, templates)
}

// templates are notices in the form of WeChat's templates.
func templates(tx *sqldb.Tx) error {
	for _, t := range []catalog.Text{
		{Code: "received.wechat", Title: "Yz1-received", Body: "thing1={事项}\ncharacter_string2={编号}\ntime3={截止日期}"},
		{Code: "dispatched.wechat", Title: "Yz2-dispatched", Body: "thing1={事项}\ncharacter_string2={编号}\nthing4={承办单位}\ntime3={截止日期}"},
		{Code: "answered.wechat", Title: "Yz3-answered", Body: "thing1={事项}\ncharacter_string2={编号}\nthing4={承办单位}\nthing5={答复}"},
		{Code: "ask.wechat", Title: "Yz4-ask", Body: "thing1={事项}\ncharacter_string2={编号}\nthing5={补充内容}"},
		{Code: "extended.wechat", Title: "Yz5-extended", Body: "thing1={事项}\ncharacter_string2={编号}\ntime3={新截止日期}"},
	} {
		t.Kind, t.Active = "notice", true
		if err := catalog.SaveText(tx, actor.SystemID, t); err != nil {
			return err
		}
	}
	return nil
}

// Routes are the demonstration's further ways in.
func (w *WeChat) Routes(a *app.App) []web.Route {
	w.mu.Lock()
	w.app = a
	w.mu.Unlock()
	return []web.Route{
		{Method: "GET", Path: Path, Policy: "public", Do: w.show},
		{Method: "POST", Path: Path, Policy: "public", Do: w.post, Body: 12 << 20},
		{Method: "GET", Path: Path + "/photo/{id}", Policy: "public", Do: w.photo},
	}
}

// of is the visitor's telephone; a new visitor gets one.
func (w *WeChat) of(out http.ResponseWriter, r *http.Request) *chat {
	id := ""
	if c, err := r.Cookie(cookie); err == nil && len(c.Value) == 26 && strings.Trim(c.Value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == "" {
		id = c.Value
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if id == "" {
		id = rand.Text()
		http.SetCookie(out, &http.Cookie{Name: cookie, Value: id, Path: Path, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 7 * 24 * 3600})
	}
	openID := "oYunze-" + id
	c := w.chats[openID]
	if c == nil {
		if len(w.chats) >= mostChats {
			w.forget()
		}
		c = &chat{Phone: &fake.Phone{Account: account, OpenID: openID, Now: w.Now}, pic: map[string][]byte{}}
		w.chats[openID] = c
	}
	c.used = w.Now()
	return c
}

// forget drops the telephone that was not used for longest.
func (w *WeChat) forget() {
	oldest := ""
	for id, c := range w.chats {
		if oldest == "" || c.used.Before(w.chats[oldest].used) {
			oldest = id
		}
	}
	delete(w.chats, oldest)
}

func (w *WeChat) add(c *chat, l line) {
	l.At = w.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Lines = append(c.Lines, l)
	if len(c.Lines) > mostLines {
		c.Lines = c.Lines[len(c.Lines)-mostLines:]
	}
}

// sent shows a notice on the telephone it is for, and tells the city that it arrived.
func (w *WeChat) sent(n fake.Notice) {
	w.mu.Lock()
	c, a := w.chats[n.OpenID], w.app
	w.mu.Unlock()
	if c == nil || a == nil {
		return
	}
	w.add(c, line{Notice: &n, Fields: fields(n)})
	c.deliver(context.Background(), a, "")
	_, _ = c.Finished(n, "success") // a demonstration that cannot be told goes on
}

// deliver lets the telephone's pushes go through the city's own door.
func (c *chat) deliver(ctx context.Context, a *app.App, at string) {
	c.Deliver = func(p fake.Push) ([]byte, error) { return a.WeChat.Push(ctx, wx.CallOf(p.Query), p.Body, at) }
}
