package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"gongzhi/internal/job"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// workbook makes a real XLSX file; the first row is its header.
func workbook(t *testing.T, rows ...[]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := sheet.XLSX(&buf)
	for _, r := range rows {
		if err := w.Write(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestSetupIsKeptByTwoSeparateAdministrators(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	h := a.Handler()
	for _, x := range []struct {
		login string
		want  map[string]int
	}{
		{"sysadmin1501", map[string]int{"/setup": 200, "/setup/data/units": 200, "/setup/data/units/new": 200, "/setup/staff": 403, "/setup/staff/new": 403, "/setup/staff/table.xlsx": 403, "/setup/data/staff": 404, "/setup/data/staff/table.csv": 404, "/setup/jobs": 200, "/outbox": 200}},
		{"secadmin1551", map[string]int{"/setup": 200, "/setup/staff": 200, "/setup/staff/new": 200, "/setup/data/units": 200, "/setup/data/units/new": 403, "/setup/data/units/import": 403}},
		{"dispatcher1101", map[string]int{"/setup": 200, "/setup/data/duties": 200, "/setup/data/duties/new": 403, "/setup/data/duties/import": 403, "/setup/staff": 403, "/setup/settings": 200}},
		{"agent1027", map[string]int{"/setup": 403, "/setup/data/units": 403, "/outbox": 403, "/account": 200}},
	} {
		b := signedIn(t, h, x.login)
		for path, want := range x.want {
			if b.open(path); b.status != want {
				t.Errorf("%s at %s: status %d, want %d", x.login, path, b.status, want)
			}
		}
	}
	// Nor does a form that was not offered get through.
	b := signedIn(t, h, "dispatcher1101")
	b.open("/setup/data/duties/entry/D003")
	if strings.Contains(b.body, `name="seen"`) {
		t.Error("a dispatcher is offered the form of a duty line")
	}
	token := value(b, "csrf")
	for _, path := range []string{"/setup/data/duties/entry/D003", "/setup/data/duties/new", "/setup/data/duties/import", "/setup/settings", "/setup/staff/new", "/setup/staff/reset/agent1027"} {
		if b.post(path, url.Values{"csrf": {token}}, false); b.status != 403 {
			t.Errorf("a dispatcher posts to %s: status %d", path, b.status)
		}
	}
}

func value(b *browser, name string) string {
	n := find(b.doc, func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") == name })
	if n == nil {
		return ""
	}
	return attr(n, "value")
}

func TestTheCityCanBeTakenOutAndPutBackUnchanged(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	who := map[string]*browser{"sysadmin1501": signedIn(t, a.Handler(), "sysadmin1501"), "secadmin1551": signedIn(t, a.Handler(), "secadmin1551")}
	for kind, login := range map[string]string{"units": "sysadmin1501", "areas": "sysadmin1501", "addresses": "sysadmin1501", "facilities": "sysadmin1501",
		"categories": "sysadmin1501", "duties": "sysadmin1501", "community": "sysadmin1501", "streets": "sysadmin1501", "refusals": "sysadmin1501", "signals": "sysadmin1501", "texts": "sysadmin1501",
		"knowledge": "sysadmin1501", "days": "sysadmin1501", "staff": "secadmin1551"} {
		b := who[login]
		path := "/setup/data/" + kind
		if kind == "staff" {
			path = "/setup/staff"
		}
		for _, ext := range []string{"xlsx", "csv"} {
			b.open(path + "/table." + ext)
			file := []byte(b.body)
			b.open(path + "/import")
			b.submit(path+"/import", nil, upload{"file", kind + "." + ext, file})
			if b.status != 200 || !strings.Contains(b.text(), "没有要改的") {
				t.Errorf("%s as %s: status %d: %.900s", kind, ext, b.status, b.text())
			}
		}
	}
}

func TestAWrongTableIsRefusedByRowAndARightOneTakesEffect(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "sysadmin1501")
	head := []string{"清单编号", "事项", "主办单位", "协办单位1", "协办时限1"}
	b.open("/setup/data/duties/import")
	b.submit("/setup/data/duties/import", nil, upload{"file", "duty.xlsx", workbook(t, head,
		[]string{"D901", "010101", "water", "", ""}, []string{"D902", "0101", "月球管理所", "所在街道", "一天"})})
	for _, want := range []string{"要修的地方", "没有单位“月球管理所”", "没有单位“所在街道”", "看不懂时限“一天”"} {
		if !strings.Contains(b.body, want) {
			t.Errorf("the preview does not say %q: %.1500s", want, b.text())
		}
	}
	if strings.Contains(b.body, "确认导入") {
		t.Error("a table with faults can be confirmed")
	}
	b.open("/setup/data/duties/entry/D901")
	if b.status != 404 {
		t.Errorf("part of a wrong table came in: status %d", b.status)
	}
	b.open("/setup/data/duties/import")
	b.submit("/setup/data/duties/import", nil, upload{"file", "duty.xlsx", workbook(t, head, []string{"D901", "010101", "roads", "所在街道（镇）", "1个工作日"})})
	preview := b.path
	b.submit(preview, nil)
	if !strings.Contains(b.text(), "已导入") {
		t.Fatalf("%s: %.600s", b.path, b.text())
	}
	b.open("/setup/data/duties?category=010101")
	if !strings.Contains(b.body, "D901") || !strings.Contains(b.text(), "市政养护处") {
		t.Errorf("the trial does not use the new line: %.800s", b.text())
	}
	if b.open(preview); b.status != 404 {
		t.Errorf("the table can be used twice: status %d", b.status)
	}
}

func TestTwoEditorsOfACategoryAndItsFormerStates(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	one, two := signedIn(t, a.Handler(), "sysadmin1501"), signedIn(t, a.Handler(), "sysadmin1501")
	const path = "/setup/data/categories/entry/010101"
	one.open(path)
	two.open(path)
	one.submit(path, url.Values{"limit": {"3个工作日"}})
	if one.status != 200 || !strings.Contains(one.text(), "已保存") {
		t.Fatalf("status %d: %.500s", one.status, one.text())
	}
	two.submit(path, url.Values{"name": {"路灯不亮了"}})
	if two.status != 409 || !strings.Contains(two.body, "别人改过") || !strings.Contains(two.body, "路灯不亮了") || !strings.Contains(two.body, "3个工作日") {
		t.Errorf("second editor: status %d: %.900s", two.status, two.text())
	}
	two.submit(path, nil)
	if two.status != 200 {
		t.Errorf("second save: status %d", two.status)
	}
	two.submit(path, url.Values{"limit": {"马上"}, "name": {"改了一半"}})
	if two.status != 422 || !strings.Contains(two.body, "看不懂时限") || !strings.Contains(two.body, "改了一半") {
		t.Errorf("wrong limit: status %d", two.status)
	}
	two.open(path)
	back := find(two.doc, func(n *html.Node) bool { return n.Data == "a" && strings.Contains(attr(n, "href"), "?from=") })
	if back == nil {
		t.Fatal("no former state is offered")
	}
	two.open(attr(back, "href"))
	if !strings.Contains(two.text(), "按“保存”才生效") {
		t.Errorf("%.500s", two.text())
	}
	two.submit(path, nil)
	if two.status != 200 || a.Catalog.Book().Tree.Name("010101") == "" {
		t.Errorf("restore: status %d", two.status)
	}
}

func TestAFirstPasswordMustBeChanged(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "secadmin1551")
	b.open("/setup/staff/new")
	b.submit("/setup/staff/new", url.Values{"login": {"wangfang"}, "name": {"王芳"}, "unit": {"hotline"}, "roles": {"agent"}, "active": {"1"}, "reason": {"新到岗"}})
	code := find(b.doc, func(n *html.Node) bool { return n.Data == "code" })
	if code == nil {
		t.Fatalf("status %d: %.600s", b.status, b.text())
	}
	first := code.FirstChild.Data
	n := newBrowser(t, a.Handler())
	n.open("/signin")
	n.submit("/signin", url.Values{"login": {"wangfang"}, "password": {first}})
	if n.path != "/account" {
		t.Fatalf("after the first sign-in: %s", n.path)
	}
	if n.open("/list"); n.path != "/account" {
		t.Errorf("the list opens before the password was changed: %s", n.path)
	}
	n.submit("/account", url.Values{"old": {first}, "new": {"lamps and bridges"}, "again": {"lamps and bridges"}})
	if n.status != 200 || !strings.Contains(n.text(), "密码已修改") {
		t.Fatalf("status %d: %.500s", n.status, n.text())
	}
	if n.open("/list"); n.status != 200 || n.path != "/list" {
		t.Errorf("after the change: %s, status %d", n.path, n.status)
	}
	// Switched off, the person is out at once.
	b.open("/setup/staff/entry/wangfang")
	b.submit("/setup/staff/entry/wangfang", url.Values{"active": {""}})
	if n.open("/account"); !strings.HasPrefix(n.path, "/signin") {
		t.Errorf("a disabled account still opens %s", n.path)
	}
}

func TestTwoEditorsOfTheSettings(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	one, two := signedIn(t, a.Handler(), "sysadmin1501"), signedIn(t, a.Handler(), "sysadmin1501")
	one.open("/setup/settings")
	two.open("/setup/settings")
	one.submit("/setup/settings", url.Values{"office_close": {"17"}})
	if a.Catalog.Book().Settings["office.close"] != "17" {
		t.Errorf("status %d: not in force: %.300s", one.status, one.text())
	}
	two.submit("/setup/settings", url.Values{"callback_tries": {"5"}})
	if two.status != 409 || !strings.Contains(two.text(), "几点下班") || !strings.Contains(two.body, `value="5"`) {
		t.Errorf("second editor: status %d: %.600s", two.status, two.text())
	}
	two.submit("/setup/settings", url.Values{"callback_tries": {"fifty"}})
	if two.status != 422 || !strings.Contains(two.text(), "请填1到10之间的整数") {
		t.Errorf("wrong number: status %d", two.status)
	}
}

func TestAFailedJobIsPutBack(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	a.Jobs.Register("moon", func(context.Context, job.Job) error { return job.Permanent(errors.New("no moon")) }, job.Options{})
	if err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error { return job.Enqueue(tx, "moon", "", nil, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Jobs.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	looker, b := signedIn(t, a.Handler(), "dispatcher1101"), signedIn(t, a.Handler(), "sysadmin1501")
	if looker.open("/setup/jobs"); !strings.Contains(looker.body, "no moon") || strings.Contains(looker.body, "再试一次") {
		t.Errorf("who may only look: %.400s", looker.text())
	}
	b.open("/setup/jobs")
	b.submit("/setup/jobs/retry", nil)
	if !strings.Contains(b.text(), "已放回去重做") || strings.Contains(b.body, "no moon") {
		t.Errorf("after the retry: %.600s", b.text())
	}
}

func TestACalendarCanBePasted(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "sysadmin1501")
	b.open("/setup/data/days/import")
	b.submit("/setup/data/days/import", url.Values{"paste": {"日期\t安排\t名称\n2027-01-01\t放假\t元旦\n2027/1/2\t放假\t元旦\n"}})
	b.submit(b.path, nil)
	if b.open("/setup/calendar?year=2027"); !strings.Contains(b.text(), "元旦") || !strings.Contains(b.text(), "还没有录全") {
		t.Errorf("status %d: %.500s", b.status, b.text())
	}
}

func TestTheOutboxShowsNoCodesAndNoReports(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "sysadmin1501")
	if b.open("/outbox"); b.status != 200 || !strings.Contains(b.text(), "还没有接通任何渠道") {
		t.Errorf("status %d: %.400s", b.status, b.text())
	}
}

func TestABorderIsCheckedInWords(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "sysadmin1501")
	code := a.Atlas.Atlas().Below("")[0].Code
	path, border := "/setup/data/areas/entry/"+code, "/setup/border/"+code
	b.open(path)
	b.submit(border, nil, upload{"file", "b.geojson", []byte(`{"type":"Polygon","coordinates":[[[120,30],[120.1,30],[120.1,30.1],[120,30.1]]]}`)})
	if b.status != 422 || !strings.Contains(b.text(), "边界没有闭合") {
		t.Errorf("open ring: status %d: %.500s", b.status, b.text())
	}
	b.open(path)
	b.submit(border, nil, upload{"file", "b.geojson", []byte(`{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[120,30],[120.1,30],[120.1,30.1],[120,30]]]}}`)})
	if b.status != 200 || !strings.Contains(b.text(), "已保存") {
		t.Errorf("status %d: %.500s", b.status, b.text())
	}
}

func TestSetupPagesOpenInBothLanguages(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := signedIn(t, a.Handler(), "sysadmin1501")
	for _, path := range []string{"/setup", "/setup/data/texts/entry/T01", "/setup/data/days/new?day=2027-01-01", "/setup/calendar?year=2026", "/setup/settings", "/setup/jobs", "/outbox",
		"/setup/check/lead", "/setup/check/nobody", "/setup/data/addresses?q=路", "/setup/data/knowledge/import", "/setup/data/units/template.xlsx", "/account"} {
		for _, lang := range []string{"", "/en"} {
			if b.open(lang + path); b.status != 200 || strings.Contains(b.body, ">setup.") {
				t.Errorf("%s: status %d", lang+path, b.status)
			}
		}
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/setup", nil))
	if w.Code != 303 {
		t.Errorf("a stranger at /setup: %d", w.Code)
	}
}

// TestSavingADutyLineByTheAPITellsWhatTheCheckFinds saves lines as a program does:
// the answer says about the line what /setup/duties/check would show.
func TestSavingADutyLineByTheAPITellsWhatTheCheckFinds(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			a, _ := openCity(t, d)
			p := programOf(t, a, "sysadmin1501")
			p.header = http.Header{"Idempotency-Key": {"0123456789abcdef0123"}}
			kinds := func(got map[string]any) (out string) {
				list, _ := got["findings"].([]any)
				for _, x := range list {
					out += x.(map[string]any)["kind"].(string) + " "
				}
				return out
			}
			got := p.call("POST", "/setup/data/duties", map[string]any{"values": map[string]string{"id": "D901", "category": "010101", "lead": "lighting", "to": "2026-12-31", "active": "1"}})
			if p.status != 201 || !strings.Contains(kinds(got), "ends") {
				t.Errorf("status %d: %s", p.status, p.body)
			}
			seen, _ := got["values"].(map[string]any)
			got = p.call("PUT", "/setup/data/duties/D901", map[string]any{"seen": seen, "values": map[string]string{"to": ""}})
			if p.status != 200 || strings.Contains(kinds(got), "ends") {
				t.Errorf("status %d: %s", p.status, p.body)
			}
			var all struct{ Items []struct{ Kind, Line string } }
			if p.call("GET", "/setup/duties/check", nil); json.Unmarshal(p.body, &all) != nil {
				t.Fatalf("status %d: %s", p.status, p.body)
			}
			shown := ""
			for _, x := range all.Items {
				if x.Line == "D901" {
					shown += x.Kind + " "
				}
				if x.Kind == "shadowed" || x.Kind == "clash" || x.Kind == "lead" {
					t.Errorf("the list of the fictional city: %+v", x)
				}
			}
			if kinds(got) != shown {
				t.Errorf("saved with %q, the check shows %q", kinds(got), shown)
			}
		})
	}
}
