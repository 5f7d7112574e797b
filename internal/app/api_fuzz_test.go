package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/locale"
	"gongzhi/internal/sqldb"
)

// TestEveryOperationSurvivesWhatIsSentToIt generates valid and mutated requests
// for every operation from its own description, sends them as every role, and
// holds the answers against that description: no 5xx, no status that is not
// documented, no body that is not as its schema says. GONGZHI_API_FUZZ says how
// many requests; GONGZHI_API_SEED repeats a run.
func TestEveryOperationSurvivesWhatIsSentToIt(t *testing.T) {
	total, seed := 1_000, uint64(1)
	if n, err := strconv.Atoi(os.Getenv("GONGZHI_API_FUZZ")); err == nil {
		total, seed = n, uint64(time.Now().UnixNano())
	}
	if n, err := strconv.ParseUint(os.Getenv("GONGZHI_API_SEED"), 10, 64); err == nil {
		seed = n
	}
	z := newFuzz(t, sqldb.SQLite, seed)
	z.lap()
	for z.sent < total {
		for _, op := range z.ops {
			z.try(op)
		}
	}
	byClass := map[string]int{}
	for status, n := range z.statuses {
		byClass[strconv.Itoa(status/100)+"xx"] += n
	}
	t.Logf("API fuzz, seed %d: %d operations, %d requests made, %d answered 5xx, %d with an undocumented status, %d with a body against its schema; %v",
		seed, len(z.ops), z.sent, z.fives, z.undocumented, z.mismatched, byClass)
	var never []string
	for _, op := range z.ops {
		if !op.worked {
			never = append(never, op.id)
		}
	}
	t.Logf("%d operations never succeeded (of %d that cannot, see unreachable): %v", len(never), len(unreachable), never)
}

// residents is how many of the callers have no token.
const residents = 2

type fuzz struct {
	t        *testing.T
	app      *app.App
	h        http.Handler
	rnd      *rand.Rand
	doc      map[string]any
	ops      []*fuzzOp
	tokens   []string                     // of residents, who have none, and of each role
	cookies  []map[string]string          // of the same roles at a page, who have just proved who they are
	together map[string]map[string]string // what belongs to what: the version and the code of a number
	pool     map[string][]string          // values seen in answers, by the name of their field
	statuses map[int]int
	picture  string
	spoil    bool // the request at hand need not be a good one

	sent, fives, undocumented, mismatched int
}

type fuzzOp struct {
	id, method, path string
	params           []map[string]any
	body             map[string]any
	responses        map[string]any
	worked           bool
	insiders         []int // of the tokens that the operation let in
}

func newFuzz(t *testing.T, d sqldb.Dialect, seed uint64) *fuzz {
	a, _ := openCity(t, d)
	m := newMatrix(t, a)
	z := &fuzz{t: t, app: a, h: a.Handler(), rnd: rand.New(rand.NewPCG(seed, 7)), pool: map[string][]string{}, statuses: map[int]int{}, tokens: make([]string, residents), cookies: make([]map[string]string, residents), together: map[string]map[string]string{}}
	text, err := a.Ops.Document(locale.ZH)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &z.doc); err != nil {
		t.Fatal(err)
	}
	z.read()
	for i, role := range actor.Roles {
		z.cookies = append(z.cookies, m.people[i+1].seat.cookies)
		z.tokens = append(z.tokens, programOf(t, a, "matrix-"+string(role)).token)
	}
	for _, o := range []string{m.own.Number, m.other.Number, m.request("lighting").Number, m.request("lighting").Number} {
		z.note("number", o)
	}
	for _, s := range []string{"units", "staff", "areas", "addresses", "facilities", "categories", "duties", "community", "streets", "refusals", "signals", "texts", "knowledge", "days"} {
		z.note("kind", s)
	}
	z.seed()
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, image.NewRGBA(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	z.picture = base64.StdEncoding.EncodeToString(jpg.Bytes())
	return z
}

// seed puts words into the pools that no answer may bring early enough.
func (z *fuzz) seed() {
	for name, values := range map[string][]string{
		"category": {"010101", "010102"}, "unit": {"lighting", "water"}, "lead": {"lighting", "water"}, "area": {"330100", "3301"}, "address": {"梧桐路32号"},
		"what": {"梧桐路32号门口路灯不亮"}, "phone": {"13800005521"}, "ground": {"no_cooperation"}, "days": {"3"}, "states": {"to_dispatch", "in_progress,to_accept"},
		"version": {"1", "2", "3", "4", "5"}, "from": {"2026-03-01"}, "span": {"d30"}, "q": {"路灯", "梧桐路", "*", "'"}, "assist": {"lighting"}, "subject": {""}, "into": {""},
		"reason": {"不属于本单位职责"}, "instruction": {"请尽快处理"}, "remark": {"电话里说还没有修好"}, "text": {"已经派人到现场处理，今晚修好。"}, "record": {"更换灯具一套"},
	} {
		z.pool[name] = append(z.pool[name], values...)
	}
}

func (z *fuzz) read() {
	for _, path := range slices.Sorted(maps.Keys(z.doc["paths"].(map[string]any))) {
		item := z.doc["paths"].(map[string]any)[path].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			x := item[method].(map[string]any)
			op := &fuzzOp{id: x["operationId"].(string), method: strings.ToUpper(method), path: path, responses: x["responses"].(map[string]any)}
			params, _ := x["parameters"].([]any)
			for _, p := range params {
				op.params = append(op.params, p.(map[string]any))
			}
			if body, ok := x["requestBody"].(map[string]any); ok {
				op.body = body["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)
			}
			z.ops = append(z.ops, op)
		}
	}
}

func (z *fuzz) note(name, value string) {
	list := z.pool[name]
	if value == "" || len(value) > 200 || slices.Contains(list, value) {
		return
	}
	if len(list) < 40 {
		z.pool[name] = append(list, value)
		return
	}
	list[z.rnd.IntN(len(list))] = value
}

// odds is true once in n.
func (z *fuzz) odds(n int) bool { return z.rnd.IntN(n) == 0 }

// nasty are texts that break what is careless.
var nasty = []string{"", " ", "'", `"; drop table matter;--`, "%", "_%", "\u202e倒", "\u0000", "<svg onload=alert(1)>", "=1+1", "../../etc/passwd", "１２３", strings.Repeat("长", 3000), "💡",
	"2026-13-45", "9999-12-31", "-1", "NaN", "1e309", "null", "\r\nX: y", "\ufffd", "a,b,,c", "{{.}}", "${x}"}

func (z *fuzz) text(name string) string {
	if list := z.pool[name]; len(list) > 0 && (!z.spoil || !z.odds(6)) {
		return list[z.rnd.IntN(len(list))]
	}
	if z.spoil && z.odds(3) {
		return nasty[z.rnd.IntN(len(nasty))]
	}
	return []string{"路灯坏了三天", "已到现场处理", "lighting", "2026-04-01", "010101", "same words"}[z.rnd.IntN(6)]
}

// belongs is what goes with a value, as an answer said.
func (z *fuzz) belongs(to, name string) string { return z.together[name][to] }

func (z *fuzz) pair(to, name, value string) {
	if z.together[name] == nil {
		z.together[name] = map[string]string{}
	}
	z.together[name][to] = value
}

// pools are where the ids in paths come from: an id is one of something.
var pools = map[string]string{"/files/": "file_id", "/contacts/": "contact_id", "/outbox/": "outbox_id", "/imports/": "imports_id", "/desk/calls/": "calls_id", "/views/": "views_id", "/jobs/": "jobs_id"}

// place fills one place of a path.
func (z *fuzz) place(op *fuzzOp, name string, chosen map[string]string) string {
	pool := name
	for part, other := range pools {
		if strings.Contains(op.path, part) && name != "number" {
			pool = other
		}
	}
	if name == "key" {
		pool = "key of " + chosen["kind"]
	}
	if strings.Contains(op.path, "/receipts/") && name == "number" {
		if with := slices.Sorted(maps.Keys(z.together["code"])); len(with) > 0 && !z.odds(5) {
			return with[z.rnd.IntN(len(with))]
		}
	}
	if len(z.pool[pool]) == 0 {
		pool = name
	}
	return z.text(pool)
}

func (z *fuzz) find(s map[string]any) map[string]any {
	ref, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	parts := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	var at any = z.doc
	for _, p := range parts {
		at = at.(map[string]any)[p]
	}
	return at.(map[string]any)
}

// value makes one that fits a schema.
func (z *fuzz) value(name string, s map[string]any, depth int) any {
	s = z.find(s)
	if list, ok := s["enum"].([]any); ok {
		return list[z.rnd.IntN(len(list))]
	}
	switch s["type"] {
	case "object":
		return z.object(s, depth)
	case "array":
		n := z.rnd.IntN(3)
		if least, ok := s["minItems"].(float64); ok {
			n = max(n, int(least))
		}
		out := []any{}
		for range n {
			out = append(out, z.value(strings.TrimSuffix(name, "s"), s["items"].(map[string]any), depth+1))
		}
		return out
	case "integer":
		lo, _ := s["minimum"].(float64)
		hi, limited := s["maximum"].(float64)
		if !limited {
			hi = lo + 8
		}
		return int(lo) + z.rnd.IntN(int(hi-lo)+1)
	case "number":
		return []float64{30.27, 120.15, 0, 31.5}[z.rnd.IntN(4)]
	case "boolean":
		return z.odds(2)
	}
	switch {
	case s["contentEncoding"] == "base64" && name == "file":
		return base64.StdEncoding.EncodeToString([]byte("编号,名称\nx,y\n"))
	case s["contentEncoding"] == "base64" && z.odds(2):
		return z.picture
	case s["contentEncoding"] == "base64":
		return base64.StdEncoding.EncodeToString([]byte(z.text(name)))
	case s["format"] == "date-time":
		return "2026-04-01T08:00:00Z"
	case s["format"] == "date":
		return "2026-04-01"
	}
	return z.text(name)
}

func (z *fuzz) object(s map[string]any, depth int) any {
	out := map[string]any{}
	props, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(props)) {
		if slices.Contains(required, any(name)) || depth < 4 && z.odds(2) {
			out[name] = z.value(name, props[name].(map[string]any), depth+1)
		}
	}
	if more, ok := s["additionalProperties"].(map[string]any); ok {
		for range z.rnd.IntN(4) {
			name := []string{"name", "code", "active", "title", "id", "city.name", "text", "body"}[z.rnd.IntN(8)]
			out[name] = z.value(name, more, depth+1)
		}
	}
	return out
}

// mutate spoils a value somewhere.
func (z *fuzz) mutate(v any) any {
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		if len(names) == 0 || z.odds(6) {
			v[[]string{"role", "Version", "id", "__proto__", ""}[z.rnd.IntN(5)]] = z.anything()
			return v
		}
		name := names[z.rnd.IntN(len(names))]
		switch z.rnd.IntN(4) {
		case 0:
			delete(v, name)
		case 1:
			v[name] = z.anything()
		default:
			v[name] = z.mutate(v[name])
		}
		return v
	case []any:
		if len(v) == 0 || z.odds(4) {
			return slices.Repeat([]any{z.anything()}, z.rnd.IntN(40))
		}
		v[z.rnd.IntN(len(v))] = z.anything()
		return v
	}
	return z.anything()
}

func (z *fuzz) anything() any {
	return []any{nil, true, -1, 0, 1 << 53, 1e300, "", nasty[z.rnd.IntN(len(nasty))], []any{}, map[string]any{}, []any{[]any{[]any{}}}, 1.5, "1"}[z.rnd.IntN(13)]
}

// try sends one request for the operation and judges the answer.
func (z *fuzz) try(op *fuzzOp) {
	spoil := z.odds(3)
	z.spoil = spoil || z.odds(4)
	r := z.request(op, spoil)
	w := httptest.NewRecorder()
	z.h.ServeHTTP(w, r)
	z.heard(op, r, w)
}

// heard judges the answer to a request.
func (z *fuzz) heard(op *fuzzOp, r *http.Request, w *httptest.ResponseRecorder) {
	z.sent++
	z.statuses[w.Code]++
	told := fmt.Sprintf("%s %s (%s) answered %d %.300s", r.Method, r.URL, op.id, w.Code, w.Body)
	if w.Code >= 500 {
		z.fives++
		z.t.Errorf("%s", told)
	}
	answer, known := op.responses[strconv.Itoa(w.Code)].(map[string]any)
	if !known {
		z.undocumented++
		z.t.Errorf("undocumented status: %s", told)
		return
	}
	op.worked = op.worked || w.Code < 300
	z.learn(op, r, w.Code)
	if trouble := z.judge(z.find(answer), r, w); trouble != "" {
		z.mismatched++
		z.t.Errorf("%s: %s", trouble, told)
	}
}

// learn remembers whom the operation lets in, and gives a role another token
// when one of the requests has revoked its own.
func (z *fuzz) learn(op *fuzzOp, r *http.Request, status int) {
	who := slices.Index(z.tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	switch {
	case who < 0:
	case status == 401 && who >= residents:
		z.tokens[who] = programOf(z.t, z.app, "matrix-"+string(actor.Roles[who-residents])).token
	case status != 401 && status != 403 && !slices.Contains(op.insiders, who):
		op.insiders = append(op.insiders, who)
	}
}

func (z *fuzz) request(op *fuzzOp, spoil bool) *http.Request {
	path, query, header, chosen := op.path, url.Values{}, http.Header{}, map[string]string{}
	for _, p := range op.params {
		name := p["name"].(string)
		must, _ := p["required"].(bool)
		if p["in"] != "path" && (!must && !z.odds(4) || spoil && z.odds(6)) {
			continue
		}
		v := fmt.Sprint(z.value(name, p["schema"].(map[string]any), 0))
		if p["in"] == "path" {
			v = z.place(op, name, chosen)
		}
		if spoil && z.odds(4) {
			v = nasty[z.rnd.IntN(len(nasty))]
		}
		switch p["in"] {
		case "path":
			chosen[name] = v
			if v == "" || v == "." || v == ".." {
				v = "none"
			}
			path = strings.Replace(path, "{"+name+"}", url.PathEscape(v), 1)
		case "query":
			query.Set(name, v)
		default:
			header.Set(name, strings.ReplaceAll(strings.ReplaceAll(v, "\r", ""), "\n", ""))
		}
	}
	if header.Get("Idempotency-Key") != "" && !z.odds(8) {
		header.Set("Idempotency-Key", fmt.Sprintf("fuzz-%020d", z.rnd.Uint64()))
	}
	if code := z.belongs(chosen["number"], "code"); code != "" && header.Get("Query-Code") != "" {
		header.Set("Query-Code", code)
	}
	if spoil && z.odds(6) {
		query.Set([]string{"limit", "cursor", "unknown", "lang"}[z.rnd.IntN(4)], nasty[z.rnd.IntN(len(nasty))])
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	text, media := z.payload(op, spoil, chosen)
	r := httptest.NewRequest(op.method, path, strings.NewReader(text))
	maps.Copy(r.Header, header)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", z.rnd.IntN(256), z.rnd.IntN(256), z.rnd.IntN(256))
	who := z.rnd.IntN(len(z.tokens))
	if len(op.insiders) > 0 && !z.odds(4) {
		who = op.insiders[z.rnd.IntN(len(op.insiders))]
	}
	if token := z.tokens[who]; token != "" && !z.odds(4) {
		r.Header.Set("Authorization", "Bearer "+token)
	} else {
		for name, value := range z.cookies[who] {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	if spoil && z.odds(20) {
		r.Header.Set("Authorization", []string{"Bearer x", "Basic eDp5", "Bearer", "bearer \xff"}[z.rnd.IntN(4)])
	}
	return r
}

func (z *fuzz) payload(op *fuzzOp, spoil bool, chosen map[string]string) (text, media string) {
	if op.body == nil {
		return "", ""
	}
	v := z.value("", op.body, 0)
	if o, ok := v.(map[string]any); ok && o["version"] != nil {
		if n, err := strconv.Atoi(z.belongs(chosen["number"], "version")); err == nil && !z.odds(5) {
			o["version"] = n
		}
	}
	if spoil {
		v = z.mutate(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		z.t.Fatal(err)
	}
	text, media = string(raw), "application/json"
	switch {
	case spoil && z.odds(8):
		text = text[:z.rnd.IntN(len(text)+1)]
	case spoil && z.odds(12):
		text += "}"
	case spoil && z.odds(12):
		text = strings.Replace(text, "路", "\xff\xfe", 1)
	}
	if spoil && z.odds(12) {
		media = []string{"text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=gbk"}[z.rnd.IntN(5)]
	}
	return text, media
}
