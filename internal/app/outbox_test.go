package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gongzhi/internal/sqldb"
)

// TestAGatewayIsConnectedOnAPage goes the whole way of an administrator: describe
// a gateway, try it, and see a resident's message go out and be confirmed.
func TestAGatewayIsConnectedOnAPage(t *testing.T) {
	var sent atomic.Pointer[url.Values]
	var n atomic.Int64
	gw := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		sent.Store(&r.Form)
		n.Add(1)
		io.WriteString(w, "0,M1")
	}))
	defer gw.Close()
	a, clock := openCity(t, sqldb.SQLite)
	a.Out.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	clock.Set(clock.Now().Truncate(24 * time.Hour).Add(28 * time.Hour)) // noon in the city: no quiet hours
	b := signedIn(t, a.Handler(), "sysadmin1501")
	b.open("/setup/sms/new?like=form")
	form := url.Values{"id": {"main"}, "name": {"市里的通道"}, "account": {"city"}, "secret": {"s3cret-of-the-gateway"}, "active": {"1"}, "rank": {"1"}, "send.url": {"not an address"}}
	b.submit("/setup/sms/new", form)
	if b.status != 422 || !strings.Contains(b.text(), "网址要以https://") || !strings.Contains(b.body, "市里的通道") {
		t.Fatalf("a wrong address: status %d: %.600s", b.status, b.text())
	}
	form.Set("send.url", gw.URL+"/send")
	b.submit("/setup/sms/new", form)
	if b.status != 200 || b.path != "/setup/sms/gateway/main" || strings.Contains(b.body, "s3cret-of-the-gateway") {
		t.Fatalf("saved: status %d at %s", b.status, b.path)
	}
	door := regexp.MustCompile(`/gateway/main/([A-Z0-9]+)/report`).FindStringSubmatch(b.body)
	if door == nil {
		t.Fatal("the page shows no address for reports")
	}
	b.submit("/setup/sms/gateway/main/test", url.Values{"phone": {"13800001111"}})
	if b.status != 200 || !strings.Contains(b.text(), "通道接收了，编号M1") || sent.Load().Get("mobile") != "13800001111" {
		t.Errorf("test: status %d: %.400s", b.status, b.text())
	}

	home := newBrowser(t, a.Handler())
	home.open("/report/quick")
	home.submit("/report/quick", url.Values{"what": {"梧桐路的路灯不亮"}, "phone": {"13800005521"}, "email": {"li@example.cn"}, "prefer": {"sms"}})
	receipt := home.path
	home.open(receipt)
	if !strings.Contains(home.text(), "等着选渠道") {
		t.Errorf("before it is sent the receipt says: %.900s", home.text())
	}
	if err := a.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n.Load() != 2 || sent.Load().Get("mobile") != "13800005521" || !strings.Contains(sent.Load().Get("content"), "路灯不亮") {
		t.Fatalf("%d sent, last %v", n.Load(), sent.Load())
	}
	home.open(receipt)
	if !strings.Contains(home.text(), "短信已交给通道") || strings.Contains(home.text(), "短信已送达") {
		t.Errorf("the gateway has it, the receipt says: %.900s", home.text())
	}

	call := func(path, body string) int {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w.Code
	}
	if got := call("/gateway/main/WRONG/report", "msgid=M1&status=DELIVRD"); got != 404 {
		t.Errorf("a wrong secret: status %d", got)
	}
	if got := call("/gateway/main/"+door[1]+"/report", "hello=1"); got != 400 && got != 422 {
		t.Errorf("what cannot be read: status %d", got)
	}
	if b.open("/setup/sms"); !strings.Contains(b.text(), "读不出内容") {
		t.Errorf("the trouble is not shown: %.500s", b.text())
	}
	for range 3 {
		if got := call("/gateway/main/"+door[1]+"/report", "msgid=M1&status=DELIVRD"); got != 200 {
			t.Errorf("a report: status %d", got)
		}
	}
	home.open(receipt)
	if !strings.Contains(home.text(), "短信已送达") {
		t.Errorf("confirmed, the receipt says: %.900s", home.text())
	}
	if b.open("/outbox?state=delivered"); !strings.Contains(b.text(), "短信已送达") || !strings.Contains(b.text(), "138****5521") || strings.Contains(b.body, "13800005521") {
		t.Errorf("the outbox says: %.700s", b.text())
	}
}
