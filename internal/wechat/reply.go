package wechat

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Reply is the passive answer to a message. An empty one answers nothing.
type Reply struct {
	Text  string
	News  []Article // instead of the text
	Image string    // MediaID, instead of both
}

// Article is one entry of a picture-and-text reply. WeChat shows the first only, in
// answer to what a person sent.
type Article struct{ Title, About, Picture, URL string }

// MaxText is how long a text may be, in bytes; a longer one is not shown at all.
const MaxText = 2000

// Nothing is the answer that says "taken, there is nothing to show". Anything else
// that is no message makes WeChat tell the person that the service is broken.
const Nothing = "success"

// Empty reports a reply that says nothing.
func (r Reply) Empty() bool { return r.Text == "" && len(r.News) == 0 && r.Image == "" }

// To is the reply to a message as it is sent in the clear.
func (r Reply) To(m Message, now time.Time) []byte {
	if r.Empty() {
		return []byte(Nothing)
	}
	var b bytes.Buffer
	b.WriteString("<xml>")
	element(&b, "ToUserName", m.From)
	element(&b, "FromUserName", m.To)
	b.WriteString("<CreateTime>" + strconv.FormatInt(now.Unix(), 10) + "</CreateTime>")
	switch {
	case r.Image != "":
		element(&b, "MsgType", "image")
		b.WriteString("<Image>")
		element(&b, "MediaId", r.Image)
		b.WriteString("</Image>")
	case len(r.News) > 0:
		r.news(&b)
	default:
		element(&b, "MsgType", "text")
		element(&b, "Content", Cut(r.Text, MaxText))
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

func (r Reply) news(b *bytes.Buffer) {
	element(b, "MsgType", "news")
	b.WriteString("<ArticleCount>" + strconv.Itoa(len(r.News)) + "</ArticleCount><Articles>")
	for _, a := range r.News {
		b.WriteString("<item>")
		element(b, "Title", a.Title)
		element(b, "Description", a.About)
		element(b, "PicUrl", a.Picture)
		element(b, "Url", a.URL)
		b.WriteString("</item>")
	}
	b.WriteString("</Articles>")
}

// element writes a text that may hold anything, even the end of a CDATA section.
func element(b *bytes.Buffer, name, text string) {
	text = strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c == utf8.RuneError || c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, text)
	b.WriteString("<" + name + "><![CDATA[" + strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>") + "]]></" + name + ">")
}

// Cut shortens a text to most bytes, whole characters only.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = s[:most-len("…")]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
