package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gongzhi/internal/intake"
	"gongzhi/internal/page/axetest"
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

// TestTheHintComesWhileTyping types into the first page of a real browser, and
// looks at it and at the preview of a merge as axe-core does.
func TestTheHintComesWhileTyping(t *testing.T) {
	s := openStation(t, "dispatcher1101")
	var numbers []string
	for _, what := range []string{"门口的路灯坏了三天，晚上出门看不见台阶。", "梧桐路32号路灯不亮"} {
		numbers = append(numbers, received(t, s.app, intake.Report{Body: what, Category: "010101", Address: "梧桐路32号"}).Number)
	}
	if err := s.app.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.open("/")
	s.do(chromedp.Focus("input[name=what]"))
	s.keys("梧桐路32号路灯又不亮了")
	s.is(`document.querySelectorAll("#alike a.btn").length === 2`)
	s.open("/dispatch")
	s.is(`document.querySelector(".same-fold") !== null`)
	for _, path := range []string{"/dispatch", "/dispatch/merge?n=" + numbers[0] + "&n=" + numbers[1]} {
		for _, width := range []int64{1366, 390} {
			found, err := s.browser.Check(s.url+path, width, s.cookies)
			if err != nil {
				t.Fatal(err)
			}
			axetest.Report(t, fmt.Sprintf("%s at %d px", path, width), found)
		}
	}
}
