package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message/mail"

	"gongzhi/internal/id"
)

// compose writes the message as it goes over the wire, and gives it an id when
// it has none.
func (s *Sender) compose(m *Out, e envelope) ([]byte, error) {
	if m.MessageID == "" {
		m.MessageID = strings.ToLower(id.New(s.Now())) + "@" + domain(e.from.Address)
	}
	h, err := s.header(m, e)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := mail.CreateInlineWriter(&b, h)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(part(w, "text/plain", crlf(m.Text)), part(w, "text/html", markup(m.Text, m.Lang)), w.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (s *Sender) header(m *Out, e envelope) (mail.Header, error) {
	var h mail.Header
	ids := slices.Concat([]string{m.MessageID, m.InReplyTo}, m.References)
	if slices.ContainsFunc(ids, func(x string) bool { return x != "" && !plainID(x) }) {
		return h, errors.New("a message id holds what no id may hold")
	}
	h.SetDate(s.Now())
	h.Set("From", address(e.from.Name, e.from.Address))
	h.Set("To", "<"+e.to+">")
	if m.ReplyTo != "" {
		back, err := Clean(m.ReplyTo)
		if err != nil {
			return h, err
		}
		h.Set("Reply-To", address(e.from.Name, back))
	}
	h.Set("Subject", encoded(m.Subject))
	h.SetMessageID(m.MessageID)
	if m.InReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{m.InReplyTo})
	}
	h.SetMsgIDList("References", m.References)
	if m.Auto {
		h.Set("Auto-Submitted", autoKind(m.InReplyTo))
		h.Set("X-Auto-Response-Suppress", "All") // what Exchange listens to
	}
	return h, nil
}

// autoKind says with RFC 3834 whether a program answers or begins.
func autoKind(inReplyTo string) string {
	if inReplyTo != "" {
		return "auto-replied"
	}
	return "auto-generated"
}

func address(name, addr string) string {
	if name = line(name); name == "" {
		return addr
	}
	return (&mail.Address{Name: name, Address: addr}).String()
}

// line is a text without line breaks and other controls.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// encoded is a text as a header holds it: one line, in encoded words of at most
// 75 characters unless it is plain ASCII that cannot be taken for one.
func encoded(s string) string {
	if s = line(s); ascii(s) && !strings.Contains(s, "=?") {
		return s
	}
	var words []string
	for len(s) > 0 {
		n := 0
		for i, r := range s {
			if i+utf8.RuneLen(r) > 42 {
				break
			}
			n = i + utf8.RuneLen(r)
		}
		words, s = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?="), s[n:]
	}
	return strings.Join(words, " ")
}

func plainID(s string) bool {
	return len(s) <= 250 && ascii(s) && !strings.ContainsAny(s, " <>") && strings.Count(s, "@") == 1
}

func part(w *mail.InlineWriter, kind, text string) error {
	var h mail.InlineHeader
	h.SetContentType(kind, map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "base64") // Chinese is shorter so, and no relay breaks its lines
	p, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p, text)
	return errors.Join(err, p.Close())
}

func crlf(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	return strings.ReplaceAll(strings.TrimRight(text, "\n")+"\n", "\n", "\r\n")
}

var link = regexp.MustCompile(`https?://[^\s<>"'，。；、）)]+`)

// markup is the text as plain HTML: the same words, links that can be touched,
// nothing that is loaded from elsewhere.
func markup(text, lang string) string {
	if lang == "" {
		lang = "zh"
	}
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html lang="` + html.EscapeString(lang) + `"><body style="font-size:16px;line-height:1.7">`)
	for _, p := range strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(linked(p), "\n", "<br>\r\n") + "</p>\r\n")
	}
	b.WriteString("</body></html>\r\n")
	return b.String()
}

func linked(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range link.FindAllStringIndex(text, -1) {
		u := html.EscapeString(text[m[0]:m[1]])
		b.WriteString(html.EscapeString(text[at:m[0]]) + `<a href="` + u + `">` + u + `</a>`)
		at = m[1]
	}
	return b.String() + html.EscapeString(text[at:])
}
