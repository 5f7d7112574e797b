package mail

import (
	"bytes"
	"strings"
)

// boundary is the line that divides a body. A label that does not occur in it is
// replaced by the one the body itself uses.
func (r *reader) boundary(label string, body []byte) string {
	if label != "" && at(body, "--"+label, 0) >= 0 {
		return label
	}
	guess := guessBoundary(body)
	if guess != "" {
		r.note("boundary_guessed")
	}
	return guess
}

// guessBoundary takes the first line that looks like a boundary and comes again.
func guessBoundary(body []byte) string {
	rest := body[:min(len(body), 64<<10)]
	for n := 0; len(rest) > 0 && n < 200; n++ {
		var text string
		text, rest = cutLine(rest)
		if len(text) < 3 || len(text) > 100 || !strings.HasPrefix(text, "--") || strings.Trim(text, "-") == "" || strings.ContainsAny(text[2:], " \t") {
			continue
		}
		if looksHeader(rest) || at(rest, text, 0) >= 0 {
			return text[2:]
		}
	}
	return ""
}

func looksHeader(b []byte) bool {
	return bytes.HasPrefix(bytes.ToLower(b[:min(len(b), 8)]), []byte("content-"))
}

// at finds a line that begins with a mark, from an offset on.
func at(body []byte, mark string, from int) int {
	for from <= len(body) {
		i := bytes.Index(body[from:], []byte(mark))
		if i < 0 {
			return -1
		}
		if i += from; i == 0 || body[i-1] == '\n' {
			return i
		}
		from = i + 1
	}
	return -1
}

// pieces cuts a body at its boundary. What stands before the first is for
// programs that know no parts; what stands behind the last line is nothing.
func (r *reader) pieces(boundary string, body []byte) (out [][]byte, err error) {
	mark := "--" + boundary
	i := next(body, mark, 0)
	for i >= 0 {
		rest := body[i+len(mark):]
		if bytes.HasPrefix(rest, []byte("--")) {
			return out, nil
		}
		_, start := cutLine(rest)
		from := len(body) - len(start)
		end := next(body, mark, from)
		if end < 0 {
			r.note("boundary_open")
			return append(out, body[from:]), nil
		}
		if out = append(out, trimBreak(body[from:end])); r.parts+len(out) > r.limits.Parts {
			return nil, unreadable(TooManyParts)
		}
		i = end
	}
	return out, nil
}

// next is at for a boundary that is not the beginning of a longer one: some
// programs derive the inner from the outer.
func next(body []byte, mark string, from int) int {
	for {
		i := at(body, mark, from)
		if i < 0 {
			return -1
		}
		rest, _ := cutLine(body[i+len(mark):])
		if t := strings.TrimSpace(rest); t == "" || t == "--" {
			return i
		}
		from = i + 1
	}
}

// trimBreak takes off the line break that belongs to the boundary.
func trimBreak(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// decode undoes the transfer encoding.
func (r *reader) decode(h header, body []byte) []byte {
	how, _, _ := strings.Cut(strings.ToLower(h.get("Content-Transfer-Encoding")), ";")
	switch strings.TrimSpace(how) {
	case "base64":
		if prose(body) {
			r.note("encoding_wrong")
			return body
		}
		return base64Bytes(body)
	case "quoted-printable":
		return quotedBytes(body)
	case "", "7bit", "8bit", "binary":
	default:
		r.note("encoding_unknown")
	}
	return body
}

// prose tells words that are labelled base 64 and are none: there are blanks
// within its lines.
func prose(body []byte) bool {
	blanks, long := 0, 0
	for _, l := range bytes.Split(body[:min(len(body), 4096)], []byte("\n")) {
		if l = bytes.TrimSpace(l); len(l) > 0 {
			long++
			if bytes.IndexByte(l, ' ') > 0 {
				blanks++
			}
		}
	}
	return blanks*2 > long
}
