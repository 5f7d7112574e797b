package webhook_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/signature"
	"gongzhi/internal/webhook/verify"
)

const guide = "../../docs/ops/webhooks.md"

// block is the sample of a language in the guide.
func block(t *testing.T, language string) string {
	t.Helper()
	raw, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(raw)
	if m == nil {
		t.Fatalf("no sample in %s", language)
	}
	return string(m[1])
}

var (
	sent   = time.Unix(1772845200, 0)
	body   = []byte(`{"id":"01-3","data":{"number":"260309000118"}}`)
	header = signature.Sign(sent, body, "whsec_new", "whsec_old")
)

func TestTheGuideShowsTheSampleThatIsTested(t *testing.T) {
	raw, err := os.ReadFile("verify/verify.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(raw), "package verify\n")
	if block(t, "go") != "package verify\n"+code {
		t.Error("the sample in the guide differs from verify/verify.go")
	}
}

func TestTheSampleRefusesEveryChangedByte(t *testing.T) {
	for _, secret := range []string{"whsec_new", "whsec_old"} {
		if err := verify.Verify(secret, header, body, sent); err != nil {
			t.Fatalf("%s: %v", secret, err)
		}
	}
	for i := range body {
		for bit := range 8 {
			other := bytes.Clone(body)
			other[i] ^= 1 << bit
			if verify.Verify("whsec_new", header, other, sent) == nil {
				t.Fatalf("byte %d, bit %d changed and accepted", i, bit)
			}
		}
	}
	for name, err := range map[string]error{
		"shorter":        verify.Verify("whsec_new", header, body[:len(body)-1], sent),
		"another secret": verify.Verify("whsec_x", header, body, sent),
		"replayed":       verify.Verify("whsec_new", header, body, sent.Add(6*time.Minute)),
		"of the future":  verify.Verify("whsec_new", header, body, sent.Add(-6*time.Minute)),
		"shifted dot":    verify.Verify("whsec_new", signature.Sign(time.Unix(17728, 0), []byte("45200.x"), "whsec_new"), []byte("x"), sent),
		"no header":      verify.Verify("whsec_new", "", body, sent),
		"no sum":         verify.Verify("whsec_new", "t=1772845200", body, sent),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestTheSampleInPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	script := block(t, "python") + fmt.Sprintf(`
body, header, now = %q.encode(), %q, %d
assert verify("whsec_new", header, body, now) and verify("whsec_old", header, body, now)
assert not verify("whsec_x", header, body, now)
assert not verify("whsec_new", header, body, now + 301) and not verify("whsec_new", header, body, now - 301)
assert not verify("whsec_new", "", body, now) and not verify("whsec_new", "t=x,v1=y", body, now)
for i in range(len(body)):
    other = bytearray(body); other[i] ^= 1
    assert not verify("whsec_new", header, bytes(other), now), i
`, body, header, sent.Unix())
	if out, err := exec.Command(python, "-c", script).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheSampleInTheShell(t *testing.T) {
	for _, program := range []string{"sh", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed")
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "body.bin"), body, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("sh", "-c", block(t, "sh"))
	c.Dir, c.Env = dir, append(os.Environ(), "stamp=1772845200", "secret=whsec_new")
	out, err := c.CombinedOutput()
	if want := signature.Sign(sent, body, "whsec_new"); err != nil || want != "t=1772845200,v1="+strings.TrimSpace(string(out)) {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
}
