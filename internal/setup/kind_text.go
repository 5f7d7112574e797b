package setup

import (
	"regexp"
	"slices"
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
)

func textKind() *kind {
	return &kind{name: "texts", what: "text", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: code, required: true, max: 40},
			{name: "kind", sort: choice, options: []string{"reply", "module", "callback", "notice", "wechat"}, labels: "setup.texts_kind_", required: true, list: true},
			{name: "title", required: true, max: 40, list: true},
			{name: "pinyin", sort: code, max: 12, list: true},
			{name: "category", sort: category},
			{name: "body", sort: text, required: true, max: 1000, list: true},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.Texts(tx, "")
			return records(list, err, textRecord)
		},
		save: saveText, check: checkText, decode: decode(textRecord)}
}

func textRecord(t catalog.Text) record {
	return record{"code": t.Code, "kind": t.Kind, "title": t.Title, "pinyin": t.Pinyin, "category": t.Category, "body": t.Body,
		"active": yes(t.Active), "_rev": number(t.Rev)}
}

func saveText(tx *sqldb.Tx, by string, r, was record) error {
	return catalog.SaveText(tx, by, catalog.Text{Code: r["code"], Kind: r["kind"], Title: r["title"], Pinyin: r["pinyin"], Category: r["category"],
		Body: r["body"], Active: r["active"] == "1", Rev: whole(was["_rev"])})
}

// placeholders are what the program can fill in, each with an example for the
// preview.
var placeholders = []string{"编号", "事项", "地点", "承办单位", "协办单位", "截止日期", "新截止日期", "日期", "办理情况", "答复", "原因", "措施", "依据",
	"途径", "补充内容", "主件编号", "查询码", "链接", "电话", "工号", "城市", "问题", "选项", "列表", "摘要", "可做", "字数", "张数"}

var samples = map[string]string{"编号": "2611 2300 4718", "事项": "路灯不亮", "地点": "梧桐路32号", "承办单位": "路灯管理所", "协办单位": "文昌街道办事处",
	"截止日期": "11月30日", "新截止日期": "12月2日", "日期": "12月2日", "办理情况": "已换灯头两只", "答复": "灯已修好", "原因": "需开挖路面", "措施": "先装临时照明",
	"依据": "职责清单第12条", "途径": "向人民法院起诉", "补充内容": "灯杆编号", "主件编号": "2611 2200 3305", "查询码": "7KQM-V2XD-94HT", "链接": "12345.example/t",
	"电话": "12345", "工号": "1027", "城市": "云泽市", "问题": "是一直不亮吗？", "选项": "1. 一直不亮 2. 有时亮", "列表": "1. 路灯不亮 2. 井盖破损", "摘要": "什么事：路灯不亮",
	"可做": "可以回复：「补充」", "字数": "2000", "张数": "1"}

var holes = regexp.MustCompile(`\{([^{}]*)\}`)

// unknownHoles are the placeholders of a text that nothing fills.
func unknownHoles(body string, allowed []string) []string {
	var out []string
	for _, m := range holes.FindAllStringSubmatch(body, -1) {
		if !slices.Contains(allowed, m[1]) && !slices.Contains(out, m[0]) {
			out = append(out, m[0])
		}
	}
	return out
}

// holesFor are the placeholders that a text may have.
func holesFor(kind, code string) []string {
	base, _ := notice.BaseCode(code)
	if _, ours := notice.KindOf(base); kind == "notice" && ours {
		return notice.HolesOf(code)
	}
	return placeholders
}

// checkText lets a notice hold what its own deed fills, and nothing else: anything
// else would be a gap in a message to a resident.
func checkText(_ *world, now, _ record, add problem) {
	allowed := holesFor(now["kind"], now["code"])
	if now["kind"] == "notice" {
		if bad := unknownHoles(now["title"], allowed); len(bad) > 0 {
			add("title", "setup.hole_unknown", strings.Join(bad, "、"), "{"+strings.Join(allowed, "}、{")+"}")
		}
		if _, channel := notice.BaseCode(now["code"]); channel == notice.WeChat {
			if _, bad := notice.Fields(now["body"]); bad != "" {
				add("body", "setup.wechat_line_wrong", bad)
			}
		}
	}
	if bad := unknownHoles(now["body"], allowed); len(bad) > 0 {
		add("body", "setup.hole_unknown", strings.Join(bad, "、"), "{"+strings.Join(allowed, "}、{")+"}")
	}
	rest := holes.ReplaceAllString(now["body"], "")
	if strings.ContainsAny(rest, "{}") {
		add("body", "setup.hole_open")
	}
}

func knowledgeKind() *kind {
	return &kind{name: "knowledge", what: "knowledge", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: code, required: true, max: 40},
			{name: "question", required: true, max: 120, list: true},
			{name: "answer", sort: text, required: true, max: 4000, list: true},
			{name: "unit", sort: unit, list: true},
			{name: "keywords", sort: words, max: 300},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.AllKnowledge(tx)
			return records(list, err, knowledgeRecord)
		},
		save: func(tx *sqldb.Tx, by string, r, was record) error {
			return catalog.SaveKnowledge(tx, by, catalog.Knowledge{Code: r["code"], Question: r["question"], Answer: r["answer"], Unit: r["unit"],
				Keywords: r["keywords"], Active: r["active"] == "1", Rev: whole(was["_rev"])})
		},
		decode: decode(knowledgeRecord),
		next:   func(_ *world, all []record, _ record) string { return nextCode(all, "code") }}
}

func knowledgeRecord(k catalog.Knowledge) record {
	return record{"code": k.Code, "question": k.Question, "answer": k.Answer, "unit": k.Unit, "keywords": k.Keywords, "active": yes(k.Active), "_rev": number(k.Rev)}
}

func dayKind() *kind {
	return &kind{name: "days", what: "day", change: "setup.city", key: "day",
		columns: []column{
			{name: "day", sort: day, required: true, list: true},
			{name: "worked", sort: choice, options: []string{"rest", "work"}, labels: "setup.days_", required: true, list: true},
			{name: "name", max: 20, list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.Days(tx)
			return records(list, err, dayRecord)
		},
		save: func(tx *sqldb.Tx, _ string, r, _ record) error {
			if err := catalog.SaveDay(tx, catalog.Day{Day: r["day"], Worked: r["worked"] == "work", Name: r["name"]}); err != nil {
				return err
			}
			return announceYear(tx, r["day"])
		},
		remove: catalog.RemoveDay}
}

func dayRecord(d catalog.Day) record {
	worked := "rest"
	if d.Worked {
		worked = "work"
	}
	return record{"day": d.Day, "worked": worked, "name": d.Name}
}

// enoughDays is how many days off make the holidays of a year known: the State
// Council announces at least eleven.
const enoughDays = 11

// announceYear notes that the holidays of a day's year are known, once they
// are: dates counted into it are then no longer provisional.
func announceYear(tx *sqldb.Tx, day string) error {
	s, err := catalog.LoadSettings(tx)
	if err != nil || s.Int("calendar.known", 0) >= int(whole(day[:4])) {
		return err
	}
	var n int64
	const q = `select cast(count(*) as bigint) from catalog_day where day >= $1 and day < $2 and not worked`
	if err := tx.QueryRow(q, day[:4]+"-01-01", day[:4]+"-12-32").Scan(&n); err != nil || n < enoughDays {
		return err
	}
	return catalog.SaveSetting(tx, "calendar.known", day[:4])
}
