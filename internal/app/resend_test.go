package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
)

// TestAFormOfAnEndedSessionIsSentAfterSigningInAgain is the lunch break: the form
// is filled in, the session ends, and nothing is typed twice.
func TestAFormOfAnEndedSessionIsSentAfterSigningInAgain(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	resident := newBrowser(t, a.Handler())
	resident.open("/report/quick")
	resident.submit("/report/quick", url.Values{"what": {"梧桐路32号门口路灯不亮"}, "address": {"梧桐路32号"}, "category": {"010101"}, "phone": {"13800005521"}})
	act := "/case/" + strings.Split(resident.path, "/")[2] + "/voice"
	b := signedIn(t, a.Handler(), "agent1027")
	b.open(strings.TrimSuffix(act, "/voice"))
	filled := b.doc
	clock.Add(24 * time.Hour)
	b.submit(act, url.Values{"voice.deed": {"supplement"}, "voice.text": {"灯杆编号是A-17"}})
	if b.status != 403 || !strings.Contains(b.text(), "还没有提交") {
		t.Fatalf("status %d: %.300s", b.status, b.text())
	}
	b.submit(act, nil) // too early: it goes on waiting
	waiting := b.doc
	b.open("/signin")
	b.submit("/signin", url.Values{"login": {"agent1027"}, "password": {setup.DemoPassword}})
	b.doc = waiting
	if b.submit(act, nil); b.status != 403 || !strings.Contains(b.text(), "打开得太久") {
		t.Fatalf("a page of the session before: status %d: %.300s", b.status, b.text())
	}
	if b.submit(act, nil); b.status != 200 || !strings.Contains(b.text(), "灯杆编号是A-17") {
		t.Errorf("sent again: status %d: %.300s", b.status, b.text())
	}
	b.doc = filled // the page of yesterday, in another window
	if b.submit(act, url.Values{"voice.deed": {"supplement"}, "voice.text": {"又亮了"}}); !strings.Contains(b.text(), "打开得太久") {
		t.Errorf("a form of the session before: status %d: %.300s", b.status, b.text())
	}
	b = signedIn(t, a.Handler(), "agent1027")
	b.open("/account")
	clock.Add(24 * time.Hour)
	b.submit("/account", url.Values{"old": {setup.DemoPassword}, "new": {"lamps and bridges"}, "again": {"lamps and bridges"}})
	if b.status != 403 || strings.Contains(b.text(), "还没有提交") || strings.Contains(b.body, "lamps and bridges") {
		t.Errorf("a password is carried, status %d", b.status)
	}
}
