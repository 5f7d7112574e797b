package app_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"gongzhi/internal/locale"
	"gongzhi/internal/page/axetest"
	"gongzhi/internal/sqldb"
)

// reading is one way of reading a page.
type reading struct {
	mode string
	lang locale.Lang
}

var readings = []reading{{"", locale.ZH}, {"elder", locale.EN}, {"contrast", locale.ZH}, {"", locale.EN}, {"elder", locale.ZH}, {"contrast", locale.EN}}

// TestEveryPageInEveryModeAndLanguage asks of each page: nothing that axe-core
// finds, no sideways scroll on 320 px (400 % zoom of 1280), letters and controls
// large enough in elder mode, and no sentence of the other language. Each page is
// read in two of the six ways; GONGZHI_AXE=all reads all.
func TestEveryPageInEveryModeAndLanguage(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a browser")
	}
	browser := axetest.Open(t)
	g := livingCity(t)
	words := newSpeech(t, g)
	looks := 0
	for i, p := range pages {
		if p.mode != "" || strings.HasPrefix(p.path, "/en") {
			continue // these ways of reading are what this test goes through
		}
		for j, r := range readings {
			if os.Getenv("GONGZHI_AXE") != "all" && j != i%6 && j != (i+3)%6 {
				continue
			}
			looks++
			t.Run(p.name+"/"+string(r.lang)+"/"+or(r.mode, "standard"), func(t *testing.T) { g.read(t, browser, p, r, words) })
		}
	}
	t.Logf("%d pages read, 0 violations unless reported above", looks)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (g *gallery) read(t *testing.T, b *axetest.Browser, p shown, r reading, words *speech) {
	path := g.fill(p.path)
	if r.lang == locale.EN {
		path = "/en" + path
	}
	cookies := map[string]string{"mode": r.mode}
	for k, v := range g.session(t, g.fill(p.login)) {
		cookies[k] = v
	}
	more := []string{axetest.Words}
	if r.mode == "elder" && p.login == "" {
		more = append(more, axetest.Elder) // 长辈版 is for residents
	}
	found, err := b.Check(g.server.URL+path, 320, cookies, more...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if text, ok := strings.CutPrefix(f, "words:"); !ok {
			t.Errorf("%s: %s", path, f)
		} else if key := words.foreign(text, r.lang); key != "" {
			t.Errorf("%s: %q is %s of the other language", path, text, key)
		}
	}
}

// speech knows the sentences of both languages, and the city's own words, which
// are Chinese on every page.
type speech struct {
	exact  map[locale.Lang]map[string]string
	within map[locale.Lang]map[string]string // long parts of sentences with places
	city   map[string]bool
}

var hole = regexp.MustCompile(`\{\d+\}`)

func newSpeech(t *testing.T, g *gallery) *speech {
	s := &speech{exact: map[locale.Lang]map[string]string{}, within: map[locale.Lang]map[string]string{}, city: map[string]bool{}}
	for _, lang := range []locale.Lang{locale.ZH, locale.EN} {
		s.exact[lang], s.within[lang] = map[string]string{}, map[string]string{}
		for key, text := range locale.All(lang) {
			parts := hole.Split(text, -1)
			if len(parts) == 1 {
				s.exact[lang][text] = key
				continue
			}
			for _, part := range parts {
				if part = strings.TrimSpace(part); letters(part, lang) >= 6 {
					s.within[lang][part] = key
				}
			}
		}
	}
	err := g.app.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select name from catalog_category union select name from actor_unit union select name from actor_staff union select name from place_area
			union select title from catalog_text union select name from catalog_refusal union select title from matter union select body from request_order`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			s.city[strings.Join(strings.Fields(name), " ")] = true
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// letters counts those that only one of the two languages has.
func letters(text string, lang locale.Lang) (n int) {
	for _, r := range text {
		if lang == locale.ZH && unicode.Is(unicode.Han, r) || lang == locale.EN && r < 128 && unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// foreign is the key of a sentence of the language that the page is not in.
func (s *speech) foreign(text string, own locale.Lang) string {
	other := own.Other()
	if strings.Contains(text, locale.T(own, "request.note_steps")) {
		return "" // why a dispatch went there is kept as it was said, in the city's language
	}
	if letters(text, other) < 2 || s.city[text] || s.exact[own][text] != "" {
		return ""
	}
	if start, cut := strings.CutSuffix(text, "…"); cut { // the beginning of a text of the city
		for whole := range s.city {
			if strings.HasPrefix(whole, start) {
				return ""
			}
		}
	}
	if key := s.exact[other][text]; key != "" {
		return key
	}
	for part, key := range s.within[other] {
		if strings.Contains(text, part) {
			return key
		}
	}
	return ""
}
