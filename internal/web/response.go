package web

import (
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

// response counts what is sent, holds back the mux's own answers while gated,
// and compresses text.
type response struct {
	http.ResponseWriter
	req       *http.Request
	tls       bool // people reach us over https
	gated     bool // the mux is deciding: what it writes is only looked at
	muxStatus int
	status    int // 0 until something was sent
	bytes     int64
	broken    bool // failed after the answer had begun
	gz        *gzip.Writer
}

func (w *response) WriteHeader(status int) {
	if w.gated {
		w.muxStatus = status
		return
	}
	if w.status != 0 || status < 200 {
		return
	}
	w.status = status
	w.confineCookies()
	w.maybeCompress()
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	if w.gated {
		return len(b), nil
	}
	if w.status == 0 {
		w.guessType(b)
		w.WriteHeader(http.StatusOK)
	}
	w.bytes += int64(len(b))
	if w.gz != nil {
		return w.gz.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// confineCookies sees to it that over TLS no cookie goes without Secure, and none
// anywhere that scripts can read or that comes along from other sites' forms: who
// sets one need not know how people reach us.
func (w *response) confineCookies() {
	for i, c := range w.Header()["Set-Cookie"] {
		if w.tls && !strings.Contains(c, "; Secure") {
			c += "; Secure"
		}
		if !strings.Contains(c, "; HttpOnly") {
			c += "; HttpOnly"
		}
		if !strings.Contains(c, "; SameSite=") {
			c += "; SameSite=Lax"
		}
		w.Header()["Set-Cookie"][i] = c
	}
}

// guessType does what net/http would do, before compression hides the bytes.
func (w *response) guessType(b []byte) {
	if _, set := w.Header()["Content-Type"]; !set {
		w.Header().Set("Content-Type", http.DetectContentType(b))
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Level 5 costs half of the default level and loses about two percent.
var gzips = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, 5)
	return z
}}

func (w *response) maybeCompress() {
	h := w.Header()
	if !textual(h.Get("Content-Type")) || h.Get("Content-Encoding") != "" {
		return
	}
	h.Add("Vary", "Accept-Encoding")
	bodiless := w.status == http.StatusNoContent || w.status == http.StatusNotModified || w.status == http.StatusPartialContent
	if bodiless || w.req.Method == http.MethodHead || !acceptsGzip(w.req) {
		return
	}
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	if tag := h.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		h.Set("Etag", "W/"+tag) // other bytes than the tag was made for
	}
	w.gz = gzips.Get().(*gzip.Writer)
	w.gz.Reset(w.ResponseWriter)
}

func (w *response) close() {
	if w.gz != nil {
		w.gz.Close()
		gzips.Put(w.gz)
		w.gz = nil
	}
	if w.status == 0 {
		w.status = http.StatusOK // net/http sends this for a handler that wrote nothing
	}
}

func textual(contentType string) bool {
	for _, p := range []string{"text/", "application/json", "application/problem+json", "application/javascript", "application/geo+json", "image/svg+xml", "application/xml"} {
		if strings.HasPrefix(contentType, p) {
			return true
		}
	}
	return false
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			return strings.TrimRight(strings.TrimPrefix(strings.TrimSpace(q), "q="), "0.") != "" || q == ""
		}
	}
	return false
}
