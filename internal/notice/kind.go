package notice

import (
	"regexp"
	"slices"
	"strings"

	"gongzhi/internal/catalog"
)

// Kind is one sort of message: the code of its text, what may stand in it, and
// when it is too late for it.
type Kind struct {
	Code  string
	Holes []string // beside those that every message has
	Stage int      // says where the matter stands: one of a later stage makes it stale
	Asks  bool     // invites an answer: a reply by SMS is about it
}

// common are placeholders of every message.
var common = []string{"编号", "事项", "链接", "电话", "城市"}

// Kinds are the messages that the program sends. A city writes the words.
var Kinds = []Kind{
	{Code: "received", Holes: []string{"截止日期", QueryCode}},
	{Code: "direct", Holes: []string{"答复"}},
	{Code: "refused", Holes: []string{"原因", "途径", "依据"}},
	{Code: "dispatched", Holes: []string{"承办单位", "截止日期"}, Stage: 1},
	{Code: "accepted", Holes: []string{"承办单位"}, Stage: 2},
	{Code: "ask", Holes: []string{"补充内容"}, Asks: true},
	{Code: "resumed", Holes: []string{"承办单位", "新截止日期"}},
	{Code: "extended", Holes: []string{"原因", "截止日期", "新截止日期"}},
	{Code: "suspended", Holes: []string{"原因", "措施", "日期"}},
	{Code: "reminded", Holes: []string{"承办单位"}},
	{Code: "rechecked", Holes: []string{"答复"}},
	{Code: "answered", Holes: []string{"承办单位", "答复"}, Asks: true},
	{Code: "callback", Asks: true},
	{Code: "closed", Asks: true},
	{Code: "reopened", Holes: []string{"承办单位", "新截止日期"}},
	{Code: "terminated", Holes: []string{"原因", "依据"}},
	{Code: "merged", Holes: []string{"主件编号"}},
	{Code: "unmerged", Holes: []string{"主件编号", "截止日期"}},
	{Code: "split", Holes: []string{"主件编号", QueryCode}},
	{Code: "reply_rated"}, {Code: "reply_unsolved"}, {Code: "reply_supplemented"}, {Code: "reply_withdrawn"}, {Code: "reply_stopped"},
	{Code: "reply_which", Holes: []string{"清单"}}, {Code: "reply_failed", Holes: []string{"原因"}},
}

// Holes are all placeholders that some message has.
var Holes = func() []string {
	out := slices.Clone(common)
	for _, k := range Kinds {
		for _, h := range k.Holes {
			if !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	return out
}()

// KindOf is the kind of a code, and whether the program sends it.
func KindOf(code string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Code == code })
	if i < 0 {
		return Kind{Code: code}, false
	}
	return Kinds[i], true
}

// HolesOf are the placeholders that a text may have: of a code the program does
// not send all of them, since nothing fills them wrongly.
func HolesOf(code string) []string {
	base, _ := BaseCode(code)
	k, ok := KindOf(base)
	if !ok {
		return Holes
	}
	return append(slices.Clone(common), k.Holes...)
}

// Variant is the code of the text of a message for one channel, beside the
// general one: "received" is what an SMS says, "received.mail" the mail.
func Variant(code, channel string) string { return code + "." + channel }

// BaseCode takes a variant's code apart; channel is "" for the general text.
func BaseCode(code string) (base, channel string) {
	for _, c := range []string{Mail, WeChat} {
		if b, ok := strings.CutSuffix(code, "."+c); ok {
			return b, c
		}
	}
	return code, ""
}

// asking are the codes of messages that invite an answer.
func asking() []string {
	var out []string
	for _, k := range Kinds {
		if k.Asks {
			out = append(out, k.Code)
		}
	}
	return out
}

// later are the codes of a later stage than the code's own.
func later(code string) []string {
	k, _ := KindOf(code)
	var out []string
	for _, x := range Kinds {
		if k.Stage > 0 && x.Stage > k.Stage {
			out = append(out, x.Code)
		}
	}
	return out
}

// Samples are values for a preview.
var Samples = map[string]string{"编号": "2611 2300 4718", "事项": "路灯不亮", "链接": "12345.example/track", "电话": "12345", "城市": "云泽市", "截止日期": "11月30日",
	QueryCode: "7KQM-V2XD9-94HT", "答复": "灯已修好，共换灯头两只", "原因": "需要开挖路面", "途径": "向人民法院起诉", "依据": "职责清单第12条", "承办单位": "路灯管理所",
	"补充内容": "灯杆上的编号", "新截止日期": "12月2日", "措施": "先装临时照明", "日期": "12月2日", "主件编号": "2611 2200 3305", "清单": "4718 路灯不亮；3305 井盖破损"}

// Field is one line of a WeChat template: the name of the field there, and what
// stands in it.
type Field struct{ Name, Text string }

var fieldLine = regexp.MustCompile(`^\s*([A-Za-z][A-Za-z0-9_]*)\s*[=＝：:]\s*(.*)$`)

// Fields reads the body of a WeChat text: a line "thing1={事项}" for each field of
// the template. bad is the first line that is none.
func Fields(body string) (out []Field, bad string) {
	for l := range strings.Lines(body) {
		if strings.TrimSpace(l) == "" {
			continue
		}
		m := fieldLine.FindStringSubmatch(strings.TrimRight(l, "\r\n"))
		if m == nil {
			return out, strings.TrimSpace(l)
		}
		out = append(out, Field{m[1], m[2]})
	}
	return out, ""
}

// Segments is how many short messages a text costs: one up to 70 characters,
// else 67 each, or 160 and 153 when all of it is plain ASCII. Characters count as
// networks count them, in UTF-16.
func Segments(text string) (characters, segments int) {
	single, part := 160, 153
	for _, r := range text {
		characters++
		if r > 0xffff {
			characters++
		}
		if r > 0x7e || r == '`' {
			single, part = 70, 67
		}
	}
	switch {
	case characters == 0:
		return 0, 0
	case characters <= single:
		return characters, 1
	}
	return characters, (characters + part - 1) / part
}

// variant is the city's text of a message for a channel, ok when there is one.
func variant(all map[string]catalog.Text, code, channel string) (catalog.Text, bool) {
	t, ok := all[Variant(code, channel)]
	return t, ok && t.Active
}
