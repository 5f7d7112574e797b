package app_test

import (
	"bytes"
	"encoding/base64"
	"net/http/httptest"
	"strings"

	"github.com/xuri/excelize/v2"

	"gongzhi/internal/actor"
	"gongzhi/internal/locale"
)

// lapMachines is devices, webhooks and gateways.
func (z *fuzz) lapMachines() {
	const sys = actor.SysAdmin
	z.do(sys, "device-source-put", m2("source", "lamps"), m{"name": "路灯监控平台", "active": true})
	key := z.do(sys, "device-source-key", m2("source", "lamps"), nil)["device_secret"].(string)
	rule := z.do(sys, "device-rule-create", nil, m{"kind": "路灯", "name": "灯不亮", "trip": 1, "clear": 0, "category": "010101", "active": true})
	z.do(sys, "device-rule", m2("rule", rule["id"].(string)), nil)
	z.do(sys, "device-rule-save", m2("rule", rule["id"].(string)), m{"rev": 1, "kind": "路灯", "name": "灯不亮", "trip": 1, "clear": 0, "category": "010101", "active": true})
	z.do(sys, "device-create", nil, m{"code": "LAMP-1", "name": "梧桐路 1 号灯", "kind": "路灯", "source": "lamps", "active": true})
	z.do(sys, "device", m2("code", "LAMP-1"), nil)
	z.do(sys, "device-save", m2("code", "LAMP-1"), m{"rev": 1, "name": "梧桐路 1 号灯杆", "kind": "路灯", "source": "lamps", "active": true})
	z.do(sys, "device-key", m2("code", "LAMP-1"), nil)
	z.do(sys, "device-import", nil, m{"name": "devices.csv", "file": b64("code,name,kind\nLAMP-2,2 号灯,路灯\n")})
	event := `{"specversion":"1.0","id":"1","source":"/lamps","type":"reading","subject":"LAMP-1","time":"` + z.app.DB.Now().UTC().Format("2006-01-02T15:04:05Z") + `","data":{"value":1}}`
	r := httptest.NewRequest("POST", "/events", strings.NewReader(event))
	r.Header.Set("Content-Type", "application/cloudevents+json")
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	if z.h.ServeHTTP(w, r); w.Code >= 300 {
		z.t.Errorf("a reading: %d %s", w.Code, w.Body)
	}
	z.do(sys, "device-readings", m2("code", "LAMP-1"), nil)
	z.do(sys, "device-revoke", m2("code", "LAMP-1"), nil)
	z.do(sys, "device-source-revoke", m2("source", "lamps"), nil)

	hook := m{"name": "数据中心", "url": "https://data.example.cn/hook", "active": true}
	id := m2("id", z.do(sys, "webhook-create", nil, hook)["id"].(string))
	hook["rev"] = 1
	z.do(sys, "webhook-save", id, hook)
	z.do(sys, "webhook", id, nil)
	z.do(sys, "webhook-secret", id, nil)
	z.do(sys, "webhook-log", id, nil)
	z.do(sys, "webhook-replay", nil, m{"webhook": id["id"]})

	gate := m{"id": "yunze-sms", "active": true, "rank": 1, "key_secret": "s3cret", "values": m{"name": "市短信平台", "send.url": "https://sms.example.cn/send", "send.method": "POST",
		"send.format": "json", "charset": "utf-8", "send.body": `{"phone":"{手机号}","text":"{内容}"}`, "good.where": "code", "good.values": "0"}}
	z.do(sys, "gateway-create", nil, gate)
	delete(gate, "id")
	gate["rev"] = 1
	at := m2("id", "yunze-sms")
	z.do(sys, "gateway-save", at, gate)
	z.do(sys, "gateway", at, nil)
	z.do(sys, "gateway-door", at, nil)
	z.do(sys, "gateway-test", at, m{"phone": "13800001234"})
	z.do(sys, "wechat-connect", nil, m{"app_id": "wx49f0ab532d5d035a", "token": "tok3n", "mode": "plain", "app_secret": "s3cret", "rev": z.do(sys, "wechat", nil, nil)["rev"]})
}

// lapPartners is Open311 and the systems that requests are handed to.
func (z *fuzz) lapPartners() {
	const sys = actor.SysAdmin
	z.do(sys, "open311-save", nil, m{"description": "title", "publish_from": "received", "contact": "open@example.cn"})
	z.do(sys, "open311-key", nil, m{"name": "合作平台", "scopes": []string{"create", "read"}, "expires_at": "2027-01-01T00:00:00Z"})
	keys := z.do(sys, "open311-keys", nil, nil)["items"].([]any)
	z.do(sys, "open311-key-revoke", m2("key", keys[0].(m)["id"].(string)), nil)
	partner := m{"name": "邻市热线", "endpoint": "https://311.example.cn/v2", "active": true, "api_key": "k"}
	at := m2("partner", z.do(sys, "partner-create", nil, partner)["id"].(string), "category", "010101")
	partner["rev"] = z.do(sys, "partner", at, nil)["rev"]
	z.do(sys, "partner-save", at, partner)
	z.do(sys, "partner-map", at, m{"service": "LAMP"})
	z.act(actor.Dispatcher, "case-handon", z.underway("市界上的路灯不亮")["number"], m{"partner": at["partner"]})
	z.do(sys, "partner-check", at, nil)
	z.do(sys, "partner-unmap", at, nil)
}

// lapCity is the city's data, its accounts and who signs in.
func (z *fuzz) lapCity() {
	const sys, sec = actor.SysAdmin, actor.SecAdmin
	z.entries(sys, "data", "refusals", nil)
	z.entries(sys, "data", "signals", nil)
	z.entries(sec, "staff", "", m{"roles": "agent", "login": "lap-agent", "name": "新话务员"})
	settings := z.do(sys, "settings", nil, nil)
	z.do(sys, "settings-save", nil, settings)
	z.do(sys, "guide-tick", m2("task", "mail"), m{"ticked": true})
	area := z.do(sys, "data-list", m2("kind", "areas"), nil)["items"].([]any)[0].(m)["key"].(string)
	z.do(sys, "border", m2("key", area), m{"file": b64(`{"type":"Polygon","coordinates":[[[120.1,30.2],[120.2,30.2],[120.2,30.3],[120.1,30.3],[120.1,30.2]]]}`)})
	z.do(sec, "staff-reset", m2("key", "lap-agent"), m{"reason": "忘记密码"})
	z.do(sec, "signin-save", nil, m{"second": []string{}, "look": 10})
	p := m{"name": "政务统一认证", "issuer": "https://id.example.cn", "client_id": "gongzhi", "client_secret": "s", "active": false}
	made := m2("provider", z.do(sec, "provider-create", nil, p)["id"].(string))
	z.do(sec, "provider-save", made, p)
	z.do(sec, "provider", made, nil)
	z.do(sec, "staff-sessions", m2("key", "lap-agent"), nil)
	z.do(sec, "staff-end", m2("key", "lap-agent"), m{})
	extra := programOf(z.t, z.app, "matrix-auditor").token
	if extra == "" {
		z.t.Fatal("no token")
	}
	for _, x := range z.do(sec, "tokens", nil, nil)["items"].([]any) {
		if x.(m)["login"] == "matrix-auditor" { // the newest: not the one that is used here
			z.do(sec, "token-revoke", m2("id", x.(m)["id"].(string)), nil)
			break
		}
	}
	day := z.do(sys, "data-list", m2("kind", "days"), nil)["items"].([]any)[0].(m)["key"].(string)
	z.do(sys, "data-remove", m2("kind", "days", "key", day), nil)
}

// entries creates, changes, exports and imports one entry of a list.
func (z *fuzz) entries(role actor.Role, sort, kind string, other m) {
	z.t.Helper()
	at := func(more ...string) map[string]string { return m2(append([]string{"kind", kind}, more...)...) }
	first := z.do(role, sort+"-list", at(), nil)["items"].([]any)[0].(m)
	values, key := first["values"].(m), ""
	for k, v := range values {
		if v == first["key"] {
			key = k
		}
	}
	values[key] = "lap_new"
	for k, v := range other {
		values[k] = v
	}
	made := z.do(role, sort+"-create", at(), m{"values": values, "reason": "新进人员"})
	name, _ := made["key"].(string)
	table := z.do(role, sort+"-csv", at(), nil)["file"].([]byte)
	now := z.do(role, sort+"-one", at("key", name), nil)["values"].(m)
	z.do(role, sort+"-save", at("key", name), m{"seen": now, "values": m{"name": "改过的名字"}, "reason": "更正"})
	up := z.do(role, sort+"-upload", at(), m{"name": "table.csv", "file": base64.StdEncoding.EncodeToString(table)})["upload"].(string)
	z.do(role, sort+"-preview", at("upload", up), nil)
	z.do(role, sort+"-confirm", at("upload", up), m{"reason": "更正"})
}

// lapFiles is what comes and goes as a table.
func (z *fuzz) lapFiles() {
	const sys = actor.SysAdmin
	book, err := excelize.OpenReader(bytes.NewReader(z.do(sys, "data-xlsx", m2("kind", "refusals"), nil)["file"].([]byte)))
	if err != nil {
		z.t.Fatal(err)
	}
	if err := book.SetSheetName(book.GetSheetName(0), locale.T(locale.ZH, "setup.refusals")); err != nil {
		z.t.Fatal(err)
	}
	var file bytes.Buffer
	if err := book.Write(&file); err != nil {
		z.t.Fatal(err)
	}
	up := z.do(sys, "guide-upload", nil, m{"name": "city.xlsx", "file": base64.StdEncoding.EncodeToString(file.Bytes())})
	z.do(sys, "guide-preview", m2("upload", up["upload"].(string)), nil)
	z.do(sys, "guide-confirm", m2("upload", up["upload"].(string)), nil)

	e := m2("id", z.do(actor.Dispatcher, "export-ask", nil, m{"list": "list", "query": m{"state": "to_accept"}, "format": "csv"})["id"].(string))
	z.settle()
	z.do(actor.Dispatcher, "export", e, nil)
	z.do(actor.Dispatcher, "export-file", e, nil)

	run := m2("run", z.do(sys, "import-new", nil, m{"name": "old.csv", "file": b64("编号,时间,内容\n1,2026-03-01 10:00,路灯不亮\n")})["id"].(string))
	z.do(sys, "import-match", run, m{"name": "旧系统", "columns": m{"id": "编号", "received": "时间", "body": "内容"}})
	z.settle()
	z.do(sys, "import", run, nil)
	z.do(sys, "import-start", run, nil)
	z.do(sys, "import-stop", run, nil)
	z.do(sys, "import-resume", run, nil)
	z.settle()
	if code, ok := z.do(sys, "import", run, nil)["mapping"].(string); ok && code != "" {
		z.do(sys, "mapping", m2("code", code), nil)
		z.do(sys, "mapping-template", m2("code", code), nil)
	}
	z.do(sys, "import-forget", run, nil)
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
