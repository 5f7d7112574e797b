package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"gongzhi/internal/telemetry"
)

func logger(t *testing.T) (*slog.Logger, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	log, err := telemetry.Logger(&out, "info")
	if err != nil {
		t.Fatal(err)
	}
	return log, &out
}

func TestPersonalDataNeverReachesTheLog(t *testing.T) {
	log, out := logger(t)
	for _, canary := range []string{"13800005521", "+8613800005521", "138 0000 5521", "138-0000-5521", "010-65123456", "01065123456",
		"11010119900307123X", "110101199003071234", "li.ming@example.cn", "李明@example.cn"} {
		text := `insert "` + canary + `": duplicate`
		for name, write := range map[string]func(){
			"message":  func() { log.Info(text) },
			"string":   func() { log.Info("x", "err", text) },
			"error":    func() { log.Info("x", "err", errors.New(text)) },
			"joined":   func() { log.Info("x", "err", errors.Join(errors.New(text), errors.New("y"))) },
			"struct":   func() { log.Info("x", "v", struct{ A string }{text}) },
			"list":     func() { log.Info("x", "v", []string{text}) },
			"group":    func() { log.Info("x", slog.Group("g", "v", text)) },
			"with":     func() { log.With("v", text).Info("x") },
			"by key":   func() { log.Info("x", "phone", "5521", "Name", canary, "code", "ABCD") },
			"adjacent": func() { log.Info("x", "v", canary+","+canary) },
		} {
			out.Reset()
			write()
			if strings.Contains(out.String(), canary) || strings.Contains(out.String(), `:"5521"`) || strings.Contains(out.String(), "ABCD") {
				t.Errorf("%s as %s: %s", canary, name, out)
			}
		}
	}
	out.Reset()
	log.Info("x", "v", 13800005521, "u", uint64(13800005521))
	if strings.Contains(out.String(), "13800005521") {
		t.Errorf("as a number: %s", out)
	}
}

func TestWhatWeNeedStaysReadable(t *testing.T) {
	log, out := logger(t)
	for _, keep := range []string{"01JABCDEFGHJKMNPQRSTVWXYZ0", "261123004718", "1773797400123456", "route /matter/{id}", "QB060MHS"} {
		out.Reset()
		log.Info("request", "v", keep)
		if !strings.Contains(out.String(), keep) {
			t.Errorf("%s is hidden: %s", keep, out)
		}
	}
	out.Reset()
	log.Info("x", "us", 1234, "at", int64(1773797400123456), "ok", true, "net", netip.MustParsePrefix("10.0.0.0/8"))
	if !strings.Contains(out.String(), `"us":1234`) || !strings.Contains(out.String(), `"at":1773797400123456`) {
		t.Errorf("numbers changed: %s", out)
	}
}

func TestOneEventIsOneLine(t *testing.T) {
	log, out := logger(t)
	log.Info("a\r\n{\"msg\":\"forged\"}\x1b[31m", "k\n", "v\r\nw\u2028", "long", strings.Repeat("字", 9000))
	if n := strings.Count(out.String(), "\n"); n != 1 || !json.Valid(out.Bytes()) || strings.ContainsAny(out.String(), "\r\x1b") {
		t.Errorf("%d lines: %.300q", n, out)
	}
	if out.Len() > 9<<10 {
		t.Errorf("a line of %d bytes", out.Len())
	}
}

func TestUnknownLevelIsRefused(t *testing.T) {
	if _, err := telemetry.Logger(&bytes.Buffer{}, "loud"); err == nil || !strings.Contains(err.Error(), "warn") {
		t.Errorf("got %v", err)
	}
}
