package app_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/calendar"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

const secretPhone = "13800005521"

// answered makes a request that a unit has answered.
func answered(t *testing.T, a *app.App, n int64) *request.Order {
	t.Helper()
	var o *request.Order
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) (err error) {
		tx.Now = tx.Now.Add(time.Duration(n) * time.Second)
		d := request.Draft{ID: matter.ID(id.New(tx.Now)), Number: id.Number(tx.Now, n), State: request.ToDispatch, Title: "路灯不亮", Body: "梧桐路的路灯坏了", Type: "help",
			Channel: "phone", Category: "010101", Due: tx.Now.Add(72 * time.Hour), Contact: request.Contact{Name: "李四", Phone: secretPhone, Masked: "李** 138****5521"}}
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		if o, err = request.Create(tx, keys, actor.System, d); err != nil {
			return err
		}
		o.Unit = "water"
		if err := o.Record(tx, actor.System, request.Deed{Name: request.DeedDispatched}); err != nil {
			return err
		}
		task, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: "water", Lead: true, Limit: calendar.Limit{N: 3, Unit: "wd"}, DueAt: o.DueAt})
		if err != nil {
			return err
		}
		if err := o.Record(tx, actor.System, request.Deed{Name: request.DeedAccepted}); err != nil {
			return err
		}
		answer := request.Note{Kind: "answer", Audience: request.Public, Text: "接触器已经更换。"}
		if err := o.Record(tx, actor.System, request.Deed{Name: request.DeedReplied, Notes: []request.Note{answer}}); err != nil {
			return err
		}
		return request.MoveTask(tx, task, request.TaskDone)
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestReviewerReadsAsksAndReopens(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	o := answered(t, a, 1)
	b := signedIn(t, a.Handler(), "reviewer1201")
	b.open("/review")
	if b.status != 200 || !strings.Contains(b.text(), "接触器已经更换。") {
		t.Fatalf("review: status %d, no answer on the page", b.status)
	}
	b.submit("/case/"+o.Number+"/review_pass", nil)
	if b.status != 422 || !strings.Contains(b.text(), "待审核") {
		t.Errorf("without the tick: status %d", b.status)
	}
	b.submit("/case/"+o.Number+"/review_pass", url.Values{"review_pass.checked": {"1"}})
	if b.status != 200 || b.path != "/review" {
		t.Errorf("passed: status %d at %s", b.status, b.path)
	}
	b.open("/callback")
	words := "只扶正没加固"
	b.submit("/case/"+o.Number+"/callback", url.Values{"callback.outcome": {"answered"}, "callback.solved": {"yes"}, "callback.remark": {words}})
	if b.status != 422 || !strings.Contains(b.body, words) {
		t.Errorf("without a rating: status %d, or what was typed is gone", b.status)
	}
	b.submit("/case/"+o.Number+"/callback", url.Values{"callback.outcome": {"answered"}, "callback.solved": {"no"}, "callback.rating": {"1"}, "callback.remark": {words}})
	if state, unit := stateOf(t, a, o); b.status != 200 || state != request.InProgress || unit != "water" {
		t.Errorf("not solved: status %d, state %s, unit %s", b.status, state, unit)
	}
}

func TestContactIsShownForAReasonAndTheAuditorSeesWhoLooked(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	o := answered(t, a, 1)
	var contact string
	if err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		list, err := request.Contacts(tx, actor.System, o)
		contact = "/case/" + o.Number + "/contact/" + list[0].ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, a.Handler(), "reviewer1201")
	b.open(contact)
	if strings.Contains(b.body, secretPhone) {
		t.Error("shown before a reason was given")
	}
	b.submit(contact, url.Values{"reason": {"other"}})
	if b.status != 422 || strings.Contains(b.body, secretPhone) {
		t.Errorf("without a reason: status %d", b.status)
	}
	b.submit(contact, url.Values{"reason": {"other"}, "other": {"核对门牌"}})
	if b.status != 200 || !strings.Contains(b.body, secretPhone) || b.header.Get("Cache-Control") != "no-store" {
		t.Errorf("with a reason: status %d, cache %q", b.status, b.header.Get("Cache-Control"))
	}
	b = signedIn(t, a.Handler(), "auditor1401")
	b.open("/audit?number=" + o.Number)
	if !strings.Contains(b.text(), "核对门牌") || strings.Contains(b.body, secretPhone) || strings.Contains(b.body, "李四") {
		t.Error("the log lacks the look, or shows what was seen")
	}
	if b.open(contact); b.status != 403 {
		t.Errorf("the auditor at the contact: status %d, want 403", b.status)
	}
}

var listLink = regexp.MustCompile(`href="(/list\?[^"]*)">([\d,]+)<`)

// TestBoardLinksLeadToListsOfTheSameLength follows the addresses that the page
// shows, as the list itself reads them.
func TestBoardLinksLeadToListsOfTheSameLength(t *testing.T) {
	a, clock := openCity(t, sqldb.SQLite)
	for n := range int64(3) {
		answered(t, a, n+1)
	}
	clock.Add(5 * 24 * time.Hour)
	b := signedIn(t, a.Handler(), "supervisor1301")
	b.open("/board?span=d30")
	links := listLink.FindAllStringSubmatch(b.body, -1)
	if b.status != 200 || len(links) < 20 {
		t.Fatalf("board: status %d, %d links", b.status, len(links))
	}
	above := 0
	for _, l := range links {
		u, err := url.Parse(strings.ReplaceAll(l[1], "&amp;", "&"))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := strconv.ParseInt(strings.ReplaceAll(l[2], ",", ""), 10, 64)
		err = a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
			n, err := request.Count(tx, actor.System, request.ParseFilter(u.Query(), a.Catalog.Book().Calendar.Zone))
			if n != want {
				t.Errorf("%s: the board says %d, the list has %d", l[1], want, n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if want > 0 {
			above++
		}
	}
	if above < 8 {
		t.Errorf("only %d figures above zero", above)
	}
}
