package reply

import (
	"strings"
	"unicode/utf8"

	"gongzhi/internal/personal"
)

// lookPersonal finds what names a person. An answer is read by everybody: what
// belongs to the requester has no place in it either. Lines of an office, and
// people of an office who are named as such, are nobody's secret.
func lookPersonal(r *reading, rule Rule) {
	for _, own := range r.Own {
		if utf8.RuneCountInString(own) >= 2 && strings.Contains(r.body, own) {
			r.found(own, "own")
		}
	}
	seen := map[string]bool{}
	for _, s := range personal.Find(r.body) {
		text := r.body[s.Start:s.End]
		if s.Kind == personal.Phone || seen[text] || r.official(s, rule) || s.Kind == personal.Name && has(text, rule.Off) {
			continue
		}
		seen[text] = true
		about := string(s.Kind)
		if r.masked(text) {
			about = "own"
		}
		r.found(around(r.body, s.Start, s.End, 8), about)
	}
}

// masked reports whether a find is what a mask of the resident hides.
func (r *reading) masked(text string) bool {
	plain := []rune(text)
	for _, m := range r.Masks {
		hidden := []rune(m)
		if len(hidden) != len(plain) || len(plain) < 2 {
			continue
		}
		same := true
		for i, c := range hidden {
			same = same && (c == '*' || c == plain[i])
		}
		if same {
			return true
		}
	}
	return false
}

// official reports whether a find stands beside a word that makes it an
// office's: 联系人, 咨询电话, 局长.
func (r *reading) official(s personal.Span, rule Rule) bool {
	return has(around(r.body, s.Start, s.End, 12), rule.Words)
}
