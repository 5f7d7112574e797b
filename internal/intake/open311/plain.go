package open311

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

var (
	breaks = regexp.MustCompile(`(?i)<\s*(?:br|/p|/div|/li)\s*/?\s*>`)
	tags   = regexp.MustCompile(`(?s)<(?:!--.*?--|/?[a-zA-Z][^<>]*)>`)
	script = regexp.MustCompile(`(?is)<(script|style)\b.*?(?:</(?:script|style)\s*>|$)`)
)

// plain is what another system wrote, as text: markup is taken out, entities
// are read once, and characters that steer a terminal or turn the direction of
// writing are dropped.
func plain(s string) string {
	if strings.ContainsRune(s, '<') {
		s = script.ReplaceAllString(s, "")
		s = tags.ReplaceAllString(breaks.ReplaceAllString(s, "\n"), "")
	}
	s = html.UnescapeString(s)
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t':
			return c
		case unicode.IsControl(c), c >= 0x202A && c <= 0x202E, c >= 0x2066 && c <= 0x2069, c == 0xFEFF:
			return -1
		}
		return c
	}, s)
	return strings.TrimSpace(s)
}
