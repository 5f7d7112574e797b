package page

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"
)

// Design answers /design: every part in every mode, and the ten kinds of page with invented content. The sentences
// on it are specimens and stand in the source in Chinese only. base builds the page's Base as for any other page.
func Design(base func(*http.Request) Base) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		b := base(r)
		q := r.URL.Query()
		if q.Has("mode") {
			b.Mode = q.Get("mode")
		}
		if q.Has("theme") {
			b.Theme = q.Get("theme")
		}
		return View{}.Render(w, r, http.StatusOK, DesignPage(b, q.Get("page")))
	}
}

// DesignPage is the page of parts when sample is empty or unknown, else the sample page of that name.
func DesignPage(b Base, sample string) templ.Component {
	b.Path, b.Title = "/design", "部件与样张"
	if b.City == "" {
		b.City = "云泽市"
	}
	staff := b
	staff.Place, staff.User = "路灯管理所", &User{Name: "陈立", Role: "经办", Unit: "路灯管理所"}
	staff.Nav = []NavItem{{Label: "今天要办", Path: "/design?page=today", Count: 9}, {Label: "工单", Path: "/design?page=case", Current: true}, {Label: "协办", Path: "/design"}, {Label: "报表", Path: "/design?page=board"}}
	switch sample {
	case "home":
		b.Nav = []NavItem{{Label: "首页", Path: "/design?page=home", Current: true}, {Label: "大家反映", Path: "/design"}, {Label: "征求意见", Path: "/design"}, {Label: "公开数据", Path: "/design"}}
		b.Title = "有事请说"
		return sampleHome(b)
	case "where":
		return sampleWhere(b)
	case "receipt":
		return sampleReceipt(b)
	case "desk":
		b.Place, b.User = "话务台", &User{Name: "周芸", Role: "话务员 1027"}
		return sampleDesk(b)
	case "case":
		return sampleCase(staff)
	case "today":
		return sampleToday(staff)
	case "board":
		staff.Place = b.City + " · 督办"
		return sampleBoard(staff)
	case "sheet":
		return sampleSheet(b)
	case "error":
		return ErrorPage(b, "没有找到这一件", "编号或查询码不对，或者这一件不公开。请对着回执再输一遍；回执丢了，打12345能查到。", "7KQM-V2XD")
	}
	return designParts(b)
}

type designMode struct{ label, mode, theme string }

var designModes = []designMode{
	{"标准", "", "light"}, {"长辈版", "elder", "light"}, {"高对比", "contrast", "light"}, {"深色", "", "dark"}, {"长辈版深色", "elder", "dark"},
}

var designSamples = []Option{
	{Value: "home", Label: "首页"}, {Value: "where", Label: "一步一问"}, {Value: "receipt", Label: "回执"}, {Value: "desk", Label: "话务台"},
	{Value: "case", Label: "工单"}, {Value: "today", Label: "今天要办"}, {Value: "board", Label: "督办"}, {Value: "sheet", Label: "打印单"}, {Value: "error", Label: "出错页"},
}

func (m designMode) path(sample string) string {
	q := url.Values{"mode": {m.mode}, "theme": {m.theme}}
	if sample != "" {
		q.Set("page", sample)
	}
	return "/design?" + q.Encode()
}

func designSegments(b Base, sample string) []Segment {
	var segments []Segment
	for _, m := range designModes {
		current := b.mode() == m.mode && (b.theme() == m.theme || b.theme() == "" && m.theme == "light")
		segments = append(segments, Segment{m.label, m.path(sample), -1, current})
	}
	return segments
}

func (b Base) design(sample string) string {
	return designMode{mode: b.mode(), theme: b.theme()}.path(sample)
}

// The specimens below are invented.
var (
	sampleRunning = Ruler{Spans: Elapsed(.42), Days: EvenDays(3), Label: "3个工作日，已过42%"}
	sampleDue     = Ruler{State: "due", Days: EvenDays(6), Thick: true, Label: "6个工作日，已过82%，其中暂停18%，明天到期",
		Spans: []Span{{From: 0, To: 46}, {From: 46, To: 64, Paused: true}, {From: 64, To: 82}}, Scale: []string{"11/23", "暂停1天2小时", "12/1"}}
	sampleLate  = Ruler{State: "late", Spans: Elapsed(1), Days: EvenDays(5), Label: "5个工作日，已超期3小时"}
	sampleWait  = Ruler{Spans: []Span{{To: 20}, {From: 20, To: 50, Paused: true}}, Days: EvenDays(5), Label: "5个工作日，已过20%，计时暂停"}
	sampleDone  = Ruler{State: "done", Spans: Elapsed(.6), Days: EvenDays(5), Label: "5个工作日，用了3个办结"}
	sampleFresh = Ruler{Spans: Elapsed(.04), Days: EvenDays(5), Thick: true, Label: "5个工作日，刚开始", Scale: []string{"今天 周一", "周三", "周五", "11/30"}}

	sampleLedger = []Entry{
		{At: "11/27 09:12", Machine: "2026-11-27T01:12:00Z", Kind: "key", Title: "现场处置", Text: "更换控制箱接触器，6盏灯恢复。", Who: "路灯管理所 陈立",
			Photos: []Photo{{URL: Asset("photo-before.svg"), Alt: "处置前：路口一片漆黑", Caption: "处置前 11/26 19:40"}, {URL: Asset("photo-after.svg"), Alt: "处置后：六盏灯都亮了", Caption: "处置后 11/27 09:05"}}},
		{At: "11/26 16:02", Machine: "2026-11-26T08:02:00Z", Title: "内部记录", Text: "同一回路上月跳闸两次，列入检修计划。", Who: "路灯管理所 陈立", Inside: true, InsideWord: "内部"},
		{At: "11/26 15:30", Machine: "2026-11-26T07:30:00Z", Title: "计时恢复", Text: "诉求人已补充位置，暂停1天2小时不计入时限。", Who: "系统，依据《时限规则》第4条"},
		{At: "11/25 13:20", Machine: "2026-11-25T05:20:00Z", Kind: "bad", Title: "退单未获同意", Text: "申请理由：“属小区红线内”。裁定：梧桐路为市政道路，仍由路灯管理所主办，不得再退。", Who: "派单员 吴晓"},
		{At: "11/23 14:03", Machine: "2026-11-23T06:03:00Z", Kind: "key", Title: "派单", Text: "主办路灯管理所，协办文昌街道。", Who: "话务员 周芸"},
		{At: "11/23 14:02", Machine: "2026-11-23T06:02:00Z", Title: "受理"},
	}

	sampleKPIs = []Figure{
		{Label: "昨日受理", Value: "412", Note: "同星期中位338，高22%", Path: "/design"},
		{Label: "在办", Value: "2,917", Note: "≤50% 1,904 · 50–100% 958", Path: "/design"},
		{Label: "已超期", Value: "55", Note: "9个单位，最久6个工作日", Path: "/design", Bad: true},
		{Label: "退单待裁", Value: "18", Note: "2件今天到期", Path: "/design"},
	}
	sampleFacts = []Figure{
		{Label: "按时办结", Value: "96.4", Unit: "%", Note: "2,918件应办结"},
		{Label: "群众说解决了", Value: "87.1", Unit: "%", Note: "±1.6，回访1,702人"},
		{Label: "一般事项", Value: "3.2", Unit: "天", Note: "办理时间中位数，1,204件"},
	}
	sampleChart = Chart{Title: "受理量与预期", Desc: "近8周每天件数；最后三天高于预期上限", Values: sampleValues, Low: shift(sampleBand, -38), High: shift(sampleBand, 38),
		Labels: []ChartLabel{{0, "10/5"}, {6, "10/19"}, {12, "11/2"}, {18, "11/16"}, {24, "11/27"}}}
	sampleValues = []float64{310, 332, 340, 314, 322, 343, 351, 318, 325, 350, 358, 326, 333, 354, 365, 330, 337, 359, 372, 340, 347, 380, 424, 460, 448}
	sampleBand   = []float64{318, 330, 338, 320, 324, 338, 345, 326, 330, 344, 350, 332, 334, 348, 355, 338, 340, 352, 360, 344, 346, 356, 362, 350, 352}
)

func shift(values []float64, by float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v + by
	}
	return out
}

type sampleUnit struct {
	name, late string
	in, open   int
	back, redo int
	median     string
	run        []float64
	rate       Rate
}

var sampleUnits = []sampleUnit{
	{"水务集团", "0", 412, 61, 4, 9, "1.8", []float64{9, 12, 11, 14, 13, 15, 14}, Rate{.914, .874, .942, 268, 30}},
	{"路灯管理所", "6", 188, 47, 11, 14, "3.4", []float64{4, 5, 7, 6, 8, 9, 11}, Rate{.831, .753, .888, 118, 30}},
	{"生态环境局", "9", 263, 70, 22, 31, "4.0", []float64{8, 9, 7, 9, 10, 9, 9}, Rate{.746, .669, .811, 142, 30}},
	{"体育局", "0", 14, 3, 1, 0, "2.5", []float64{0, 1, 0, 1, 0, 0, 1}, Rate{1, .70, 1, 9, 30}},
}
