package device

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/signature"
	"gongzhi/internal/web"
)

// SourceHeader names the system that signed a delivery.
const SourceHeader = "Webhook-Source"

// mostBody is the longest delivery.
const mostBody = 512 << 10

// answer tells a system what became of its events.
type answer struct {
	Accepted   int       `json:"accepted"`
	Duplicates int       `json:"duplicates"`
	Refused    []refused `json:"refused"`
}

type refused struct {
	Index  int    `json:"index"`
	ID     string `json:"id"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// postEvents takes one event or a batch. It answers 202 when everything that it
// calls accepted is durable; what is sent again is not taken twice, so a system
// that got no answer sends the same again.
func (s *Service) postEvents(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fault.New(fault.Invalid, "device.unread", err)
	}
	who, ok, err := s.caller(r, body)
	if err != nil {
		return err
	}
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="events"`)
		return web.JSON(w, http.StatusUnauthorized, map[string]string{"code": "device.no_key", "detail": locale.T(web.Lang(r), "device.no_key")})
	}
	list, errs, err := parse(r, body)
	if err != nil {
		_ = s.Drop(r.Context(), who.name(), DropMalformed, body)
		return err
	}
	out, err := s.takeAll(r.Context(), web.Lang(r), who, list, errs, body)
	if err != nil {
		w.Header().Set("Retry-After", "5")
		return err
	}
	return web.JSON(w, out.status(w), out)
}

// caller is who sends: by bearer key, or by a signature over the body.
func (s *Service) caller(r *http.Request, body []byte) (Owner, bool, error) {
	if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return s.holder(r.Context(), strings.TrimSpace(secret))
	}
	code := r.Header.Get(SourceHeader)
	if !plainCode(code) {
		return Owner{}, false, nil
	}
	secrets, err := s.secrets(r.Context(), code)
	if err != nil {
		return Owner{}, false, err
	}
	ok := signature.Verify(r.Header.Get(signature.Header), body, s.DB.Now(), secrets...) == nil
	return Owner{OfSource, code}, ok, nil
}

// parse reads a delivery in the mode that its headers name.
func parse(r *http.Request, body []byte) ([]Reading, []error, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case media == mediaBatch:
		return ParseBatch(body)
	case media == mediaEvent:
		one, err := ParseEvent(body)
		return []Reading{one}, []error{nil}, err
	case r.Header.Get("Ce-Specversion") != "":
		one, err := ParseBinary(r.Header, body)
		return []Reading{one}, []error{nil}, err
	}
	return nil, nil, fault.New(fault.Invalid, "device.no_event", nil)
}

func (s *Service) takeAll(ctx context.Context, lang locale.Lang, who Owner, list []Reading, errs []error, body []byte) (answer, error) {
	out := answer{Refused: []refused{}}
	refuse := func(i int, reason, detail string) {
		out.Refused = append(out.Refused, refused{i, list[i].Event, reason, detail})
	}
	for i, reading := range list {
		if errs[i] != nil {
			key, args := fault.KeyOf(errs[i])
			refuse(i, DropMalformed, locale.T(lang, key, args...))
			_ = s.Drop(ctx, who.name(), DropMalformed, body)
			continue
		}
		got, err := s.Take(ctx, who, reading, body)
		switch {
		case err != nil && s.Failed(ctx, who, reading.Origin+" "+reading.Event, body, err):
			return out, err
		case err != nil:
			refuse(i, DropFailed, locale.T(lang, "device.drop_"+DropFailed))
		case got.Refused != "":
			refuse(i, got.Refused, locale.T(lang, "device.drop_"+got.Refused))
		case got.Duplicate:
			out.Duplicates++
		default:
			out.Accepted++
		}
	}
	return out, nil
}

// status is 202 as soon as anything was taken; a sender that went over its limit
// hears when to come again.
func (a answer) status(w http.ResponseWriter) int {
	if a.Accepted+a.Duplicates > 0 || len(a.Refused) == 0 {
		return http.StatusAccepted
	}
	for _, x := range a.Refused {
		if x.Reason == DropRate || x.Reason == DropAll {
			w.Header().Set("Retry-After", "60")
			return http.StatusTooManyRequests
		}
	}
	return http.StatusUnprocessableEntity
}
