package mail

import (
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"strings"
)

// Tokener makes keyed tokens that nobody without the key can make or guess.
// *vault.Vault is one.
type Tokener interface {
	Token(purpose, value string) string
}

// Kinds of tags in an address of ours.
const (
	CaseTag   = "c" // of a Reply-To: the answer belongs to this matter
	NoticeTag = "n" // of a return path: the bounce belongs to this notice
)

// lower is base 32 in lower case: mail servers on the way may change the case of
// an address.
var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Tagged is the address of a mailbox with an id and its proof in it:
// 12345+c-01kt…-q3f…@city.example. A mail to it needs nothing else to find where
// it belongs, and nobody can make such an address for another id. mailbox may be
// written with a name before it; "" gives "".
func Tagged(t Tokener, mailbox, kind, id string) string {
	local, domain, ok := strings.Cut(Bare(mailbox), "@")
	if !ok {
		return ""
	}
	return local + "+" + tag(t, kind, id) + "@" + domain
}

// TaggedID is a message id with an id and its proof in it, without brackets. An
// answer or a bounce that repeats it finds where it belongs by it alone.
func TaggedID(t Tokener, mailbox, kind, id string) string {
	return tag(t, kind, id) + "@" + domain(mailbox)
}

func tag(t Tokener, kind, id string) string {
	id = strings.ToLower(id)
	return kind + "-" + id + "-" + proof(t, kind, id)
}

// Untag reads a tag back from any address of the mailbox. The id comes in upper
// case, as ids are written. ok is false for an address without a tag and for one
// that was made up.
func Untag(t Tokener, mailbox, addr string) (kind, id string, ok bool) {
	text, ours := tagOf(mailbox, addr)
	if !ours {
		return "", "", false
	}
	return proven(t, text)
}

// UntagID reads back what TaggedID wrote.
func UntagID(t Tokener, messageID string) (kind, id string, ok bool) {
	text, _, _ := strings.Cut(strings.ToLower(messageID), "@")
	return proven(t, text)
}

func proven(t Tokener, text string) (kind, id string, ok bool) {
	kind, rest, _ := strings.Cut(text, "-")
	at := strings.LastIndexByte(rest, '-')
	if kind == "" || at < 1 {
		return "", "", false
	}
	if subtle.ConstantTimeCompare([]byte(rest[at+1:]), []byte(proof(t, kind, rest[:at]))) != 1 {
		return "", "", false
	}
	return kind, strings.ToUpper(rest[:at]), true
}

// Ours reports whether an address is that of the mailbox, with or without a tag.
func Ours(mailbox, addr string) bool {
	_, ours := tagOf(mailbox, addr)
	return ours
}

// tagOf is what stands behind the plus sign of an address of the mailbox.
func tagOf(mailbox, addr string) (text string, ours bool) {
	local, home, ok := strings.Cut(strings.ToLower(Bare(mailbox)), "@")
	at := strings.LastIndexByte(addr, '@')
	if !ok || at < 1 || strings.ToLower(addr[at+1:]) != home {
		return "", false
	}
	name, text, _ := strings.Cut(strings.ToLower(addr[:at]), "+")
	return text, name == local
}

func domain(mailbox string) string {
	addr := Bare(mailbox)
	return addr[strings.LastIndexByte(addr, '@')+1:]
}

// Bare is the address of a mailbox without the name before it.
func Bare(mailbox string) string {
	mailbox = strings.TrimSpace(mailbox)
	if i := strings.LastIndexByte(mailbox, '<'); i >= 0 {
		return strings.TrimSuffix(mailbox[i+1:], ">")
	}
	return mailbox
}

// proof is 80 bits that belong to an id, short enough for an address.
func proof(t Tokener, kind, id string) string {
	raw, err := base64.RawURLEncoding.DecodeString(t.Token("mail tag "+kind, id))
	if err != nil || len(raw) < 10 {
		panic("mail: a token is 16 bytes in base64") // an address without proof would open every matter
	}
	return lower.EncodeToString(raw[:10])
}
