package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"gongzhi/internal/web"
)

type inner = huma.Context

// call is one request on its way through huma. What huma writes is kept until it
// is known that all went well; an error is answered by package web like every
// other.
type call struct {
	inner
	r      *http.Request
	header http.Header
	status int
	body   bytes.Buffer
	err    error
}

func (c *call) SetStatus(status int)              { c.status = status }
func (c *call) Status() int                       { return c.status }
func (c *call) BodyWriter() io.Writer             { return &c.body }
func (c *call) SetHeader(name, value string)      { c.header.Set(name, value) }
func (c *call) AppendHeader(name, value string)   { c.header.Add(name, value) }
func (c *call) SetReadDeadline(_ time.Time) error { return nil } // web has set one
func (c *call) Context() context.Context          { return c.r.Context() }

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// Request is the request that an operation answers, for limits by address.
func Request(ctx context.Context) *http.Request { return callOf(ctx).r }

func (a *API) serve(w http.ResponseWriter, r *http.Request, op *Op, h *huma.Operation, handle func(huma.Context)) error {
	if a.opt.Guard != nil {
		if err := a.opt.Guard(r, op); err != nil {
			return err
		}
	}
	body, err := web.Body(r)
	if err != nil {
		return err
	}
	c := a.run(w, r, body, h, handle, op)
	if c.err != nil {
		return c.err
	}
	return c.send(w)
}

func (a *API) run(w http.ResponseWriter, r *http.Request, body []byte, h *huma.Operation, handle func(huma.Context), op *Op) *call {
	perform := func() *call {
		c := &call{header: http.Header{}}
		c.r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		c.r.Body = io.NopCloser(bytes.NewReader(body))
		if q := c.r.URL.Query(); q.Has("lang") { // it chose the language of errors and is no parameter of the operation
			u := *c.r.URL
			q.Del("lang")
			u.RawQuery, c.r.URL = q.Encode(), &u
		}
		c.inner = humago.NewContext(h, c.r, w)
		handle(c)
		return c
	}
	if !op.Create {
		return perform()
	}
	return a.once(r, op, body, perform)
}

func (c *call) send(w http.ResponseWriter) error {
	for name, values := range c.header {
		w.Header()[name] = values
	}
	w.WriteHeader(c.status)
	if c.body.Len() == 0 {
		return nil
	}
	_, err := w.Write(c.body.Bytes())
	return err
}

// disposition offers a file for saving under its name.
func disposition(name string) string {
	if name == "" {
		return ""
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}

// tidy cleans every text that came in, as a form's are cleaned.
func tidy(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(web.Text(v.String()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			tidy(v.Field(i))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			tidy(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			tidy(v.Elem())
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if s := v.MapIndex(k); s.Kind() == reflect.String {
				v.SetMapIndex(k, reflect.ValueOf(web.Text(s.String())).Convert(s.Type()))
			}
		}
	}
}

// whole gives an empty list where an answer has none: a client that walks it
// should not have to ask first.
func whole(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			whole(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			whole(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			whole(v.Elem())
		}
	}
}
