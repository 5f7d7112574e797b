package locale

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	hole     = regexp.MustCompile(`\{(\d)(\|[^}]*)?\}`)
	keyLine  = regexp.MustCompile(`(?m)^\s*"([^"]+)":`)
	usedCall = regexp.MustCompile(`\bT\(\s*(?:[\w.]+,\s*)?"([a-z_]+\.[a-z0-9_.]+)"`)
	usedKey  = regexp.MustCompile(`(?:\.Add\(\s*"[^"]*",\s*|\bKey:\s*)"([a-z]+\.[a-z0-9_.]+)"`)
	usedNew  = regexp.MustCompile(`fault\.New\(\s*[\w.]+,\s*"([a-z_]+\.[a-z0-9_.]+)"`)
)

func TestEveryKeyIsInBothLanguagesWithTheSamePlaceholders(t *testing.T) {
	for _, pair := range [][2]Lang{{ZH, EN}, {EN, ZH}} {
		for key, text := range catalogues[pair[0]] {
			other, ok := catalogues[pair[1]][key]
			if !ok {
				t.Errorf("%s is in %s and missing in %s", key, pair[0], pair[1])
				continue
			}
			if a, b := holes(text), holes(other); !slices.Equal(a, b) {
				t.Errorf("%s: placeholders %v in %s, %v in %s", key, a, pair[0], b, pair[1])
			}
		}
	}
}

func TestCatalogueFilesAreSortedAndHoldOnlyTheirOwnKeys(t *testing.T) {
	for _, lang := range []Lang{ZH, EN} {
		names, err := fs.Glob(files, string(lang)+"/*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			raw, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			checkFile(t, name, string(raw))
		}
	}
}

func checkFile(t *testing.T, name, raw string) {
	t.Helper()
	prefix := strings.TrimSuffix(filepath.Base(name), ".json") + "."
	last := ""
	for _, m := range keyLine.FindAllStringSubmatch(raw, -1) {
		if !strings.HasPrefix(m[1], prefix) {
			t.Errorf("%s: key %s does not begin with %s", name, m[1], prefix)
		}
		if m[1] <= last {
			t.Errorf("%s: %s comes after %s: keep keys sorted and single", name, m[1], last)
		}
		last = m[1]
	}
}

func TestEveryKeyUsedInTheSourceExists(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !isSource(p) {
			return nil
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, key := range usedKeys(string(raw)) {
			if !known(key) {
				t.Errorf("%s uses %q, which is not in both catalogues", p, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// isSource leaves out tests, which may use keys of their own, and generated files, which repeat the templ source.
func isSource(p string) bool {
	if strings.HasSuffix(p, "_test.go") || strings.HasSuffix(p, "_templ.go") {
		return false
	}
	return strings.HasSuffix(p, ".go") || strings.HasSuffix(p, ".templ")
}

// known accepts a key that is put together at run time, "request.state_" + code, when some key begins so.
func known(key string) bool {
	if !strings.HasSuffix(key, "_") {
		return Has(ZH, key) && Has(EN, key)
	}
	begins := func(lang Lang) bool {
		for k := range catalogues[lang] {
			if strings.HasPrefix(k, key) {
				return true
			}
		}
		return false
	}
	return begins(ZH) && begins(EN)
}

func usedKeys(source string) []string {
	var keys []string
	for _, m := range append(usedCall.FindAllStringSubmatch(source, -1), usedNew.FindAllStringSubmatch(source, -1)...) {
		keys = append(keys, m[1])
	}
	// These forms also name things that are no sentences; what begins with the name of a catalogue is meant as one.
	for _, m := range usedKey.FindAllStringSubmatch(source, -1) {
		name, _, _ := strings.Cut(m[1], ".")
		if _, err := files.Open("zh/" + name + ".json"); err == nil {
			keys = append(keys, m[1])
		}
	}
	return keys
}

func holes(text string) []string {
	var found []string
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		text string
		args []any
		want string
	}{
		{"还有{0}天，已收到{1}条", []any{12, 1204}, "还有12天，已收到1,204条"},
		{"{0} {0|case|cases}", []any{1}, "1 case"},
		{"{0} {0|case|cases}", []any{1000}, "1,000 cases"},
		{"{1}在{0}", []any{"前", "后"}, "后在前"},
		{"no argument {0}", nil, "no argument {0}"},
		{"too few {3}", []any{1}, "too few {3}"},
		{"a { b", []any{1}, "a { b"},
	} {
		if got := fill(c.text, c.args); got != c.want {
			t.Errorf("fill(%q, %v) = %q, want %q", c.text, c.args, got, c.want)
		}
	}
	if got := T(ZH, "locale.no_such_key"); got != "locale.no_such_key" {
		t.Errorf("a missing key shows as %q", got)
	}
}

func TestDatesAreShownInTheCitysZone(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	at := time.Date(2026, 11, 23, 6, 5, 0, 0, time.UTC)
	for got, want := range map[string]string{
		Date(ZH, at, zone):                   "2026年11月23日",
		Date(EN, at, zone):                   "23 November 2026",
		DateTime(ZH, at, zone):               "2026年11月23日 14:05",
		Short(ZH, at, zone):                  "11月23日（周一）14:05",
		Short(EN, at, zone):                  "Mon 23 Nov 14:05",
		Day(ZH, at, zone):                    "11月23日（周一）",
		Clock(at, zone):                      "14:05",
		Stamp(at, at, zone):                  "11/23 14:05",
		Stamp(at, at.AddDate(1, 0, 0), zone): "2026/11/23 14:05",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAgo(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, zone)
	for want, at := range map[string]time.Time{
		"刚刚":         now.Add(-30 * time.Second),
		"5分钟前":       now.Add(-5 * time.Minute),
		"1小时前":       now.Add(-time.Hour),
		"昨天":         now.Add(-2 * time.Hour),
		"3天前":        now.Add(-72 * time.Hour),
		"2026年11月3日": now.AddDate(0, 0, -20),
	} {
		if got := Ago(ZH, at, now, zone); got != want {
			t.Errorf("Ago(%v) = %q, want %q", at, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		Count(0): "0", Count(999): "999", Count(2918): "2,918", Count(-1234567): "-1,234,567",
		Decimal(3.25, 1): "3.2", Decimal(-0.01, 1): "0.0", Decimal(12345.678, 2): "12,345.68",
		Percent(0.9643): "96.4%", Distance(ZH, 318): "320米", Distance(ZH, 1100): "1.1公里",
		Span(ZH, 26*time.Hour): "1天2小时", Span(EN, 61*time.Minute): "1 hour 1 minute", Size(2200000): "2.1 MB",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

var (
	han     = regexp.MustCompile(`\p{Han}`)
	literal = regexp.MustCompile(`>[^<>{}@]*\b[A-Za-z]{3,}[^<>{}@]*<`)
	sample  = regexp.MustCompile(`(?s)<pre[ >].*?</pre>`)
	format  = regexp.MustCompile(`\b\w+\.(xml|json|csv)\b|\b(XML|JSON|CSV|XLSX|RSS)\b`)
	spoken  = regexp.MustCompile(`<(code|kbd)[ >]|lang="|=>|:=`)
)

// TestNoPageHoldsWordsOfItsOwn: what a page says comes from a catalogue, or it would be in one language on the pages of
// both. The gallery of parts is Chinese only.
func TestNoPageHoldsWordsOfItsOwn(t *testing.T) {
	files, err := filepath.Glob("../*/*.templ")
	more, _ := filepath.Glob("../*/*/*.templ")
	if files = append(files, more...); err != nil || len(files) < 20 {
		t.Fatalf("found only %d pages, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "page/sample.templ") || strings.HasSuffix(file, "page/design.templ") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := sample.ReplaceAllStringFunc(string(raw), func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) })
		for i, line := range strings.Split(format.ReplaceAllString(text, ""), "\n") {
			line, _, _ = strings.Cut(line, "// ")
			if han.MatchString(line) && !strings.Contains(line, `lang="zh-CN"`) || literal.MatchString(line) && !spoken.MatchString(line) {
				t.Errorf("%s:%d says something that is in no catalogue: %s", file, i+1, strings.TrimSpace(line))
			}
		}
	}
}
