package reply

import (
	"strings"
	"unicode/utf8"
)

// lookUnfilled finds the gaps of a template: marks, empty brackets and the words
// that templates use.
func lookUnfilled(r *reading, rule Rule) {
	seen := map[string]bool{}
	note := func(at, n int) {
		p := around(r.body, at, at+n, 10)
		if !seen[p] {
			seen[p] = true
			r.found(p, "")
		}
	}
	for _, w := range rule.Words {
		for at := 0; ; {
			i := strings.Index(r.body[at:], w)
			if i < 0 {
				break
			}
			at += i
			if !has(around(r.body, at, at+len(w), 4), rule.Off) {
				note(at, len(w))
			}
			at += len(w)
		}
	}
	r.marks(note)
	r.brackets(note)
	r.dates(note)
	for _, w := range []string{"：。", "：，", "：；", "：）"} { // what was to follow is missing
		if i := strings.Index(r.body, w); i >= 0 {
			note(i, len(w))
		}
	}
	if end := strings.TrimRight(r.body, " \n"); strings.HasSuffix(end, "：") || strings.HasSuffix(end, ":") {
		note(len(end), 0)
	}
}

// masked are what may follow a mark that is a gap; behind a surname the same
// mark hides a person on purpose: 文XX.
const gapUnits = "年月日时分号元个条街路局处科区县市镇村办项次人户吨米％%万亿"

// marks are runs of XX, ××, ___.
func (r *reading) marks(note func(at, n int)) {
	var before rune
	for i := 0; i < len(r.body); {
		c, size := utf8.DecodeRuneInString(r.body[i:])
		if !strings.ContainsRune("XxＸ×＿_", c) {
			before, i = c, i+size
			continue
		}
		end, n := i, 0
		for end < len(r.body) {
			d, s := utf8.DecodeRuneInString(r.body[end:])
			if !strings.ContainsRune("XxＸ×＿_", d) {
				break
			}
			end, n = end+s, n+1
		}
		next, _ := utf8.DecodeRuneInString(r.body[end:])
		latin := func(c rune) bool {
			return c < 0x80 && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9')
		}
		line := c == '_' || c == '＿'
		switch {
		case n < 2 || line && n < 3, latin(before), latin(next):
		case line, strings.ContainsRune(gapUnits, next) && end < len(r.body), !han(before):
			note(i, end-i)
		}
		before, i = c, end
	}
}

var pairs = [][2]string{{"【", "】"}, {"（", "）"}, {"(", ")"}, {"《", "》"}, {"“", "”"}, {"{", "}"}, {"｛", "｝"}, {"[", "]"}, {"<", ">"}, {"〔", "〕"}}

// brackets that hold nothing, and braces that hold a word.
func (r *reading) brackets(note func(at, n int)) {
	for _, p := range pairs {
		for at := 0; ; {
			i := strings.Index(r.body[at:], p[0])
			if i < 0 {
				break
			}
			at += i
			j := strings.Index(r.body[at+len(p[0]):], p[1])
			if j < 0 {
				break
			}
			inside := r.body[at+len(p[0]) : at+len(p[0])+j]
			brace := (p[0] == "{" || p[0] == "｛") && hanCount(inside) > 0 && utf8.RuneCountInString(inside) <= 12
			if strings.Trim(inside, " _　\n.…") == "" || brace {
				note(at, len(p[0])+j+len(p[1]))
			}
			at += len(p[0])
		}
	}
}

// dates without their numbers: 于年月日.
func (r *reading) dates(note func(at, n int)) {
	for _, w := range []string{"年月日", "年 月 日", "年　月　日", "月 日前"} {
		i := strings.Index(r.body, w)
		if i < 0 {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(r.body[:i])
		if !strings.HasSuffix(r.body[:i], "出生") && before != '生' && !digit(before) {
			note(i, len(w))
		}
	}
}

// around is a passage with what stands about it.
func around(s string, from, to, n int) string {
	for k := 0; k < n && from > 0; k++ {
		c, size := utf8.DecodeLastRuneInString(s[:from])
		if strings.ContainsRune(stops, c) {
			break
		}
		from -= size
	}
	for k := 0; k < n && to < len(s); k++ {
		c, size := utf8.DecodeRuneInString(s[to:])
		if strings.ContainsRune(stops, c) {
			break
		}
		to += size
	}
	return strings.TrimSpace(s[from:to])
}
