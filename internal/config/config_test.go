package config_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/config"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gongzhi.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, args, env []string) *config.Config {
	t.Helper()
	c, _, err := config.Load("serve", args, env, io.Discard, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNothingSetStillWorks(t *testing.T) {
	c := load(t, nil, nil)
	got := []any{c.Addr, c.Database(), c.Keys(), c.Blobs(), c.Timeout, c.Workers, c.TrustedProxies, c.TileHost()}
	want := []any{"127.0.0.1:8080", "sqlite:data/gongzhi.db", "data/keys.json", "data/blobs", time.Minute, 4, []string(nil), ""}
	if diff := cmp.Diff(want, got, cmp.Transformer("nil", func(s []string) int { return len(s) })); diff != "" {
		t.Error(diff)
	}
}

func TestLaterSourcesWin(t *testing.T) {
	path := file(t, "\ufeff# a city\naddr = :1\ndb=postgres://file\r\n\n  timeout = 5m\ntrusted_proxies = 10.0.0.1, 10.0.0.2\n")
	c := load(t, []string{"--config", path, "--addr", ":3"}, []string{"GONGZHI_ADDR=:2", "GONGZHI_DB=postgres://env", "HOME=/root"})
	got := []string{c.Addr, c.DB, c.Timeout.String(), strings.Join(c.TrustedProxies, "+")}
	if diff := cmp.Diff([]string{":3", "postgres://env", "5m0s", "10.0.0.1+10.0.0.2"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	path := file(t, "addr = :1\nadr = :2\nnonsense\ntimeout = soon\naddr = :3\nsmtp-user = x\n")
	env := []string{"GONGZHI_WORKERS=many", "GONGZHI_PORT_80_TCP=tcp://10.0.0.1", "GONGZHI_CONFIG=" + path}
	c, _, err := config.Load("serve", []string{"--timeout", "9"}, env, io.Discard, nil)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		path + `:2: unknown key "adr"; did you mean "addr"?`,
		path + `:3: want "key = value"`,
		path + `:4: timeout: "soon" is not a time`,
		path + `:5: addr was set in line 1 already`,
		path + `:6: unknown key "smtp-user"; did you mean "smtp_user"?`,
		`GONGZHI_WORKERS: workers: "many" is not a whole number`,
		`--timeout: timeout: "9" is not a time`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if diff := cmp.Diff([]string{"GONGZHI_PORT_80_TCP"}, c.Ignored); diff != "" {
		t.Error(diff)
	}
	if _, _, err := config.Load("serve", []string{"--config", "/none"}, nil, io.Discard, nil); err == nil {
		t.Error("a missing file was passed over")
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	env := []string{"GONGZHI_KEK=canary", "GONGZHI_SMTP_PASSWORD=canary", "GONGZHI_DB=postgres://u:canary@h/d?sslpassword=canary"}
	shown := load(t, nil, env).String()
	if strings.Contains(shown, "canary") || !strings.Contains(shown, "kek = (set, not shown)") || !strings.Contains(shown, "postgres://u:xxxxx@h/d") {
		t.Errorf("shown:\n%s", shown)
	}
	for _, bad := range []string{"postgres://u:canary@h:port/%zz", "postgres://u:canary@[::1"} {
		if shown := load(t, nil, []string{"GONGZHI_DB=" + bad}).String(); strings.Contains(shown, "canary") {
			t.Errorf("%q is shown:\n%s", bad, shown)
		}
	}
	if _, _, err := config.Load("serve", []string{"--kek", "x"}, nil, io.Discard, nil); err == nil {
		t.Error("a secret has a flag")
	}
}

func TestWhatIsShownCanBeReadBack(t *testing.T) {
	c := load(t, []string{"--tile-url", "https://t.example/{z}/{x}/{y}.png", "--trusted-proxies", "10.0.0.1"}, nil)
	var lines []string
	for line := range strings.Lines(c.String()) {
		if !strings.Contains(line, "(not set)") {
			lines = append(lines, line)
		}
	}
	again := load(t, []string{"--config", file(t, strings.Join(lines, ""))}, nil)
	if diff := cmp.Diff(c.String(), again.String()); diff != "" || c.TileHost() != "https://t.example" {
		t.Errorf("%s %s", c.TileHost(), diff)
	}
}

func TestCommandsMayHaveFlagsOfTheirOwn(t *testing.T) {
	var dry bool
	_, rest, err := config.Load("import", []string{"--dry-run", "--db", "sqlite:x", "file.csv"}, nil, io.Discard,
		func(fs *flag.FlagSet) { fs.BoolVar(&dry, "dry-run", false, "change nothing") })
	if diff := cmp.Diff([]string{"file.csv"}, rest); diff != "" || !dry || err != nil {
		t.Errorf("dry %t, %v, %s", dry, err, diff)
	}
	var usage bytes.Buffer
	if _, _, err := config.Load("serve", []string{"-h"}, nil, &usage, nil); !errors.Is(err, flag.ErrHelp) || !strings.Contains(usage.String(), "--base-url") && !strings.Contains(usage.String(), "-base-url") {
		t.Errorf("%v: %s", err, usage.String())
	}
}
