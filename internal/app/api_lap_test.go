package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/intake"
	"gongzhi/internal/mail"
	"gongzhi/internal/sqldb"
)

type m = map[string]any

// unreachable are operations that cannot succeed in these tests, and why.
var unreachable = map[string]string{
	"mail-test": "no mail server is configured", "wechat-try": "asks WeChat, whose stand-in knows another account", "wechat-menu": "as wechat-try",
	"device-ask": "no device is connected by MQTT", "backup-ask": "no folder is configured", "guide-open": "the city of the tests is not complete",
	"job-retry": "no job has died", "staff-second": "nobody has a second factor", "export-go": "only for exports with contact data, which tokens cannot ask for",
	"export-rule": "as export-go", "staff-remove": "an account is switched off, never removed", "outbox-again": "no message has failed",
	"case-place": "whatever the lap reports by this door finds its point in the words; dispatch tests it",
}

// TestEveryOperationDoesItsWork takes each operation at least once to a good end,
// as a program of the role that may, and holds the answer against its schema.
func TestEveryOperationDoesItsWork(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			z := newFuzz(t, d, 1)
			z.lap()
			for range 12 { // the rest are found by asking for what there is
				for _, op := range z.ops {
					if op.method == "GET" && !op.worked {
						z.ask(op)
					}
				}
			}
			for _, op := range z.ops {
				if why := unreachable[op.id]; op.worked == (why != "") {
					t.Errorf("%s: succeeded %v, excuse %q", op.id, op.worked, why)
				}
			}
		})
	}
}

// ask sends a good request to an operation as every role, until one is let in.
func (z *fuzz) ask(op *fuzzOp) {
	z.spoil = false
	for who := range z.tokens {
		op.insiders = []int{who}
		r := z.request(op, false)
		r.Header.Del("Cookie")
		if z.tokens[who] != "" {
			r.Header.Set("Authorization", "Bearer "+z.tokens[who])
		}
		w := httptest.NewRecorder()
		z.h.ServeHTTP(w, r)
		if z.heard(op, r, w); op.worked {
			return
		}
	}
	op.insiders = nil
}

// do calls an operation as a program of a role, "" a resident; it has to succeed.
// Places of the path are filled from at, which also holds headers.
func (z *fuzz) do(role actor.Role, name string, at map[string]string, body any) m {
	z.t.Helper()
	i := slices.IndexFunc(z.ops, func(op *fuzzOp) bool { return op.id == name })
	if i < 0 {
		z.t.Fatalf("no operation %s", name)
	}
	op := z.ops[i]
	path := op.path
	for k, v := range at {
		path = strings.ReplaceAll(path, "{"+k+"}", url.PathEscape(v))
	}
	if q := at["?"]; q != "" {
		path += "?" + q
	}
	text := []byte{}
	if op.body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			z.t.Fatal(err)
		}
	}
	r := httptest.NewRequest(op.method, path, bytes.NewReader(text))
	if op.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Idempotency-Key", fmt.Sprintf("lap-%020d", z.rnd.Uint64()))
	if at["code"] != "" {
		r.Header.Set("Query-Code", at["code"])
	}
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", z.rnd.IntN(256), z.rnd.IntN(256), z.rnd.IntN(256))
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+z.tokens[residents+slices.Index(actor.Roles, role)])
	}
	w := httptest.NewRecorder()
	z.h.ServeHTTP(w, r)
	if z.heard(op, r, w); w.Code >= 300 {
		z.t.Errorf("%s %s as %q: %d %s; sent %.300s", op.method, path, role, w.Code, w.Body, text)
	}
	if !strings.Contains(w.Header().Get("Content-Type"), "json") {
		return m{"file": w.Body.Bytes()}
	}
	var out m
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		z.t.Fatalf("%s: %v", name, err)
	}
	return out
}

// act does something to a request in the version that it has.
func (z *fuzz) act(role actor.Role, name, number string, body m) m {
	z.t.Helper()
	c := z.do(actor.Supervisor, "case", m2("number", number), nil)
	if body == nil {
		body = m{}
	}
	body["version"] = c["version"]
	return z.do(role, name, m2("number", number), body)
}

func m2(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// report brings a new request and gives what opens it.
func (z *fuzz) report(what string) map[string]string {
	z.t.Helper()
	out := z.do("", "report", nil, m{"what": what, "address": "梧桐路32号", "category": "010101", "phone": "13800005521", "photos": []string{z.picture}})
	return m2("number", out["number"].(string), "code", out["code"].(string))
}

// underway is a request that the unit of the clerk has accepted.
func (z *fuzz) underway(what string) map[string]string {
	z.t.Helper()
	at := z.report(what)
	z.act(actor.Dispatcher, "case-send", at["number"], m{"lead": "lighting", "reason": "由路灯管护单位办理"})
	z.act(actor.Clerk, "case-accept", at["number"], nil)
	return at
}

// answered is a request whose answer waits for its review.
func (z *fuzz) answered(what string) map[string]string {
	z.t.Helper()
	at := z.underway(what)
	z.answer(at["number"])
	return at
}

func (z *fuzz) answer(number string) {
	z.t.Helper()
	z.act(actor.Clerk, "case-contact", number, m{"way": "phone", "outcome": "reached", "text": "约好晚上去看"})
	z.act(actor.Clerk, "case-answer", number, m{"solved": "yes", "record": "更换灯具一套", "text": "路灯已修好，今晚亮灯。", "contacted": true, "after": []string{z.picture}})
}

// photo is the newest photo of a request.
func (z *fuzz) photo(number string) (file string) {
	z.t.Helper()
	for _, x := range z.do(actor.Agent, "case", m2("number", number), nil)["timeline"].([]any) {
		for _, f := range x.(m)["files"].([]any) {
			file = max(file, f.(m)["id"].(string))
		}
	}
	return file
}

func (z *fuzz) lap() {
	z.lapCases()
	z.lapBelonging()
	z.lapUnits()
	z.lapResidents()
	z.lapDesk()
	z.lapMachines()
	z.lapPartners()
	z.lapCity()
	z.lapScores()
	z.lapFair()
	z.lapFiles()
}

// lapCases is the work of dispatchers and of those who look after them.
func (z *fuzz) lapCases() {
	a := z.report("梧桐路32号门口路灯不亮，请尽快派人")["number"]
	z.act(actor.Dispatcher, "case-consult", a, m{"text": "属于路灯还是物业？", "units": []string{"lighting", "water"}})
	z.act(actor.Clerk, "case-consult-say", a, m{"view": "lead", "text": "路灯设施清单内有这一盏"})
	z.act(actor.Dispatcher, "case-consult-end", a, m{"text": "由路灯管护单位办理"})
	z.act(actor.Dispatcher, "case-reclassify", a, m{"category": "010102", "urgency": "urgent", "reason": "电话里说清楚了"})
	z.act(actor.Dispatcher, "case-split", a, m{"title": "路面破损", "text": "门口路面也有破损，请一并处理", "reason": "两件不同的事"})
	z.act(actor.Dispatcher, "case-send", a, m{"lead": "lighting", "reason": "由路灯管护单位办理"})
	z.act(actor.Clerk, "case-object", a, m{"reason": "灯杆属于物业，不是本单位职责", "unit": "water"})
	z.act(actor.Dispatcher, "case-objection", a, m{"uphold": false, "reason": "职责清单写明由你单位负责"})
	z.act(actor.Dispatcher, "case-urge", a, m{"text": "请尽快"})
	z.act(actor.Supervisor, "case-supervise", a, m{"instruction": "三日内办结", "due": z.app.DB.Now().AddDate(0, 0, 3).UTC().Format("2006-01-02T15:04:05Z")})
	z.act(actor.Supervisor, "case-escalate", a, m{"instruction": "请区里协调", "level": "district"})
	z.act(actor.Supervisor, "case-release", a, m{"remark": "已有进展"})
	into := z.report("梧桐路32号路灯坏了")["number"]
	z.act(actor.Dispatcher, "case-merge", z.report("梧桐路32号的灯不亮")["number"], m{"into": into, "reason": "同一盏灯"})
	z.act(actor.Dispatcher, "case-direct", z.report("请问路灯报修电话是多少")["number"], m{"text": "报修请拨打 12345。"})
	refusals := z.do(actor.SysAdmin, "data-list", m2("kind", "refusals"), nil)["items"].([]any)
	z.act(actor.Dispatcher, "case-divert", z.report("法院判决我不服")["number"], m{"code": refusals[0].(m)["key"], "route": "请向人民法院提出", "text": "属于司法途径"})
	z.do(actor.Dispatcher, "queue", nil, nil)
	queue := z.report("路灯又坏了一盏")["number"]
	z.do(actor.Dispatcher, "queue-send", nil, m{"picks": []m{{"number": queue, "lead": "lighting", "version": 1}}})
	views := z.do(actor.Supervisor, "view-save", nil, m{"name": "我的区", "query": "state=to_accept"})["items"].([]any)
	z.do(actor.Supervisor, "view-delete", m2("id", views[0].(m)["id"].(string)), nil)
}

// lapUnits is the work inside of a handling unit, and what others rule on it.
func (z *fuzz) lapUnits() {
	a := z.underway("路灯杆歪了")["number"]
	z.act(actor.Clerk, "case-note", a, m{"text": "已到现场查看", "photos": []string{z.picture}})
	z.act(actor.Clerk, "case-extension", a, m{"days": 3, "reason": "需要吊车，三天后到"})
	z.act(actor.Dispatcher, "case-rule-extension", a, m{"grant": true})
	z.act(actor.Clerk, "case-hold", a, m{"reason": "等待电力部门停电", "measures": "设围挡警示", "until": "2026-04-20"})
	z.act(actor.Supervisor, "case-rule-hold", a, m{"grant": true})
	z.act(actor.Clerk, "case-resume", a, m{"text": "已停电，开始施工"})
	z.act(actor.Clerk, "case-termination", a, m{"ground": "no_cooperation", "reason": "多次联系不上，现场无法进入"})
	z.act(actor.Supervisor, "case-rule-termination", a, m{"grant": false, "reason": "请再联系一次"})
	z.act(actor.Clerk, "case-assist", a, m{"text": "请配合关闭水阀", "units": []m{{"unit": "water", "limit": 2, "limit_unit": "wd"}}})
	for _, ways := range [][]string{{"case-assist-accept", "case-assist-answer"}, {"case-assist-object"}} {
		n := z.report("水管上方的路灯倾斜")["number"]
		z.act(actor.Dispatcher, "case-send", n, m{"lead": "water", "reason": "由供水单位主办", "assists": []m{{"unit": "lighting", "limit": 2, "limit_unit": "wd"}}})
		for _, way := range ways {
			z.act(actor.Clerk, way, n, only(z, way, m{"task": z.task(n, "lighting"), "text": "已配合处理", "reason": "不需要本单位配合"}))
		}
	}
	b := z.answered("路灯忽明忽暗")["number"]
	z.act(actor.Reviewer, "case-review-fail", b, m{"reason": "没有说明更换了什么"})
	z.answer(b)
	z.act(actor.Reviewer, "case-review-pass", b, m{"checked": true})
	z.act(actor.Reviewer, "case-callback-try", b, m{"outcome": "none", "remark": "无人接听"})
	z.act(actor.Reviewer, "case-reopen", b, m{"remark": "电话里说还是不亮"})
	c := z.answered("路灯灯罩掉落")["number"]
	z.act(actor.Reviewer, "case-review-pass", c, m{"checked": true})
	z.act(actor.Reviewer, "case-callback-close", c, m{"rating": 5, "solved": "yes"})
	one := z.do(actor.Agent, "case", m2("number", c), nil)
	z.do(actor.Agent, "contact-reveal", m2("number", c, "id", one["contacts"].([]any)[0].(m)["id"].(string)), m{"reason": "电话回访核实"})
}

// task is the id of a unit's task.
func (z *fuzz) task(number, unit string) string {
	z.t.Helper()
	for _, x := range z.do(actor.Supervisor, "case", m2("number", number), nil)["tasks"].([]any) {
		if x.(m)["unit"] == unit {
			return x.(m)["id"].(string)
		}
	}
	return ""
}

// only keeps the fields that the body of an operation has.
func only(z *fuzz, name string, body m) m {
	i := slices.IndexFunc(z.ops, func(op *fuzzOp) bool { return op.id == name })
	if z.ops[i].body == nil {
		return nil
	}
	props := z.find(z.ops[i].body)["properties"].(m)
	for k := range body {
		if props[k] == nil {
			delete(body, k)
		}
	}
	return body
}

// lapResidents is what people do with their own request.
func (z *fuzz) lapResidents() {
	a := z.underway("路口信号灯旁的路灯不亮")
	z.act(actor.Clerk, "case-ask", a["number"], m{"question": "是哪一根灯杆？", "days": 3})
	z.do("", "receipt-supplement", a, m{"text": "靠近公交站的那一根", "photos": []string{z.picture}})
	a["file"] = z.photo(a["number"])
	z.do("", "receipt-file", a, nil)
	for _, op := range []string{"file", "file-thumb"} {
		z.do(actor.Supervisor, op, m2("id", a["file"]), nil)
	}
	z.do("", "alike", nil, m{"what": "路灯不亮", "category": "010101"})
	z.do("", "receipt-urge", a, nil)
	z.answer(a["number"])
	z.act(actor.Reviewer, "case-review-pass", a["number"], m{"checked": true})
	z.do("", "receipt-rate", a, m{"solved": "yes", "stars": 5, "text": "很快"})
	b := z.answered("巷口的路灯不亮")
	z.act(actor.Reviewer, "case-review-pass", b["number"], m{"checked": true})
	z.act(actor.Reviewer, "case-callback-close", b["number"], m{"rating": 4, "solved": "yes"})
	z.do("", "receipt-unsolved", b, m{"text": "昨晚又不亮了"})
	z.do("", "receipt-withdraw", z.report("按错了，请撤回"), only(z, "receipt-withdraw", m{"why": "solved", "reason": "已经好了"}))
	p := z.underway("公园里的路灯不亮")
	z.do(actor.Dispatcher, "case-publish", p, m{"text": "公园里的路灯不亮，请维修。", "place": "梧桐路"})
	f := z.do("", "follow", p, m{"phone": "13900001111", "name": "周女士", "hears": "all"})
	z.answer(p["number"])
	z.act(actor.Reviewer, "case-review-pass", p["number"], m{"checked": true})
	z.do("", "published-file", m2("number", p["number"], "file", z.photo(p["number"])), nil)
	own := m2("number", p["number"], "code", f["code"].(string))
	z.do("", "receipt-hears", own, m{"hears": "answer"})
	z.do("", "receipt-unfollow", own, nil)
	z.act(actor.Agent, "case-voice", z.report("请代我补充")["number"], m{"deed": "supplement", "text": "电话里补充：灯杆编号 12"})
}

// lapDesk is the agent's work: calls, and letters that nobody could sort.
func (z *fuzz) lapDesk() {
	call := z.do(actor.Agent, "call-new", nil, m{"what": "路灯不亮", "phone": "13700002222", "email": "zhou@example.cn", "prefer": "sms"})["id"].(string)
	z.do(actor.Agent, "call-keep", m2("call", call), m{"what": "路灯不亮三天", "address": "梧桐路32号"})
	z.do(actor.Agent, "call-discard", m2("call", call), nil)
	z.do(actor.Agent, "call-restore", m2("call", call), nil)
	z.do(actor.Agent, "call-end", m2("call", call), m{"what": "路灯不亮三天", "address": "梧桐路32号", "category": "010101", "type": "help", "outcome": "registered"})
	z.do(actor.Agent, "desk-look", nil, m{"what": "路灯不亮", "address": "梧桐路"})
	z.lapLetters()
}

// lapLetters is what nobody could sort by itself: text messages and mails.
func (z *fuzz) lapLetters() {
	for i := range 3 {
		words := []intake.Reply{{ID: fmt.Sprint("lap-", i), Phone: "13677778888", Words: "在吗"}}
		if err := z.app.Intake.TakeReplies(z.t.Context(), "yunze-sms", words); err != nil {
			z.t.Fatal(err)
		}
	}
	texts := z.do(actor.Agent, "sms-list", nil, nil)["items"].([]any)
	if len(texts) < 3 {
		z.t.Fatalf("%d text messages wait: %v", len(texts), texts)
	}
	text := func(i int) map[string]string { return m2("sms", texts[i].(m)["id"].(string)) }
	z.do(actor.Agent, "sms-one", text(0), nil)
	z.do(actor.Agent, "sms-case", text(0), m{"text": "短信说路灯不亮"})
	z.do(actor.Agent, "sms-add", text(1), m{"number": z.report("等着短信补充的诉求")["number"], "text": "短信补充"})
	z.do(actor.Agent, "sms-drop", text(2), m{"note": "没有内容"})
	for i := range 3 {
		raw := fmt.Sprintf("Message-ID: <lap%d@x>\r\nFrom: li@example.cn\r\nTo: %s\r\nSubject: \r\nContent-Type: text/plain\r\n\r\n\r\n", i, "12345@yunze.example")
		if err := z.app.Mailbox.Take(z.t.Context(), mail.Incoming{Via: "smtp", From: "li@example.cn", To: []string{"12345@yunze.example"}, Raw: []byte(raw)}); err != nil {
			z.t.Fatal(err)
		}
	}
	z.settle()
	list := z.do(actor.Agent, "mails", nil, nil)["items"].([]any)
	if len(list) < 3 {
		z.t.Fatalf("%d letters wait: %v", len(list), list)
	}
	name := func(i int) map[string]string { return m2("mail", list[i].(m)["id"].(string)) }
	z.do(actor.Agent, "mail", name(0), nil)
	z.do(actor.Agent, "mail-case", name(0), m{"title": "路灯", "text": "来信说路灯不亮"})
	z.do(actor.Agent, "mail-add", name(1), m{"number": z.report("等着补充的诉求")["number"], "text": "来信补充"})
	z.do(actor.Agent, "mail-discard", name(2), m{"reason": "空白邮件"})
}

func (z *fuzz) settle() {
	z.t.Helper()
	if err := z.app.Settle(z.t.Context()); err != nil {
		z.t.Fatal(err)
	}
}
