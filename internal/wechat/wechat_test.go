package wechat_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/wechat"
	"gongzhi/internal/wechat/fake"
)

var (
	monday  = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	account = wechat.Account{AppID: "wx49f0ab532d5d035a", Token: "123456", AESKey: "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", Secret: "s3cret", Mode: wechat.Safe}
)

func clock() time.Time { return monday }

// phone captures what it would push.
func phone(a wechat.Account) *fake.Phone {
	return &fake.Phone{Account: a, OpenID: "oABC-1", Now: clock}
}

func raw(name, value string) fake.Field { return fake.Field{Name: name, Value: value, Raw: true} }

func push(t *testing.T, p *fake.Phone, plain []byte) (wechat.Call, []byte) {
	t.Helper()
	out, err := p.Sign(plain)
	if err != nil {
		t.Fatal(err)
	}
	return wechat.CallOf(out.Query), out.Body
}

// vectors are the protocol's published parameters.
type vectors struct {
	Token string `json:"token"`
	Key   string `json:"encoding_aes_key"`
	AppID string `json:"app_id"`
	URL   struct {
		Signature, Timestamp, Nonce string
		Echo                        string `json:"echo_str"`
	} `json:"url_check"`
	Encrypt struct {
		Random    string `json:"random_16"`
		Nonce     string `json:"nonce"`
		Timestamp string `json:"timestamp"`
		Signature string `json:"msg_signature"`
	} `json:"encrypt"`
}

func shared(t *testing.T) (v vectors) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "wechat", "vectors.json"))
	if errors.Is(err, os.ErrNotExist) && os.Getenv("GONGZHI_SHARED") != "required" {
		t.Skip("the city's shared data is not here")
	}
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPublishedVectorsAreReproduced(t *testing.T) {
	v := shared(t)
	a := wechat.Account{AppID: v.AppID, Token: v.Token, AESKey: v.Key}
	at := time.Unix(1411443780, 0)
	c := wechat.Call{MsgSignature: v.URL.Signature, Timestamp: v.URL.Timestamp, Nonce: v.URL.Nonce, Echo: v.URL.Echo}
	echo, err := a.Echo(c, at)
	if err != nil || echo != "5927782489442352469" {
		t.Errorf("echo = %q, %v; want 5927782489442352469", echo, err)
	}
	if _, err := a.Echo(c, at.Add(time.Hour)); !errors.Is(err, wechat.ErrStale) {
		t.Errorf("an hour later: %v, want ErrStale", err)
	}

	// The published reply, encrypted with the published random bytes, has the
	// published signature: text, length, AppID, padding and order are all in it.
	text := strings.Join([]string{"<xml>", "<MsgType><![CDATA[text]]></MsgType>", "<Content><![CDATA[test]]></Content>", "<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>",
		"<ToUserName><![CDATA[messense]]></ToUserName>", "<AgentID>1</AgentID>", "<CreateTime>1411525903</CreateTime>", "</xml>"}, "\n")
	sealed, err := a.EncryptWith([]byte(text), []byte(v.Encrypt.Random))
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Sign(v.Encrypt.Timestamp, v.Encrypt.Nonce, sealed); got != v.Encrypt.Signature {
		t.Errorf("signature of the published reply = %s, want %s", got, v.Encrypt.Signature)
	}
}

func TestTheAddressIsCheckedAsWeChatDoes(t *testing.T) {
	c := wechat.Call{Timestamp: fmt.Sprint(monday.Unix()), Nonce: "437374425", Echo: "4375120948345356249"}
	c.Signature = account.Sign(c.Timestamp, c.Nonce)
	if echo, err := account.Echo(c, monday); err != nil || echo != c.Echo {
		t.Errorf("echo = %q, %v; want %q", echo, err, c.Echo)
	}
	c.Signature = strings.Repeat("0", 40)
	if _, err := account.Echo(c, monday); !errors.Is(err, wechat.ErrSignature) {
		t.Errorf("wrong signature: %v", err)
	}
	if _, err := (wechat.Account{}).Echo(wechat.Call{Timestamp: c.Timestamp, Nonce: "1", Echo: "1", Signature: wechat.Account{}.Sign(c.Timestamp, "1")}, monday); !errors.Is(err, wechat.ErrSignature) {
		t.Errorf("an account without a token takes anything: %v", err)
	}
}

func TestMessagesOfAllModesAreRead(t *testing.T) {
	for _, mode := range wechat.Modes {
		a := account
		a.Mode = mode
		p := phone(a)
		for _, x := range []struct {
			fields []fake.Field
			want   func(m wechat.Message) bool
		}{
			{p.Message("text", fake.Field{Name: "Content", Value: "路灯不亮 ]]> & <b>"}), func(m wechat.Message) bool {
				return m.Type == "text" && m.Content == "路灯不亮 ]]> & <b>" && m.ID != ""
			}},
			{p.Message("image", fake.Field{Name: "MediaId", Value: "m1"}), func(m wechat.Message) bool { return m.Type == "image" && m.MediaID == "m1" }},
			{p.Message("voice", fake.Field{Name: "Recognition", Value: "路灯不亮。"}), func(m wechat.Message) bool { return m.Content == "路灯不亮。" }},
			{p.Message("location", raw("Location_X", "30.123456"), raw("Location_Y", "120.5"), fake.Field{Name: "Label", Value: "梧桐路"}),
				func(m wechat.Message) bool { return m.Lat == 30.123456 && m.Lng == 120.5 && m.Label == "梧桐路" }},
			{p.Event("LOCATION", raw("Latitude", "30.1"), raw("Longitude", "120.2")), func(m wechat.Message) bool { return m.Event == "LOCATION" && m.Lat == 30.1 && m.Lng == 120.2 }},
			{p.Event("CLICK", fake.Field{Name: "EventKey", Value: "REPORT"}), func(m wechat.Message) bool { return m.Event == "CLICK" && m.Key == "REPORT" && m.ID == "" }},
			{p.Event("TEMPLATESENDJOBFINISH", raw("MsgID", "200163836"), fake.Field{Name: "Status", Value: "failed:user block"}),
				func(m wechat.Message) bool { return m.Job == "200163836" && m.Status == "failed:user block" }},
		} {
			c, body := push(t, p, fake.XML(x.fields))
			m, err := a.Open(c, body, monday)
			if err != nil || m.From != "oABC-1" || m.Encrypted != (mode != wechat.Plain) || !x.want(m) {
				t.Errorf("%s: %s read as %+v, %v", mode, fake.XML(x.fields), m, err)
			}
		}
	}
}

func TestForgeriesAreRefused(t *testing.T) {
	p := phone(account)
	plain := fake.XML(p.Message("text", fake.Field{Name: "Content", Value: "一"}))
	c, body := push(t, p, plain)
	c2, body2 := push(t, p, fake.XML(p.Message("text", fake.Field{Name: "Content", Value: "二"})))
	other := account
	other.AppID = "wx0000000000000000"
	foreign, foreignBody := push(t, phone(other), plain)
	foreign.MsgSignature = account.Sign(foreign.Timestamp, foreign.Nonce, between(string(foreignBody)))
	open := account
	open.Mode = wechat.Plain
	bare, bareBody := push(t, phone(open), plain)
	flipped := bytes.Replace(body, []byte(between(string(body))[:8]), []byte("AAAAAAAA"), 1)
	resigned := c
	resigned.MsgSignature = account.Sign(c.Timestamp, c.Nonce, between(string(flipped)))
	for name, x := range map[string]struct {
		call wechat.Call
		body []byte
		at   time.Time
		want error
	}{
		"signature of another message": {wechat.Call{Timestamp: c.Timestamp, Nonce: c.Nonce, MsgSignature: c2.MsgSignature, Encrypted: true}, body, monday, wechat.ErrSignature},
		"body of another message":      {c, body2, monday, wechat.ErrSignature},
		"changed nonce":                {wechat.Call{Timestamp: c.Timestamp, Nonce: c.Nonce + "1", MsgSignature: c.MsgSignature, Encrypted: true}, body, monday, wechat.ErrSignature},
		"too old":                      {c, body, monday.Add(wechat.Window + time.Second), wechat.ErrStale},
		"from the future":              {c, body, monday.Add(-wechat.Window - time.Second), wechat.ErrStale},
		"no nonce":                     {wechat.Call{Timestamp: c.Timestamp, MsgSignature: c.MsgSignature, Encrypted: true}, body, monday, wechat.ErrSignature},
		"timestamp that is no number":  {wechat.Call{Timestamp: "x", Nonce: c.Nonce, MsgSignature: c.MsgSignature, Encrypted: true}, body, monday, wechat.ErrSignature},
		"another account's message":    {foreign, foreignBody, monday, wechat.ErrAppID},
		"plain message in safe mode":   {bare, bareBody, monday, wechat.ErrMode},
		"flipped bytes, signed anew":   {resigned, flipped, monday, wechat.ErrCrypt},
		"no encrypted part":            {c, plain, monday, wechat.ErrMode},
		"a longer body than any":       {c, bytes.Repeat([]byte("x"), wechat.MaxBody+1), monday, wechat.ErrMessage},
		"compatible body, other plain": {c, append([]byte("<xml><Content>三</Content>"), bytes.TrimPrefix(body, []byte("<xml>"))...), monday, nil},
	} {
		m, err := account.Open(x.call, x.body, x.at)
		if !errors.Is(err, x.want) || x.want == nil && (err != nil || m.Content != "一") {
			t.Errorf("%s: %q, %v; want %v", name, m.Content, err, x.want)
		}
	}
}

// between is the encrypted part of a body.
func between(body string) string {
	_, rest, _ := strings.Cut(body, "<Encrypt><![CDATA[")
	out, _, _ := strings.Cut(rest, "]]>")
	return out
}

func TestHostileXMLIsRefused(t *testing.T) {
	a := account
	a.Mode = wechat.Plain
	ts := fmt.Sprint(monday.Unix())
	c := wechat.Call{Timestamp: ts, Nonce: "1", Signature: a.Sign(ts, "1")}
	const head = `<ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><MsgId>1</MsgId>`
	for name, body := range map[string]string{
		"entity bomb":          `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml>` + head + `<Content>&b;</Content></xml>`,
		"external entity":      `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml>` + head + `<Content>&e;</Content></xml>`,
		"undeclared entity":    `<xml>` + head + `<Content>&nbsp;</Content></xml>`,
		"a field twice":        `<xml>` + head + `<FromUserName>o2</FromUserName></xml>`,
		"deep":                 `<xml>` + strings.Repeat("<a>", 50) + strings.Repeat("</a>", 50) + `</xml>`,
		"many":                 `<xml>` + strings.Repeat("<a><b></b></a>", 150) + head + `</xml>`,
		"not closed":           `<xml>` + head,
		"two roots":            `<xml>` + head + `</xml><xml>` + head + `</xml>`,
		"another root":         `<html>` + head + `</html>`,
		"no sender":            `<xml><CreateTime>1</CreateTime><MsgType>text</MsgType><MsgId>1</MsgId></xml>`,
		"no id":                `<xml><FromUserName>o1</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>`,
		"time that is no time": `<xml><FromUserName>o1</FromUserName><CreateTime>tomorrow</CreateTime><MsgType>text</MsgType><MsgId>1</MsgId></xml>`,
		"other charset":        `<?xml version="1.0" encoding="gbk"?><xml>` + head + `</xml>`,
		"broken UTF-8":         "<xml>" + head + "<Content>\xff\xfe</Content></xml>",
		"long value":           `<xml>` + head + `<Content>` + strings.Repeat("长", 8000) + `</Content></xml>`,
		"empty":                ``,
		"JSON":                 `{"a":1}`,
	} {
		if m, err := a.Open(c, []byte(body), monday); !errors.Is(err, wechat.ErrMessage) {
			t.Errorf("%s: read as %+v, %v", name, m, err)
		}
	}
}

func TestRepliesAreReadByTheOtherSide(t *testing.T) {
	for _, mode := range wechat.Modes {
		a := account
		a.Mode = mode
		for _, r := range []wechat.Reply{{Text: "收到了 ]]> <&> \x00"}, {Image: "m7"}, {News: []wechat.Article{{Title: "回执", About: "编号", URL: "https://x.example/r/1/2"}}}, {}} {
			p := phone(a)
			p.Deliver = func(in fake.Push) ([]byte, error) {
				m, err := a.Open(wechat.CallOf(in.Query), in.Body, monday)
				if err != nil {
					return nil, err
				}
				out := r.To(m, monday)
				if !m.Encrypted || r.Empty() {
					return out, nil
				}
				return a.Seal(out, monday)
			}
			got, err := p.Text("你好")
			if err != nil {
				t.Fatalf("%s: %v", mode, err)
			}
			switch {
			case r.Text != "" && got.Content != "收到了 ]]> <&> ", r.Image != "" && got.Type != "image", len(r.News) > 0 && (len(got.News) != 1 || got.News[0].URL != r.News[0].URL), r.Empty() && got.Type != "":
				t.Errorf("%s: %+v arrived as %+v", mode, r, got)
			}
		}
	}
}

func TestALongTextIsCutBetweenCharacters(t *testing.T) {
	got := wechat.Cut(strings.Repeat("长", 1000), wechat.MaxText)
	if len(got) > wechat.MaxText || !strings.HasSuffix(got, "长…") {
		t.Errorf("%d bytes, end %q", len(got), got[len(got)-6:])
	}
}

func FuzzOpen(f *testing.F) {
	p := phone(account)
	for _, x := range [][]fake.Field{p.Message("text", fake.Field{Name: "Content", Value: "路灯"}), p.Event("CLICK", fake.Field{Name: "EventKey", Value: "REPORT"})} {
		f.Add(string(fake.XML(x)), "1", uint8(0))
	}
	f.Add("<xml><Encrypt>AAAA</Encrypt></xml>", "2", uint8(1))
	f.Fuzz(func(t *testing.T, body, nonce string, kind uint8) {
		a := account
		a.Mode = wechat.Modes[int(kind)%3]
		ts := fmt.Sprint(monday.Unix())
		q := url.Values{"timestamp": {ts}, "nonce": {nonce}, "signature": {a.Sign(ts, nonce)}}
		if kind&4 != 0 {
			q.Set("encrypt_type", "aes")
			q.Set("msg_signature", a.Sign(ts, nonce, between(body)))
		}
		m, err := a.Open(wechat.CallOf(q), []byte(body), monday)
		if err == nil && (m.From == "" || m.Type == "" || m.Type != "event" && m.ID == "") {
			t.Errorf("took a message without sender, type or id: %+v", m)
		}
		if sealed, e := a.Encrypt([]byte(body)); e == nil {
			q := wechat.Call{Timestamp: ts, Nonce: "n", MsgSignature: a.Sign(ts, "n", sealed)}
			if got, e := a.Decrypt(q, sealed); e != nil || string(got) != body {
				t.Errorf("sealed %q and opened %q, %v", body, got, e)
			}
		}
	})
}
