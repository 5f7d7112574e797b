package reply

import (
	"slices"
	"strings"
	"testing"
)

// found are the kinds found in an answer, each with what exactly.
func found(x Case) []string {
	var out []string
	for _, f := range New(nil).Read(x).Findings {
		out = append(out, strings.TrimSuffix(string(f.Kind)+"."+f.About, "."))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestWhatAnAnswerIsRemindedOf(t *testing.T) {
	lamp := []string{"路灯不亮", "梧桐路32号南门口的路灯坏了三天，请问什么时候能修好？"}
	for _, c := range []struct {
		name    string
		request []string
		answer  string
		want    []string
	}{
		{"a good answer", lamp, "您好！更换接触器后，梧桐路南门口6盏路灯已于5月12日恢复照明。", nil},
		{"receipt and thanks alone", lamp, "网友您好！您的留言已收悉，感谢您对我们工作的支持！", []string{"empty"}},
		{"passed on and nothing else", lamp, "您反映的问题已转至市路灯管理所核实、办理。2026年5月12日", []string{"empty"}},
		{"a signature alone", lamp, "云泽市路灯管理所 2026年5月12日", []string{"empty"}},
		{"a question for a time without one", lamp, "您好！经核实，路灯不亮是控制箱接触器老化所致，我所已安排人员更换接触器。", []string{"unanswered.when"}},
		{"a promise without a date", []string{"路灯不亮", "路灯坏了三天。"}, "经核实情况属实，我所将尽快安排维修。", []string{"undated"}},
		{"a promise with one", []string{"路灯不亮", "路灯坏了三天。"}, "经核实情况属实，我所将尽快安排维修，5月15日前修好。", nil},
		{"what the resident is asked to do soon", []string{"路灯不亮", "路灯坏了三天。"}, "路灯已修好。小区内的灯请您尽快联系物业处理。", nil},
		{"a rule without its name", []string{"低保", "我家能不能办低保？"}, "按照有关规定，您的情况不符合低保办理条件，不能办理低保。", []string{"unsourced"}},
		{"a rule with its name", []string{"低保", "我家能不能办低保？"}, "按照《云泽市最低生活保障办法》第八条的有关规定，您的情况不符合低保办理条件，不能办理低保。", nil},
		{"gaps of a template", []string{"路灯不亮", "路灯坏了三天。"}, "您好！您反映的XX路路灯问题，我所于  年  月  日派人维修。{承办单位}已修好，电话：____。", []string{"unfilled"}},
		{"a person masked on purpose", []string{"宅基地", "邻居占了我家宅基地。"}, "经核实，文XX的宅基地来源有争议，街道已调解两次，双方5月3日签了协议。", nil},
		{"somebody's telephone", []string{"噪音", "楼上太吵。"}, "已与楼上住户联系，他的手机号是13800005521，5月3日起不再夜间装修。", []string{"personal.mobile"}},
		{"an office's telephone", []string{"噪音", "楼上太吵。"}, "夜间装修已于5月3日制止。咨询电话：0571-12345678。", nil},
		{"two salutations", []string{"噪音", "楼上太吵。"}, "“云上客”网友：您好！夜间装修已于5月3日制止。“山里人”网友：您好！井盖已更换。", []string{"addressed.second"}},
		{"the resident's words", []string{"井盖", "文昌路与解放街交叉口东南角的雨水井盖上个月被货车压碎了，行人晚上路过很容易踩空，旁边还有一所小学。"},
			"文昌路与解放街交叉口东南角的雨水井盖上个月被货车压碎了，行人晚上路过很容易踩空，旁边还有一所小学。已处理。", []string{"copied"}},
	} {
		if got := found(Case{Request: c.request, Answer: c.answer}); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFactsCount(t *testing.T) {
	x := Case{Request: []string{"井盖", "井盖碎了。"}, Answer: "已修好，请您看看，有问题再打12345。"}
	if got := found(x); len(got) > 0 {
		t.Errorf("what is not known is found: %q", got)
	}
	x.Contact, x.Promised = No, true
	if got, want := found(x), []string{"undated.promised", "unheard"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	x = Case{Request: x.Request, Answer: "李芳女士：您好！您的手机13800005521我们打过，5月3日已修好。", Masks: []string{"李*", "138****5521"}}
	if got := found(x); !slices.Contains(got, "personal.own") {
		t.Errorf("the resident's own data is not found: %q", got)
	}
	x = Case{Request: x.Request, Answer: "张先生：您好！5月3日已修好井盖。", Addressee: "李*"}
	if got, want := found(x), []string{"addressed.name"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestACityChangesRules(t *testing.T) {
	x := Case{Request: []string{"井盖", "井盖碎了。"}, Answer: "我所将火速安排维修。"}
	if got := found(x); len(got) > 0 {
		t.Errorf("got %q without the city's word", got)
	}
	c := New([]Rule{{Kind: Undated, Level: Hint, Words: []string{"火速"}}})
	r := c.Read(x)
	if len(r.Findings) != 1 || r.Warns() {
		t.Errorf("got %+v, want one hint and no warning", r.Findings)
	}
	if c = New([]Rule{{Kind: Undated, Level: Off}}); slices.Contains(c.Read(x).Looked, Undated) {
		t.Error("what is turned off is looked at")
	}
}

func TestNoTextMakesItSlowOrFail(t *testing.T) {
	long := strings.Repeat("XX____【】（）“将尽快”第条，根据有关规定不能", 2000)
	for _, s := range []string{"", " ", "\x00\xff", "“", "第", "年月日", "XX", "____", "（", strings.Repeat("“a”：", 500), long} {
		New(nil).Read(Case{Request: []string{s, s}, Answer: s, Contact: No, Promised: true, Addressee: s, Own: []string{s}, Masks: []string{s}})
	}
}

func BenchmarkRead(b *testing.B) {
	c := New(nil)
	x := Case{Request: []string{"路灯不亮", strings.Repeat("梧桐路32号南门口的路灯坏了三天，晚上看不见路，请问什么时候能修好？希望增加两盏路灯。", 8)},
		Answer: strings.Repeat("经核实，路灯不亮是控制箱接触器老化所致，我所已安排人员更换。", 15)}
	for b.Loop() {
		c.Read(x)
	}
}
