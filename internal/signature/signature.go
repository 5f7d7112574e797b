// Package signature proves that a message comes from who shares a secret with us,
// was not changed on its way and is not an old one sent again. Outgoing webhooks
// are signed with it and signed deliveries of other systems are checked with it.
//
//	Webhook-Signature: t=1772845200,v1=5f3c…
//
// v1 is HMAC-SHA256 over the digits of t, a dot, and the body as it was sent. The
// part before the first dot holds digits only, so no two pairs of time and body
// give the same input. While a secret is being changed there are two v1.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Header carries the signature of a message.
const Header = "Webhook-Signature"

// Window is how far the clocks of sender and receiver may be apart, and how long
// a message that somebody recorded can be sent again.
const Window = 5 * time.Minute

// What can be wrong with a signature.
var (
	ErrMissing = errors.New("signature: the header is missing or not in the form t=…,v1=…")
	ErrOld     = errors.New("signature: signed too long ago, or in the future")
	ErrWrong   = errors.New("signature: does not belong to this body and secret")
)

// Sign is the header of a body sent at a time, with a v1 for each secret.
func Sign(at time.Time, body []byte, secrets ...string) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	out := "t=" + stamp
	for _, s := range secrets {
		out += ",v1=" + hex.EncodeToString(mac(s, stamp, body))
	}
	return out
}

// Verify checks the header of a body received at a time against the secrets that
// are valid now; one that fits is enough.
func Verify(header string, body []byte, now time.Time, secrets ...string) error {
	stamp, sums := parse(header)
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || strings.Trim(stamp, "0123456789") != "" || len(sums) == 0 {
		return ErrMissing
	}
	if age := now.Sub(time.Unix(at, 0)); age > Window || age < -Window {
		return ErrOld
	}
	for _, secret := range secrets {
		want := mac(secret, stamp, body)
		for _, sum := range sums {
			if got, err := hex.DecodeString(sum); err == nil && hmac.Equal(got, want) {
				return nil
			}
		}
	}
	return ErrWrong
}

// mostSums bounds the work that a header can ask for.
const mostSums = 4

func parse(header string) (stamp string, sums []string) {
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case name == "t":
			stamp = value
		case name == "v1" && len(sums) < mostSums:
			sums = append(sums, value)
		}
	}
	return stamp, sums
}

func mac(secret, stamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(stamp + "."))
	h.Write(body)
	return h.Sum(nil)
}
