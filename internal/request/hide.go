package request

import (
	"regexp"
	"strings"
	"unicode"
)

// hidden stands where a number that could name a person was written.
const hidden = "***"

// numbers are digit runs that are somebody's: a mobile number, a fixed line, an
// identity card, a bank card. Dates, house numbers and our own request numbers
// are none of these.
var numbers = regexp.MustCompile(`^(?:(?:86|0086)?1[3-9]\d{9}|0[1-9]\d{8,10}|[1-9]\d{14}|[1-9]\d{16}[\dXx]|[1-9]\d{15,18})$`)

// run is a stretch of digits as people type them: in groups, full-width, with
// the X that may end an identity card.
var run = regexp.MustCompile(`[+＋]?[0-9０-９](?:[ \-－—()（）　]?[0-9０-９])*[Xx]?`)

// Hide takes phone, identity and card numbers out of a text that others read.
func Hide(text string) string {
	return run.ReplaceAllStringFunc(text, func(found string) string {
		if personal(found) {
			return hidden
		}
		return found
	})
}

// Tells reports whether a text holds a number that could name a person.
func Tells(text string) bool {
	for _, found := range run.FindAllString(text, -1) {
		if personal(found) {
			return true
		}
	}
	return false
}

// personal looks at the run as a whole and at its groups: "3 13800005521" is a
// house number and a mobile number.
func personal(found string) bool {
	if numbers.MatchString(plain(found)) {
		return true
	}
	for _, group := range strings.FieldsFunc(found, func(c rune) bool { return !unicode.IsDigit(c) && c != 'X' && c != 'x' }) {
		if numbers.MatchString(plain(group)) {
			return true
		}
	}
	return false
}

func plain(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9' || c == 'X' || c == 'x':
			return c
		case c >= '０' && c <= '９':
			return c - '０' + '0'
		}
		return -1
	}, s)
}
