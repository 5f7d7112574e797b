package content_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gongzhi/internal/demo/content"
)

var hole = regexp.MustCompile(`\{([^}]*)\}`)

func checkHoles(t *testing.T, where, text string) {
	t.Helper()
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(content.Placeholders, m[1]) {
			t.Errorf("%s: no placeholder is called %q", where, m[1])
		}
	}
	if strings.Count(text, "{") != strings.Count(text, "}") {
		t.Errorf("%s: a brace is not closed", where)
	}
}

func TestTemplatesAreFoundByTheirKeysAndUseKnownPlaceholders(t *testing.T) {
	c := city(t)
	codes, keys := map[string]bool{}, map[string]bool{}
	form := regexp.MustCompile(`^[a-z]{3,6}$`)
	for _, x := range c.Templates {
		if codes[x.Code] || keys[x.Keys] || !form.MatchString(x.Keys) {
			t.Errorf("%s %s: code or keys %q used twice or malformed", x.Code, x.Name, x.Keys)
		}
		codes[x.Code], keys[x.Keys] = true, true
		if !slices.Contains([]string{"reply", "desk", "unit", "callback"}, x.Use) {
			t.Errorf("%s: use %q", x.Code, x.Use)
		}
		if _, ok := c.Category(x.Category); !ok && x.Category != "" {
			t.Errorf("%s: no category %s", x.Code, x.Category)
		}
		checkHoles(t, x.Code, x.Body)
	}
	if len(c.Templates) < 40 {
		t.Errorf("got %d templates, want at least 40", len(c.Templates))
	}
}

func TestMessagesCoverEveryEventAndFitTwoSMS(t *testing.T) {
	c := city(t)
	got := map[string]bool{}
	for _, m := range c.Messages {
		if got[m.Event] {
			t.Errorf("%s: written twice", m.Event)
		}
		got[m.Event] = true
		checkHoles(t, m.Event, m.Title+m.Body+m.SMS)
		if n := utf8.RuneCountInString(m.SMS); n < 15 || n > 80 {
			t.Errorf("%s: the SMS has %d characters before its holes are filled", m.Event, n)
		}
	}
	for _, event := range []string{"received", "direct", "dispatched", "accepted", "ask", "extended", "suspended",
		"resumed", "answered", "callback", "reopened", "closed", "merged", "refused", "terminated", "overdue"} {
		if !got[event] {
			t.Errorf("no message for %s", event)
		}
	}
}

func TestEveryRefusalNamesItsReasonAndARoute(t *testing.T) {
	c := city(t)
	var codes []string
	for _, r := range c.Refusals {
		codes = append(codes, r.Code)
		if r.Name == "" || r.When == "" || r.Tell == "" || len(r.Routes) == 0 {
			t.Errorf("%s: something is missing: %+v", r.Code, r)
		}
		checkHoles(t, r.Code, r.Tell)
	}
	want := strings.Fields("emergency legal_route repeat_no_new secret beyond_duty unlawful not_this_city other_power military other_lawful")
	if !slices.Equal(codes, want) {
		t.Errorf("got %v, want %v", codes, want)
	}
}

func TestKnowledgeBelongsToALeafAndAUnit(t *testing.T) {
	c := city(t)
	questions := map[string]bool{}
	for _, e := range c.Knowledge {
		k, ok := c.Category(e.Category)
		if !ok || !k.Leaf {
			t.Errorf("%s: no leaf %s", e.Code, e.Category)
		}
		if _, ok := c.Unit(e.Unit); !ok {
			t.Errorf("%s: no unit %s", e.Code, e.Unit)
		}
		if questions[e.Question] || len(e.Keywords) < 2 || utf8.RuneCountInString(e.Answer) < 20 {
			t.Errorf("%s: %+v", e.Code, e)
		}
		questions[e.Question] = true
	}
	if len(c.Knowledge) < 25 {
		t.Errorf("got %d entries, want at least 25", len(c.Knowledge))
	}
}

func TestTheCalendarKnowsHolidaysAndMakeUpDays(t *testing.T) {
	days := map[string]bool{}
	for _, d := range city(t).Days {
		date, err := time.Parse(time.DateOnly, d.Date)
		if err != nil || d.Name == "" {
			t.Errorf("day %+v: %v", d, err)
		}
		if _, twice := days[d.Date]; twice {
			t.Errorf("%s: written twice", d.Date)
		}
		days[d.Date] = d.Off
		weekend := date.Weekday() == time.Saturday || date.Weekday() == time.Sunday
		if !d.Off && !weekend {
			t.Errorf("%s is made a working day and already is one", d.Date)
		}
	}
	for date, off := range map[string]bool{"2025-01-26": false, "2025-10-08": true, "2026-02-14": false,
		"2026-02-23": true, "2026-09-20": false, "2026-10-07": true} {
		if got, ok := days[date]; !ok || got != off {
			t.Errorf("%s: got %v %v, want %v", date, got, ok, off)
		}
	}
}
