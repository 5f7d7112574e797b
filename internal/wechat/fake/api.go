package fake

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"gongzhi/internal/outbound"
	"gongzhi/internal/wechat"
)

// API is WeChat's API of one account. The zero value with an account and a clock is
// ready; it answers as a server and, as a wechat.Caller, without one.
type API struct {
	Account wechat.Account
	Now     func() time.Time
	OnSent  func(Notice) // called after a template was taken

	mu      sync.Mutex
	token   string
	until   time.Time
	tokens  int
	media   map[string][]byte
	sent    []Notice
	menu    string
	refused map[string][]int // codes to answer a path with, the next first
	gone    map[string]bool
	calls   map[string]int
}

// Notice is a template message that was taken.
type Notice struct {
	ID       string
	OpenID   string
	Template string
	URL      string
	Once     string
	Fields   map[string]string
}

// Refuse answers the next calls of a path with these codes.
func (a *API) Refuse(path string, codes ...int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refused == nil {
		a.refused = map[string][]int{}
	}
	a.refused[path] = append(a.refused[path], codes...)
}

// Left makes a person one who does not follow the account (43004).
func (a *API) Left(openID string, left bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone == nil {
		a.gone = map[string]bool{}
	}
	a.gone[openID] = left
}

// Keep holds a picture as if a phone had sent it.
func (a *API) Keep(id string, picture []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.media == nil {
		a.media = map[string][]byte{}
	}
	a.media[id] = picture
}

// Expire ends the token, as when somebody else forces a new one.
func (a *API) Expire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token = ""
}

// Sent are the template messages so far.
func (a *API) Sent() []Notice {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Notice(nil), a.sent...)
}

// Menu is what was put up last, as JSON.
func (a *API) Menu() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.menu
}

// Tokens is how many tokens were made, and Calls how often a path was called.
func (a *API) Tokens() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tokens
}

// Calls is how often a path was called.
func (a *API) Calls(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[path]
}

// Do answers a call without a network.
func (a *API) Do(r *http.Request) (outbound.Answer, error) {
	w := &answer{header: http.Header{}, status: http.StatusOK}
	a.ServeHTTP(w, r)
	return outbound.Answer{Status: w.status, Header: w.header, Body: w.body.Bytes()}, nil
}

type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answer) Header() http.Header         { return w.header }
func (w *answer) WriteHeader(status int)      { w.status = status }
func (w *answer) Write(b []byte) (int, error) { return w.body.Write(b) }

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	notice, body := a.serve(r)
	if picture, ok := body.([]byte); ok {
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write(picture)
		return
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_ = json.NewEncoder(w).Encode(body)
	if notice != nil && a.OnSent != nil {
		a.OnSent(*notice)
	}
}

func refuse(code int, text string) map[string]any {
	return map[string]any{"errcode": code, "errmsg": text + " rid: 5f3c-1"}
}

func (a *API) serve(r *http.Request) (*Notice, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls == nil {
		a.calls = map[string]int{}
	}
	path := r.URL.Path
	a.calls[path]++
	if codes := a.refused[path]; len(codes) > 0 {
		a.refused[path] = codes[1:]
		return nil, refuse(codes[0], "refused")
	}
	if path == "/cgi-bin/stable_token" {
		return nil, a.giveToken(r)
	}
	switch token := r.URL.Query().Get("access_token"); {
	case token == "" || token != a.token:
		return nil, refuse(40001, "invalid credential, access_token is invalid or not latest")
	case !a.Now().Before(a.until):
		return nil, refuse(42001, "access_token expired")
	}
	switch path {
	case "/cgi-bin/media/get":
		if picture, ok := a.media[r.URL.Query().Get("media_id")]; ok {
			return nil, picture
		}
		return nil, refuse(40007, "invalid media_id")
	case "/cgi-bin/menu/create":
		var raw json.RawMessage
		if json.NewDecoder(r.Body).Decode(&raw) != nil {
			return nil, refuse(47001, "data format error")
		}
		a.menu = string(raw)
		return nil, refuse(0, "ok")
	case "/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/bizsend":
		return a.take(r)
	}
	return nil, refuse(404, "no such interface")
}

func (a *API) giveToken(r *http.Request) any {
	var in struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case err != nil || in.Grant != "client_credential":
		return refuse(40002, "invalid grant_type")
	case in.AppID != a.Account.AppID:
		return refuse(40013, "invalid appid")
	case in.Secret != a.Account.Secret:
		return refuse(40125, "invalid appsecret")
	}
	if a.token == "" || in.Force || !a.Now().Before(a.until) {
		a.tokens++
		a.token, a.until = "token-"+strconv.Itoa(a.tokens), a.Now().Add(2*time.Hour)
	}
	return map[string]any{"access_token": a.token, "expires_in": int(a.until.Sub(a.Now()).Seconds())}
}

func (a *API) take(r *http.Request) (*Notice, any) {
	var in struct {
		To       string `json:"touser"`
		Template string `json:"template_id"`
		URL      string `json:"url"`
		Page     string `json:"page"`
		Once     string `json:"client_msg_id"`
		Data     map[string]struct {
			Value string `json:"value"`
		} `json:"data"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case err != nil:
		return nil, refuse(47001, "data format error")
	case in.To == "":
		return nil, refuse(40003, "invalid openid")
	case in.Template == "":
		return nil, refuse(40037, "invalid template_id")
	case a.gone[in.To]:
		return nil, refuse(43004, "require subscribe")
	}
	n := Notice{ID: strconv.Itoa(200163836 + len(a.sent)), OpenID: in.To, Template: in.Template, URL: in.URL + in.Page, Once: in.Once, Fields: map[string]string{}}
	for name, f := range in.Data {
		if len([]rune(f.Value)) > 20 && strings.HasPrefix(name, "thing") || f.Value == "" {
			return nil, refuse(47003, "argument invalid! data."+name+".value invalid")
		}
		n.Fields[name] = f.Value
	}
	for _, was := range a.sent {
		if n.Once != "" && was.Once == n.Once && was.OpenID == n.OpenID {
			return nil, map[string]any{"errcode": 0, "errmsg": "ok", "msgid": json.Number(was.ID)}
		}
	}
	a.sent = append(a.sent, n)
	if r.URL.Path == "/cgi-bin/message/subscribe/bizsend" {
		return &n, refuse(0, "ok")
	}
	return &n, map[string]any{"errcode": 0, "errmsg": "ok", "msgid": json.Number(n.ID)}
}

// Finished is the event that tells what became of a notice.
func (p *Phone) Finished(n Notice, status string) (Answer, error) {
	return p.Send(p.Event("TEMPLATESENDJOBFINISH", Field{"MsgID", n.ID, true}, Field{Name: "Status", Value: status}))
}
