package web

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many combining marks may follow each other. Real scripts need
// four; hundreds paint over the lines above and below.
const maxMarks = 8

// Line cleans text for one line: composed (NFC), without control characters,
// direction overrides and invisible ones, line ends turned into spaces, trimmed.
// What looks equal is then equal, and nobody can turn a name around.
func Line(s string) string { return clean(s, ' ') }

// Text is Line for several lines: it keeps tabs and line ends, the latter as \n.
func Text(s string) string { return clean(strings.ReplaceAll(s, "\r\n", "\n"), '\n') }

func clean(s string, newline rune) string {
	if plain(s) {
		return strings.TrimSpace(s)
	}
	marks := 0
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\r' || c == '\u2028' || c == '\u2029':
			marks = 0
			return newline
		case c == '\t' && newline == '\n':
			return c
		case c == '\t':
			return ' '
		case c >= 0x300 && unicode.In(c, unicode.Mn, unicode.Me):
			marks++
			if marks > maxMarks {
				return -1
			}
			return c
		}
		marks = 0
		if unwanted(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(norm.NFC.String(s))
}

// plain reports printable ASCII, which is clean already.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// unwanted is what no person types on purpose. The joiners U+200C and U+200D
// stay, because emoji and several scripts are spelt with them, and so do private
// characters: rare names arrive as such from old systems.
func unwanted(c rune) bool {
	switch {
	case unicode.Is(unicode.Cc, c):
	case c == '\u200b' || c == '\u200e' || c == '\u200f' || c == '\u061c':
	case c >= '\u202a' && c <= '\u202e' || c >= '\u2060' && c <= '\u206f':
	case c == '\ufeff' || c >= '\ufff9' && c <= '\ufffb':
	case c&0xfffe == 0xfffe || c >= '\ufdd0' && c <= '\ufdef':
	case c >= 0xe0000 && c <= 0xe007f: // invisible tags
	default:
		return false
	}
	return true
}
