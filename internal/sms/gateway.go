// Package sms sends short messages by any HTTP gateway that a description fits:
// address, headers, body, signature, what success looks like, and how delivery
// reports and incoming messages are to be read. A description is data, so that a
// city connects what it has without a programmer.
package sms

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/outbound"
)

// Gateway is the description of one gateway, without its secrets.
type Gateway struct {
	Charset string // of forms: utf-8 or gbk
	Send    Call
	Sign    Sign
	Good    Test   // an answer that means: taken
	Refused string // values of Good.Where after which trying again is useless, separated by commas
	ID      string // where the gateway's id of the message stands in the answer
	Reason  string // where its own words stand

	Report  ReportMap
	Reply   ReplyMap
	Reports Call   // asks for delivery reports; without an address the gateway calls us
	Replies Call   // asks for incoming messages
	Answer  string // what a gateway that calls us wants to hear, "" ok
}

// Call is one request to the gateway.
type Call struct {
	Method  string // POST or GET
	URL     string
	Format  string // form, json or text
	Headers string // lines "Name: value"
	Body    string // of a form lines "name=value", else the text itself
}

// Test is what must stand somewhere in an answer. Without a place the status alone
// decides.
type Test struct {
	Where  string // a path such as data.0.code, or an expression between slashes
	Values string // separated by commas; empty means that anything stands there
}

// ReportMap says where a delivery report has what.
type ReportMap struct {
	List   string // "" the whole is one, or a list
	ID     string
	Key    string // our own id of the message, where the gateway gives it back
	State  string
	Good   string // values of State that mean delivered
	Wait   string // values that mean not yet
	Reason string
}

// ReplyMap says where an incoming message has what.
type ReplyMap struct {
	List  string
	ID    string
	Phone string
	Text  string
}

// Secrets are what a description refers to by name.
type Secrets struct {
	Account string
	Secret  string
	Second  string
	Sender  string // number or signature it is sent under
}

// Message is one to send.
type Message struct {
	Key   string // the same at each try
	Phone string
	Text  string
}

// Places are the names that may stand in braces in a description.
var Places = []string{"手机号", "内容", "消息号", "账号", "密钥", "密钥二", "密钥MD5", "基本认证", "发送号", "秒", "毫秒", "时间", "随机", "参数串", "签名"}

// Refused says that the gateway does not take the message, and never will.
type Refused struct{ Text string }

func (r *Refused) Error() string { return "sms: refused: " + r.Text }

// Failed says that it may work later. Unknown is set when the gateway may have
// taken it all the same.
type Failed struct {
	Kind string // timeout, down, busy, answer
	Text string
	Err  error
}

func (f *Failed) Error() string { return "sms: " + f.Kind + ": " + f.Text }

func (f *Failed) Unwrap() error { return f.Err }

// Deliver hands a message over. It returns the gateway's id of it, or *Refused or
// *Failed, whose words hold no telephone number.
func (g *Gateway) Deliver(ctx context.Context, out *outbound.Client, s Secrets, m Message, now time.Time) (string, error) {
	a, err := g.call(ctx, out, g.Send, s, m, now)
	if err != nil {
		return "", scrub(err, m.Phone)
	}
	d := read(a.Body, a.Header.Get("Content-Type"))
	code, good := g.Good.passes(d)
	switch {
	case !a.OK() && !g.judged(a, code):
		return "", scrub(statusError(a), m.Phone)
	case good && a.OK():
		return d.at(g.ID), nil
	case code != "" && among(g.Refused, code):
		return "", scrub(&Refused{said(d.at(g.Reason), code)}, m.Phone)
	}
	return "", scrub(&Failed{Kind: "answer", Text: said(d.at(g.Reason), code)}, m.Phone)
}

// judged reports whether an answer with a bad status still says what it means.
func (g *Gateway) judged(a outbound.Answer, code string) bool {
	return a.Status < 500 && code != "" && among(g.Refused, code)
}

func statusError(a outbound.Answer) error {
	text := "HTTP " + strconv.Itoa(a.Status)
	switch a.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return &Refused{text}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &Failed{Kind: "busy", Text: text}
	}
	return &Failed{Kind: "answer", Text: text}
}

func said(words, code string) string {
	if words == "" || words == code {
		return code
	}
	return strings.TrimSpace(code + " " + words)
}

// scrub takes the number out of the gateway's words and shortens them.
func scrub(err error, phone string) error {
	clean := func(s string) string {
		if phone != "" {
			s = strings.ReplaceAll(s, phone, "****")
		}
		r := []rune(strings.Join(strings.Fields(s), " "))
		return string(r[:min(len(r), 100)])
	}
	var r *Refused
	var f *Failed
	switch {
	case errors.As(err, &r):
		r.Text = clean(r.Text)
	case errors.As(err, &f):
		f.Text = clean(f.Text)
	}
	return err
}

// call makes one request of the description.
func (g *Gateway) call(ctx context.Context, out *outbound.Client, c Call, s Secrets, m Message, now time.Time) (outbound.Answer, error) {
	r, err := g.request(ctx, c, values(s, m, now))
	if err != nil {
		return outbound.Answer{}, &Failed{Kind: "answer", Text: err.Error()}
	}
	a, err := out.Do(r)
	switch {
	case err == nil:
		return a, nil
	case errors.Is(err, outbound.ErrRefused):
		return a, &Failed{Kind: "down", Text: "address not allowed", Err: err}
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		return a, &Failed{Kind: "timeout", Err: err}
	}
	return a, &Failed{Kind: "down", Err: err}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// values are what the places stand for, the signature aside.
func values(s Secrets, m Message, now time.Time) map[string]string {
	beijing := now.In(time.FixedZone("", 8*3600))
	return map[string]string{"手机号": m.Phone, "内容": m.Text, "消息号": m.Key, "账号": s.Account, "密钥": s.Secret, "密钥二": s.Second, "发送号": s.Sender,
		"密钥MD5": digest("md5", "hex", "", s.Secret), "基本认证": base64.StdEncoding.EncodeToString([]byte(s.Account + ":" + s.Secret)),
		"秒": strconv.FormatInt(now.Unix(), 10), "毫秒": strconv.FormatInt(now.UnixMilli(), 10), "时间": beijing.Format("20060102150405"), "随机": rand.Text()[:16]}
}

// Try shows what would be sent, with the secrets hidden: for the page on which a
// description is written.
func (g *Gateway) Try(ctx context.Context, m Message, now time.Time) (string, error) {
	v := values(Secrets{Account: "账号", Secret: "******", Second: "******", Sender: "发送号"}, m, now)
	r, err := g.request(ctx, g.Send, v)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL)
	for name, list := range r.Header {
		for _, x := range list {
			fmt.Fprintf(&b, "%s: %s\n", name, x)
		}
	}
	if r.Body != nil {
		raw := make([]byte, 4096)
		n, _ := r.Body.Read(raw) // a buffer of ours
		b.WriteString("\n")
		b.Write(raw[:n])
	}
	return b.String(), nil
}
