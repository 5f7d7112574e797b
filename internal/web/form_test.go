package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/fault"
	"gongzhi/internal/web"
)

func form(t *testing.T, values url.Values) *web.Values {
	t.Helper()
	r := httptest.NewRequest("POST", "/", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	v, err := web.Form(r)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTypedReads(t *testing.T) {
	v := form(t, url.Values{"n": {" １２ "}, "f": {"1.5"}, "b": {"on"}, "d": {"2026-03-18"}, "dt": {"2026-03-18T09:30"},
		"s": {" a\r\nb "}, "t": {" a\r\nb "}, "many": {"x", "", " y "}, "empty": {""}})
	zone := time.FixedZone("CST", 8*3600)
	got := []any{v.Int("n"), v.Float("f"), v.Bool("b"), v.Time("d", zone).Unix(), v.Time("dt", zone).Unix(),
		v.String("s"), v.Text("t"), v.Strings("many"), v.Has("empty"), v.Has("none"), v.Int("none"), v.Time("none", zone).IsZero()}
	want := []any{12, 1.5, true, int64(1773763200), int64(1773797400), "a  b", "a\nb", []string{"x", "y"}, true, false, 0, true}
	if diff := cmp.Diff(want, got); diff != "" || v.Err() != nil {
		t.Errorf("%v, diff %s", v.Err(), diff)
	}
}

func TestAllWrongFieldsAreToldAtOnce(t *testing.T) {
	v := form(t, url.Values{"n": {"zwölf"}, "f": {"NaN"}, "d": {"31.12.2026"}, "y": {"9999-01-01"}, "long": {strings.Repeat("字", 11)}})
	v.Int("n")
	v.Float("f")
	v.Time("d", time.UTC)
	v.Time("y", time.UTC)
	v.Required("missing")
	long := v.String("long", 10)
	var got []string
	for _, f := range fault.FieldsOf(v.Err()) {
		got = append(got, f.Name+" "+f.Key)
	}
	want := []string{"n web.field_number", "f web.field_number", "d web.field_date", "y web.field_date",
		"missing web.field_missing", "long web.field_long"}
	if diff := cmp.Diff(want, got); diff != "" || utf8.RuneCountInString(long) != 11 {
		t.Errorf("what was typed came back with %d characters, diff %s", utf8.RuneCountInString(long), diff)
	}
}

func TestTextIsCleaned(t *testing.T) {
	marks := strings.Repeat("\u0335", 3000)
	for in, want := range map[string]string{
		"李\u202e女士\u2066":  "李女士",
		"e\u0301":          "é",
		"\ufeff路灯\u200b":   "路灯",
		"👨\u200d👩\u200d👧":  "👨\u200d👩\u200d👧",
		"a\x1b[31mb":       "a[31mb",
		"一\u2028二":         "一 二",
		"\uE000\U00020BB7": "\uE000\U00020BB7", // private and rare characters of old systems
		"x" + marks:        "x" + marks[:16],
		"\uffff\ufdd0 y":   "y",
	} {
		if got := web.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
	if got := web.Text("a\tb\r\nc\rd\n"); got != "a\tb\nc\nd" {
		t.Errorf("Text = %q", got)
	}
}

func TestHostileBodiesAreRefused(t *testing.T) {
	s := newSite(t)
	token, cookies := s.visit("/form")
	big := strings.Repeat("a", 1<<20)
	for name, c := range map[string]struct {
		media, body string
		want        int
	}{
		"NUL":                {"application/x-www-form-urlencoded", "name=%00", 422},
		"NUL in a name":      {"application/x-www-form-urlencoded", "a%00=1", 422},
		"broken UTF-8":       {"application/x-www-form-urlencoded", "name=%ff%fe", 422},
		"broken escape":      {"application/x-www-form-urlencoded", "name=%zz", 400},
		"not a number":       {"application/x-www-form-urlencoded", "age=1e9", 422},
		"oversized":          {"application/x-www-form-urlencoded", "a=" + big, 413},
		"multipart no end":   {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n", 400},
		"multipart nonsense": {"multipart/form-data", "", 400},
		"unknown media type": {"application/xml", "<a/>", 415},
	} {
		r := httptest.NewRequest("POST", "/form", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.media)
		r.Header.Set(web.TokenHeader, token)
		for _, cookie := range cookies {
			r.AddCookie(cookie)
		}
		if w := s.do(r); w.Code != c.want {
			t.Errorf("%s: status %d, want %d: %s", name, w.Code, c.want, w.Body)
		}
	}
}

func TestBodyOfUnknownLengthIsLimited(t *testing.T) {
	s := newSite(t)
	token, cookies := s.visit("/form")
	body := struct{ *strings.Reader }{strings.NewReader("a=" + strings.Repeat("a", 2<<20))}
	r := httptest.NewRequest("POST", "/form", body)
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(web.TokenHeader, token)
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	if w := s.do(r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", w.Code)
	}
}

func TestUploadsAreReadWithinTheirOwnLimit(t *testing.T) {
	var got []web.File
	s := newSite(t)
	s.srv.Add(web.Route{Method: "POST", Path: "/photos", Policy: "public", Body: 3 << 20, Do: func(w http.ResponseWriter, r *http.Request) error {
		v, err := web.Form(r)
		if err != nil {
			return err
		}
		got = v.Files("photo", 2)
		return v.Err()
	}})
	token, cookies := s.visit("/form")
	send := func(files int) int {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		m.WriteField("csrf", token)
		for range files {
			part, _ := m.CreateFormFile("photo", "a\u202e.jpg")
			part.Write(make([]byte, 600<<10))
		}
		m.CreateFormFile("photo", "") // what a browser sends when nothing was chosen
		m.Close()
		r := httptest.NewRequest("POST", "/photos", &body)
		r.Header.Set("Content-Type", m.FormDataContentType())
		for _, c := range cookies {
			r.AddCookie(c)
		}
		return s.do(r).Code
	}
	if code := send(2); code != 200 || len(got) != 2 || got[0].Name != "a.jpg" || got[0].Size != 600<<10 {
		t.Errorf("two files: status %d, got %+v", code, got)
	}
	if code := send(3); code != 422 {
		t.Errorf("three files: status %d, want 422", code)
	}
	if code := send(6); code != 413 {
		t.Errorf("six files: status %d, want 413", code)
	}
}

// TestSlowBodyIsCutOff sends the start of a form and then nothing.
func TestSlowBodyIsCutOff(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.Timeout = 200 * time.Millisecond })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.srv.Run(t.Context(), ln)
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nname=")
	answer := make([]byte, 32)
	n, err := conn.Read(answer)
	if got := string(answer[:n]); err != nil || !strings.HasPrefix(got, "HTTP/1.1 408") {
		t.Errorf("got %q, %v, want 408", got, err)
	}
}

func TestJSONIsReadStrictly(t *testing.T) {
	s := newSite(t)
	for body, want := range map[string]int{
		`{"Title":"x"}`:            201,
		`{"Title":"x","role":"a"}`: 400,
		`{"Title":"x"} {}`:         400,
		`{`:                        400,
		`{"Title":""}`:             422,
		`{"Title":"\u0000"}`:       422,
	} {
		r := httptest.NewRequest("POST", "/api", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := s.do(r)
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", body, w.Code, want)
		}
		if want >= 400 && (w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), `"reference":"`)) {
			t.Errorf("%s: answered %s", body, w.Body)
		}
	}
}

func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "a=1&b=%E8%B7%AF")
	f.Add("application/x-www-form-urlencoded", "a=%00&b=%ff&c=%zz;")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\u202e\"\r\n\r\nv\r\n--x--\r\n")
	f.Fuzz(func(t *testing.T, media, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		v, err := web.Form(r)
		if err != nil {
			if got := web.Status(err); got < 400 || got >= 500 {
				t.Fatalf("status %d for %v", got, err)
			}
			return
		}
		for name := range r.PostForm {
			for _, s := range []string{v.String(name), v.Text(name)} {
				if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\u202e\u200b") || web.Text(s) != s {
					t.Fatalf("%q is not clean", s)
				}
			}
			v.Int(name)
			v.Float(name)
			v.Time(name, time.UTC)
			v.Files(name, 1)
		}
	})
}
