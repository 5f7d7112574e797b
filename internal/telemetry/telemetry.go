// Package telemetry sets up the log: one JSON object a line, with nothing in it
// that could name a person. Our own code logs ids and keys only; what is removed
// here is what slips in all the same, inside the text of somebody else's error.
package telemetry

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
)

// Logger writes JSON lines to w, from level on ("debug", "info", "warn",
// "error").
func Logger(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: want debug, info, warn or error", level)
	}
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: redact})
	return slog.New(h), nil
}

const (
	hidden  = "[hidden]"
	longest = 8 << 10 // bytes of one value; enough for a stack trace
)

// private names attributes that are hidden whatever they hold.
var private = map[string]bool{
	"phone": true, "mobile": true, "tel": true, "email": true, "mail": true, "address": true, "contact": true, "caller": true,
	"name": true, "body": true, "text": true, "query": true, "password": true, "token": true, "code": true, "cookie": true,
	"session": true, "secret": true, "key_material": true, "authorization": true, "ip": true,
}

func redact(_ []string, a slog.Attr) slog.Attr {
	if private[strings.ToLower(a.Key)] {
		return slog.String(a.Key, hidden)
	}
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Redact(v.String()))
	case slog.KindInt64:
		return number(a, v.Int64())
	case slog.KindUint64:
		return number(a, int64(v.Uint64()))
	case slog.KindAny:
		return other(a, v.Any())
	}
	return a
}

// number hides a phone number that came as one.
func number(a slog.Attr, n int64) slog.Attr {
	text := strconv.FormatInt(n, 10)
	if Redact(text) != text {
		return slog.String(a.Key, hidden)
	}
	return a
}

// other turns a value into the text that would have been written, to look inside.
func other(a slog.Attr, v any) slog.Attr {
	switch v := v.(type) {
	case *slog.Source, nil:
		return a
	case error:
		return slog.String(a.Key, Redact(v.Error()))
	case fmt.Stringer:
		return slog.String(a.Key, Redact(v.String()))
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return slog.String(a.Key, hidden)
	}
	return slog.String(a.Key, Redact(string(raw)))
}

var (
	runs   = regexp.MustCompile(`[0-9]{11,18}[Xx]?`)
	spaced = regexp.MustCompile(`\b1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}\b|\b0[0-9]{2,3}[ -][0-9]{7,8}\b`)
	mail   = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}`)
)

// Redact hides what looks like a phone number, an identity card number or a
// mail address. Times in microseconds, request numbers and ids stay.
func Redact(s string) string {
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	s = runs.ReplaceAllStringFunc(s, func(run string) string {
		if phone(run) || identity(run) {
			return hidden
		}
		return run
	})
	s = spaced.ReplaceAllString(s, hidden)
	return mail.ReplaceAllString(s, hidden)
}

func phone(run string) bool {
	if len(run) == 13 {
		run = strings.TrimPrefix(run, "86")
	}
	return len(run) == 11 && run[0] == '1' && run[1] >= '3' || len(run) >= 11 && len(run) <= 12 && run[0] == '0'
}

// identity knows a card number by the date of birth in its middle.
func identity(run string) bool {
	if len(run) != 18 {
		return false
	}
	year, month, day := run[6:10], run[10:12], run[12:14]
	return year >= "1900" && year < "2100" && month >= "01" && month <= "12" && day >= "01" && day <= "31"
}
