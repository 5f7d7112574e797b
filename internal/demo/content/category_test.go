package content_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gongzhi/internal/demo/content"
)

func city(t *testing.T) *content.City {
	t.Helper()
	c, err := content.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheTreeIsWholeAndFourLevelsDeepAtMost(t *testing.T) {
	c := city(t)
	seen := map[string]bool{}
	tops, deepest := 0, 0
	for _, k := range c.Categories {
		if seen[k.Code] {
			t.Errorf("%s %s: code used twice", k.Code, k.Name)
		}
		if k.Parent == "" {
			tops++
		} else if !seen[k.Parent] {
			t.Errorf("%s %s: parent %s does not come before it", k.Code, k.Name, k.Parent)
		}
		seen[k.Code] = true
		deepest = max(deepest, len(k.Code)/2)
	}
	if tops < 14 || deepest != 4 {
		t.Errorf("got %d top classes and %d levels, want at least 14 and 4", tops, deepest)
	}
	if n := len(c.Leaves()); n < 140 {
		t.Errorf("got %d leaves, want at least 140", n)
	}
}

func TestEveryLeafSaysAllThatIntakeNeeds(t *testing.T) {
	c := city(t)
	types := []string{content.Consult, content.Help, content.Complaint, content.Report,
		content.Suggestion, content.Praise, content.Other}
	names := map[string]string{}
	for _, k := range c.Leaves() {
		bad := func(what string, value any) { t.Errorf("%s %s: %s %v", k.Code, k.Name, what, value) }
		if other, ok := names[k.Name]; ok {
			bad("has the name of", other)
		}
		names[k.Name] = k.Code
		if n := utf8.RuneCountInString(k.Description); n < 8 || n > 90 || !strings.HasSuffix(k.Description, "。") {
			bad("description", k.Description)
		}
		if n := len(k.Keywords); n < 6 || n > 15 || len(slices.Compact(slices.Sorted(slices.Values(k.Keywords)))) != n {
			bad("keywords", k.Keywords)
		}
		if len(k.Questions) > 3 {
			bad("questions", len(k.Questions))
		}
		if k.Limit.N == 0 || k.Next == "" || !slices.Contains(types, k.Type) {
			bad("limit, next or type", []any{k.Limit, k.Next, k.Type})
		}
		if !slices.Contains([]string{content.Public, content.Masked, content.Private}, k.Publicity) {
			bad("publicity", k.Publicity)
		}
	}
}

func TestChoicesAreShortAndMoreThanOne(t *testing.T) {
	for _, k := range city(t).Leaves() {
		for _, q := range k.Questions {
			if len(q.Choices) == 1 || len(q.Choices) > 6 {
				t.Errorf("%s %s: %q has %d choices", k.Code, k.Name, q.Ask, len(q.Choices))
			}
			for _, choice := range q.Choices {
				if n := utf8.RuneCountInString(choice); n == 0 || n > 12 {
					t.Errorf("%s %s: choice %q", k.Code, k.Name, choice)
				}
			}
		}
	}
}

// A pointer to another category is worth nothing when that name does not exist.
func TestDescriptionsPointToCategoriesThatExist(t *testing.T) {
	c := city(t)
	names := map[string]bool{}
	for _, k := range c.Leaves() {
		names[k.Name] = true
	}
	pointer := regexp.MustCompile(`[请归]选?“([^”]+)”`)
	for _, k := range c.Leaves() {
		for _, m := range pointer.FindAllStringSubmatch(k.Description, -1) {
			if !names[m[1]] {
				t.Errorf("%s %s points to %q, which does not exist", k.Code, k.Name, m[1])
			}
		}
	}
}

func TestReportsAreNeverShownInFull(t *testing.T) {
	for _, k := range city(t).Leaves() {
		if k.Type == content.Report && k.Publicity == content.Public && k.Place && strings.Contains(k.Next, "保密") {
			t.Errorf("%s %s promises secrecy and is public", k.Code, k.Name)
		}
	}
}

func TestLawIsNamedWithItsArticle(t *testing.T) {
	form := regexp.MustCompile(`^《[^》]+》第[一二三四五六七八九十百千]+条$`)
	named := 0
	for _, k := range city(t).Leaves() {
		if k.Law == "" {
			continue
		}
		named++
		if !form.MatchString(k.Law) {
			t.Errorf("%s %s: law %q", k.Code, k.Name, k.Law)
		}
	}
	if named < 40 {
		t.Errorf("got %d leaves with a law, want at least 40", named)
	}
}

func TestPathNamesEveryLevel(t *testing.T) {
	c := city(t)
	if got := strings.Join(c.Path("010101"), "›"); got != "市政设施›照明›路灯不亮" {
		t.Errorf("got %s", got)
	}
	if got := c.Path("nowhere"); len(got) != 0 {
		t.Errorf("got %v for a code that does not exist, want nothing", got)
	}
}
