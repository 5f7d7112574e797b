package reply

import (
	"strings"
	"unicode/utf8"
)

// clauseMax is the longest clause of politeness or passing on: a longer one says
// something of its own.
const clauseMax = 40

// lookEmpty finds answers of which nothing is left when salutation, receipt,
// passing on, thanks, date and signature are taken away.
func lookEmpty(r *reading, rule Rule) {
	rest := 0
	all := clauses(r.body)
	for i, c := range all {
		if r.says(c, rule, i >= len(all)-2) {
			rest += max(hanCount(c), 1)
		}
	}
	if rest < rule.Least {
		r.found(r.body, "")
	}
}

// says reports whether a clause tells anything of the matter.
func (r *reading) says(c string, rule Rule, last bool) bool {
	n := utf8.RuneCountInString(c)
	switch {
	case hanCount(c) < 2 && !strings.ContainsFunc(c, digit):
		return false
	case dateOnly(c), strings.HasPrefix(c, "“") && strings.HasSuffix(c, "”"):
		return false
	case n <= clauseMax && has(c, rule.Words) && !has(c, rule.Off):
		return false
	case last && n <= 24 && signature(c):
		return false
	}
	return true
}

// signature reports whether a last clause is who signs, with the date or
// without: it ends as offices do.
func signature(c string) bool {
	c = strings.TrimRightFunc(c, func(x rune) bool { return digit(x) || strings.ContainsRune("年月日.-/ ", x) })
	for _, end := range []string{"局", "办", "委", "府", "处", "所", "部", "院", "会", "公司", "中心", "街道", "支队", "大队", "学校", "中学", "小学"} {
		if strings.HasSuffix(c, end) {
			return !strings.ContainsAny(c, "是在请到由向") || hanCount(c) <= 8
		}
	}
	return false
}

// dateOnly reports whether a clause is a date and nothing else.
func dateOnly(c string) bool {
	return strings.Trim(c, "0123456789０１２３４５６７８９年月日.-/〇一二三四五六七八九十 ") == ""
}
