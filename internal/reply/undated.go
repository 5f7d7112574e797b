package reply

import (
	"strings"
	"unicode/utf8"
)

// work are the verbs of what a city does with its hands: of watching and of
// doing better nobody expects a date.
var work = []string{"完善", "移交", "修复", "改造", "整改", "建设", "处理", "解决", "安装", "更换", "拆除", "清理", "落实", "办理", "完成", "施工", "维修", "开工", "动工", "启动", "硬化",
	"疏通", "实施", "开展", "推进", "修建", "建成", "开通", "整治", "恢复", "协调", "处置", "兑现", "支付", "发放", "调查", "查处", "核实", "出台", "修好", "到位", "实现", "入户", "通车", "投入", "论证", "规划", "纳入", "答复", "回复", "办结", "完工", "竣工"}

// lookUndated finds promises of work without a date beside them: 将尽快维修. One
// finding is enough: it shows the first such sentence.
func lookUndated(r *reading, rule Rule) {
	if r.planned() {
		return
	}
	for i, s := range r.parts {
		word := promise(string(s), rule)
		if word == "" || dated(string(s)) || i > 0 && targeted(string(r.parts[i-1])) || i+1 < len(r.parts) && targeted(string(r.parts[i+1])) {
			continue
		}
		r.found(clausesAround(string(s), word), "")
		return
	}
	if r.Promised && !r.anyDate() {
		r.out = append(r.out, Finding{About: "promised"})
	}
}

// promise is the word by which a sentence promises work, "" none.
func promise(s string, rule Rule) string {
	for _, w := range rule.Words {
		i := strings.Index(s, w)
		if i < 0 {
			continue
		}
		before, after := tail(s[:i], 12), head(s[i+len(w):], 24)
		if has(s[:i], advised) || strings.Contains(head(after, 6), "已") {
			continue
		}
		if cut := strings.IndexAny(after, stops); cut >= 0 {
			after = after[:cut]
		}
		if has(before+w+head(after, 2), rule.Off) || has(after, []string{"的问题", "的建议", "的诉求", "的请求", "的要求", "一事"}) || !has(after, work) {
			continue
		}
		return w
	}
	return ""
}

// advised are the words by which a sentence tells the resident what to do.
var advised = []string{"建议您", "建议你", "请您", "请你", "您可", "你可", "希望"}

func tail(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}

func head(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// clausesAround is the clause with the word and the one before it.
func clausesAround(s, word string) string {
	i := strings.Index(s, word)
	from := strings.LastIndexAny(s[:i], "，,：:")
	if from >= 0 {
		if more := strings.LastIndexAny(s[:from], "，,：:"); utf8.RuneCountInString(s[more+1:i]) <= 40 {
			from = more
		}
	}
	if from >= 0 {
		_, n := utf8.DecodeRuneInString(s[from:])
		from += n
	}
	return s[max(from, 0):]
}

// spans are the words of a time that a person can wait for.
var times = []string{"年底", "月底", "年内", "年初", "年末", "季度", "上半年", "下半年", "本月", "下月", "本周", "下周", "月初", "月中", "月上旬", "月中旬", "月下旬", "明年", "今年", "后年", "工作日",
	"天内", "日内", "小时内", "周内", "个月内", "个月", "春节前", "国庆", "元旦", "五一", "开学", "汛期", "入冬前", "当天", "当日", "今天", "明天", "今日", "明日", "即日", "立即", "当场", "十三五", "十四五", "学期", "中考", "高考", "星期"}

// dated reports whether a text names a time.
func dated(s string) bool { return has(s, times) || numbered(s) }

// numbered reports whether it names a year, month or day by number.
func numbered(s string) bool {
	var before rune
	for _, c := range s {
		if (c == '月' || c == '日' || c == '年' || c == '号' || c == '天' || c == '周') && (digit(before) || strings.ContainsRune("一二三四五六七八九十两半", before)) {
			return true
		}
		if c != ' ' {
			before = c
		}
	}
	return false
}

// targetWords make a time that of something still to come.
var targetWords = []string{"预计", "计划", "力争", "拟于", "将于", "争取", "前完成", "底前", "日前", "月前", "年前", "完工", "竣工", "底完成", "内完成", "投入使用", "可望", "有望", "安排在", "工期", "底建成", "底通车", "时限", "限期", "期限"}

// targeted reports whether a text names a time to come.
func targeted(s string) bool { return has(s, targetWords) && dated(s) }

// planned reports whether the answer names a time to come anywhere.
func (r *reading) planned() bool {
	for _, s := range r.parts {
		if targeted(string(s)) {
			return true
		}
	}
	return false
}

func (r *reading) anyDate() bool {
	for _, s := range r.parts {
		if dated(string(s)) && !dateOnly(string(s)) {
			return true
		}
	}
	return false
}
