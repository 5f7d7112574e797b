package reply

import (
	"strings"
	"unicode/utf8"
)

// lookUnsourced finds an answer that rests on a rule without saying which: 按照有关
// 规定不能办理. Where one rule is named, by title, number or article, the reader can
// find the others.
func lookUnsourced(r *reading, rule Rule) {
	if r.named() {
		return
	}
	for _, s := range r.parts {
		if w := rested(string(s), rule); w != "" {
			r.found(clausesAround(string(s), w), "")
			return
		}
	}
}

// rested is the word by which a sentence rests on an unnamed rule and decides,
// "" when it does not.
func rested(s string, rule Rule) string {
	for _, w := range rule.Words {
		i := strings.Index(s, w)
		if i < 0 {
			continue
		}
		before := tail(s[:i], 10)
		if !has(before+w, resting) || has(before, rule.Off) || has(s, []string{"您可以根据", "你可以根据", "如单位"}) {
			continue
		}
		if rest := s[i+len(w):]; has(rest, decides) || has(tail(s[:i], 30), []string{"不符合", "不属于", "不能", "无法", "不予"}) {
			return w
		}
	}
	return ""
}

// resting are the words by which a sentence rests on something.
var resting = []string{"根据", "依据", "按照", "按", "依照", "参照", "依", "照"}

// decides are the words of a decision about what somebody may have.
var decides = []string{"不能", "不得", "不予", "无法", "不符合", "不属于", "不享受", "不可", "暂不", "不在", "不再", "没有", "必须", "需要", "须", "应当", "应由", "方可", "才能", "才可", "可以享受", "不参加", "不纳入", "不受理", "取消", "禁止", "需", "可以", "可申请", "应", "由"}

// named reports whether the answer names a rule: a title, a number of a
// document, an article.
func (r *reading) named() bool {
	if strings.Contains(r.body, "《") || strings.Contains(r.body, "〔") || strings.Contains(r.body, "号文") || strings.Contains(r.body, "号令") || strings.Contains(r.body, "]号") {
		return true
	}
	for at := 0; ; {
		i := strings.Index(r.body[at:], "第")
		if i < 0 {
			break
		}
		at += i + len("第")
		if j := strings.Index(head(r.body[at:], 8), "条"); j > 0 {
			return true
		}
	}
	for _, end := range []string{"法", "条例", "办法", "规定", "号"} { // 消防法, 工伤保险条例, 80号
		for at := 0; ; {
			i := strings.Index(r.body[at:], end)
			if i < 0 {
				break
			}
			at += i
			if title(tail(r.body[:at], 6), end) {
				return true
			}
			at += len(end)
		}
	}
	return false
}

// title reports whether what stands before 法, 条例 … makes it the name of one.
func title(before, end string) bool {
	if end == "号" {
		c, _ := utf8.DecodeLastRuneInString(before)
		return digit(c) && strings.ContainsAny(before, "】]）)字第发")
	}
	for _, w := range []string{"安全", "保险", "保护", "劳动合同", "劳动", "消防", "管理", "教育", "道路交通安全", "物权", "合同", "治安", "招标投标", "规划", "卫生", "权益", "环境", "招生", "住房", "市场", "价格"} {
		if strings.HasSuffix(before, w) && (end != "规定") {
			return true
		}
	}
	return false
}
