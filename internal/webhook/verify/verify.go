// Package verify is the sample of docs/ops/webhooks.md: how a receiver checks that
// a message is ours. It uses nothing of this program, so that it can be copied.
package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Verify checks the header Webhook-Signature of a message against its body exactly
// as it was received, before it is parsed.
func Verify(secret, header string, body []byte, now time.Time) error {
	var stamp string
	var sums []string
	for _, part := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = value
		case "v1":
			sums = append(sums, value)
		}
	}
	sent, err := strconv.ParseUint(stamp, 10, 63)
	if err != nil {
		return errors.New("no time in the signature")
	}
	if age := now.Sub(time.Unix(int64(sent), 0)); age > 5*time.Minute || age < -5*time.Minute {
		return errors.New("too old: somebody may be sending a recorded message again")
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	want := mac.Sum(nil)
	for _, sum := range sums {
		if got, err := hex.DecodeString(sum); err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return errors.New("the signature does not belong to this body")
}
