package vault_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gongzhi/internal/vault"
)

func TestSealedTextOpensOnlyInItsRow(t *testing.T) {
	v := vault.Test()
	sealed, err := v.Seal("13800005521", "intake_contact/7/phone")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sealed, "138") {
		t.Errorf("%q shows the number", sealed)
	}
	if got, err := v.Open(sealed, "intake_contact/7/phone"); got != "13800005521" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	raw, _ := base64.RawStdEncoding.DecodeString(sealed)
	raw[len(raw)-1] ^= 1
	for name, try := range map[string]func() (string, error){
		"another row":   func() (string, error) { return v.Open(sealed, "intake_contact/8/phone") },
		"another vault": func() (string, error) { return vault.Test().Open(sealed, "intake_contact/7/phone") },
		"changed": func() (string, error) {
			return v.Open(base64.RawStdEncoding.EncodeToString(raw), "intake_contact/7/phone")
		},
		"never sealed": func() (string, error) { return v.Open("13800005521", "intake_contact/7/phone") },
	} {
		if got, err := try(); !errors.Is(err, vault.ErrSealed) || got != "" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestEmptyStaysEmpty(t *testing.T) {
	v := vault.Test()
	sealed, err := v.Seal("", "row")
	opened, err2 := v.Open(sealed, "row")
	if sealed != "" || opened != "" || err != nil || err2 != nil || v.Token("phone", "") != "" {
		t.Errorf("got %q, %q, %v, %v", sealed, opened, err, err2)
	}
}

func TestSameTextNeverLooksTheSame(t *testing.T) {
	v := vault.Test()
	a, _ := v.Seal("李女士", "row")
	b, _ := v.Seal("李女士", "row")
	if a == b {
		t.Error("equal texts can be told from the database")
	}
}

func TestTokenFindsAValueForOnePurpose(t *testing.T) {
	v := vault.Test()
	phone := v.Token("phone", "13800005521")
	if phone != v.Token("phone", "13800005521") || len(phone) != 22 {
		t.Errorf("token %q is not steady", phone)
	}
	others := []string{v.Token("email", "13800005521"), v.Token("phone", "13800005522"), v.Token("phon", "e13800005521"),
		vault.Test().Token("phone", "13800005521"), v.CodeHash("phone", "13800005521"), v.CodeHash("phone1", "3800005521")}
	for i, a := range others {
		if a == phone {
			t.Errorf("token %d is the same", i)
		}
		for j := range i {
			if a == others[j] {
				t.Errorf("tokens %d and %d are the same", i, j)
			}
		}
	}
	if bytes.Equal(v.Key("a"), v.Key("b")) || len(v.Key("a")) != 32 {
		t.Error("keys for two purposes are the same")
	}
}

func TestKeyFileIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	first, err := vault.Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(path)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o, want 600", info.Mode().Perm())
	}
	sealed, _ := first.Seal("x", "row")
	second, err := vault.Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := second.Open(sealed, "row"); got != "x" || err != nil {
		t.Errorf("after a restart: %q, %v", got, err)
	}
	if first.Fingerprint() != second.Fingerprint() || first.Fingerprint() == vault.Test().Fingerprint() {
		t.Error("the fingerprint does not tell vaults apart")
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if len(entries) != 1 {
		t.Errorf("left %d files behind", len(entries)-1)
	}
}

func TestProcessesStartingTogetherShareOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	prints := make([]string, 8)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			if v, err := vault.Open(path, ""); err != nil {
				t.Error(err)
			} else {
				prints[i] = v.Fingerprint()
			}
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] {
			t.Errorf("got different keys: %q", prints)
		}
	}
}

func TestUnfitKeyFilesAreRefused(t *testing.T) {
	kek, other := strings.Repeat("A", 43)+"=", strings.Repeat("B", 43)+"="
	dir := t.TempDir()
	plain, wrapped, junk := filepath.Join(dir, "plain"), filepath.Join(dir, "wrapped"), filepath.Join(dir, "junk")
	open := filepath.Join(dir, "open")
	os.WriteFile(junk, []byte(`{"format":1}`), 0o600)
	for path, key := range map[string]string{plain: "", wrapped: kek, open: ""} {
		if _, err := vault.Open(path, key); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(open, 0o640)
	for name, c := range map[string]struct{ path, kek, want string }{
		"readable by others": {open, "", "chmod 600"},
		"KEK missing":        {wrapped, "", "set GONGZHI_KEK"},
		"wrong KEK":          {wrapped, other, "GONGZHI_KEK is not"},
		"not wrapped":        {plain, kek, "unset it"},
		"KEK too short":      {plain, "abc", "32 bytes"},
		"junk":               {junk, "", "key file"},
		"no such folder":     {filepath.Join(dir, "none", "keys"), "", "make key file"},
	} {
		before, _ := os.ReadFile(c.path)
		if _, err := vault.Open(c.path, c.kek); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
		if after, _ := os.ReadFile(c.path); !bytes.Equal(before, after) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := vault.Open(wrapped, kek); err != nil {
		t.Errorf("with its own KEK: %v", err)
	}
}

func TestPhoneIsFoundHoweverItIsWritten(t *testing.T) {
	for typed, want := range map[string]string{
		"13800005521":        "13800005521",
		" +86 138-0000-5521": "13800005521",
		"0086 13800005521":   "13800005521",
		"8613800005521":      "13800005521",
		"１３８００００５５２１":        "13800005521",
		"＋８６（138）00005521":   "13800005521",
		"010-6512 3456":      "01065123456",
		"+86 10 6512 3456":   "01065123456",
		"+86 400 123 4567":   "4001234567",
		"12345":              "12345",
		"+852 2345 6789":     "+85223456789",
		"":                   "",
		"no phone":           "",
		"+":                  "",
		"138000055211234567": "",
		"1380000552x":        "",
	} {
		if got := vault.NormalPhone(typed); got != want {
			t.Errorf("NormalPhone(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestMasks(t *testing.T) {
	for _, c := range []struct {
		mask     func(string) string
		in, want string
	}{
		{vault.MaskPhone, "13800005521", "138****5521"},
		{vault.MaskPhone, "65123456", "65****56"},
		{vault.MaskPhone, "12345", "****"},
		{vault.MaskPhone, "", ""},
		{vault.MaskName, "李女士", "李**"},
		{vault.MaskName, "李四", "李*"},
		{vault.MaskName, "李", "*"},
		{vault.MaskName, "John Smith", "J**"},
		{vault.MaskName, "\U00020BB7田", "\U00020BB7*"},
		{vault.MaskName, "", ""},
		{vault.MaskEmail, "li@example.cn", "l***@example.cn"},
		{vault.MaskEmail, "l@example.cn", "***@example.cn"},
		{vault.MaskEmail, "nonsense", "***"},
		{vault.MaskAddress, "青石路18号2单元301室", "青石路**"},
		{vault.MaskAddress, "青石小区东门旁", "青石小**"},
		{vault.MaskAddress, "", ""},
	} {
		if got := c.mask(c.in); got != c.want {
			t.Errorf("%q is shown as %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzMasksHideSomething(f *testing.F) {
	f.Add("13800005521")
	f.Add("李女士")
	f.Add("\xff@\xff")
	f.Fuzz(func(t *testing.T, s string) {
		for _, mask := range []func(string) string{vault.MaskPhone, vault.MaskName, vault.MaskEmail, vault.MaskAddress, vault.NormalPhone} {
			mask(s)
		}
		if n := vault.NormalPhone(s); n != "" && vault.NormalPhone(n) != n {
			t.Errorf("NormalPhone is not steady: %q, %q", s, n)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	v := vault.Test()
	for b.Loop() {
		v.Seal("13800005521", "intake_contact/01JABCDEFGHJKMNPQRSTVWXYZ0/phone")
	}
}

func BenchmarkToken(b *testing.B) {
	v := vault.Test()
	for b.Loop() {
		v.Token("phone", "13800005521")
	}
}
