package open311

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/outbound"
)

// peer speaks with one partner.
type peer struct {
	d      Destination
	out    outbound.Client
	format georeport.Format
}

func (s *Service) peer(d Destination) *peer {
	p := &peer{d: d, out: *s.Out}
	if p.out.Most == 0 {
		p.out.Most = 16 << 20
	}
	p.out.Timeout = time.Minute
	if d.Switches.Wait > 0 {
		p.out.Timeout = time.Duration(d.Switches.Wait) * time.Second
	}
	if d.JSON {
		p.format = georeport.JSON
	}
	return p
}

// refused is an answer that trying again will not mend.
type refused struct{ why string }

func (r refused) Error() string { return r.why }

// errMissing is the answer of a partner that does not know the call.
var errMissing = errors.New("the partner does not know this call")

// address is a call's address. jurisdiction_id goes along on every call.
func (p *peer) address(call string, q url.Values) string {
	if p.d.Jurisdiction != "" {
		q.Set("jurisdiction_id", p.d.Jurisdiction)
	}
	a := p.d.Endpoint + "/" + call + "." + p.format.Suffix()
	if len(q) > 0 {
		a += "?" + q.Encode()
	}
	return a
}

// get reads a document.
func (p *peer) get(ctx context.Context, call string, q url.Values) ([]byte, error) {
	a, err := p.out.Get(ctx, p.address(call, q))
	if err != nil {
		return nil, err
	}
	return judge(a)
}

// post sends a form, with files when there are some. Every call carries a mark,
// so that a partner who knows it takes a second sending for the first.
func (p *peer) post(ctx context.Context, call, mark string, form url.Values, files [][]byte) ([]byte, error) {
	if p.d.Jurisdiction != "" {
		form.Set("jurisdiction_id", p.d.Jurisdiction)
	}
	if p.d.Key != "" {
		form.Set("api_key", p.d.Key)
	}
	body, media := []byte(form.Encode()), "application/x-www-form-urlencoded; charset=utf-8"
	if len(files) > 0 {
		var err error
		if body, media, err = multi(form, files); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.d.Endpoint+"/"+call+"."+p.format.Suffix(), bytes.NewReader(body))
	if err != nil {
		return nil, refused{"address"}
	}
	r.Header.Set("Content-Type", media)
	r.Header.Set("Idempotency-Key", mark)
	a, err := p.out.Do(r)
	if err != nil {
		return nil, err
	}
	return judge(a)
}

func multi(form url.Values, files [][]byte) ([]byte, string, error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, v := range form[name] {
			if err := w.WriteField(name, v); err != nil {
				return nil, "", err
			}
		}
	}
	for i, f := range files {
		part, err := w.CreateFormFile(fmt.Sprintf("photo%d", i+1), fmt.Sprintf("photo%d.jpg", i+1))
		if err == nil {
			_, err = part.Write(f)
		}
		if err != nil {
			return nil, "", err
		}
	}
	err := w.Close() // writes the end, so before the bytes are taken
	return buf.Bytes(), w.FormDataContentType(), err
}

// judge takes any 2xx for success. What the partner found wrong is kept in its
// own words; whether trying again may help is told by the status.
func judge(a outbound.Answer) ([]byte, error) {
	if a.OK() {
		return a.Body, nil
	}
	why := fmt.Sprintf("HTTP %d", a.Status)
	for _, e := range georeport.ReadErrors(a.Body) {
		why += "; " + strings.Trim(e.Code+": "+cut(plain(e.Description), 200), ": ")
	}
	why = cut(why, 600)
	switch {
	case a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed || a.Status == http.StatusNotImplemented:
		return nil, fmt.Errorf("%w: %w", errMissing, refused{why})
	case a.Status == http.StatusRequestTimeout || a.Status == http.StatusTooManyRequests || a.Status >= 500:
		return nil, errors.New(why)
	}
	return nil, refused{why}
}

// trouble says in a few words what went wrong, without telling what stands
// behind an address that may not be called.
func trouble(err error) string {
	var no refused
	switch {
	case err == nil:
		return ""
	case errors.Is(err, outbound.ErrRefused):
		return "forbidden"
	case errors.Is(err, outbound.ErrTooLarge):
		return "large"
	case errors.As(err, &no):
		return "said " + no.why
	case errors.Is(err, georeport.ErrHTML):
		return "html"
	case errors.Is(err, georeport.ErrBroken), errors.Is(err, georeport.ErrEmpty), errors.Is(err, georeport.ErrDTD), errors.Is(err, georeport.ErrLarge), errors.Is(err, georeport.ErrDeep):
		return "unreadable"
	case errors.Is(err, context.DeadlineExceeded):
		return "slow"
	case strings.HasPrefix(err.Error(), "HTTP "):
		return "said " + err.Error()
	}
	return "unreachable"
}

// discover finds the partner's endpoint if its discovery document is named, and
// stays with the configured one otherwise.
func (p *peer) discover(ctx context.Context) error {
	if p.d.Discovery == "" {
		return nil
	}
	a, err := p.out.Get(ctx, p.d.Discovery)
	if err == nil {
		var body []byte
		if body, err = judge(a); err == nil {
			var found georeport.Discovery
			if found, err = georeport.ReadDiscovery(body); err == nil {
				if e, f, ok := found.Choose(); ok {
					p.d.Endpoint, p.format, p.d.JSON = e.URL, f, f == georeport.JSON
					return nil
				}
				err = georeport.ErrBroken
			}
		}
	}
	if p.d.Endpoint != "" {
		return nil // the address that a person named
	}
	return err
}
