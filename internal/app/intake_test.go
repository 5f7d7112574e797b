package app_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/geo"
	"gongzhi/internal/intake"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// told starts a report and returns the path of its draft.
func told(b *browser, what string, files ...upload) string {
	b.t.Helper()
	b.open("/report")
	b.submit("/report", url.Values{"what": {what}}, files...)
	draft, ok := strings.CutSuffix(b.path, "/where")
	if !ok {
		b.t.Fatalf("at %s (status %d), want the question where", b.path, b.status)
	}
	return draft
}

func received(t *testing.T, a *app.App, r intake.Report) intake.Receipt {
	t.Helper()
	out, err := a.Intake.Receive(t.Context(), actor.Actor{}, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPressingSendTwiceGivesOneReceipt(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			a, _ := openCity(t, d)
			first := newBrowser(t, a.Handler())
			draft := told(first, "小区门口路灯坏了三天")
			first.open(draft + "/check")
			form := fields(first.doc)
			var group sync.WaitGroup
			ends := make([]string, 4)
			for i := range ends {
				b := newBrowser(t, a.Handler())
				b.cookies = map[string]string{}
				for k, v := range first.cookies {
					b.cookies[k] = v
				}
				group.Go(func() {
					b.post(draft+"/check", form, false)
					ends[i] = b.path
				})
			}
			group.Wait()
			for _, end := range ends {
				if end != ends[0] || !strings.HasPrefix(end, "/r/") {
					t.Errorf("receipts %q, want one", ends)
				}
			}
			var n int
			err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(`select count(*) from matter`).Scan(&n) })
			if err != nil || n != 1 {
				t.Errorf("%d requests, %v, want 1", n, err)
			}
		})
	}
}

func TestTheDraftIsUnreadableInTheDatabaseAndForgottenAfterADay(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	b := newBrowser(t, a.Handler())
	draft := told(b, "路灯坏了canary")
	b.open(draft + "/contact")
	b.submit(draft+"/contact", url.Values{"phone": {"13800005521"}, "name": {"李芳"}})
	var state string
	read := func() error {
		return a.DB.View(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(`select state from intake_draft`).Scan(&state) })
	}
	if err := read(); err != nil || strings.Contains(state, "13800005521") || strings.Contains(state, "canary") {
		t.Errorf("draft kept as %q, %v", state, err)
	}
	clock.Add(25 * time.Hour)
	if err := a.Intake.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.open(draft + "/check")
	if b.status != 404 || !strings.Contains(b.text(), "请重新说一遍") {
		t.Errorf("after a day: status %d, %s", b.status, b.text())
	}
}

func TestGuessingCodesIsSlowedDown(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	r := received(t, a, intake.Report{Body: "路灯坏了", Category: "010101"})
	b := newBrowser(t, a.Handler())
	for i := range 5 {
		b.open("/r/" + r.Number + "/" + fmt.Sprintf("0000-00000-000%d", i))
		if b.status != 404 {
			t.Fatalf("wrong code %d: status %d, want 404", i, b.status)
		}
	}
	b.open(r.Path())
	if b.status != 429 {
		t.Errorf("the right code after five wrong ones: status %d, want 429", b.status)
	}
	clock.Add(2 * time.Minute)
	b.open(r.Path())
	if b.status != 200 {
		t.Errorf("two minutes later: status %d, want 200", b.status)
	}
	b.open("/r/" + r.Number + "/0000-00000-0009")
	clock.Add(70 * time.Second)
	b.open(r.Path())
	if b.status != 429 {
		t.Errorf("after a sixth wrong code the wait is longer: status %d, want 429", b.status)
	}
}

func TestWhatIsNotPublicAppearsNowhere(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	p := homeOf(t, a)
	lamp := received(t, a, intake.Report{Body: "路灯坏了，找我13800005521，身份证11010519491231002X", Category: "010101", Lat: p.Lat, Lng: p.Lng, Address: "公开路1号", Name: "李公开", Phone: "13900001111"})
	report := received(t, a, intake.Report{Body: "举报canary吃拿卡要", Type: "report", Category: "010101", Lat: p.Lat, Lng: p.Lng, Subjects: nil})
	quiet := received(t, a, intake.Report{Body: "保密canary", Category: "010101", Secret: true})
	masked := received(t, a, intake.Report{Body: "住家canary漏水", Category: maskedCategory(t, a), Lat: p.Lat, Lng: p.Lng, Address: "canary小区2幢301"})
	b := newBrowser(t, a.Handler())
	for _, path := range []string{"/", "/nearby", "/nearby?show=done", "/public/" + lamp.Number, "/public/" + masked.Number, "/public/" + masked.Number + "/follow"} {
		b.open(path)
		if b.status != 200 {
			t.Errorf("%s: status %d", path, b.status)
		}
		for _, secret := range []string{"13800005521", "11010519491231002X", "13900001111", "李公开", "canary", report.Number, quiet.Number} {
			if strings.Contains(b.body, secret) {
				t.Errorf("%s shows %s", path, secret)
			}
		}
	}
	for _, r := range []intake.Receipt{report, quiet} {
		if b.open("/public/" + r.Number); b.status != 404 {
			t.Errorf("/public/%s: status %d, want 404", r.Number, b.status)
		}
	}
	b.open("/public/" + masked.Number + "/follow")
	b.submit("/public/"+masked.Number+"/follow", url.Values{"phone": {"13700002222"}})
	if !strings.HasPrefix(b.path, "/r/") || strings.Contains(b.body, "canary") {
		t.Errorf("the follower's receipt at %s shows what is not published: %s", b.path, b.text())
	}
	rows := publishedRows(t, a)
	at := geo.Grid100(p)
	for _, row := range rows {
		if row.Number == masked.Number && (row.Lat != at.Lat || row.Lng != at.Lng || row.Address != "") {
			t.Errorf("a masked request lies at %v, %v %q; want the middle of its square %v", row.Lat, row.Lng, row.Address, at)
		}
	}
}

func publishedRows(t *testing.T, a *app.App) (rows []request.Row) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		rows, _, err = request.List(tx, actor.System, request.Filter{Published: true}, request.Page{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// homeOf is a place inside of the city.
func homeOf(t *testing.T, a *app.App) (p geo.Point) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select lat, lng from place_address order by id limit 1`).Scan(&p.Lat, &p.Lng)
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func maskedCategory(t *testing.T, a *app.App) string {
	t.Helper()
	for _, c := range a.Catalog.Book().Tree.Leaves("") {
		if c.Publicity == "masked" && c.Type != "report" {
			return c.Code
		}
	}
	t.Fatal("the city has no category that is masked")
	return ""
}

// The photo's own place is offered and used only when the person says so.
func TestPhotoFirstGivesThePlaceWithConsent(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	p := homeOf(t, a)
	b := newBrowser(t, a.Handler())
	b.open("/report?first=photo")
	b.submit("/report", nil, upload{"photos", "lamp.jpg", located(picture(t), p)})
	draft := strings.TrimSuffix(b.path, "/where")
	if !strings.Contains(b.text(), "照片里记着拍摄的地点") {
		t.Fatalf("the place of the photo is not offered: %s", b.text())
	}
	b.submit(draft+"/where", url.Values{"do": {"camera"}})
	want := a.Atlas.Atlas().Name(a.Atlas.Atlas().Locate(p))
	if want == "" || !strings.Contains(b.text(), want) {
		t.Errorf("the place %q is not on the page", want)
	}
	b.submit(draft+"/where", url.Values{"do": {"go"}})
	if !strings.HasSuffix(b.path, "/category") { // no words to guess from
		t.Fatalf("at %s, want the categories", b.path)
	}
	b.submit(draft+"/category", url.Values{"category": {"010101"}})
	b.open(draft + "/check")
	b.submit(draft+"/check", nil)
	file := regexp.MustCompile(`/r/[^"]+/file/[0-9A-Z]+`).FindString(b.body)
	b.open(file)
	if b.status != 200 || strings.Contains(b.body, "Exif") {
		t.Errorf("photo %s: status %d, metadata %v", file, b.status, strings.Contains(b.body, "Exif"))
	}
	stranger := newBrowser(t, a.Handler())
	number := regexp.MustCompile(`/r/(\d+)/`).FindStringSubmatch(file)[1]
	if stranger.open("/public/" + number + file[strings.Index(file, "/file/"):]); stranger.status != 404 {
		t.Errorf("a stranger sees the photo: status %d", stranger.status)
	}
}

// located is a JPEG whose camera says where it was.
func located(jpeg []byte, p geo.Point) []byte {
	var gps bytes.Buffer
	put := func(v ...any) {
		for _, x := range v {
			_ = binary.Write(&gps, binary.BigEndian, x)
		}
	}
	const ascii, rational, long = uint16(2), uint16(5), uint16(4)
	put([]byte("MM\x00\x2a"), uint32(8), uint16(1), uint16(0x8825), long, uint32(1), uint32(26), uint32(0))
	put(uint16(4), uint16(1), ascii, uint32(2), []byte("N\x00\x00\x00"), uint16(2), rational, uint32(3), uint32(80),
		uint16(3), ascii, uint32(2), []byte("E\x00\x00\x00"), uint16(4), rational, uint32(3), uint32(104), uint32(0))
	for _, degrees := range []float64{p.Lat, p.Lng} {
		put(uint32(degrees*1e7), uint32(1e7), uint32(0), uint32(1), uint32(0), uint32(1))
	}
	app1 := append([]byte("Exif\x00\x00"), gps.Bytes()...)
	head := []byte{0xff, 0xd8, 0xff, 0xe1, byte((len(app1) + 2) >> 8), byte(len(app1) + 2)}
	return append(append(head, app1...), jpeg[2:]...)
}

// A click on the picture of the map means the place under it, on a phone too,
// where the picture's left edge is cut off.
func TestClickOnTheMapIsAPlace(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := newBrowser(t, a.Handler())
	draft := told(b, "路灯坏了")
	b.submit(draft+"/where", url.Values{"map.x": {"280"}, "map.y": {"150"}})
	wide := regexp.MustCompile(`role="status"><b>([^<]*)</b><p class="small">([^<]+)`).FindStringSubmatch(b.body)
	again := told(b, "路灯坏了")
	b.submit(again+"/where", url.Values{"near.x": {"180"}, "near.y": {"150"}})
	near := regexp.MustCompile(`role="status"><b>([^<]*)</b><p class="small">([^<]+)`).FindStringSubmatch(b.body)
	if wide == nil || near == nil || wide[2] != near[2] {
		t.Errorf("the same place clicked in both pictures: %q and %q", wide, near)
	}
	b.open(again + "/map.svg")
	if b.status != 200 || !strings.HasPrefix(b.header.Get("Content-Type"), "image/svg+xml") {
		t.Errorf("map: status %d, %s", b.status, b.header.Get("Content-Type"))
	}
}

func TestFirstPageIsSmallAndAsksNobodyElse(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	b := newBrowser(t, a.Handler())
	b.open("/")
	if foreign := regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//[^"]*"`).FindAllString(b.body, -1); foreign != nil {
		t.Errorf("addresses elsewhere: %q", foreign)
	}
	sum := sent(t, a, "/")
	for _, asset := range regexp.MustCompile(`/assets/[^"]+`).FindAllString(b.body, -1) {
		sum += sent(t, a, asset)
	}
	if t.Logf("first page: %d bytes compressed", sum); sum > 60<<10 {
		t.Errorf("the first page is %d bytes, more than 60 KiB", sum)
	}
}

// sent is how many bytes a browser receives for an address.
func sent(t *testing.T, a *app.App, path string) int {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w.Body.Len()
}
