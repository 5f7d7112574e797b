// Package personal finds in prose what names a person or leads to his door:
// telephone, identity, card, passport and plate numbers, mail addresses, WeChat
// and QQ accounts, the exact dwelling, and names where the writer plainly gives
// one. It reads each text once, without a regular expression, so that no text
// can make it slow.
package personal

import "strings"

// Kind is what sort of personal data was found.
type Kind string

// The kinds. Their names are part of the keys of their words.
const (
	Mobile   Kind = "mobile"
	Phone    Kind = "phone" // a fixed line
	Identity Kind = "identity"
	Bank     Kind = "bank"
	Plate    Kind = "plate"
	Mail     Kind = "mail"
	Account  Kind = "account" // WeChat or QQ
	Passport Kind = "passport"
	Home     Kind = "home" // building, unit and room behind an estate or a street
	Name     Kind = "name"
)

// Span is one find: text[Start:End].
type Span struct {
	Start, End int
	Kind       Kind
}

// hidden stands where something was taken out.
const hidden = "***"

// Find lists what a text tells of a person, in order and without overlaps.
func Find(text string) []Span {
	s := scanner{}
	if !s.read(text) {
		return nil
	}
	s.scan()
	return s.spans(text)
}

// Tells reports whether a text holds anything of a person.
func Tells(text string) bool { return len(Find(text)) > 0 }

// Hide takes it out of a text that others read.
func Hide(text string) string { return replace(text, func(Kind) string { return hidden }) }

// Scrub puts the sort of what was there in its place, for texts that a machine
// learns from: the same word for every telephone number.
func Scrub(text string) string {
	return replace(text, func(k Kind) string { return tokens[k] })
}

var tokens = map[Kind]string{Mobile: "〔手机号〕", Phone: "〔电话〕", Identity: "〔证件号〕", Bank: "〔卡号〕", Plate: "〔车牌〕", Mail: "〔邮箱〕",
	Account: "〔账号〕", Passport: "〔护照〕", Home: "〔门户〕", Name: "〔姓名〕"}

func replace(text string, by func(Kind) string) string {
	found := Find(text)
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range found {
		b.WriteString(text[at:s.Start])
		b.WriteString(by(s.Kind))
		at = s.End
	}
	b.WriteString(text[at:])
	return b.String()
}
