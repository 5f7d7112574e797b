package vault

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NormalPhone brings a typed phone number into one form, so that the same
// caller is found however the number was written: digits only, without the
// country code of the mainland; a number abroad keeps its plus sign. It returns
// "" for what cannot be a phone number.
func NormalPhone(typed string) string {
	s := strings.Map(dropSeparators, norm.NFKC.String(typed))
	if rest, ok := strings.CutPrefix(s, "0086"); ok {
		s = "+86" + rest
	}
	if len(s) == 13 && strings.HasPrefix(s, "861") { // a mobile number with the sign left out
		s = "+" + s
	}
	rest, international := strings.CutPrefix(s, "+")
	if !digits(rest) || len(rest) < 3 || len(rest) > 15 {
		return ""
	}
	if home, ok := strings.CutPrefix(rest, "86"); international && ok && len(home) >= 10 {
		return withZero(home)
	}
	return s
}

// withZero gives a fixed line's area code the leading zero that is left out
// after +86. Mobile and 400 or 800 numbers have none.
func withZero(home string) string {
	mobile := len(home) == 11 && home[0] == '1'
	service := strings.HasPrefix(home, "400") || strings.HasPrefix(home, "800")
	if mobile || service || home[0] == '0' {
		return home
	}
	return "0" + home
}

func dropSeparators(c rune) rune {
	switch c {
	case ' ', '-', '(', ')', '.', '\t', '‐', '–', '—', '―', '·':
		return -1
	}
	return c
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// MaskPhone hides the middle of a phone number: 138****5521. It never shows
// more than seven digits, nor more than half of a short number.
func MaskPhone(phone string) string {
	n := len(phone)
	switch {
	case n >= 11:
		return phone[:3] + "****" + phone[n-4:]
	case n >= 7:
		return phone[:2] + "****" + phone[n-2:]
	case n == 0:
		return ""
	}
	return "****"
}

// MaskName keeps the family name's first character: 李女士 is shown as 李**.
func MaskName(name string) string {
	_, first := utf8.DecodeRuneInString(name)
	switch n := utf8.RuneCountInString(name); n {
	case 0:
		return ""
	case 1:
		return "*"
	case 2:
		return name[:first] + "*"
	}
	return name[:first] + "**"
}

// MaskEmail keeps the first letter and the domain: l***@example.cn.
func MaskEmail(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at <= 0 {
		return strings.Repeat("*", min(3, len(email)))
	}
	_, first := utf8.DecodeRuneInString(email)
	if first == at {
		first = 0 // a single letter would be the whole name
	}
	return email[:first] + "***" + email[at:]
}

// MaskAddress keeps the street and hides what comes after the first number:
// 青石路18号2单元301室 is shown as 青石路**.
func MaskAddress(address string) string {
	cut := strings.IndexAny(norm.NFKC.String(address), "0123456789")
	if cut < 0 {
		cut = len(address) / 2
		for cut > 0 && !utf8.RuneStart(address[cut]) {
			cut--
		}
		return address[:cut] + strings.Repeat("*", min(2, len(address)))
	}
	return norm.NFKC.String(address)[:cut] + "**"
}
