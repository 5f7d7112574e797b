package sms

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Sign is how a request is signed.
type Sign struct {
	How  string // md5, sha1, sha256, hmac-md5, hmac-sha1, hmac-sha256; "" not at all
	Code string // hex, HEX or base64
	Of   string // text with places; {参数串} is all form fields, sorted, but the signature
}

// Hows and Codes are the recipes that exist.
var (
	Hows  = []string{"md5", "sha1", "sha256", "hmac-md5", "hmac-sha1", "hmac-sha256"}
	Codes = []string{"hex", "HEX", "base64"}
)

// digest is a recipe at work; the key is used by those that begin with hmac.
func digest(how, code, key, text string) string {
	make, keyed := map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New}[strings.TrimPrefix(how, "hmac-")], strings.HasPrefix(how, "hmac-")
	if make == nil {
		return ""
	}
	h := make()
	if keyed {
		h = hmac.New(make, []byte(key))
	}
	h.Write([]byte(text))
	switch sum := h.Sum(nil); code {
	case "HEX":
		return strings.ToUpper(hex.EncodeToString(sum))
	case "base64":
		return base64.StdEncoding.EncodeToString(sum)
	default:
		return hex.EncodeToString(sum)
	}
}

// fill puts values into the places of a text in one pass, each escaped.
func fill(text string, v map[string]string, escape func(string) string) string {
	pairs := make([]string, 0, 2*len(v))
	for k, x := range v {
		pairs = append(pairs, "{"+k+"}", escape(x))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func plain(s string) string { return s }

// inJSON is a value inside the quotes of a JSON string.
func inJSON(s string) string {
	raw, _ := json.Marshal(s) // of a string it does not fail
	return string(raw[1 : len(raw)-1])
}

// pair is one line of a form or of the headers.
type pair struct{ name, value string }

// lines reads "name=value" or "Name: value", one a line.
func lines(text, sep string) ([]pair, error) {
	var out []pair
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		name, value, ok := strings.Cut(l, sep)
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, fmt.Errorf("line %q has no %q", l, sep)
		}
		out = append(out, pair{name, strings.TrimSpace(value)})
	}
	return out, nil
}

// request makes the request of a call.
func (g *Gateway) request(ctx context.Context, c Call, v map[string]string) (*http.Request, error) {
	fields, err := g.fields(c)
	if err != nil {
		return nil, err
	}
	g.sign(fields, v)
	address, body, media := fill(c.URL, v, url.QueryEscape), io.Reader(nil), ""
	method := cmp.Or(c.Method, http.MethodPost)
	switch {
	case c.Format == "json":
		body, media = strings.NewReader(fill(c.Body, v, inJSON)), "application/json; charset=utf-8"
	case c.Format == "text":
		body, media = strings.NewReader(fill(c.Body, v, inXML)), "text/xml; charset=utf-8"
	case method == http.MethodGet:
		address = withQuery(address, g.encode(fields, v))
	default:
		body, media = strings.NewReader(g.encode(fields, v)), "application/x-www-form-urlencoded; charset="+cmp.Or(g.Charset, "utf-8")
	}
	if body == nil {
		body = http.NoBody
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, errors.New("the address cannot be read")
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	return r, headers(r, c.Headers, v)
}

func withQuery(address, query string) string {
	if query == "" {
		return address
	}
	if strings.Contains(address, "?") {
		return address + "&" + query
	}
	return address + "?" + query
}

func headers(r *http.Request, text string, v map[string]string) error {
	list, err := lines(text, ":")
	if err != nil {
		return err
	}
	for _, h := range list {
		x := fill(h.value, v, plain)
		if strings.ContainsAny(x, "\r\n\x00") {
			return fmt.Errorf("header %s would have two lines", h.name)
		}
		r.Header.Set(h.name, x)
	}
	return nil
}

// inXML is a value inside an element or an attribute.
func inXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(s)
}

func (g *Gateway) fields(c Call) ([]pair, error) {
	if c.Format == "json" || c.Format == "text" {
		return nil, nil
	}
	return lines(c.Body, "=")
}

// sign adds the signature to the values.
func (g *Gateway) sign(fields []pair, v map[string]string) {
	var parts []string
	for _, f := range fields {
		if !strings.Contains(f.value, "{签名}") {
			parts = append(parts, f.name+"="+fill(f.value, v, plain))
		}
	}
	slices.Sort(parts)
	v["参数串"] = strings.Join(parts, "&")
	v["签名"] = ""
	if g.Sign.How != "" {
		v["签名"] = digest(g.Sign.How, g.Sign.Code, v["密钥"], fill(g.Sign.Of, v, plain))
	}
}

// encode writes a form in the gateway's character set.
func (g *Gateway) encode(fields []pair, v map[string]string) string {
	var b bytes.Buffer
	for i, f := range fields {
		if i > 0 {
			b.WriteByte('&')
		}
		x := fill(f.value, v, plain)
		if strings.EqualFold(g.Charset, "gbk") {
			if y, err := simplifiedchinese.GB18030.NewEncoder().String(x); err == nil {
				x = y
			}
		}
		b.WriteString(url.QueryEscape(f.name) + "=" + url.QueryEscape(x))
	}
	return b.String()
}
