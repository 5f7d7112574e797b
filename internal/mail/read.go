package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Limits bound the work on one message. Zero values stand for the defaults.
type Limits struct {
	Bytes  int64         // of the raw message; 25 MiB
	Header int           // bytes of one header; 256 KiB
	Fields int           // of one header; 1,000
	Parts  int           // 200
	Depth  int           // of parts within parts; 12
	Text   int           // bytes of text kept; 256 KiB
	Time   time.Duration // 10 s
}

func (l Limits) filled() Limits {
	set := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	if l.Bytes == 0 {
		l.Bytes = 25 << 20
	}
	if l.Time == 0 {
		l.Time = 10 * time.Second
	}
	set(&l.Header, 256<<10)
	set(&l.Fields, 1000)
	set(&l.Parts, 200)
	set(&l.Depth, 12)
	set(&l.Text, 256<<10)
	return l
}

// Why a message cannot be read. Reason gives it back.
const (
	TooLarge       = "too_large"
	TooManyHeaders = "too_many_headers"
	TooManyParts   = "too_many_parts"
	TooDeep        = "too_deep"
	TooSlow        = "too_slow"
)

type unreadable string

func (u unreadable) Error() string { return "mail: " + string(u) }

// Reason is the word for an error of Read, "" for another one.
func Reason(err error) string {
	var u unreadable
	_ = errors.As(err, &u)
	return string(u)
}

// Message is what could be understood of a message. Nothing in it is trusted:
// anybody may write anything into a mail.
type Message struct {
	From       Person // of the From field, else of Sender or Reply-To
	To         []string
	Subject    string
	MessageID  string // without brackets, "" none
	InReplyTo  []string
	References []string
	Text       string // the words, as plain text
	HTML       bool   // they were made of HTML
	Files      []File
	Bounce     *Bounce // a report that a mail of ours did not arrive
	Problems   []string
	head       header
}

// Person is a name and an address as somebody gave them.
type Person struct{ Name, Address string }

// File is what came with the text.
type File struct {
	Name   string // safe to show
	Kind   string // as the sender called it: image/png
	Bytes  []byte
	Inline bool // belongs into the text, as a signature's logo does
}

// Read understands a message as far as it can be understood. It gives up with a
// Reason when a limit is passed, never because something is badly written.
func Read(ctx context.Context, raw []byte, l Limits) (m *Message, err error) {
	l = l.filled()
	if int64(len(raw)) > l.Bytes {
		return nil, unreadable(TooLarge)
	}
	ctx, cancel := context.WithTimeout(ctx, l.Time)
	defer cancel()
	r := &reader{ctx: ctx, limits: l}
	head, body, err := r.split(bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\ufeff")), "\r\n"))
	if err != nil {
		return nil, err
	}
	m = &Message{head: head}
	m.address()
	found, err := r.part(head, body, 0)
	if err != nil {
		return nil, err
	}
	m.Text, m.HTML, m.Files, m.Problems = tidy(found.text), found.html, found.files, r.problems
	if m.Text == "" && r.nested != "" {
		m.Text = tidy(r.nested) // forwarded as a file and nothing said
	}
	m.Bounce = r.bounce
	m.bounced()
	return m, nil
}

// Header is a field's text as a person reads it, "" when it is not there.
func (m *Message) Header(name string) string { return words(m.head.get(name)) }

// address reads who writes to whom about what.
func (m *Message) address() {
	for _, name := range []string{"From", "Sender", "Reply-To"} {
		if m.From = person(m.head.get(name)); m.From.Address != "" {
			break
		}
	}
	for _, name := range []string{"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To"} {
		for _, v := range m.head.all(name) {
			m.To = append(m.To, addresses(v)...)
		}
	}
	m.Subject = line(safeText(words(m.head.get("Subject"))))
	m.MessageID = firstOf(ids(m.head.get("Message-Id")))
	m.InReplyTo, m.References = ids(m.head.get("In-Reply-To")), ids(m.head.get("References"))
}

// Hops is how many servers passed the message on.
func (m *Message) Hops() int { return len(m.head.all("Received")) }

// AutoKind says why no program may answer the message: "auto_reply" it is an
// answer of a program, "bulk" it went to many; "" a person wrote it.
func (m *Message) AutoKind() string {
	value := func(name string) string { return strings.ToLower(strings.TrimSpace(m.Header(name))) }
	if auto, _, _ := strings.Cut(value("Auto-Submitted"), ";"); auto != "" && strings.TrimSpace(auto) != "no" {
		return "auto_reply"
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply"} {
		if v := value(name); v != "" && v != "no" {
			return "auto_reply"
		}
	}
	switch value("Precedence") {
	case "auto_reply":
		return "auto_reply"
	case "bulk", "list", "junk":
		return "bulk"
	}
	for _, name := range []string{"List-Id", "List-Unsubscribe", "List-Post", "Feedback-Id"} {
		if value(name) != "" {
			return "bulk"
		}
	}
	return ""
}

type reader struct {
	ctx      context.Context
	limits   Limits
	parts    int
	problems []string
	nested   string // text of a message within the message
	bounce   *Bounce
}

func (r *reader) note(problem string) {
	if len(r.problems) < 20 {
		r.problems = append(r.problems, problem)
	}
}

// found is what a part and all within it hold.
type found struct {
	text  string
	html  bool
	files []File
}

// mostText is more than anybody reads; what comes after it stays in the raw message.
const mostText = 512 << 10

func (f *found) add(g found) {
	if g.text != "" && len(f.text) < mostText {
		if f.text != "" {
			f.text += "\n\n"
		}
		f.text += g.text
		f.html = f.html || g.html
	}
	f.files = append(f.files, g.files...)
}

// part reads one part with everything in it.
func (r *reader) part(h header, body []byte, depth int) (found, error) {
	if r.parts++; r.parts > r.limits.Parts {
		return found{}, unreadable(TooManyParts)
	}
	if depth > r.limits.Depth {
		return found{}, unreadable(TooDeep)
	}
	if r.ctx.Err() != nil {
		return found{}, unreadable(TooSlow)
	}
	kind, params := parameters(h.get("Content-Type"))
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		if boundary := r.boundary(params["boundary"], body); boundary != "" {
			return r.multipart(kind, boundary, body, depth)
		}
		r.note("boundary_missing")
		kind = "text/plain"
	case kind == "message/rfc822" || kind == "text/rfc822-headers" || kind == "message/rfc822-headers" || kind == "message/global":
		return r.message(h, r.decode(h, body), depth)
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		r.report(r.decode(h, body))
		return found{}, nil
	case kind == "" || !strings.Contains(kind, "/"):
		kind = "text/plain"
	}
	return r.leaf(h, kind, params["charset"], r.decode(h, body)), nil
}

// leaf is a part with nothing within: words, or a file.
func (r *reader) leaf(h header, kind, label string, body []byte) found {
	how, _ := parameters(h.get("Content-Disposition"))
	name := fileName(h)
	text := kind == "text/plain" || kind == "text/html"
	if how == "attachment" || !text || name != "" && how != "inline" {
		if len(bytes.TrimSpace(body)) == 0 && name == "" {
			return found{}
		}
		return found{files: []File{{Name: orName(name, kind, r.parts), Kind: kind, Bytes: body, Inline: how == "inline" || h.get("Content-Id") != ""}}}
	}
	if label == "" && kind == "text/html" {
		if m := metaCharset.FindSubmatch(body[:min(len(body), 2048)]); m != nil {
			label = string(m[1])
		}
	}
	words, guessed := decodeText(body[:min(len(body), r.limits.Text)], label)
	if guessed {
		r.note("charset_guessed")
	}
	if kind == "text/html" || looksHTML(words) {
		return found{text: htmlText(words), html: true}
	}
	return found{text: words}
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{1,200}charset\s*=\s*["']?([a-z0-9_-]{2,40})`)

// looksHTML finds HTML that calls itself plain.
func looksHTML(s string) bool {
	head := strings.ToLower(strings.TrimSpace(s[:min(len(s), 200)]))
	return strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<!doctype html")
}

func (r *reader) multipart(kind, boundary string, body []byte, depth int) (found, error) {
	children, err := r.pieces(boundary, body)
	if err != nil {
		return found{}, err
	}
	var all []found
	for i, raw := range children {
		h, inner, err := r.split(raw)
		if err != nil {
			return found{}, err
		}
		if kind == "multipart/digest" && h.get("Content-Type") == "" {
			h = append(h, field{"Content-Type", "message/rfc822"})
		}
		f, err := r.part(h, inner, depth+1)
		if err != nil {
			return found{}, fmt.Errorf("part %d: %w", i+1, err)
		}
		all = append(all, f)
	}
	if kind == "multipart/alternative" {
		return best(all), nil
	}
	var out found
	for _, f := range all {
		out.add(f)
	}
	return out, nil
}

// best chooses among ways to say the same: plain words if there are any, else
// what was made of HTML. Files of all are kept.
func best(all []found) (out found) {
	for _, f := range all {
		if blank(out.text) && !blank(f.text) || out.html && !f.html && !blank(f.text) {
			out.text, out.html = f.text, f.html
		}
		out.files = append(out.files, f.files...)
	}
	return out
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// message is a message within the message: a mail that came back, or one that
// was forwarded as a file.
func (r *reader) message(outer header, raw []byte, depth int) (found, error) {
	h, body, err := r.split(raw)
	if err != nil {
		return found{}, err
	}
	if r.bounce != nil {
		r.bounce.of(h)
	}
	f, err := r.part(h, body, depth+1)
	if err != nil {
		return found{}, err
	}
	if r.nested == "" {
		r.nested = strings.TrimSpace(line(words(h.get("Subject"))) + "\n" + f.text)
	}
	name := fileName(outer)
	if name == "" {
		name = safeName(line(words(h.get("Subject"))))
	}
	return found{files: append([]File{{Name: orName(name, "message/rfc822", r.parts), Kind: "message/rfc822", Bytes: raw}}, f.files...)}, nil
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// Identify reads of a message only what tells it from others: its id, "" none,
// and what it says without the header, which differs by the way it came.
func Identify(raw []byte) (id string, body []byte) {
	r := &reader{limits: Limits{}.filled()}
	h, body, err := r.split(bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\ufeff")), "\r\n"))
	if err != nil {
		return "", raw
	}
	return firstOf(ids(h.get("Message-Id"))), bytes.TrimSpace(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
}
