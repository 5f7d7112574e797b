package app_test

import (
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gongzhi/internal/app"
	"gongzhi/internal/catalog"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// tellsAll is one text with all that names a person and leads to his door. Each
// part is a canary: no public place has it, in any spelling of its signs.
const tellsAll = "梧桐路32号门前的路灯不亮。打我手机13811112222，身份证11010519491231002X，车牌浙A7K3M9，退款到银行卡6222020200112233445，家住桂花苑3栋2单元501室。"

var parts = []string{"13811112222", "11010519491231002", "A7K3M9", "6222020200112233445", "2单元501", "3栋2单元"}

// tells are the parts that a text holds, however it writes its signs.
func tells(text string) (out []string) {
	if plain, err := url.QueryUnescape(text); err == nil {
		text += plain
	}
	for _, p := range parts {
		if strings.Contains(text, p) {
			out = append(out, p)
		}
	}
	return out
}

// canary is a request that has the text in every field that anybody can fill:
// what was reported and where, how two became one, the answer; with a follower, and with one merged into it.
type canary struct {
	number, file    string
	follower, other string // receipts of third persons: who follows, who reported the same
	draft           string // of somebody who is about to report the same
}

func plantCanary(t *testing.T, a *app.App, b *browser) (c canary) {
	t.Helper()
	report := func(who *browser, phone string) string {
		who.open("/report/quick")
		who.submit("/report/quick", url.Values{"what": {tellsAll}, "address": {"梧桐路32号桂花苑3栋2单元501室"}, "category": {"010101"}, "phone": {phone}}, upload{"photos", "lamp.jpg", picture(t)})
		if !strings.HasPrefix(who.path, "/r/") {
			t.Fatalf("report: status %d at %s: %.300s", who.status, who.path, who.text())
		}
		return who.path
	}
	own := report(newBrowser(t, a.Handler()), "13900001111")
	c.number = strings.Split(own, "/")[2]
	c.other = report(newBrowser(t, a.Handler()), "13900002222")
	settle(t, a)
	d := signedIn(t, a.Handler(), "dispatcher1101")
	d.open("/publish")
	if d.submit("/publish", url.Values{"publish": {c.number}, "text." + c.number: {"找13811112222"}, "place." + c.number: {"桂花苑3栋2单元501室"}}); d.status != 422 {
		t.Errorf("a careless person publishes a number: status %d", d.status)
	}
	d.open("/publish")
	d.submit("/publish", url.Values{"publish": {c.number}}) // as it is proposed
	b.open("/public/" + c.number + "/follow")
	b.submit("/public/"+c.number+"/follow", url.Values{"phone": {"13900003333"}})
	c.follower = b.path
	second := strings.Split(c.other, "/")[2]
	d.open("/dispatch/merge?n=" + c.number + "&n=" + second)
	d.submit("/dispatch/merge", url.Values{"reason": {"同一盏灯。" + tellsAll}})
	settle(t, a)
	d.open("/case/" + c.number)
	d.submit("/case/"+c.number+"/send", nil)
	clerk := signedIn(t, a.Handler(), "clerk2001")
	for _, step := range []struct {
		act  string
		form url.Values
	}{
		{"accept", nil},
		{"contact", url.Values{"contact.way": {"phone"}, "contact.outcome": {"reached"}, "contact.text": {tellsAll}}},
		{"answer", url.Values{"answer.solved": {"yes"}, "answer.contacted": {"1"}, "answer.record": {tellsAll}, "answer.text": {"灯头已经更换。" + tellsAll}}},
	} {
		clerk.open("/case/" + c.number)
		var files []upload
		if step.act == "answer" {
			files = []upload{{"answer.after", "13811112222.jpg", picture(t)}}
		}
		clerk.submit("/case/"+c.number+"/"+step.act, step.form, files...)
		if step.act == "answer" {
			if clerk.status != 422 {
				t.Errorf("a careless unit answers with what names a person: status %d", clerk.status)
			}
			step.form.Set("answer.anyway", "1") // and is careless again
			clerk.submit("/case/"+c.number+"/"+step.act, step.form, files...)
		}
		if clerk.status != 200 {
			t.Fatalf("%s: status %d: %.500s", step.act, clerk.status, clerk.text())
		}
	}
	settle(t, a)
	_ = a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select coalesce((select f.id from request_file f join matter m on m.id = f.matter_id where m.number = $1 and f.audience = 'public' limit 1), '')`, c.number).Scan(&c.file)
	})
	if c.file == "" {
		t.Fatal("no photo was published")
	}
	c.draft = told(b, "梧桐路32号门前的路灯不亮")
	return c
}

func settle(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var place = regexp.MustCompile(`\{[^}]*\}`)

// ways are the addresses of a public route, each place filled with what there is.
func (c canary) ways(route web.Route, receipt string) []string {
	at := strings.Split(receipt, "/") // /r/NUMBER/CODE
	fill := map[string]string{
		"{number}": c.number, "{code}": at[3], "{file}": c.file, "{size}": "thumb", "{area}": "330101", "{category}": "0101", "{draft}": strings.TrimPrefix(c.draft, "/report/"),
		"{n}": "0", "{name}": "base.css", "{id}": c.number + ".json", "{provider}": "-", "{door}": "-", "{call...}": "v2/requests.json", "{$}": "",
	}
	if strings.HasPrefix(route.Path, "/r/") || strings.Contains(route.Path, "/receipts/") {
		fill["{number}"] = at[2]
	}
	path := place.ReplaceAllStringFunc(route.Path, func(p string) string {
		if v, ok := fill[p]; ok {
			return v
		}
		return p
	})
	out := []string{path}
	switch {
	case strings.HasPrefix(path, "/open311/v2/requests."), strings.HasPrefix(path, "/open311/v2/bulk."):
		out = append(out, path+"?extensions=true", path+"?extensions=true&service_request_id="+c.number)
	case strings.Contains(path, "servicerequestupdates"):
		out = append(out, path+"?service_request_id="+c.number)
	case path == "/nearby":
		for _, q := range []string{"梧桐路32号", "路灯", c.number, "桂花苑"} {
			out = append(out, path+"?show=all&q="+url.QueryEscape(q))
		}
	case strings.HasPrefix(path, "/api/v1/public/"), path == "/community":
		out = append(out, path+"?q="+url.QueryEscape("路灯"), path+"?done=true")
	}
	return out
}

// TestNoPublicPlaceTellsOfAPerson walks every way in that needs no account, and
// all that third persons are told.
func TestNoPublicPlaceTellsOfAPerson(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			a, clock := openCity(t, d)
			b := newBrowser(t, a.Handler())
			err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, "open311.description", "full") })
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Reload(t.Context()); err != nil {
				t.Fatal(err)
			}
			c := plantCanary(t, a, b)
			clock.Add(48 * 60 * 60 * 1e9) // feeds have it from the next day on
			settle(t, a)
			looks, found := 0, 0
			look := func(path, text string) {
				looks++
				if strings.Contains(text, c.number) || strings.Contains(text, "***") {
					found++
				}
				if all := tells(text); len(all) > 0 {
					t.Errorf("%s tells %v", path, all)
				}
			}
			for _, route := range a.Server.Routes() {
				if route.Method != "GET" || route.Policy != "public" {
					continue
				}
				for _, receipt := range []string{c.follower, c.other} {
					if receipt == c.other && (strings.Contains(route.Path, "{code}") || strings.Contains(route.Path, "/receipts/")) && !strings.HasSuffix(route.Path, "/why") {
						continue // his own words are his
					}
					for _, path := range c.ways(route, receipt) {
						if place.MatchString(path) {
							t.Fatalf("the walk does not know how to fill %s", path)
						}
						for _, in := range []string{"", "/en"} {
							if in != "" && (strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/open311/")) {
								continue
							}
							r := httptest.NewRequest("GET", in+path, nil)
							if strings.Contains(path, "/receipts/") {
								r.Header.Set("Query-Code", strings.Split(receipt, "/")[3])
							}
							b.send(r)
							if b.status >= 500 {
								t.Errorf("%s: status %d", path, b.status)
							}
							look(in+path, b.body)
						}
					}
				}
			}
			b.open("/report")
			b.post("/report/alike", url.Values{"csrf": {b.csrf()}, "what": {"梧桐路32号门前的路灯不亮"}}, false)
			look("POST /report/alike", b.body)
			if hits := nearHits(b, "13811112222") + nearHits(b, "6222020200112233445"); hits != 0 {
				t.Errorf("a search for a number finds %d requests: that alone would tell", hits)
			}
			toldOthers(t, a, c, look)
			if t.Logf("%d looks, %d of them at the request", looks, found); found < 25 {
				t.Errorf("only %d looks met the request: the walk sees nothing", found)
			}
		})
	}
}

func nearHits(b *browser, q string) int {
	b.open("/nearby?show=all&q=" + url.QueryEscape(q))
	return strings.Count(b.body, `href="/public/`)
}

// toldOthers looks at every notice to those who did not write the words.
func toldOthers(t *testing.T, a *app.App, c canary, look func(path, text string)) {
	t.Helper()
	var messages []notice.Message
	own := map[string]bool{}
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select c.id from request_contact c join matter m on m.id = c.matter_id where m.number = $1 and c.kind = 'requester'`, c.number)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			own[id] = true
		}
		if err := rows.Err(); err != nil {
			return err
		}
		messages, _, err = notice.Filter{Size: 100}.Find(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	others := slices.DeleteFunc(messages, func(m notice.Message) bool { return own[m.Contact] })
	answers := 0
	for _, m := range others {
		if m.Template == "answered" {
			answers++
		}
		look("the notice "+m.Template, m.Title()+"\n"+m.Words())
	}
	if answers < 2 {
		t.Errorf("%d third persons were told the answer, want the follower and who reported the same", answers)
	}
}

// Without scripts the writer is told on the page after his words, and on the
// receipt; nothing keeps him from sending them.
func TestWhatTellsOfAPersonIsSaidAfterSendingWithoutScripts(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	all := []string{"手机号：13811112222", "身份证号：11010519491231002X", "车牌号：浙A7K3M9", "银行卡号：6222020200112233445", "楼栋和门牌：3栋2单元501室", "公开的文字里会替您隐去"}
	says := func(b *browser, where string) {
		t.Helper()
		for _, want := range all {
			if !strings.Contains(b.text(), want) {
				t.Errorf("%s does not say %s: %.900s", where, want, b.text())
			}
		}
	}
	b := newBrowser(t, a.Handler())
	draft := told(b, tellsAll)
	says(b, "the next question")
	b.open(draft + "/check")
	says(b, "the last page")
	b.submit(draft+"/check", nil)
	if !strings.HasPrefix(b.path, "/r/") {
		t.Fatalf("it is not sent: %d at %s", b.status, b.path)
	}
	says(b, "the receipt")
	quick := newBrowser(t, a.Handler())
	quick.open("/report/quick")
	quick.submit("/report/quick", url.Values{"what": {"路灯不亮"}, "address": {"梧桐路32号桂花苑3栋2单元501室"}, "category": {"010101"}})
	if !strings.Contains(quick.text(), "3栋2单元501室（在“") {
		t.Errorf("the door in the address is not named: %.900s", quick.text())
	}
	agent := signedIn(t, a.Handler(), "agent1027")
	agent.open("/desk")
	agent.submit("/desk", url.Values{"act": {"look"}, "what": {tellsAll}, "address": {"梧桐路32号"}, "category": {"010101"}})
	for _, want := range all[:5] {
		if !strings.Contains(agent.text(), want) {
			t.Errorf("the desk does not say %s", want)
		}
	}
	agent.submit("/desk", url.Values{"act": {"register"}})
	if !strings.Contains(agent.text(), "这一件里有个人信息") || !strings.Contains(agent.text(), all[2]) {
		t.Errorf("after the call: %.900s", agent.text())
	}
}

// While it is typed, the notice stands beside the words in a real browser, on the
// resident's forms and at the desk.
func TestWhatTellsOfAPersonIsSaidWhileTyping(t *testing.T) {
	s := openStation(t, "agent1027")
	s.alt("a")
	s.is(inWhat)
	s.keys("路灯不亮，打我手机13811112222")
	s.is(`document.querySelector("#desk-told").textContent.includes("手机号：13811112222")`)
	for path, address := range map[string]bool{"/report": false, "/report/quick": true} {
		s.open(path)
		s.is(`document.querySelector("[data-heed=personal]").hidden`)
		s.do(chromedp.Focus("#f-what"))
		s.keys("路灯不亮，车牌浙A7K3M9")
		s.is(`!document.querySelector("[data-heed=personal]").hidden && document.querySelector("[data-heed=found]").innerText.trim() === "车牌号：浙A7K3M9"`)
		if address {
			s.do(chromedp.Focus("#f-address"))
			s.keys("桂花苑3栋2单元501室")
			s.is(`document.querySelectorAll("[data-heed=found] li").length === 2`)
		}
		s.is(`bad.length === 0`)
	}
}
