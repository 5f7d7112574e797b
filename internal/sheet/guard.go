package sheet

import (
	"strings"
	"unicode"
)

// Guard returns s so that no spreadsheet takes it, or a part of it, for a
// formula or turns a long number into 1.3E+17: with an apostrophe in front
// where that is needed. A part begins after a semicolon, a tab or a line break,
// since where the comma is the decimal sign Excel splits there and does not know
// our quotes for such. Unguard(Guard(s)) == s for every s.
func Guard(s string) string {
	if !strings.ContainsAny(s, breaks) {
		return guardPart(s, true)
	}
	return eachPart(s, guardPart)
}

// Unguard takes away the apostrophes that Guard put in.
func Unguard(s string) string {
	if !strings.Contains(s, "'") {
		return s
	}
	return eachPart(s, func(part string, first bool) string {
		if len(part) > 1 && part[0] == '\'' && dangerous(part[1:], first) {
			return part[1:]
		}
		return part
	})
}

func guardPart(part string, first bool) string {
	if dangerous(part, first) {
		return "'" + part
	}
	return part
}

// breaks are where a spreadsheet of another locale may begin a new cell.
const breaks = ";\t\r\n"

// eachPart does f to the beginning of s and to what follows each break. A part
// reaches to the end of s, since what is dropped before a formula may go over a
// break; f changes nothing but its first character.
func eachPart(s string, f func(part string, first bool) string) string {
	var out strings.Builder
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && strings.IndexByte(breaks, s[i]) < 0 {
			continue
		}
		out.WriteString(f(s[start:i], start == 0))
		if i < len(s) {
			out.WriteByte(s[i])
		}
		start = i + 1
	}
	return out.String()
}

// dangerous looks past whatever a spreadsheet may drop before it decides what
// a cell is: spaces, quotes, marks that are not seen. Apostrophes are passed
// over too, so that a cell which itself begins with one is guarded and comes
// back unchanged. A number that loses digits does so in a whole cell only.
func dangerous(s string, first bool) bool {
	s = strings.TrimLeft(s, "'")
	if s == "" {
		return false
	}
	s = strings.TrimLeftFunc(s, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || strings.ContainsRune("'\"“”‘’", c)
	})
	for _, lead := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, lead) {
			return true
		}
	}
	return first && numberLost(s)
}

// numberLost reports digits that Excel would show otherwise than they are
// written: it drops leading zeros, shows twelve digits or more in powers of
// ten and forgets all after the fifteenth.
func numberLost(s string) bool {
	if len(s) < 2 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	return s[0] == '0' || len(s) >= 12
}
