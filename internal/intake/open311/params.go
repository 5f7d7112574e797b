package open311

import (
	"maps"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/web"
)

// params are what a call brings, from its body and its address. An empty one is
// as good as none.
type params struct {
	url.Values
	files map[string][]*multipart.FileHeader
	wrong fault.Fields
}

// Bounds on what a call brings beside the fields that have their own.
const (
	mostParams = 400
	mostValue  = 500 // characters of a name, an address, an answer
)

// readParams reads them. What stands in the body wins over the address.
func readParams(r *http.Request) (params, error) {
	p := params{Values: url.Values{}}
	q, err := web.Query(r)
	if err != nil {
		return p, err
	}
	p.add(q.All())
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return p, nil
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "" && media != "application/x-www-form-urlencoded" && media != "multipart/form-data" {
		return p, fault.New(fault.Invalid, "web.media_type", nil)
	}
	body, err := web.Form(r)
	if err != nil {
		return p, err
	}
	p.add(body.All())
	if r.MultipartForm != nil {
		p.files = r.MultipartForm.File
	}
	if len(p.Values) > mostParams {
		return p, fault.New(fault.Invalid, "georeport.too_many_params", nil, mostParams)
	}
	return p, nil
}

func (p *params) add(more url.Values) {
	for name, values := range more {
		kept := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return strings.TrimSpace(v) == "" })
		if len(kept) > 0 {
			p.Values[name] = kept
		}
	}
}

func (p *params) get(name string) string { return strings.TrimSpace(p.Values.Get(name)) }

// note keeps what is wrong with a parameter.
func (p *params) note(name, key string, args ...any) { p.wrong.Add(name, key, args...) }

// line is a text of one line and bounded length.
func (p *params) line(name string) string {
	v := web.Line(p.get(name))
	if n := len([]rune(v)); n > mostValue {
		p.note(name, "georeport.too_long", mostValue, n)
	}
	return v
}

// list is a comma list, which may also be repeated.
func (p *params) list(name string) []string {
	var out []string
	for _, v := range p.Values[name] {
		for one := range strings.SplitSeq(v, ",") {
			if one = strings.TrimSpace(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// number is a finite number; ok is false when there is none.
func (p *params) number(name string) (f float64, ok bool) {
	v := p.get(name)
	if v == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		p.note(name, "georeport.not_a_number")
		return 0, false
	}
	return f, true
}

// whole is a whole number within bounds; absent it is otherwise.
func (p *params) whole(name string, otherwise, lo, hi int) int {
	v := p.get(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < lo || n > hi {
		p.note(name, "georeport.out_of_range", lo, hi)
		return otherwise
	}
	return n
}

// time is a time with its zone.
func (p *params) time(name string) time.Time {
	v := p.get(name)
	if v == "" {
		return time.Time{}
	}
	t, err := georeport.ParseTime(v)
	switch {
	case err == georeport.ErrZone:
		p.note(name, "georeport.time_zone")
	case err != nil:
		p.note(name, "georeport.time_wrong")
	}
	return t
}

func (p *params) truth(name string) bool {
	v := strings.ToLower(p.get(name))
	return v == "true" || v == "1" || v == "yes"
}

// span is a time window of at most 90 days: both ends, or one of them, which
// opens such a window. ok is false when neither is there.
func (p *params) span(from, to string) (a, b time.Time, ok bool) {
	a, b = p.time(from), p.time(to)
	switch {
	case a.IsZero() && b.IsZero():
		return a, b, false
	case a.IsZero():
		a = b.Add(-window)
	case b.IsZero():
		b = a.Add(window)
	case b.Before(a):
		p.note(to, "georeport.end_before_start", from)
	case b.Sub(a) > window:
		p.note(to, "georeport.window_too_wide", 90)
	}
	return a, b, true
}

// window is the longest span that one call may ask for.
const window = 90 * 24 * time.Hour

var attributeName = regexp.MustCompile(`^attribute\[([^\[\]]{1,100})\](\[\d*\])?$`)

// attributes are the answers to a service's questions, by their code.
func (p *params) attributes() map[string][]string {
	out := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(p.Values)) {
		if m := attributeName.FindStringSubmatch(name); m != nil {
			out[m[1]] = append(out[m[1]], p.Values[name]...)
		}
	}
	return out
}
