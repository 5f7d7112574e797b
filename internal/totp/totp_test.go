package totp_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/totp"
)

// rfc is the key of the test vectors in RFC 6238, appendix B: the digits
// 1 to 0, twice.
const rfc = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func TestCodesAreThoseOfTheRFC(t *testing.T) {
	// The RFC prints eight digits; ours are the last six of them.
	for at, want := range map[int64]string{59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130"} {
		got, err := totp.Code(rfc, totp.Step(time.Unix(at, 0)))
		if err != nil || got != want[2:] {
			t.Errorf("at %d: %q, %v; want %q", at, got, err, want[2:])
		}
	}
}

func TestACodeOpensOnceAndOnlyAroundItsTime(t *testing.T) {
	now := time.Unix(1234567890, 0)
	step := totp.Step(now)
	for d := int64(-3); d <= 3; d++ {
		code, _ := totp.Code(rfc, step+d)
		got, ok := totp.Match(rfc, code, now, 0)
		if near := d >= -1 && d <= 1; ok != near || ok && got != step+d {
			t.Errorf("code of step %+d: %v at %d", d, ok, got-step)
		}
		if _, ok := totp.Match(rfc, code, now, step+d); ok {
			t.Errorf("code of step %+d opens twice", d)
		}
	}
	for _, typed := range []string{"", "12345", "1234567", "abcdef", "００００００"} {
		if _, ok := totp.Match(rfc, typed, now, 0); ok {
			t.Errorf("%q opens", typed)
		}
	}
}

func TestEnrolmentNamesCityAndAccount(t *testing.T) {
	secret := totp.NewSecret()
	u, err := url.Parse(totp.URI("云泽市 12345", "wang:fang", secret))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Query().Get("secret") != secret || u.Query().Get("issuer") != "云泽市 12345" {
		t.Errorf("%v, %v", u, err)
	}
	if strings.Contains(u.String(), "+") {
		t.Error("apps read a plus sign as such")
	}
}
