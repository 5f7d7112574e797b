package web

import (
	"io"
	"math"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"gongzhi/internal/fault"
)

// Values reads a form field by field. A value that cannot be read as asked is
// noted, reads as zero, and comes out of Err with the others, so that a person
// sees all that is wrong at once.
type Values struct {
	form   url.Values
	files  map[string][]*multipart.FileHeader
	fields fault.Fields
}

// The longest text accepted where a page names no limit of its own, in
// characters: more than anybody types, less than what slows a page down.
const (
	maxLine = 1_000
	maxText = 20_000
)

// Err is a fault.Fields with all that was noted, or nil.
func (v *Values) Err() error { return v.fields.Err() }

// Add notes that a field is wrong, for rules that only the page knows.
func (v *Values) Add(name, key string, args ...any) { v.fields.Add(name, key, args...) }

// Has reports whether the form sent the field at all, even empty.
func (v *Values) Has(name string) bool { return len(v.form[name]) > 0 }

// Raw is a value exactly as sent, for passwords.
func (v *Values) Raw(name string) string { return v.form.Get(name) }

// String is one cleaned line: see Line. A longer value than limit characters
// (1,000 when none is given) is noted, and still returned for the page to show.
func (v *Values) String(name string, limit ...int) string {
	return v.bounded(name, Line(v.form.Get(name)), maxLine, limit)
}

// Text is cleaned text that may have several lines, at most 20,000 characters
// when no limit is given.
func (v *Values) Text(name string, limit ...int) string {
	return v.bounded(name, Text(v.form.Get(name)), maxText, limit)
}

// Required is String that notes an empty value.
func (v *Values) Required(name string, limit ...int) string {
	s := v.String(name, limit...)
	if s == "" {
		v.Add(name, "web.field_missing")
	}
	return s
}

func (v *Values) bounded(name, s string, most int, limit []int) string {
	if len(limit) > 0 {
		most = limit[0]
	}
	if len(s) > most && utf8.RuneCountInString(s) > most {
		v.Add(name, "web.field_long", most)
	}
	return s
}

// Strings is every value of a field as cleaned lines, without empty ones.
func (v *Values) Strings(name string) []string {
	var out []string
	for _, raw := range v.form[name] {
		if s := v.bounded(name, Line(raw), maxLine, nil); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Bool is true for a ticked box and for 1, true, yes and on.
func (v *Values) Bool(name string) bool {
	switch v.form.Get(name) {
	case "on", "true", "1", "yes":
		return true
	}
	return false
}

// number folds the full-width digits that a Chinese input method types.
func (v *Values) number(name string) string {
	return strings.TrimSpace(norm.NFKC.String(v.form.Get(name)))
}

// Int is a whole number; an empty value is 0.
func (v *Values) Int(name string) int {
	s := v.number(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		v.Add(name, "web.field_number")
		return 0
	}
	return n
}

// Float is a finite number; an empty value is 0.
func (v *Values) Float(name string) float64 {
	s := v.number(name)
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		v.Add(name, "web.field_number")
		return 0
	}
	return f
}

// Time is a date or a date with time as a browser's own field sends it, in the
// zone given; an empty value is the zero time.
func (v *Values) Time(name string, zone *time.Location) time.Time {
	s := v.number(name)
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		// Years outside of this are slips of the finger, and overflow elsewhere.
		if t, err := time.ParseInLocation(layout, s, zone); err == nil && t.Year() >= 1900 && t.Year() < 2200 {
			return t
		}
	}
	v.Add(name, "web.field_date")
	return time.Time{}
}

// File is one uploaded file. Its name is what the sender says and good for
// showing only.
type File struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// Files is what was uploaded under name, without empty entries. More than most
// are noted, and none is returned then.
func (v *Values) Files(name string, most int) []File {
	var out []File
	for _, h := range v.files[name] {
		if h.Size > 0 {
			out = append(out, File{Line(strings.ToValidUTF8(h.Filename, "")), h.Size, func() (io.ReadCloser, error) { return h.Open() }})
		}
	}
	if len(out) > most {
		v.Add(name, "web.field_files", most)
		return nil
	}
	return out
}

// All is the form as it was sent, for showing it again.
func (v *Values) All() url.Values { return v.form }
