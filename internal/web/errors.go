package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
)

// ErrSignIn says that nobody is signed in where somebody has to be. On a GET the
// server answers it by sending the person to sign in and back again.
var ErrSignIn = fault.New(fault.Denied, "web.sign_in", nil)

// ErrFormExpired says that a form came from a page of ours that is too old, or of
// another session. It has been read, and came from no other site.
var ErrFormExpired = fault.New(fault.Denied, "web.form_expired", nil)

// byKey holds the failures of HTTP itself, whose status is finer than their kind.
var byKey = map[string]int{
	"web.malformed":  http.StatusBadRequest,
	"web.method":     http.StatusMethodNotAllowed,
	"web.too_large":  http.StatusRequestEntityTooLarge,
	"web.json":       http.StatusBadRequest,
	"web.media_type": http.StatusUnsupportedMediaType,
	"web.host":       http.StatusMisdirectedRequest,
	"web.slow":       http.StatusRequestTimeout,
	"web.token":      http.StatusUnauthorized,
}

// Problems names the failures that a program acts upon without reading words,
// by key: their type in application/problem+json. All others are about:blank
// with the key as their code.
var Problems = map[string]string{
	"actor.step_up": "urn:gongzhi:problem:step-up", // prove once more who you are: POST /account/confirm
	"web.sign_in":   "urn:gongzhi:problem:sign-in",
}

// Status is the HTTP status that an error is answered with.
func Status(err error) int {
	key, _ := fault.KeyOf(err)
	if status, ok := byKey[key]; ok {
		return status
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Denied:
		return http.StatusForbidden
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// throttled is a TooMany that knows when to come back.
type throttled struct {
	error
	after time.Duration
}

func (t throttled) Unwrap() error { return t.error }

func setRetryAfter(h http.Header, err error) {
	var t throttled
	if errors.As(err, &t) {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(t.after.Seconds())))))
	}
}

// sentence is what a person may read about an error: never err.Error().
func sentence(r *http.Request, err error, status int) string {
	key, args := fault.KeyOf(err)
	if status >= 500 || key == "" {
		key, args = "web.internal", nil
	}
	return locale.T(Lang(r), key, args...)
}

func plainError(w http.ResponseWriter, r *http.Request, err error, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "%s\n%s\n", sentence(r, err, status), RequestID(r))
}

// Problem is RFC 9457, with the catalogue key as the code a program can rely on.
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	Reference string         `json:"reference"`
	Errors    []ProblemField `json:"errors,omitempty"`
}

// ProblemField is one thing that is wrong and where it stands: body.reason,
// query.limit, header.Idempotency-Key.
type ProblemField struct {
	Location string `json:"location"`
	Code     string `json:"code"`
	Detail   string `json:"detail"`
}

// ErrToken says that a program came with a token that does not work.
var ErrToken = fault.New(fault.Denied, "web.token", nil)

func writeProblem(w http.ResponseWriter, r *http.Request, err error, status int) {
	key, _ := fault.KeyOf(err)
	if status >= 500 || key == "" {
		key = "web.internal"
	}
	title := http.StatusText(status)
	if name := "web.status_" + strconv.Itoa(status); locale.Has(Lang(r), name) {
		title = locale.T(Lang(r), name)
	}
	p := Problem{Type: cmp.Or(Problems[key], "about:blank"), Title: title, Status: status,
		Detail: sentence(r, err, status), Code: key, Reference: RequestID(r)}
	for _, f := range fault.FieldsOf(err) {
		p.Errors = append(p.Errors, ProblemField{f.Name, f.Key, locale.T(Lang(r), f.Key, f.Args...)})
	}
	w.Header().Set("Content-Type", "application/problem+json")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(p) // the answer has begun; nothing is left to tell anybody
}
