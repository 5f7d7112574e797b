package signature_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/signature"
)

var sent = time.Unix(1772845200, 0)

func TestEveryChangedByteIsRefused(t *testing.T) {
	body := []byte(`{"id":"01J-1","type":"closed"}`)
	header := signature.Sign(sent, body, "secret")
	if err := signature.Verify(header, body, sent, "secret"); err != nil {
		t.Fatal(err)
	}
	for i := range body {
		for _, bit := range []byte{1, 0x80} {
			other := bytes.Clone(body)
			other[i] ^= bit
			if err := signature.Verify(header, other, sent, "secret"); !errors.Is(err, signature.ErrWrong) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
	}
	for i := range header {
		other := []byte(header)
		other[i] ^= 1
		if err := signature.Verify(string(other), body, sent, "secret"); err == nil && !strings.EqualFold(string(other), header) {
			t.Errorf("header with byte %d changed passes: %s", i, other)
		}
	}
}

func TestOldAndFutureMessagesAreRefused(t *testing.T) {
	body := []byte("x")
	header := signature.Sign(sent, body, "secret")
	for late, want := range map[time.Duration]error{
		0: nil, 5 * time.Minute: nil, -5 * time.Minute: nil,
		5*time.Minute + time.Second: signature.ErrOld, -5*time.Minute - time.Second: signature.ErrOld,
	} {
		if err := signature.Verify(header, body, sent.Add(late), "secret"); !errors.Is(err, want) {
			t.Errorf("%v later: %v, want %v", late, err, want)
		}
	}
}

// A time and a body that join to the same text must not stand for each other.
func TestTimeAndBodyCannotBeShifted(t *testing.T) {
	header := signature.Sign(time.Unix(12, 0), []byte("3.x"), "secret")
	_, sum, _ := strings.Cut(header, ",")
	for _, forged := range []string{"t=123," + sum, "t=12.3," + sum, "t= 12," + sum, "t=+12," + sum} {
		if err := signature.Verify(forged, []byte("x"), time.Unix(12, 0), "secret"); err == nil {
			t.Errorf("%q passes", forged)
		}
	}
}

func TestTwoSecretsWhileOneIsChanged(t *testing.T) {
	body := []byte("x")
	header := signature.Sign(sent, body, "new", "old")
	for _, s := range []string{"new", "old"} {
		if err := signature.Verify(header, body, sent, s); err != nil {
			t.Errorf("secret %s: %v", s, err)
		}
	}
	if err := signature.Verify(signature.Sign(sent, body, "old"), body, sent, "new", "old"); err != nil {
		t.Error(err)
	}
	if err := signature.Verify(header, body, sent, "other"); !errors.Is(err, signature.ErrWrong) {
		t.Error(err)
	}
}

func TestHeadersThatAreNone(t *testing.T) {
	for _, h := range []string{"", "t=", "v1=00", "t=1772845200", "t=1772845200,v1", "t=abc,v1=00", "t=-1,v1=00", "t=99999999999999999999,v1=00"} {
		if err := signature.Verify(h, nil, sent, "secret"); err == nil {
			t.Errorf("%q passes", h)
		}
	}
}
