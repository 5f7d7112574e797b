package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/outbound"
)

// doc is what a gateway sent: its text, and what it says where it is JSON or a form.
type doc struct {
	raw  string
	tree any
}

// read understands JSON and forms; anything else is text for expressions.
func read(body []byte, media string) doc {
	d := doc{raw: string(body)}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&d.tree); err == nil && !strings.Contains(media, "form-urlencoded") {
		return d
	}
	d.tree = nil
	if form, err := url.ParseQuery(d.raw); err == nil && strings.Contains(media, "form-urlencoded") {
		fields := map[string]any{}
		for name := range form {
			fields[name] = form.Get(name)
		}
		d.tree = fields
	}
	return d
}

// Form is a document of form fields, for gateways that call with an address only.
func form(v url.Values) doc { return read([]byte(v.Encode()), "application/x-www-form-urlencoded") }

// expression is the one between slashes, nil for a path.
func expression(where string) *regexp.Regexp {
	if len(where) > 2 && where[0] == '/' && where[len(where)-1] == '/' {
		e, _ := regexp.Compile(where[1 : len(where)-1]) // checked when it was saved
		return e
	}
	return nil
}

// at is the text that stands somewhere, "" nothing.
func (d doc) at(where string) string {
	if where == "" {
		return ""
	}
	if e := expression(where); e != nil {
		m := e.FindStringSubmatch(d.raw)
		if len(m) == 0 {
			return ""
		}
		return strings.TrimSpace(m[len(m)-1])
	}
	switch x := walk(d.tree, where).(type) {
	case string:
		return strings.TrimSpace(x)
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

func walk(tree any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch x := tree.(type) {
		case map[string]any:
			tree = x[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			tree = x[i]
		case string: // JSON inside a JSON string, or inside a form field
			var inner any
			if json.Unmarshal([]byte(x), &inner) != nil {
				return nil
			}
			tree = walk(inner, name)
		default:
			return nil
		}
	}
	return tree
}

// items are the entries of a list somewhere; the whole when nothing says where.
func (d doc) items(where string) []doc {
	if e := expression(where); e != nil {
		var out []doc
		for _, m := range e.FindAllString(d.raw, -1) {
			out = append(out, doc{raw: m})
		}
		return out
	}
	tree := d.tree
	if where != "" {
		tree = walk(tree, where)
	}
	if text, ok := tree.(string); ok { // a list written as text in a form field
		var inner any
		if json.Unmarshal([]byte(text), &inner) == nil {
			tree = inner
		}
	}
	list, ok := tree.([]any)
	switch {
	case ok:
		out := make([]doc, len(list))
		for i, x := range list {
			raw, _ := json.Marshal(x)
			out[i] = doc{string(raw), x}
		}
		return out
	case where == "":
		return []doc{d}
	case tree != nil:
		return []doc{{d.raw, tree}}
	}
	return nil
}

// passes reports whether the test holds, and what stood there.
func (t Test) passes(d doc) (value string, ok bool) {
	if t.Where == "" {
		return "", true
	}
	value = d.at(t.Where)
	return value, value != "" && (t.Values == "" || among(t.Values, value))
}

func among(list, v string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == '，' || c == '、' }), func(x string) bool { return strings.EqualFold(strings.TrimSpace(x), v) })
}

// Delivery is one delivery report.
type Delivery struct {
	ID, Key   string
	Delivered bool
	Reason    string
}

// Text is one incoming message.
type Text struct{ ID, Phone, Words string }

// errNothing says that nothing in a call could be read by the description.
var errNothing = errors.New("sms: nothing that the description names stands in it")

// ReadReports reads delivery reports out of what a gateway sent. Those that say
// "not yet" are left out.
func (g *Gateway) ReadReports(body []byte, media string, query url.Values) ([]Delivery, error) {
	m, read := g.Report, 0
	var out []Delivery
	for _, d := range sent(body, media, query).items(m.List) {
		r := Delivery{ID: d.at(m.ID), Key: d.at(m.Key), Reason: d.at(m.Reason)}
		state := d.at(m.State)
		if r.ID == "" && r.Key == "" || state == "" {
			continue
		}
		read++
		if m.Wait != "" && among(m.Wait, state) {
			continue
		}
		if r.Delivered = among(m.Good, state); !r.Delivered {
			r.Reason = said(r.Reason, state)
		} else {
			r.Reason = ""
		}
		out = append(out, r)
	}
	if read == 0 {
		return nil, errNothing
	}
	return out, nil
}

// ReadReplies reads incoming messages out of what a gateway sent.
func (g *Gateway) ReadReplies(body []byte, media string, query url.Values) ([]Text, error) {
	m := g.Reply
	var out []Text
	for _, d := range sent(body, media, query).items(m.List) {
		t := Text{d.at(m.ID), d.at(m.Phone), d.at(m.Text)}
		if t.Phone != "" {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, errNothing
	}
	return out, nil
}

// sent is the body, or the query of a gateway that calls with GET.
func sent(body []byte, media string, query url.Values) doc {
	if len(bytes.TrimSpace(body)) == 0 {
		return form(query)
	}
	return read(body, media)
}

// AskReports fetches delivery reports from a gateway that is to be asked.
func (g *Gateway) AskReports(ctx context.Context, out *outbound.Client, s Secrets, now time.Time) ([]Delivery, error) {
	a, err := g.ask(ctx, out, g.Reports, s, now)
	if err != nil {
		return nil, err
	}
	list, err := g.ReadReports(a.Body, a.Header.Get("Content-Type"), nil)
	if errors.Is(err, errNothing) {
		return nil, nil // nothing new
	}
	return list, err
}

// AskReplies fetches incoming messages.
func (g *Gateway) AskReplies(ctx context.Context, out *outbound.Client, s Secrets, now time.Time) ([]Text, error) {
	a, err := g.ask(ctx, out, g.Replies, s, now)
	if err != nil {
		return nil, err
	}
	list, err := g.ReadReplies(a.Body, a.Header.Get("Content-Type"), nil)
	if errors.Is(err, errNothing) {
		return nil, nil
	}
	return list, err
}

func (g *Gateway) ask(ctx context.Context, out *outbound.Client, c Call, s Secrets, now time.Time) (outbound.Answer, error) {
	a, err := g.call(ctx, out, c, s, Message{}, now)
	if err == nil && !a.OK() {
		err = fmt.Errorf("sms: the gateway answers %d", a.Status)
	}
	return a, err
}
