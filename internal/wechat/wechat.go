// Package wechat speaks the protocol of a WeChat official account (公众号): it proves
// that a push comes from WeChat, reads it, writes the passive reply, and calls the
// API. It knows nothing of what the messages are about.
//
// A push is proven by a signature over timestamp and nonce (plain mode) or over the
// encrypted body too (safe mode). In plain mode the body itself is not signed, so a
// caller must bind a nonce to the message it first came with; see Call.Once.
package wechat

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Mode is how an account's messages travel, as chosen on WeChat's own page.
type Mode string

// The modes. Compatible pushes carry both forms; of those only the encrypted one is read.
const (
	Plain      Mode = "plain"
	Compatible Mode = "compatible"
	Safe       Mode = "safe"
)

// Modes in the order of a form.
var Modes = []Mode{Safe, Compatible, Plain}

// DefaultAPI is where WeChat's API is. A city in a closed network names its own relay.
const DefaultAPI = "https://api.weixin.qq.com"

// Account is one official account as its owner knows it.
type Account struct {
	AppID  string
	Token  string // shared secret of the signatures
	AESKey string // EncodingAESKey, 43 letters and digits
	Secret string // AppSecret, for calling the API
	Mode   Mode   // "" safe
	API    string // "" DefaultAPI
}

// Errors of Echo and Open. A sender is told no more than that it was refused.
var (
	ErrSignature = errors.New("wechat: the signature is not WeChat's")
	ErrStale     = errors.New("wechat: the timestamp is too far from now")
	ErrMode      = errors.New("wechat: the account takes encrypted messages only")
	ErrCrypt     = errors.New("wechat: the message cannot be decrypted")
	ErrAppID     = errors.New("wechat: the message is for another account")
	ErrMessage   = errors.New("wechat: the message cannot be read")
)

// Window is how far the timestamp of a push may be from now. WeChat sends a message
// three times within fifteen seconds; the rest is for clocks that are wrong.
const Window = 5 * time.Minute

// MaxBody bounds a push. The longest that WeChat sends is about a tenth of it.
const MaxBody = 64 << 10

var keyForm = regexp.MustCompile(`^[A-Za-z0-9]{43}$`)

// ValidKey reports whether a text has the form of an EncodingAESKey.
func ValidKey(s string) bool { return keyForm.MatchString(s) }

// key is the AES key. The last of the 43 characters holds two bits too many, which
// WeChat fills by chance; a strict decoder would refuse every other key.
func (a Account) key() ([]byte, error) {
	if !ValidKey(a.AESKey) {
		return nil, ErrCrypt
	}
	return base64.StdEncoding.DecodeString(a.AESKey + "=")
}

// Call is what stands in the address of a push.
type Call struct {
	Signature, Timestamp, Nonce string
	MsgSignature                string // of an encrypted one
	Encrypted                   bool
	Echo                        string // of the check of the address
}

// CallOf reads the query of a push.
func CallOf(q url.Values) Call {
	return Call{Signature: q.Get("signature"), Timestamp: q.Get("timestamp"), Nonce: q.Get("nonce"), MsgSignature: q.Get("msg_signature"),
		Encrypted: q.Get("encrypt_type") == "aes", Echo: q.Get("echostr")}
}

// Once names the push among all of the time window: what comes under one name with
// another content is a forgery.
func (c Call) Once() string { return c.Timestamp + "/" + c.Nonce }

// longest is more than any part of an address that WeChat writes.
const longest = 512

func (c Call) fresh(now time.Time) error {
	if len(c.Nonce) == 0 || len(c.Nonce) > longest || len(c.Timestamp) > 12 {
		return ErrSignature
	}
	n, err := strconv.ParseInt(c.Timestamp, 10, 64)
	if err != nil {
		return ErrSignature
	}
	if d := now.Sub(time.Unix(n, 0)); d > Window || d < -Window {
		return ErrStale
	}
	return nil
}

// Echo answers the check of the address when it is set up on WeChat's page.
func (a Account) Echo(c Call, now time.Time) (string, error) {
	if err := c.fresh(now); err != nil {
		return "", err
	}
	if len(c.Echo) > longest || c.Echo == "" {
		return "", ErrMessage
	}
	if c.MsgSignature == "" {
		if !a.signed(c.Signature, c.Timestamp, c.Nonce) {
			return "", ErrSignature
		}
		return c.Echo, nil
	}
	plain, err := a.Decrypt(c, c.Echo)
	return string(plain), err
}

// Decrypt reads what the other side has encrypted and signed.
func (a Account) Decrypt(c Call, sealed string) ([]byte, error) {
	if !a.signed(c.MsgSignature, c.Timestamp, c.Nonce, sealed) {
		return nil, ErrSignature
	}
	return a.decrypt(sealed)
}

// Open proves a push and reads it.
func (a Account) Open(c Call, body []byte, now time.Time) (Message, error) {
	if err := c.fresh(now); err != nil {
		return Message{}, err
	}
	if !c.Encrypted {
		if a.Mode != Plain && a.Mode != Compatible {
			return Message{}, ErrMode
		}
		if !a.signed(c.Signature, c.Timestamp, c.Nonce) {
			return Message{}, ErrSignature
		}
		return parse(body)
	}
	sealed, err := envelope(body)
	if err != nil {
		return Message{}, err
	}
	plain, err := a.Decrypt(c, sealed)
	if err != nil {
		return Message{}, err
	}
	m, err := parse(plain)
	m.Encrypted = true
	return m, err
}

// signed compares in constant time, so that a signature cannot be found byte by byte.
func (a Account) signed(signature string, parts ...string) bool {
	if a.Token == "" {
		return false
	}
	want := a.Sign(parts...)
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(signature))) == 1
}

// Sign is WeChat's signature over parts, with the account's token.
func (a Account) Sign(parts ...string) string {
	all := append([]string{a.Token}, parts...)
	slices.Sort(all)
	sum := sha1.Sum([]byte(strings.Join(all, "")))
	return hex.EncodeToString(sum[:])
}
