package open311

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/locale"
	"gongzhi/internal/web"
)

// call is one call as it was understood.
type call struct {
	r      *http.Request
	test   bool // of the test endpoint
	name   string
	id     string
	one    bool
	format georeport.Format
	csv    bool
	lang   locale.Lang
	now    time.Time
	base   string // https://12345.example.cn
	params params
	key    *Key // nil: none was shown
}

// answer is what a verb says.
type answer struct {
	media string
	body  []byte
	total int64  // of a list that is read by pages, -1 not counted
	next  string // address of the next page
}

// say is the answer of a document.
func (c *call) say(body []byte) answer {
	return answer{media: c.format.Media(), body: body, total: -1}
}

// read finds out what is called: the part of the endpoint, the call, its id and
// the format. Suffixes are known in any case. ok is false where nothing is.
func (s *Service) read(r *http.Request) (c *call, ok bool) {
	c = &call{r: r, lang: langOf(r), now: s.DB.Now(), base: s.base(r)}
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, root), "/")
	parts := strings.Split(path, "/")
	last := &parts[len(parts)-1]
	dot := strings.LastIndexByte(*last, '.')
	if dot < 0 {
		return c, false
	}
	suffix := (*last)[dot+1:]
	*last = (*last)[:dot]
	if c.format, ok = georeport.FormatOf(suffix); !ok && strings.EqualFold(suffix, "csv") && *last == "bulk" {
		c.csv, ok = true, true
	}
	if !ok {
		return c, false
	}
	switch {
	case len(parts) == 1 && parts[0] == "discovery":
		c.name = parts[0]
		return c, true
	case parts[0] != "v2" && parts[0] != "test" || len(parts) < 2 || len(parts) > 3:
		return c, false
	}
	c.test, c.name = parts[0] == "test", parts[1]
	if c.one = len(parts) == 3; c.one {
		c.id = parts[2]
	}
	return c, c.name != "" && c.one == (c.id != "")
}

// langOf is the language of sentences: that of the address, or English for who
// asks for it and not for Chinese.
func langOf(r *http.Request) locale.Lang {
	accept := strings.ToLower(r.Header.Get("Accept-Language"))
	if en := strings.Index(accept, "en"); en >= 0 {
		if zh := strings.Index(accept, "zh"); zh < 0 || en < zh {
			return locale.EN
		}
	}
	return web.Lang(r)
}

// base is how others reach us.
func (s *Service) base(r *http.Request) string {
	if s.BaseURL != "" {
		return strings.TrimRight(s.BaseURL, "/")
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// serve answers every call of the protocol.
func (s *Service) serve(w http.ResponseWriter, r *http.Request) error {
	if strings.Trim(r.URL.Path, "/") == strings.Trim(root, "/") && r.Method != http.MethodOptions {
		return s.about(w, r)
	}
	c, ok := s.read(r)
	if !ok {
		return fault.New(fault.NotFound, "georeport.no_such_call", nil)
	}
	v, allowed := find(c, r.Method)
	if len(allowed) == 0 {
		return fault.New(fault.NotFound, "georeport.no_such_call", nil)
	}
	if v == nil {
		return refuseMethod(w, r, allowed)
	}
	if err := limit(r, v.method); err != nil {
		return err
	}
	if err := s.understand(c); err != nil {
		return err
	}
	a, err := v.do(s, c)
	if err != nil {
		return err
	}
	return send(w, r, c, a)
}

// find is the verb of a call, and the methods its path knows.
func find(c *call, method string) (v *verb, allowed []string) {
	for i := range verbs {
		if verbs[i].name != c.name || verbs[i].one != c.one || c.csv && c.name != "bulk" {
			continue
		}
		allowed = append(allowed, verbs[i].method)
		if verbs[i].method == method || verbs[i].method == http.MethodGet && method == http.MethodHead {
			v = &verbs[i]
		}
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	return v, allowed
}

func refuseMethod(w http.ResponseWriter, r *http.Request, allowed []string) error {
	h := w.Header()
	list := strings.Join(append(allowed, http.MethodOptions), ", ")
	h.Set("Allow", list)
	if r.Method != http.MethodOptions {
		return fault.New(fault.Invalid, "web.method", nil)
	}
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Accept, Accept-Language, If-None-Match")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// limit slows down one address. That of this machine is a proxy nobody has
// named, and stands for everybody.
func limit(r *http.Request, method string) error {
	if web.ClientIP(r).IsLoopback() {
		return nil
	}
	if method == http.MethodGet {
		return web.LimitAddress(r, "open311.read", readRate)
	}
	return web.LimitAddress(r, "open311.write", writeRate)
}

// understand reads the parameters, and what every call has: jurisdiction and key.
func (s *Service) understand(c *call) (err error) {
	if c.params, err = readParams(c.r); err != nil {
		return err
	}
	if j := c.params.get("jurisdiction_id"); j != "" && !strings.EqualFold(j, s.setting(setJurisdiction, j)) {
		return fault.New(fault.NotFound, "georeport.jurisdiction_unknown", nil, j)
	}
	secret := c.params.get("api_key")
	for _, header := range []string{"X-Api-Key", "Api-Key"} {
		if secret == "" {
			secret = c.r.Header.Get(header)
		}
	}
	if secret == "" {
		return nil
	}
	c.key, err = s.keyOf(c.r.Context(), secret)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Denied, "georeport.key_wrong", nil)
	}
	if err == nil {
		err = web.Limit(c.r, "open311.key", c.key.ID, keyRate)
	}
	return err
}

// send answers with a document. Who has it already is told so.
func send(w http.ResponseWriter, r *http.Request, c *call, a answer) error {
	h := w.Header()
	h.Set("Content-Type", a.media)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(a.body)
		return nil
	}
	sum := sha256.Sum256(a.body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
	h.Set("Etag", tag)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "X-Total-Count, Link, ETag")
	h.Set("Vary", "Accept-Language, X-Api-Key")
	h.Set("Cache-Control", "no-cache")
	if c.key != nil {
		h.Set("Cache-Control", "private, no-cache")
	}
	if a.total >= 0 {
		h.Set("X-Total-Count", strconv.FormatInt(a.total, 10))
	}
	if a.next != "" {
		h.Set("Link", "<"+a.next+`>; rel="next"`)
	}
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(a.body) // a reader who has left needs no error
	return nil
}

// matches compares weakly: a proxy that compresses has changed the bytes only.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// next is the address of this call with one parameter changed. A key that stood
// in it is left out: addresses are kept in logs.
func (c *call) next(name, value string) string {
	q := url.Values{}
	for k, v := range c.r.URL.Query() {
		if k != "api_key" && k != "page" {
			q[k] = v
		}
	}
	q.Set(name, value)
	return c.base + c.r.URL.Path + "?" + q.Encode()
}

// fail answers an error in the words of the protocol.
func (s *Service) fail(w http.ResponseWriter, r *http.Request, err error) {
	c, _ := s.read(r)
	if c.csv {
		c.format = georeport.JSON
	}
	status := web.Status(err)
	if status == http.StatusUnprocessableEntity || status == http.StatusConflict {
		status = http.StatusBadRequest
	}
	h := w.Header()
	h.Set("Content-Type", c.format.Media())
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	w.WriteHeader(status)
	_, _ = w.Write(georeport.ErrorsOf(c.format, explain(c.lang, err, status, web.RequestID(r))))
}

// explain says what is wrong: a code that stays, and a sentence that names the
// parameter.
func explain(lang locale.Lang, err error, status int, reference string) []georeport.Error {
	if status >= 500 {
		return []georeport.Error{{Code: "unavailable", Description: locale.T(lang, "georeport.unavailable", reference)}}
	}
	fields := fault.FieldsOf(err)
	if len(fields) == 0 || !errors.As(err, &fields) {
		key, args := fault.KeyOf(err)
		fields = fault.Fields{{Key: key, Args: args}}
	}
	var out []georeport.Error
	for _, f := range fields {
		_, code, _ := strings.Cut(f.Key, ".")
		text := locale.T(lang, f.Key, f.Args...)
		if f.Name != "" {
			code, text = f.Name+"."+code, f.Name+": "+text
		}
		out = append(out, georeport.Error{Code: code, Description: text})
	}
	return out
}
