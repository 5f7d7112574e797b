package app_test

import (
	"net/url"
	"strings"
	"testing"

	"gongzhi/internal/intake"
	"gongzhi/internal/sqldb"
)

// TestWhatOthersReportedIsOfferedWhileTyping posts a sentence as the script does
// that watches the field, and expects published requests and nothing else.
func TestWhatOthersReportedIsOfferedWhileTyping(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	lamp := received(t, a, intake.Report{Body: "门口的路灯坏了三天，canary晚上出门看不见台阶。", Category: "010101", Address: "梧桐路32号"})
	received(t, a, intake.Report{Body: "路灯canary坏了，不要公开", Category: "010101", Address: "梧桐路32号", Secret: true})
	home := received(t, a, intake.Report{Body: "楼上漏水，canary吊顶泡坏了两块，泡坏了两块", Category: maskedCategory(t, a), Address: "梧桐路32号"})
	if err := a.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, a.Handler())
	typed := func(what string) string {
		b.open("/")
		b.post("/report/alike", url.Values{"csrf": {b.csrf()}, "what": {what}}, false)
		if b.status != 200 {
			t.Fatalf("%q is answered %d", what, b.status)
		}
		if strings.Contains(b.body, "canary") || strings.Contains(b.body, "<html") {
			t.Errorf("%q is answered with what is not published: %s", what, b.body)
		}
		return b.body
	}
	if got := typed("梧桐路32号路灯不亮"); !strings.Contains(got, lamp.Number) || strings.Count(got, "/follow") != 1 {
		t.Errorf("the lamp at the named place is not offered alone: %s", got)
	}
	if got := typed("canary吊顶泡坏了两块，泡坏了两块"); strings.Contains(got, home.Number) {
		t.Errorf("words that are not published find a request: %s", got)
	}
	if got := typed("路灯"); got != "" {
		t.Errorf("two characters are answered: %s", got)
	}
	if got := typed(strings.Repeat("长", 6000)); got != "" {
		t.Errorf("a text that is too long is answered: %s", got)
	}
}
