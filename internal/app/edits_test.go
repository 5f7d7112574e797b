package app_test

import (
	"net/url"
	"strings"
	"testing"

	"gongzhi/internal/intake/device"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/webhook"
)

// Who changed a device, a rule or a target, and what, stands on its page.
func TestEditsOfDevicesRulesAndTargetsAreShown(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	lamp := device.Device{Code: "LAMP-1", Name: "路灯一号", Kind: "路灯", Active: true, Lat: 31.2, Lng: 120.6}
	rule := device.Rule{Kind: "路灯", Name: "灯灭", Metric: "value", Below: true, Trip: 1, Clear: 2, Times: 1, Minutes: 10, Category: "010101", Urgency: "normal", RedoHours: 24, Active: true}
	if err := a.Devices.Register(t.Context(), cityAdmin, lamp); err != nil {
		t.Fatal(err)
	}
	made, err := a.Devices.PutRule(t.Context(), cityAdmin, rule)
	if err != nil {
		t.Fatal(err)
	}
	hook, err := a.Webhooks.Save(t.Context(), cityAdmin, webhook.Subscription{Name: "数据局", URL: "https://data.example/hook", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, a.Handler(), "sysadmin1501")
	for path, form := range map[string]url.Values{
		"/setup/devices/entry/LAMP-1":      {"name": {"路灯二号"}, "kind": {"路灯"}, "lat": {"31.2"}, "lng": {"120.6"}, "active": {"1"}, "rev": {"1"}},
		"/setup/devices/rules/" + made:     {"name": {"整夜不亮"}, "kind": {"路灯"}, "metric": {"value"}, "below": {"below"}, "trip": {"1"}, "clear": {"2"}, "times": {"1"}, "minutes": {"10"}, "category": {"010101"}, "urgency": {"normal"}, "redo_hours": {"24"}, "active": {"1"}, "rev": {"1"}},
		"/setup/webhooks/entry/" + hook.ID: {"name": {"大数据局"}, "url": {"https://data.example/hook"}, "active": {"1"}, "rev": {"1"}},
	} {
		b.open(path)
		b.submit(path, form)
		b.open(path)
		text := b.text()
		if b.status != 200 || !strings.Contains(text, "修改记录") || !strings.Contains(text, "新建") || !strings.Contains(text, "→ "+form.Get("name")) || !strings.Contains(text, "孙维") {
			t.Errorf("%s: status %d: %.1500s", path, b.status, text[max(0, strings.Index(text, "修改记录")):])
		}
	}
}
