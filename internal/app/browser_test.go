package app_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"gongzhi/internal/setup"
)

// browser is a person at a browser without JavaScript: it keeps cookies, reads
// the page it is on, and sends only forms that the page offers.
type browser struct {
	t       testing.TB
	handler http.Handler
	cookies map[string]string
	path    string // of the page shown, with its query
	referer string // of forms; "" says nothing, as some browsers do
	status  int
	header  http.Header
	body    string
	doc     *html.Node
}

func newBrowser(t testing.TB, h http.Handler) *browser {
	return &browser{t: t, handler: h, cookies: map[string]string{}}
}

// signedIn is a browser of the demo account.
func signedIn(t testing.TB, h http.Handler, login string) *browser {
	t.Helper()
	b := newBrowser(t, h)
	b.open("/signin")
	b.submit("/signin", url.Values{"login": {login}, "password": {setup.DemoPassword}})
	if strings.HasPrefix(b.path, "/signin") {
		t.Fatalf("sign in as %s: status %d at %s", login, b.status, b.path)
	}
	return b
}

func (b *browser) open(path string) { b.send(httptest.NewRequest("GET", path, nil)) }

// send performs a request and follows redirects.
func (b *browser) send(r *http.Request) {
	b.t.Helper()
	for range 5 {
		for k, v := range b.cookies {
			r.AddCookie(&http.Cookie{Name: k, Value: v})
		}
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if c.MaxAge < 0 || c.Value == "" {
				delete(b.cookies, c.Name)
			} else {
				b.cookies[c.Name] = c.Value
			}
		}
		b.path, b.status, b.header, b.body = r.URL.RequestURI(), w.Code, w.Header(), w.Body.String()
		to, _, _ := strings.Cut(w.Header().Get("Location"), "#")
		if w.Code != http.StatusSeeOther || to == "" {
			break
		}
		r = httptest.NewRequest("GET", to, nil)
	}
	doc, err := html.Parse(strings.NewReader(b.body))
	if err != nil {
		b.t.Fatal(err)
	}
	b.doc = doc
}

// once sends one request and does not follow where it leads.
func (b *browser) once(method, path, form string) {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for k, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	b.path, b.status, b.header, b.body = path, w.Code, w.Header(), w.Body.String()
}

// submit sends the page's form with the action, with the values it shows and
// those given instead. It fails when the page has no such form.
func (b *browser) submit(action string, given url.Values, files ...upload) {
	b.t.Helper()
	form := find(b.doc, func(n *html.Node) bool {
		return n.Data == "form" && strings.Split(attr(n, "action"), "?")[0] == action
	})
	if form == nil {
		b.t.Fatalf("%s offers no form to %s", b.path, action)
	}
	values := fields(form)
	for k, v := range given {
		values[k] = v
	}
	if strings.EqualFold(attr(form, "method"), "get") || attr(form, "method") == "" {
		b.open(action + "?" + values.Encode())
		return
	}
	b.post(attr(form, "action"), values, attr(form, "enctype") == "multipart/form-data", files...)
}

// upload is a file chosen in a form.
type upload struct {
	field, name string
	content     []byte
}

func (b *browser) post(path string, values url.Values, multi bool, files ...upload) {
	b.t.Helper()
	body, kind := io.Reader(strings.NewReader(values.Encode())), "application/x-www-form-urlencoded"
	if multi {
		var buf bytes.Buffer
		w := multipart.NewWriter(&buf)
		for k, list := range values {
			for _, v := range list {
				_ = w.WriteField(k, v)
			}
		}
		for _, f := range files {
			part, err := w.CreateFormFile(f.field, f.name)
			if err != nil {
				b.t.Fatal(err)
			}
			_, _ = part.Write(f.content)
		}
		_ = w.Close()
		body, kind = &buf, w.FormDataContentType()
	}
	r := httptest.NewRequest("POST", path, body)
	r.Header.Set("Content-Type", kind)
	if b.referer != "" {
		r.Header.Set("Referer", "http://"+r.Host+b.referer)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	b.send(r)
}

// csrf is the form token of the page shown.
func (b *browser) csrf() string {
	n := find(b.doc, func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") == "csrf" })
	if n == nil {
		return ""
	}
	return attr(n, "value")
}

// text is what a person reads on the page, blanks folded.
func (b *browser) text() string {
	var out strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			out.WriteString(n.Data + " ")
		}
		if n.Data == "input" || n.Data == "textarea" {
			out.WriteString(attr(n, "value") + " ")
		}
		if n.Data == "script" || n.Data == "style" || n.Data == "head" {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(b.doc)
	return strings.Join(strings.Fields(out.String()), " ")
}

func find(n *html.Node, ok func(*html.Node) bool) *html.Node {
	if n.Type == html.ElementNode && ok(n) {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if found := find(c, ok); found != nil {
			return found
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// fields are the values a form would send as the page shows it. Buttons send
// nothing unless given.
func fields(form *html.Node) url.Values {
	out := url.Values{}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		name := attr(n, "name")
		switch kind := attr(n, "type"); {
		case name == "" || has(n, "disabled"):
		case n.Data == "textarea":
			out.Add(name, content(n))
		case n.Data == "select":
			out.Add(name, chosen(n))
		case n.Data != "input" || kind == "file" || kind == "submit" || kind == "image" || kind == "button":
		case (kind == "checkbox" || kind == "radio") && !has(n, "checked"):
		default:
			out.Add(name, attr(n, "value"))
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(form)
	return out
}

func chosen(sel *html.Node) string {
	option := find(sel, func(n *html.Node) bool { return n.Data == "option" && has(n, "selected") })
	if option == nil {
		option = find(sel, func(n *html.Node) bool { return n.Data == "option" })
	}
	if option == nil {
		return ""
	}
	if has(option, "value") {
		return attr(option, "value")
	}
	return content(option)
}

func content(n *html.Node) string {
	var out strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			out.WriteString(c.Data)
		}
	}
	return out.String()
}
