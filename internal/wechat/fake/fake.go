// Package fake is WeChat's side of the protocol, for tests and for the
// demonstration: phones that send messages signed and encrypted as the real
// servers do, and the API with its tokens, pictures, templates and menus.
package fake

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gongzhi/internal/wechat"
)

// Push is one call of the account's server, as it could be sent again.
type Push struct {
	Query url.Values
	Body  []byte
}

// Phone is one person's WeChat, opened at the account.
type Phone struct {
	Account wechat.Account
	OpenID  string
	Now     func() time.Time
	Deliver func(Push) (answer []byte, err error) // hands a push to the account's server

	mu sync.Mutex
	n  int64
}

// Field is one element of a message, in order. A Raw one is written as it is.
type Field struct {
	Name, Value string
	Raw         bool
}

// id is the next number of this phone.
func (p *Phone) id() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	return p.n
}

// Text sends words.
func (p *Phone) Text(words string) (Answer, error) {
	return p.Send(p.Message("text", Field{Name: "Content", Value: words}))
}

// Picture sends a picture that the API holds under id.
func (p *Phone) Picture(media string) (Answer, error) {
	return p.Send(p.Message("image", Field{Name: "PicUrl", Value: "http://mmbiz.qpic.cn/" + media}, Field{Name: "MediaId", Value: media}))
}

// Place sends a location, in WeChat's datum.
func (p *Phone) Place(lat, lng float64, label string) (Answer, error) {
	return p.Send(p.Message("location", Field{"Location_X", fmt.Sprintf("%.6f", lat), true}, Field{"Location_Y", fmt.Sprintf("%.6f", lng), true},
		Field{"Scale", "16", true}, Field{Name: "Label", Value: label}))
}

// Click touches a button of the menu.
func (p *Phone) Click(key string) (Answer, error) {
	return p.Send(p.Event("CLICK", Field{Name: "EventKey", Value: key}))
}

// Message is an ordinary message with a MsgId of its own.
func (p *Phone) Message(kind string, fields ...Field) []Field {
	n := p.id()
	sum := uint64(14695981039346656037)
	for _, c := range []byte(p.OpenID) {
		sum = (sum ^ uint64(c)) * 1099511628211
	}
	id := strconv.FormatUint(sum%900000000000+uint64(p.Now().UnixMilli()%100000000)*1000+uint64(n), 10)
	return append(append(p.head(kind), fields...), Field{"MsgId", id, true})
}

// Event is an event.
func (p *Phone) Event(name string, fields ...Field) []Field {
	return append(append(p.head("event"), Field{Name: "Event", Value: name}), fields...)
}

func (p *Phone) head(kind string) []Field {
	return []Field{{Name: "ToUserName", Value: "gh_7f083739789a"}, {Name: "FromUserName", Value: p.OpenID},
		{"CreateTime", strconv.FormatInt(p.Now().Unix(), 10), true}, {Name: "MsgType", Value: kind}}
}

// XML is a message in the clear.
func XML(fields []Field) []byte {
	var b bytes.Buffer
	b.WriteString("<xml>")
	for _, f := range fields {
		v := f.Value
		if !f.Raw {
			v = "<![CDATA[" + strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>") + "]]>"
		}
		b.WriteString("<" + f.Name + ">" + v + "</" + f.Name + ">")
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

// Sign makes the push of a message that stands in the clear.
func (p *Phone) Sign(plain []byte) (Push, error) {
	at, nonce := strconv.FormatInt(p.Now().Unix(), 10), fmt.Sprintf("%s%d", strings.ToLower(strings.Trim(p.OpenID, "-_")), 100000+p.id())
	q := url.Values{"timestamp": {at}, "nonce": {nonce}, "signature": {p.Account.Sign(at, nonce)}, "openid": {p.OpenID}}
	if p.Account.Mode == wechat.Plain {
		return Push{q, plain}, nil
	}
	sealed, err := p.Account.Encrypt(plain)
	if err != nil {
		return Push{}, err
	}
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", p.Account.Sign(at, nonce, sealed))
	body := "<Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>"
	if p.Account.Mode == wechat.Compatible {
		return Push{q, []byte(strings.TrimSuffix(string(plain), "</xml>") + body)}, nil
	}
	return Push{q, []byte("<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>" + body)}, nil
}

// Send signs and delivers a message and reads the answer.
func (p *Phone) Send(fields []Field) (Answer, error) {
	push, err := p.Sign(XML(fields))
	if err != nil {
		return Answer{}, err
	}
	return p.Again(push)
}

// Again delivers a push, perhaps for the second time, as WeChat does when an answer
// is late.
func (p *Phone) Again(push Push) (Answer, error) {
	raw, err := p.Deliver(push)
	if err != nil {
		return Answer{}, err
	}
	return p.read(raw)
}

// Answer is a passive reply as the phone shows it.
type Answer struct {
	Type    string
	Content string
	News    []wechat.Article
	From    string // as WeChat sees it: the account
	To      string
}

type answerXML struct {
	To      string `xml:"ToUserName"`
	From    string `xml:"FromUserName"`
	Type    string `xml:"MsgType"`
	Content string `xml:"Content"`
	News    []struct {
		Title   string `xml:"Title"`
		About   string `xml:"Description"`
		Picture string `xml:"PicUrl"`
		URL     string `xml:"Url"`
	} `xml:"Articles>item"`
	Encrypt   string `xml:"Encrypt"`
	Signature string `xml:"MsgSignature"`
	TimeStamp string `xml:"TimeStamp"`
	Nonce     string `xml:"Nonce"`
}

// read is what WeChat does with an answer: nothing for "success", an error for what
// is no message, and decryption where it has to be.
func (p *Phone) read(raw []byte) (Answer, error) {
	if s := string(raw); s == wechat.Nothing || s == "" {
		return Answer{}, nil
	}
	var x answerXML
	if err := xml.Unmarshal(raw, &x); err != nil {
		return Answer{}, fmt.Errorf("该公众号提供的服务出现故障: %w", err)
	}
	if x.Encrypt != "" {
		plain, err := p.Account.Decrypt(wechat.Call{Timestamp: x.TimeStamp, Nonce: x.Nonce, MsgSignature: x.Signature}, x.Encrypt)
		if err != nil {
			return Answer{}, fmt.Errorf("该公众号提供的服务出现故障: %w", err)
		}
		x = answerXML{}
		if err := xml.Unmarshal(plain, &x); err != nil {
			return Answer{}, err
		}
	}
	a := Answer{Type: x.Type, Content: x.Content, From: x.From, To: x.To}
	for _, n := range x.News {
		a.News = append(a.News, wechat.Article{Title: n.Title, About: n.About, Picture: n.Picture, URL: n.URL})
	}
	if !slices.Contains([]string{"text", "news", "image"}, a.Type) || a.To != p.OpenID {
		return a, fmt.Errorf("该公众号提供的服务出现故障: %q to %q", a.Type, a.To)
	}
	return a, nil
}
