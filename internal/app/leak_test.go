package app_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/app"
	"gongzhi/internal/intake"
	"gongzhi/internal/sqldb"
)

// The canaries: what nobody may meet who is not meant to. Each stands in a
// request that is kept back for another reason.
var canaries = map[string]intake.Report{
	"举报画眉": {Body: "举报画眉吃拿卡要", Type: "report", Category: "010101", Address: "举报画眉路1号", Name: "举报画眉人", Phone: "13811110001"},
	"保密百灵": {Body: "保密百灵的事", Category: "010101", Secret: true, Address: "保密百灵路1号", Name: "保密百灵人", Phone: "13811110002"},
	"住家云雀": {Body: "住家云雀漏水", Address: "住家云雀小区2幢301", Name: "住家云雀人", Phone: "13811110003"},
	"未看白鹭": {Body: "未看白鹭门前的灯不亮", Category: "010101", Address: "未看白鹭路1号", Name: "未看白鹭人", Phone: "13811110004"},
}

// TestCanariesAreMetByNobodyWhoIsNotMeantTo plants them and goes through every
// door by which lists, texts and tables leave, as everybody who may not see them.
func TestCanariesAreMetByNobodyWhoIsNotMeantTo(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			a, clock := openCity(t, d)
			numbers := plant(t, a)
			clock.Add(8 * 24 * time.Hour) // into the next week, when squares and feeds have them
			if err := a.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			looks := 0
			check := func(who string, b *browser, path string) {
				looks++
				for name := range canaries {
					typed := `value="` + name + `"` // what was searched for stands in its own field
					if strings.Contains(strings.ReplaceAll(b.body, typed, ""), name) {
						t.Errorf("%s meets %s at %s", who, name, path)
					}
				}
				for _, phone := range []string{"13811110001", "13811110002", "13811110003", "13811110004"} {
					if strings.Contains(b.body, phone) {
						t.Errorf("%s meets %s at %s", who, phone, path)
					}
				}
			}
			look := func(who string, b *browser, path string) {
				b.open(path)
				check(who, b, path)
			}
			resident := newBrowser(t, a.Handler())
			for _, path := range publicDoors(a, numbers) {
				look("a resident", resident, path)
			}
			for _, login := range []string{"clerk2001", "clerk2006"} { // units that have nothing to do with them
				b := signedIn(t, a.Handler(), login)
				for _, path := range []string{"/list", "/list?q=" + url.QueryEscape("画眉"), "/today", "/board"} {
					look(login, b, path)
				}
				for _, n := range numbers {
					look(login, b, "/case/"+n)
					look(login, b, "/case/"+n+"/print")
				}
				for _, list := range []string{"list", "today"} {
					check(login, b, table(t, b, list, url.Values{}))
				}
			}
			t.Logf("%d looks, %d canaries", looks, len(canaries))
		})
	}
}

func plant(t *testing.T, a *app.App) (numbers []string) {
	t.Helper()
	at := homeOf(t, a)
	for _, r := range canaries {
		if r.Category == "" {
			r.Category = maskedCategory(t, a)
		}
		r.Lat, r.Lng = at.Lat, at.Lng
		numbers = append(numbers, received(t, a, r).Number)
	}
	return numbers
}

// publicDoors are all ways out that need no account.
func publicDoors(a *app.App, numbers []string) []string {
	out := []string{"/", "/nearby", "/nearby?show=all", "/nearby?show=done", "/nearby?since=30", "/feed/all", "/en/feed/all", "/feed/category/010101", "/feed/area/330101"}
	for name := range canaries {
		out = append(out, "/nearby?show=all&q="+url.QueryEscape(name))
	}
	for _, area := range a.Atlas.Atlas().Below("") {
		out = append(out, "/nearby?area="+area.Code, "/feed/area/"+area.Code)
	}
	for _, n := range numbers {
		out = append(out, "/public/"+n, "/public/"+n+"/follow", "/nearby?show=all&q="+n)
	}
	return out
}

// table asks for a list as a CSV, takes it, and leaves it in the browser.
func table(t *testing.T, b *browser, list string, extra url.Values) string {
	t.Helper()
	b.open("/export/" + list)
	v := url.Values{"format": {"csv"}}
	for k, x := range extra {
		v[k] = x
	}
	b.submit("/export/"+list, v)
	if b.status != http.StatusOK || !strings.HasPrefix(b.path, "/exports/") {
		t.Fatalf("export of %s: status %d at %s: %.400s", list, b.status, b.path, b.text())
	}
	run := b.path
	b.submit(run+"/file", nil)
	if b.status != http.StatusOK || !strings.HasPrefix(b.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("file of %s: status %d, %.300s", list, b.status, b.text())
	}
	return run
}

// What of a public request is shown before and after a person has read it, in a
// feed that a reader can parse, tagged so that nothing is sent twice.
func TestAFeedIsReadAndHasNoMoreThanTheBoard(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	lamp := received(t, a, intake.Report{Body: "梧桐路</item>&\u2028晚上漆黑", Category: "010101", Address: "梧桐路32号", Name: "李公开", Phone: "13900001111"})
	clock.Add(26 * time.Hour)
	b := newBrowser(t, a.Handler())
	b.open("/feed/category/010101")
	if b.status != 200 || strings.Contains(b.body, "漆黑") || !strings.Contains(b.body, lamp.Number) {
		t.Fatalf("before it was read: status %d, %s", b.status, b.body)
	}
	d := signedIn(t, a.Handler(), "dispatcher1101")
	d.open("/publish")
	d.submit("/publish", url.Values{"publish": {lamp.Number}})
	b.open("/feed/category/010101")
	feed := parseFeed(t, b.body)
	if len(feed.Items) != 1 || !strings.Contains(feed.Items[0].Title, "漆黑") || !strings.HasPrefix(feed.Items[0].GUID, "tag:") {
		t.Fatalf("items %+v", feed.Items)
	}
	if at, err := time.Parse(time.RFC1123Z, feed.Items[0].Date); err != nil || at.Hour() != 0 || at.Minute() != 0 {
		t.Errorf("the time %q is finer than a day, or unreadable: %v", feed.Items[0].Date, err)
	}
	if feed.Self == "" || !strings.Contains(b.header.Get("Cache-Control"), "public") || b.header.Get("Set-Cookie") != "" {
		t.Errorf("self %q, headers %v", feed.Self, b.header)
	}
	tag := b.header.Get("ETag")
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/feed/category/010101", nil)
	r.Header.Set("If-None-Match", tag)
	if res := serve(a, r); tag == "" || res.StatusCode != http.StatusNotModified {
		t.Errorf("tag %q: status %d, want 304", tag, res.StatusCode)
	}
	if b.open("/feed/area/999999"); b.status != 404 {
		t.Errorf("a feed of nowhere: status %d", b.status)
	}
	b.open("/nearby?group=010101")
	if !strings.Contains(b.body, `type="application/rss+xml"`) || !strings.Contains(b.body, "/feed/category/010101") {
		t.Error("the board does not name its feed")
	}
}

type parsedFeed struct {
	Self  string
	Items []parsedItem
}

type parsedItem struct {
	Title string `xml:"title"`
	GUID  string `xml:"guid"`
	Date  string `xml:"pubDate"`
}

func parseFeed(t *testing.T, text string) parsedFeed {
	t.Helper()
	var doc struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Channel struct {
			Title       string `xml:"title"`
			Description string `xml:"description"`
			Links       []struct {
				Rel string `xml:"rel,attr"`
				At  string `xml:"href,attr"`
			} `xml:"link"`
			Items []parsedItem `xml:"item"`
		} `xml:"channel"`
	}
	if err := xml.Unmarshal([]byte(text), &doc); err != nil || doc.Version != "2.0" || doc.Channel.Title == "" || doc.Channel.Description == "" {
		t.Fatalf("not RSS 2.0: %v\n%s", err, text)
	}
	out := parsedFeed{Items: doc.Channel.Items}
	for _, l := range doc.Channel.Links {
		if l.Rel == "self" {
			out.Self = l.At
		}
	}
	return out
}

// The figures of a page and of its table are the same to the digit.
func TestATableHasThePageToTheDigit(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	for i := range 7 {
		received(t, a, intake.Report{Body: fmt.Sprintf("路灯%d不亮", i), Category: "010101"})
	}
	b := signedIn(t, a.Handler(), "supervisor1301")
	for _, q := range []string{"", "?type=help", "?category=0101&open=yes", "?type=complaint"} {
		b.open("/list" + q)
		page := b.text()
		b.open("/export/list" + q)
		b.submit("/export/list", url.Values{"format": {"csv"}})
		b.submit(b.path+"/file", nil)
		rows := strings.Count(b.body, "\r\n") - 1
		if !strings.Contains(page, fmt.Sprintf("诉求 %d件", rows)) && !strings.Contains(page, fmt.Sprintf("诉求 %d 件", rows)) {
			t.Errorf("/list%s: the table has %d rows; the page reads %.300s", q, rows, page)
		}
	}
}

func serve(a *app.App, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	res := w.Result()
	_, _ = io.Copy(io.Discard, res.Body)
	return res
}
