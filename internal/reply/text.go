package reply

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// sentence is a piece of a text that ends with a stop.
type sentence string

// even makes blanks of all sorts one blank and takes out what cannot be seen.
func even(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(strings.ReplaceAll(s, "_x000D_", "\n"), " "))
	var b strings.Builder
	var last rune
	for _, c := range s {
		switch {
		case c == '\n' || c == '\r':
			c = '\n'
		case unicode.IsSpace(c) || c == '\u3000':
			c = ' '
		case unicode.Is(unicode.Cf, c) || unicode.IsControl(c):
			continue
		}
		if (c == ' ' || c == '\n') && (last == ' ' || last == '\n' || last == 0) {
			continue
		}
		b.WriteRune(c)
		last = c
	}
	return strings.TrimSpace(b.String())
}

const stops = "。！？!?；;\n"

// sentences cuts a text at its stops.
func sentences(s string) []sentence {
	var out []sentence
	for s != "" {
		i := strings.IndexAny(s, stops)
		if i < 0 {
			i = len(s)
		} else {
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
		}
		if t := strings.TrimSpace(s[:i]); t != "" {
			out = append(out, sentence(t))
		}
		s = s[i:]
	}
	return out
}

// clauses cuts a text at every mark and blank.
func clauses(s string) []string {
	var out []string
	for _, t := range strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune(stops+"，,：:、 （）()", c) }) {
		out = append(out, t)
	}
	return out
}

func has(s string, words []string) bool { return first(s, words) != "" }

// first is the word of the list that stands in the text, "" none.
func first(s string, words []string) string {
	for _, w := range words {
		if strings.Contains(s, w) {
			return w
		}
	}
	return ""
}

func han(c rune) bool { return c >= 0x4e00 && c <= 0x9fff }

func digit(c rune) bool { return c >= '0' && c <= '9' || c >= '０' && c <= '９' }

// hanCount is how many Chinese characters a text has.
func hanCount(s string) int {
	n := 0
	for _, c := range s {
		if han(c) {
			n++
		}
	}
	return n
}
