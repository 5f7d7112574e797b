package search

import (
	"strings"
	"testing"
	"unicode"
)

// FuzzParse checks that no letter of a query means anything to an engine, and
// that a text is found by any part of it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"路灯 不亮", `"a b" c*`, "A3区𠮷", "“李\U000E0100明”", "x'y\\z", "①㎡ﬁ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		q, err := Parse(typed)
		if err != nil {
			return
		}
		for _, term := range q.terms {
			for _, w := range term.words {
				if strings.ContainsFunc(w, func(c rune) bool { return classOf(c) != chinese && classOf(c) != letter }) {
					t.Fatalf("%q gives the word %q", typed, w)
				}
				if w != strings.ToValidUTF8(w, "") || strings.ContainsFunc(w, unicode.IsControl) {
					t.Fatalf("%q gives the word %q", typed, w)
				}
			}
		}
	})
}
