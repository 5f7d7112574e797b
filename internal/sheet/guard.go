package sheet

import "strings"

// Guard returns s so that no spreadsheet takes it for a formula or turns a
// long number into 1.3E+17: with an apostrophe in front where that is needed.
// Unguard(Guard(s)) == s for every s.
func Guard(s string) string {
	if dangerous(s) {
		return "'" + s
	}
	return s
}

// Unguard takes away the apostrophe that Guard put in front.
func Unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && dangerous(s[1:]) {
		return s[1:]
	}
	return s
}

// dangerous looks past whatever a spreadsheet may drop before it decides what
// a cell is: spaces, quotes, byte order marks. Apostrophes are passed over
// too, so that a cell which itself begins with one is guarded and comes back
// unchanged.
func dangerous(s string) bool {
	s = strings.TrimLeft(s, "'")
	if s == "" {
		return false
	}
	if c := s[0]; c == '\t' || c == '\r' || c == '\n' {
		return true
	}
	s = strings.TrimLeft(s, "' \"\t\r\n\v\f\u00a0\u3000\ufeff\u200b“”‘’")
	for _, lead := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, lead) {
			return true
		}
	}
	return numberLost(s)
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
