package reply

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// demand is one thing the resident asks for or about.
type demand struct {
	text  string
	sort  string   // when, much, reason, whom; matter: anything else
	terms []string // pairs of characters that say what it is about
}

// findingsMax keeps a long list of demands from drowning the rest.
const findingsMax = 3

// lookUnanswered finds questions that the answer does not speak to. A question for
// a time, an amount, a reason or an office is answered by words of that sort, any
// other by at least some of its own words, the threshold in per cent. Who is sent
// to the right office has an answer too.
func lookUnanswered(r *reading, rule Rule) {
	all := demands(r.Request, rule, true)
	r.n += len(all)
	if has(r.body, elsewhere) {
		return
	}
	r.missing(all, rule)
}

// lookUntouched finds wishes of which nothing stands in the answer. The program
// knows words only: what is granted in other words looks untouched, so this is a
// hint. An answer that takes a proposal up as such has answered it.
func lookUntouched(r *reading, rule Rule) {
	all := demands(r.Request, rule, false)
	r.n += len(all)
	all = slices.DeleteFunc(all, func(d demand) bool { return r.alludes(d, rule) })
	if has(r.body, elsewhere) || has(r.body, weighed) && has(r.body, []string{"建议", "意见", "诉求", "需求", "反映"}) {
		return
	}
	rule.Least = 0 // the threshold is that of alludes
	r.missing(all, rule)
}

// alludes reports whether so many of the characters of a wish stand in the answer,
// in per cent, that it may well be met in other words.
func (r *reading) alludes(d demand, rule Rule) bool {
	hit, all := 0, 0
	for _, c := range strings.Join(d.terms, "") {
		if all++; strings.ContainsRune(r.body, c) {
			hit++
		}
	}
	return hit*100 >= rule.Least*all
}

func (r *reading) missing(all []demand, rule Rule) {
	n := 0
	for _, d := range all {
		if n < findingsMax && !r.speaks(d, rule) {
			r.out = append(r.out, Finding{In: InRequest, Passage: short(d.text), About: d.sort})
			n++
		}
	}
}

// elsewhere are the words by which an answer names who decides, weighed those by
// which it takes a proposal up.
var (
	elsewhere = []string{"不属我", "不属于我", "职权范围", "职能范围", "管辖范围", "请向", "请到", "请您向", "请你向", "请您到", "请你到", "请您联系", "请与", "请您与", "请咨询", "请具体咨询", "详细咨询", "请您咨询", "具体咨询", "可咨询", "详情请", "可向", "建议您向", "建议您联系", "直接联系", "直接向", "请致电", "请拨打", "可拨打", "可致电"}
	weighed   = []string{"研究", "考虑", "论证", "上报", "采纳", "汇报", "纳入", "参考"}
)

// sorts are the words by which a question asks for something that can be told by
// its look, and the words by which an answer gives it.
var sorts = []struct {
	name       string
	ask, gives []string
}{
	{"when", []string{"什么时候", "何时", "多久", "什么时间", "几时", "哪一年", "哪年", "几月", "多长时间", "什么日期", "时间表"}, nil},
	{"much", []string{"多少钱", "多少元", "收费标准", "什么标准", "多少费用", "补偿标准", "补贴标准", "标准是多少", "价格是多少", "补多少", "金额"}, nil},
	{"whom", []string{"找哪个部门", "找谁", "哪个部门", "什么部门", "哪个单位", "联系电话是", "电话是多少", "在哪里办", "到哪里办", "去哪里办", "归谁管", "向谁"},
		[]string{"局", "委", "街道", "办", "所", "中心", "部门", "政府", "公司", "法院", "社区", "电话", "联系方式", "科", "大队", "支队"}},
	{"reason", []string{"为什么", "为何", "什么原因", "原因是什么", "何故", "凭什么", "什么依据", "依据是什么", "有何依据"},
		[]string{"因", "由于", "原因", "为了", "根据", "依据", "按照", "是为", "所以", "属于", "故", "考虑到", "鉴于", "受", "为解决", "为加强", "系", "未", "没有", "不符合", "导致", "造成", "目的", "存在"}},
}

// demands cuts the resident's words into what he asks. The title counts only
// when the words themselves ask nothing.
func demands(texts []string, rule Rule, questions bool) []demand {
	var out []demand
	for i := len(texts) - 1; i >= 0; i-- {
		if i == 0 && len(texts) > 1 && len(out) > 0 {
			break
		}
		for _, s := range sentences(even(texts[i])) {
			take := wish
			if questions {
				take = question
			}
			if d, ok := take(string(s), rule); ok {
				out = append(out, d)
			}
		}
	}
	return out
}

// sentenceMax is the longest sentence that is read as one question: in a longer
// one the question is lost among other things.
const sentenceMax = 90

// question is what a sentence asks of the office: not what somebody was asked
// once, and not what is asked to accuse.
func question(s string, rule Rule) (demand, bool) {
	if has(s, rule.Off) || utf8.RuneCountInString(s) > sentenceMax {
		return demand{}, false
	}
	d := demand{text: s, sort: "matter"}
	for _, x := range sorts {
		if has(s, x.ask) && (strings.ContainsAny(s, "？?") || has(s, rule.Words)) {
			d.sort = x.name
			return d, true
		}
	}
	w := first(s, rule.Words)
	if w == "" || !strings.ContainsAny(s, "？?") && w != "请问" {
		return d, false
	}
	d.terms = terms(s)
	return d, len(d.terms) >= 3
}

// wish is what a clause wishes of the office, from its first word on: 要求 in the
// middle of a clause tells what others demanded.
func wish(s string, rule Rule) (demand, bool) {
	if has(s, rule.Off) {
		return demand{}, false
	}
	for at, clause := range clauses(s) {
		rest := clause
		for _, w := range []string{"在此", "我们", "我", "本人", "居民", "业主", "特", "现", "强烈", "再次", "真心", "因此", "所以", "故"} {
			rest = strings.TrimPrefix(rest, w)
		}
		if w := first(head(rest, 4), rule.Words); w == "" || !strings.HasPrefix(rest, w) {
			continue
		}
		all := clauses(s)
		d := demand{text: strings.Join(all[at:], "，"), sort: "matter"}
		d.terms = terms(d.text)
		return d, len(d.terms) >= 5
	}
	return demand{}, false
}

func (r *reading) speaks(d demand, rule Rule) bool {
	switch d.sort {
	case "when":
		return r.tellsTime()
	case "much":
		return strings.ContainsFunc(r.told(), digit) || has(r.body, []string{"免费", "不收", "标准"})
	case "whom", "reason":
		for _, x := range sorts {
			if x.name == d.sort {
				return has(r.told(), x.gives)
			}
		}
	}
	hit := 0
	for _, t := range d.terms {
		if strings.Contains(r.body, t) {
			hit++
		}
	}
	return hit*100 > rule.Least*len(d.terms)
}

// told is the answer without its date and signature.
func (r *reading) told() string {
	n := len(r.parts)
	if n > 1 && (dateOnly(string(r.parts[n-1])) || hanCount(string(r.parts[n-1])) < 16) {
		n--
	}
	var b strings.Builder
	for _, s := range r.parts[:n] {
		b.WriteString(string(s))
	}
	return b.String()
}

// notYet are the words by which an answer says that no time can be told, and why
// it cannot be waited for.
var notYet = []string{"暂无", "暂未", "尚未", "尚无", "未定", "没有计划", "无法确定", "取决于", "不会", "不能", "不予", "随时", "即可", "已经", "已于", "待", "暂不", "未列入", "未纳入", "没有列入", "没有纳入", "目前没有", "完成", "投入使用", "开通", "近期", "尽快", "期间", "每年", "每月", "截止", "当时", "以后", "后再", "之后"}

// tellsTime reports whether the answer tells a time or why there is none.
func (r *reading) tellsTime() bool {
	t := r.told()
	return dated(t) || has(t, notYet)
}

// quiet characters say nothing of the matter.
const quiet = "的了是在我们你您他她它这那有和就不也都要请希望能可否吗呢吧啊与及或并给让把被为对从到于以而但如果因所还没会将应该得着过去来说做等何什么怎哪谁多少几个些很太最更再又已经现目前时候年月日天一二三四五六七八九十两之其此无非只"

// terms are the pairs of neighbouring characters that say something.
func terms(s string) []string {
	seen := map[string]bool{}
	var out []string
	var before rune
	for _, c := range s {
		if !han(c) || strings.ContainsRune(quiet, c) {
			before = 0
			continue
		}
		if before != 0 {
			if t := string([]rune{before, c}); !seen[t] && !polite[t] {
				seen[t] = true
				out = append(out, t)
			}
		}
		before = c
	}
	return out
}

// polite pairs stand in every request.
var polite = func() map[string]bool {
	out := map[string]bool{}
	for _, s := range []string{"有关部门", "相关部门", "领导", "政府部门", "重视", "解决", "回复", "答复", "尽快", "处理", "关注", "核实", "调查", "给予", "予以", "百姓", "市民", "居民", "谢谢", "感谢", "问题", "希望", "请求", "建议", "要求", "恳请",
		"强烈", "书记", "市长", "县长", "区长", "老百姓", "群众", "及时", "加强", "采取措施", "关心", "帮助", "支持", "情况", "能够", "切实"} {
		r := []rune(s)
		for i := 0; i+1 < len(r); i++ {
			out[string(r[i:i+2])] = true
		}
	}
	return out
}()
