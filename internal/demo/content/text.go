package content

// Template is a text a person starts from: a reply, or a module of the desk
// found by the pinyin initials of its name.
type Template struct {
	Code     string `json:"code"`
	Keys     string `json:"keys"` // pinyin initials: lsd for 路灯…
	Name     string `json:"name"`
	Use      string `json:"use"`      // "reply" 答复, "desk" 话务, "unit" 承办, "callback" 回访
	Category string `json:"category"` // a code or the beginning of one; empty for all
	Body     string `json:"body"`     // with placeholders of Placeholders
}

// Message is what a resident is sent when something happens to a request.
type Message struct {
	Event string `json:"event"` // received, dispatched, accepted, ask, extended, …
	Name  string `json:"name"`
	Title string `json:"title"`
	Body  string `json:"body"` // the full words, for a page or a mail
	SMS   string `json:"sms"`  // at most two messages long
}

// Placeholders are the only names that may stand in braces in a text.
var Placeholders = []string{
	"编号", "查询码", "事项", "地点", "承办单位", "协办单位", "截止日期", "新截止日期", "原因", "途径",
	"补充内容", "答复", "工号", "电话", "主件编号", "措施", "日期", "链接", "办理情况", "依据", "清单",
}

// Refusal is a lawful reason not to dispatch, always told to the resident.
type Refusal struct {
	Code   string   `json:"code"`
	Name   string   `json:"name"`
	When   string   `json:"when"`             // for the agent: what belongs here
	Tell   string   `json:"tell"`             // for the resident
	Routes []string `json:"routes,omitempty"` // the proper ways, named
}

// Entry is a short answer of the knowledge base.
type Entry struct {
	Code     string `json:"code"`
	Category string `json:"category"` // leaf code
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Unit     string `json:"unit"` // who keeps it current
	Keywords words  `json:"words"`
}

// Day differs from its weekday: a holiday, or a weekend day that is worked.
type Day struct {
	Date string `json:"date"` // 2026-01-01
	Name string `json:"name"`
	Off  bool   `json:"off"`
}
