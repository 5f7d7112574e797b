package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

type field struct{ name, value string }

// header is the fields in their order, values unfolded and otherwise raw.
type header []field

func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

func (h header) all(name string) (out []string) {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			out = append(out, f.value)
		}
	}
	return out
}

// split divides a message or part into header and body. A line that is no field
// is taken for the rest of the one before; a text whose first line is no field
// has no header.
func (r *reader) split(raw []byte) (h header, body []byte, err error) {
	rest, used := raw, 0
	for n := 0; len(rest) > 0; n++ {
		text, after := cutLine(rest)
		used += len(rest) - len(after)
		if len(h) > r.limits.Fields || n > 4*r.limits.Fields || used > r.limits.Header && len(h) > 0 {
			return nil, nil, unreadable(TooManyHeaders)
		}
		name, value, colon := strings.Cut(text, ":")
		switch {
		case strings.TrimSpace(text) == "":
			return h, after, nil
		case len(h) > 0 && (text[0] == ' ' || text[0] == '\t'):
			h[len(h)-1].value += " " + strings.TrimSpace(text)
		case colon && fieldName(strings.TrimSpace(name)):
			h = append(h, field{strings.TrimSpace(name), strings.TrimSpace(value)})
		case len(h) == 0 && strings.HasPrefix(text, "From "): // as mbox files have it
		case len(h) == 0:
			r.note("header_missing")
			return nil, rest, nil
		default:
			r.note("header_broken")
			h[len(h)-1].value += " " + strings.TrimSpace(text)
		}
		rest = after
	}
	return h, nil, nil
}

func cutLine(b []byte) (string, []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return string(b), nil
	}
	return strings.TrimSuffix(string(b[:i]), "\r"), b[i+1:]
}

func fieldName(s string) bool {
	return s != "" && len(s) < 100 && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' || r == '<' }) < 0
}

// parameters reads a value such as text/plain; charset="gbk", as badly written
// as it may be. Parameters in pieces and in RFC 2231 are put together.
func parameters(v string) (kind string, params map[string]string) {
	pieces := semicolons(v)
	kind = mediaType.FindString(strings.ToLower(strings.TrimSpace(pieces[0])))
	params = map[string]string{}
	var order []string
	for _, p := range pieces[1:] {
		name, value, ok := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" || len(order) > 100 {
			continue
		}
		if _, twice := params[name]; !twice {
			params[name] = unquote(strings.TrimSpace(value))
			order = append(order, name)
		}
	}
	return kind, joined(params, order)
}

var mediaType = regexp.MustCompile(`^[a-z0-9!#$&^_.+-]+(?:/[a-z0-9!#$&^_.+-]+)?`)

// semicolons splits outside of quotation marks.
func semicolons(v string) (out []string) {
	quoted, from := false, 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				out, from = append(out, v[from:i]), i+1
			}
		}
	}
	return append(out, v[min(from, len(v)):])
}

func unquote(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	s = strings.TrimSuffix(s[1:], `"`)
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(s)
}

// joined puts name*0, name*1* … together into name, and decodes name*.
func joined(params map[string]string, order []string) map[string]string {
	out := map[string]string{}
	for _, name := range order {
		base, _, pieces := strings.Cut(name, "*")
		if !pieces {
			if out[name] == "" {
				out[name] = params[name]
			}
			continue
		}
		if out[base+"*"] != "" {
			continue
		}
		out[base+"*"] = "x"
		if whole := continued(params, base); whole != "" {
			out[base] = whole
		}
	}
	return out
}

func continued(params map[string]string, base string) string {
	if v, ok := params[base+"*"]; ok {
		return extended(v, "")
	}
	var raw strings.Builder
	label := ""
	for i := 0; i < 100; i++ {
		name := fmt.Sprintf("%s*%d", base, i)
		plain, ok := params[name]
		coded, ok2 := params[name+"*"]
		if !ok && !ok2 {
			break
		}
		if !ok2 {
			raw.WriteString(plain)
			continue
		}
		if parts := strings.SplitN(coded, "'", 3); i == 0 && len(parts) == 3 {
			label, coded = parts[0], parts[2]
		}
		raw.WriteString(percent(coded))
	}
	text, _ := decodeText([]byte(raw.String()), label)
	return text
}

func extended(v, label string) string {
	if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
		label, v = parts[0], parts[2]
	}
	text, _ := decodeText([]byte(percent(v)), label)
	return text
}

func percent(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}

// encodedWord is RFC 2047's =?charset?B?…?=, with the blanks people leave in it.
var encodedWord = regexp.MustCompile(`=\?([A-Za-z0-9_:.*-]{1,40})\?([bBqQ])\?([^?]*)\?=`)

// words decodes a header's text. Encoded words in a row are joined as bytes
// first: some programs cut a Chinese character in two.
func words(v string) string {
	if !strings.Contains(v, "=?") {
		text, _ := decodeText([]byte(v), "")
		return text
	}
	var out strings.Builder
	var run []byte
	label, at := "", 0
	flush := func() {
		text, _ := decodeText(run, label)
		out.WriteString(text)
		run = run[:0]
	}
	for _, m := range encodedWord.FindAllStringSubmatchIndex(v, -1) {
		between, charset := v[at:m[0]], strings.ToLower(v[m[2]:m[3]])
		charset, _, _ = strings.Cut(charset, "*") // RFC 2231 lets a language stand behind it
		if at > 0 && strings.TrimSpace(between) == "" && charset == label {
			between = ""
		} else {
			flush()
			if at > 0 && strings.TrimSpace(between) == "" {
				between = ""
			}
		}
		text, _ := decodeText([]byte(between), "")
		out.WriteString(text)
		label, at = charset, m[1]
		run = append(run, wordBytes(v[m[4]:m[5]], v[m[6]:m[7]])...)
	}
	flush()
	text, _ := decodeText([]byte(v[at:]), "")
	return out.String() + text
}

func wordBytes(how, text string) []byte {
	if how == "b" || how == "B" {
		return base64Bytes([]byte(text))
	}
	return quotedBytes([]byte(strings.ReplaceAll(text, "_", " ")))
}

// bareAddress finds an address in a text that no parser reads.
var bareAddress = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~\x{80}-\x{10ffff}-]{1,64}@[A-Za-z0-9\x{80}-\x{10ffff}-]+(?:\.[A-Za-z0-9\x{80}-\x{10ffff}-]+)+`)

var parser = mail.AddressParser{WordDecoder: &mime.WordDecoder{}}

// person is the first address of a field, with the name before it.
func person(v string) Person {
	if v == "" {
		return Person{}
	}
	v = v[:min(len(v), 2000)]
	// The name is cut off before it is decoded: an address within it is no address.
	name, addr := "", ""
	if open := strings.LastIndexByte(v, '<'); open >= 0 {
		inside, _, _ := strings.Cut(v[open+1:], ">")
		addr, name = bareAddress.FindString(inside), v[:open]
	} else if list, err := parser.ParseList(v); err == nil && len(list) > 0 {
		addr, name = list[0].Address, list[0].Name
	} else {
		addr = bareAddress.FindString(v)
	}
	clean, err := Clean(strings.ToLower(addr))
	if err != nil {
		return Person{}
	}
	name = strings.Trim(line(safeText(words(strings.TrimSpace(name)))), `"' ,;`)
	if strings.ContainsAny(name, "@<>") { // the name of somebody else, or one meant to be taken for him
		name = ""
	}
	return Person{Name: cut(name, 80), Address: clean}
}

func addresses(v string) (out []string) {
	for _, a := range bareAddress.FindAllString(v[:min(len(v), 20_000)], 200) {
		out = append(out, strings.ToLower(a))
	}
	return out
}

var messageID = regexp.MustCompile(`<([^<>\s]{1,250})>`)

// ids are the message ids in a field, without brackets.
func ids(v string) (out []string) {
	for _, m := range messageID.FindAllStringSubmatch(v[:min(len(v), 20_000)], 100) {
		out = append(out, m[1])
	}
	if bare := strings.TrimSpace(v); len(out) == 0 && bare != "" && len(bare) <= 250 && !strings.ContainsAny(bare, " \t<>") {
		out = []string{bare}
	}
	return out
}

// fileName is the name of a part as it is safe to show, "" it has none.
func fileName(h header) string {
	_, d := parameters(h.get("Content-Disposition"))
	_, c := parameters(h.get("Content-Type"))
	for _, v := range []string{d["filename"], c["name"]} {
		if v != "" {
			return safeName(words(v))
		}
	}
	return ""
}

// safeName is the last part of a path, without what could hide how it ends.
func safeName(s string) string {
	s = strings.ReplaceAll(s, "\\", "/")
	s = line(safeText(s[strings.LastIndexByte(s, '/')+1:]))
	return cut(strings.Trim(s, ". "), 120)
}

func orName(name, kind string, n int) string {
	if name != "" {
		return name
	}
	_, sub, _ := strings.Cut(kind, "/")
	return fmt.Sprintf("%d.%s", n, safeName(sub))
}

// safeText drops characters that nobody sees: controls, and those that turn the
// direction of writing.
func safeText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r), r >= 0xfff0 && r <= 0xffff, unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
}

// cut shortens to n characters.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

// base64Bytes decodes what is base 64 in a text and passes over everything else:
// line breaks, remarks, a padding in the middle.
func base64Bytes(in []byte) []byte {
	out := make([]byte, 0, len(in)*3/4)
	quad := make([]byte, 0, 4)
	flush := func() {
		if len(quad) > 1 {
			b := make([]byte, 3)
			n, _ := base64.RawStdEncoding.Decode(b, quad)
			out = append(out, b[:n]...)
		}
		quad = quad[:0]
	}
	for _, c := range in {
		switch {
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/':
			if quad = append(quad, c); len(quad) == 4 {
				flush()
			}
		case c == '=':
			flush()
		}
	}
	flush()
	return out
}

// quotedBytes decodes quoted-printable; what is none stays as it is.
func quotedBytes(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		if in[i] != '=' {
			out = append(out, in[i])
			continue
		}
		rest := in[i+1:]
		if hi, lo := hex(rest, 0), hex(rest, 1); hi >= 0 && lo >= 0 {
			out = append(out, byte(hi<<4|lo))
			i += 2
			continue
		}
		blanks := len(rest) - len(bytes.TrimLeft(rest, " \t"))
		switch tail := rest[blanks:]; {
		case len(tail) == 0:
			return out
		case bytes.HasPrefix(tail, []byte("\r\n")):
			i += blanks + 2
		case tail[0] == '\n' || tail[0] == '\r':
			i += blanks + 1
		default:
			out = append(out, '=')
		}
	}
	return out
}

func hex(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	c := b[i]
	if c >= 'A' && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}
