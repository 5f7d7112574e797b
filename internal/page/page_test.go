package page

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"

	"github.com/a-h/templ"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var out strings.Builder
	if err := c.Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAddressesKeepTheLanguage(t *testing.T) {
	zh, en := Base{Lang: locale.ZH, Path: "/report", Query: "step=2"}, Base{Lang: locale.EN, Path: "/report"}
	for got, want := range map[string]string{
		zh.URL("/report"): "/report", en.URL("/report"): "/en/report", en.URL("/"): "/en/",
		zh.OtherLangURL(): "/en/report?step=2", en.OtherLangURL(): "/report",
		en.URL("https://example.test/"): "https://example.test/", en.URL("//example.test/"): "//example.test/",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAFilterStartsItsListAtTheFirstPage(t *testing.T) {
	b := Base{Lang: locale.ZH, Path: "/cases", Query: "state=open&after=01J&unit=7"}
	if got, want := b.With("state", "late"), "/cases?state=late&unit=7"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := b.With("unit", ""), "/cases?state=open"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The policy the pages are served with refuses all of these.
var forbidden = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+="|<script(?:>| [^>]*>[^<])|javascript:|src="http|href="https?://`)

func TestNoPageCarriesInlineStyleOrScript(t *testing.T) {
	for _, lang := range []locale.Lang{locale.ZH, locale.EN} {
		for _, o := range append(designSamples, Option{}) {
			html := render(t, DesignPage(Base{Lang: lang, CSRF: "t", DemoMode: true}, o.Value))
			if found := forbidden.FindString(html); found != "" {
				t.Errorf("sample %q: %q", o.Value, found)
			}
			if n := strings.Count(html, "<h1"); n != 1 && o.Value != "" {
				t.Errorf("sample %q has %d level-one headings", o.Value, n)
			}
			if strings.Contains(html, ">page.") {
				t.Errorf("sample %q shows a key in place of a sentence", o.Value)
			}
		}
	}
}

func TestTheHatchIsDrawnOnceForAllRulers(t *testing.T) {
	html := render(t, DesignPage(Base{Lang: locale.ZH}, ""))
	if n := strings.Count(html, `id="hatch"`); n != 1 {
		t.Errorf("%d patterns with one id", n)
	}
	if !strings.Contains(html, `fill="url(#hatch)"`) {
		t.Error("no paused span refers to it")
	}
}

func TestATextOfAResidentIsShownLiterally(t *testing.T) {
	evil := `"><img src=x onerror=alert(1)>`
	html := render(t, Ledger([]Entry{{At: evil, Title: evil, Text: evil, Who: evil, Photos: []Photo{{URL: "javascript:alert(1)", Alt: evil}}}}))
	html += render(t, Input(Base{}, Field{Name: "a", Label: evil, Value: evil, Hint: evil, Error: evil, Placeholder: evil}))
	html += render(t, StatusTag(`x" onclick="y`, evil))
	if strings.Contains(html, "<img src=x") || strings.Contains(html, "onclick") {
		t.Errorf("markup came through: %s", html)
	}
}

func TestAFieldIsTiedToItsHintAndItsError(t *testing.T) {
	html := render(t, Input(Base{Lang: locale.ZH}, Field{Name: "where", Label: "在哪里", Hint: "路口也行", Error: "请写个地方"}))
	for _, part := range []string{`for="f-where"`, `id="f-where"`, `aria-describedby="h-where e-where"`, `aria-invalid="true"`, `id="h-where"`, `id="e-where"`} {
		if !strings.Contains(html, part) {
			t.Errorf("no %s in %s", part, html)
		}
	}
}

func TestProblemsAreTheSentencesOfAnError(t *testing.T) {
	b := Base{Lang: locale.ZH}
	var fields fault.Fields
	fields.Add("what", "page.chars_over", 12)
	list := b.Problems(fields.Err())
	if got := list.Of("what"); got != "多了12字" {
		t.Errorf("field: %q", got)
	}
	if got := b.Problems(fault.New(fault.Conflict, "page.too_few", nil)); len(got) != 1 || got[0].Name != "" || got[0].Text != "样本不足" {
		t.Errorf("sentence without a field: %v", got)
	}
	if got := b.Problems(errors.New("disk full")); got != nil {
		t.Errorf("an internal error is shown: %v", got)
	}
}

func TestRenderSendsNothingWhenAPartFails(t *testing.T) {
	broken := templ.Join(templ.Raw("half"), failing{})
	w := httptest.NewRecorder()
	err := View{}.Render(w, httptest.NewRequest("GET", "/x", nil), 200, broken)
	if err == nil || w.Body.Len() != 0 {
		t.Errorf("error %v, body %q", err, w.Body)
	}
}

type failing struct{ templ.Component }

func TestRenderSetsLengthAndKeepsPagesPrivate(t *testing.T) {
	w := httptest.NewRecorder()
	if err := (View{}).Render(w, httptest.NewRequest("HEAD", "/x", nil), 422, Mark()); err != nil {
		t.Fatal(err)
	}
	if w.Code != 422 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Length") == "" || w.Body.Len() != 0 {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
}

func TestAssetsAreCachedForeverUnderTheHashOfTheirContent(t *testing.T) {
	r := httptest.NewRequest("GET", Asset("gongzhi.css"), nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	ServeAsset(w, r)
	h := w.Header()
	if w.Code != 200 || h.Get("Content-Encoding") != "gzip" || !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%d %v", w.Code, h)
	}
	w = httptest.NewRecorder()
	ServeAsset(w, httptest.NewRequest("GET", "/assets/../base.go", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("a path outside: %d", w.Code)
	}
}

func TestSheetsAndScriptsStayWithinTheirBudget(t *testing.T) {
	for name, most := range map[string]int{"gongzhi.css": 20 << 10, "base.js": 10 << 10, "desk.js": 10 << 10} {
		a := assets[strings.TrimPrefix(Asset(name), assetPrefix)]
		if len(a.gzip) > most {
			t.Errorf("%s is %d bytes compressed, allowed %d", name, len(a.gzip), most)
		}
	}
}

func TestModeIsRememberedAndStaysOnThisSite(t *testing.T) {
	for back, want := range map[string]string{"/report?step=2": "/report?step=2", "//evil.test": "/", `/\evil.test`: "/", "https://evil.test": "/", "": "/"} {
		form := url.Values{"mode": {"elder"}, "theme": {"neon"}, "back": {back}}
		r := httptest.NewRequest("POST", "/mode", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if err := SetMode(w, r); err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("back %q: %d %q, want %q", back, w.Code, got, want)
		}
		next := httptest.NewRequest("GET", "/", nil)
		for _, c := range w.Result().Cookies() {
			if c.MaxAge > 0 {
				next.AddCookie(c)
			}
		}
		if mode, theme := ReadMode(next); mode != "elder" || theme != "" {
			t.Errorf("mode %q theme %q", mode, theme)
		}
	}
}

func TestChartScaleBeginsAtZeroAndHoldsTheHighestValue(t *testing.T) {
	for _, highest := range []float64{0, 1, 3, 9, 12, 60, 424, 999, 1001, 48000} {
		c := Chart{Values: []float64{0, highest}}
		lines := c.gridLines()
		if lines[0] != 0 || lines[len(lines)-1] < highest || len(lines) < 2 || len(lines) > 8 {
			t.Errorf("highest %v: grid %v", highest, lines)
		}
		if y := c.y(highest); y < chartTop-.01 || y > chartFoot+.01 {
			t.Errorf("highest %v drawn at %v", highest, y)
		}
	}
}

func TestARateOfTooFewAnswersIsNotShown(t *testing.T) {
	b := Base{Lang: locale.ZH}
	if html := render(t, RateMark(b, Rate{1, .7, 1, 9, 30})); strings.Contains(html, "100") || !strings.Contains(html, "样本不足") {
		t.Error(html)
	}
	if html := render(t, RateMark(b, Rate{.914, .874, .942, 268, 30})); !strings.Contains(html, "91.4%") || !strings.Contains(html, "样本268件") {
		t.Error(html)
	}
}

func TestRulerPositionsStayOnTheRuler(t *testing.T) {
	html := render(t, RulerBar(Ruler{Spans: []Span{{From: -5, To: 40}, {From: 40, To: 400, Paused: true}}, Days: EvenDays(4), Label: "x"}))
	for _, part := range []string{`x="0.00%" width="40.00%"`, `x="40.00%" width="60.00%"`, `x1="25.00%"`} {
		if !strings.Contains(html, part) {
			t.Errorf("no %s in %s", part, html)
		}
	}
	if EvenDays(1) != nil || len(EvenDays(5)) != 4 {
		t.Error("a ruler of n days has n-1 ticks")
	}
}

func TestTheFallbackPageNeedsNothing(t *testing.T) {
	if forbidden.MatchString(Fallback) || !strings.Contains(Fallback, "12345") {
		t.Error(Fallback)
	}
}

func (failing) Render(_ context.Context, _ io.Writer) error { return errors.New("broken part") }
