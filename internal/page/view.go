package page

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
)

// View writes components as answers.
type View struct{}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render renders c whole before the first byte is sent, so that a page that fails half-way becomes an error page and
// not half a page. Pages are private unless the caller has set Cache-Control before.
func (View) Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := c.Render(r.Context(), buf); err != nil {
		return fmt.Errorf("render %s: %w", r.URL.Path, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	// The answer is on its way: a reader who has gone is not an error of ours.
	_, _ = w.Write(buf.Bytes())
	return nil
}

// Fallback is a page that needs no rendering, for the case that rendering itself has failed.
const Fallback = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
	`<title>12345</title><h1>这一页没能打开</h1><p>不是您的问题，我们已经记下。请过一会儿再试，急事请打 12345。</p>` +
	`<p lang="en">This page could not be opened. It is not your fault and has been noted. Please try again later or call 12345.</p></html>`
