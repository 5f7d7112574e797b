package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"gongzhi/internal/outbound"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Caller is the way out. *outbound.Client is one.
type Caller interface {
	Do(*http.Request) (outbound.Answer, error)
}

// Client calls the API of accounts. It is safe for many goroutines.
type Client struct {
	DB    *sqldb.DB
	Vault *vault.Vault
	Out   Caller
	Files Caller // for pictures, which are larger and slower; nil is Out

	mu sync.Mutex // one refresh of the token at a time
}

// call posts in as JSON and reads the answer into out. A token that has expired is
// replaced, once.
func (c *Client) call(ctx context.Context, a Account, path string, in, out any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // a menu would show the escapes
	if err := enc.Encode(in); err != nil {
		return err
	}
	return c.withToken(ctx, a, func(token string) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url(path)+"?access_token="+url.QueryEscape(token), bytes.NewReader(body.Bytes()))
		if err != nil {
			return outbound.ErrRefused
		}
		r.Header.Set("Content-Type", "application/json")
		return do(c.Out, r, out)
	})
}

func (a Account) url(path string) string {
	return strings.TrimSuffix(first(a.API, DefaultAPI), "/") + path
}

func (c *Client) withToken(ctx context.Context, a Account, f func(token string) error) error {
	token, err := c.token(ctx, a, "")
	if err != nil {
		return err
	}
	if err = f(token); !coded(err, spent) {
		return err
	}
	if token, err = c.token(ctx, a, token); err != nil {
		return err
	}
	return f(token)
}

// do sends a request whose answer is JSON.
func do(out Caller, r *http.Request, into any) error {
	answer, err := out.Do(r)
	if err != nil {
		return err
	}
	if err := refusal(answer); err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		return fmt.Errorf("wechat: the answer of %s cannot be read", r.URL.Path)
	}
	return nil
}

// refusal is the error that an answer tells of, or nil. WeChat answers 200 to both.
func refusal(answer outbound.Answer) error {
	var e struct {
		Code int    `json:"errcode"`
		Text string `json:"errmsg"`
	}
	if !answer.OK() {
		return fmt.Errorf("wechat: status %d", answer.Status)
	}
	if err := json.Unmarshal(answer.Body, &e); err == nil && e.Code != 0 {
		return &Error{e.Code, Cut(e.Text, 200)}
	}
	return nil
}

// Template is a notice in one of the account's own templates.
type Template struct {
	OpenID string
	ID     string            // of the template
	Fields map[string]string // thing1 and so on; too long values are cut
	URL    string            // where a touch leads, "" nowhere
	Once   string            // the same one within ten minutes is sent once; at most 32 characters
}

type fieldValue struct {
	Value string `json:"value"`
}

// SendTemplate sends a notice and returns WeChat's id of it, under which the event
// that tells of its delivery will come.
func (c *Client) SendTemplate(ctx context.Context, a Account, t Template) (string, error) {
	in := map[string]any{"touser": t.OpenID, "template_id": t.ID, "data": fields(t.Fields)}
	if t.URL != "" {
		in["url"] = t.URL
	}
	if t.Once != "" {
		in["client_msg_id"] = t.Once
	}
	var out struct {
		ID json.Number `json:"msgid"`
	}
	err := c.call(ctx, a, "/cgi-bin/message/template/send", in, &out)
	return out.ID.String(), err
}

// SendSubscribe sends a message to which the person has subscribed once. WeChat
// gives no id for it, so its delivery is not told.
func (c *Client) SendSubscribe(ctx context.Context, a Account, t Template) error {
	in := map[string]any{"touser": t.OpenID, "template_id": t.ID, "data": fields(t.Fields)}
	if t.URL != "" {
		in["page"] = t.URL
	}
	return c.call(ctx, a, "/cgi-bin/message/subscribe/bizsend", in, nil)
}

func fields(values map[string]string) map[string]fieldValue {
	out := map[string]fieldValue{}
	for name, v := range values {
		out[name] = fieldValue{fit(name, v)}
	}
	return out
}

// fieldSizes are how many characters WeChat takes in a field, by the letters its
// name begins with; a longer value makes it refuse the whole message (47003).
var fieldSizes = map[string]int{"thing": 20, "phrase": 5, "name": 20, "character_string": 32, "number": 32, "letter": 32, "symbol": 5,
	"amount": 20, "phone_number": 17, "car_number": 8, "const": 20, "short_thing": 5}

func fit(name, v string) string {
	v = strings.Join(strings.Fields(v), " ")
	n, ok := fieldSizes[strings.TrimRight(name, "0123456789")]
	runes := []rune(v)
	switch {
	case v == "":
		return "—" // an empty value is refused as well
	case !ok || len(runes) <= n:
		return v
	}
	return string(runes[:n-1]) + "…"
}

// MenuItem is one button of the menu: with Items it opens them, with a URL it leads
// there, otherwise a touch is the event CLICK with Key.
type MenuItem struct {
	Name  string     `json:"name"`
	Type  string     `json:"type,omitempty"`
	Key   string     `json:"key,omitempty"`
	URL   string     `json:"url,omitempty"`
	Items []MenuItem `json:"sub_button,omitempty"`
}

// SetMenu puts up the menu, for everybody within a day.
func (c *Client) SetMenu(ctx context.Context, a Account, menu []MenuItem) error {
	return c.call(ctx, a, "/cgi-bin/menu/create", map[string]any{"button": typed(menu)}, nil)
}

func typed(menu []MenuItem) []MenuItem {
	out := make([]MenuItem, len(menu))
	for i, m := range menu {
		switch {
		case len(m.Items) > 0:
			m.Items = typed(m.Items)
		case m.URL != "":
			m.Type = "view"
		default:
			m.Type = "click"
		}
		out[i] = m
	}
	return out
}

// MaxMedia bounds a picture; WeChat itself takes ten MiB.
const MaxMedia = 10 << 20

// Media downloads what a person sent. WeChat keeps it for three days.
func (c *Client) Media(ctx context.Context, a Account, id string) ([]byte, error) {
	out := c.Files
	if out == nil {
		out = c.Out
	}
	var body []byte
	err := c.withToken(ctx, a, func(token string) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url("/cgi-bin/media/get")+"?access_token="+url.QueryEscape(token)+"&media_id="+url.QueryEscape(id), nil)
		if err != nil {
			return outbound.ErrRefused
		}
		answer, err := out.Do(r)
		if err != nil {
			return err
		}
		body = answer.Body
		return refusal(answer)
	})
	return body, err
}
