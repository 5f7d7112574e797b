package web

import (
	"errors"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"gongzhi/internal/fault"
)

// memoryForFiles is how much of an upload is kept in memory; the rest waits in
// temporary files that are removed when the request ends.
const memoryForFiles = 4 << 20

// Form is what was typed: the body of a POST, or the query of a GET. It fails
// on a body that is too large, too slow, malformed, or holds bytes that no
// keyboard sends; wrong fields are collected by the typed reads instead.
func Form(r *http.Request) (*Values, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return Query(r)
	}
	if err := parseForm(r); err != nil {
		return nil, err
	}
	v := &Values{form: r.PostForm}
	if r.MultipartForm != nil {
		v.files = r.MultipartForm.File
	}
	return v, nil
}

// Query is the query of the address, whatever the method.
func Query(r *http.Request) (*Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "web.malformed", err)
	}
	if err := unreadable(q); err != nil {
		return nil, err
	}
	return &Values{form: q}, nil
}

// parseForm reads the body once; later calls find it read.
func parseForm(r *http.Request) error {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if media == "multipart/form-data" {
		err = r.ParseMultipartForm(memoryForFiles)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return bodyFault(err)
	}
	return unreadable(r.PostForm)
}

// bodyFault says what went wrong while a body was read.
func bodyFault(err error) error {
	var large *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.As(err, &large):
		return fault.New(fault.Invalid, "web.too_large", err, large.Limit>>10)
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return fault.New(fault.Invalid, "web.too_large", err, memoryForFiles>>10)
	case errors.As(err, &slow) && slow.Timeout():
		return fault.New(fault.Invalid, "web.slow", err)
	}
	return fault.New(fault.Invalid, "web.malformed", err)
}

// unreadable refuses NUL and broken UTF-8, which no browser sends by itself and
// no database stores.
func unreadable(form url.Values) error {
	var fields fault.Fields
	for name, values := range form {
		if bad(name) || slices.ContainsFunc(values, bad) {
			fields.Add(strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), ""), "web.field_unreadable")
		}
	}
	return fields.Err()
}

func bad(s string) bool { return strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) }

// dropUploads removes temporary files. The server would do it only for the
// request it made, not for the copies that carry a context.
func dropUploads(r *http.Request) {
	if r.MultipartForm != nil {
		r.MultipartForm.RemoveAll()
	}
}
