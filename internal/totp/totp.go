// Package totp computes the one-time codes of RFC 6238 as authenticator apps
// show them: six digits, a new code every thirty seconds, HMAC-SHA-1.
package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Digits is the length of a code, and Period how long it is shown.
const (
	Digits = 6
	Period = 30 * time.Second
)

var text = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret is a key of 160 bits in the form that people can type.
func NewSecret() string {
	b := make([]byte, 20)
	rand.Read(b)
	return text.EncodeToString(b)
}

// Step is the number of the thirty seconds in which t lies.
func Step(t time.Time) int64 { return t.Unix() / int64(Period/time.Second) }

// Code is what an app shows in a step.
func Code(secret string, step int64) (string, error) {
	key, err := text.DecodeString(secret)
	if err != nil {
		return "", fmt.Errorf("totp: secret: %w", err)
	}
	h := hmac.New(sha1.New, key)
	binary.Write(h, binary.BigEndian, step) // a hash takes everything
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", Digits, n%1_000_000), nil
}

// Match is the step whose code was typed: that of now, or one before or after
// it, because clocks differ. Steps up to last are spent: a code opens once.
func Match(secret, typed string, now time.Time, last int64) (step int64, ok bool) {
	for step := Step(now) - 1; step <= Step(now)+1; step++ {
		code, err := Code(secret, step)
		if err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 && step > last {
			return step, true
		}
	}
	return 0, false
}

// URI is what the QR code of an enrolment says.
func URI(issuer, account, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {issuer}}
	label := url.PathEscape(issuer) + ":" + url.PathEscape(account)
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20") // apps show a plus sign as it stands
}
