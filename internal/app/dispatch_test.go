package app_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// waiting makes a request that waits to be dispatched.
func waiting(t *testing.T, a *app.App, n int64, d request.Draft) *request.Order {
	t.Helper()
	var o *request.Order
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) (err error) {
		tx.Now = tx.Now.Add(time.Duration(n) * time.Second)
		d.ID, d.Number, d.State = matter.ID(id.New(tx.Now)), id.Number(tx.Now, n), request.ToDispatch
		d.Type, d.Channel, d.Publicity = "help", "phone", request.Public
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		o, err = request.Create(tx, keys, actor.System, d)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// somewhere is a community of the demo city with a point in it.
func somewhere(t *testing.T, a *app.App) (area string, lat, lng float64) {
	t.Helper()
	for _, x := range a.Atlas.Atlas().Areas {
		if x.Level == "community" {
			return x.Code, x.Lat, x.Lng
		}
	}
	t.Fatal("the city has no community")
	return "", 0, 0
}

func stateOf(t *testing.T, a *app.App, o *request.Order) (state, unit string) {
	t.Helper()
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		now, err := request.Find(tx, actor.System, o.ID)
		if err == nil {
			state, unit = now.State, now.Unit
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return state, unit
}

func TestQueueSendsWhatIsCertainAndSaysWhatIsNot(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	area, lat, lng := somewhere(t, a)
	lamp := request.Draft{Title: "路灯不亮", Category: "010101", Area: area, Lat: lat, Lng: lng}
	first, second, unsure := waiting(t, a, 1, lamp), waiting(t, a, 2, lamp), waiting(t, a, 3, request.Draft{Title: "说不清的事", Category: uncertainCategory(t, a), Area: area})
	b := signedIn(t, a.Handler(), "dispatcher1101")
	b.open("/dispatch")
	for _, want := range []string{"待派单 3", "路灯管理所", "同一件事可能有2件", "兜底"} {
		if !strings.Contains(b.text(), want) {
			t.Errorf("the queue does not say %q: %.900s", want, b.text())
		}
	}
	if b.open("/dispatch/counts?part=urgent"); b.status != 200 || !strings.Contains(b.text(), "待派单 3") || strings.Contains(b.body, "<html") {
		t.Errorf("the refreshed tabs: status %d, %.300s", b.status, b.body)
	}
	b.open("/dispatch")
	picks := regexp.MustCompile(`name="send" value="([^"]+)"`).FindAllStringSubmatch(b.body, -1)
	if len(picks) != 3 {
		t.Fatalf("%d rows can be sent, want 3", len(picks))
	}
	form := url.Values{"pick": {picks[0][1], picks[1][1], picks[2][1]}}
	touch(t, a, second)
	b.submit("/dispatch", form)
	for _, want := range []string{"派出1件", "2件没派", "有人改动了它", "没有明确到单位"} {
		if !strings.Contains(b.text(), want) {
			t.Errorf("the summary does not say %q: %.600s", want, b.text())
		}
	}
	if state, unit := stateOf(t, a, first); state != request.ToAccept || unit != "lighting" {
		t.Errorf("the certain one: %s at %q", state, unit)
	}
	for _, o := range []*request.Order{second, unsure} {
		if state, _ := stateOf(t, a, o); state != request.ToDispatch {
			t.Errorf("%s was sent: %s", o.Title, state)
		}
	}
	b.open("/dispatch")
	one := regexp.MustCompile(`name="send" value="(` + unsure.Number + `[^"]+)"`).FindStringSubmatch(b.body)
	if one == nil {
		t.Fatal("the uncertain one cannot be sent after a look")
	}
	b.submit("/dispatch", url.Values{"send": {one[1]}})
	if state, unit := stateOf(t, a, unsure); state != request.ToAccept || unit == "" {
		t.Errorf("after a look: %s at %q", state, unit)
	}
}

// uncertainCategory is a leaf for which the duty list names nobody but the
// district: a new one that no line covers.
func uncertainCategory(t *testing.T, a *app.App) string {
	t.Helper()
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error {
		return catalog.SaveCategory(tx, "test", catalog.Category{Code: "99", Name: "新鲜事", Limit: calendar.Limit{N: 5, Unit: "wd"}, Active: true}, 0)
	})
	if err == nil {
		err = a.Reload(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return "99"
}

// touch is a change by somebody else.
func touch(t *testing.T, a *app.App, o *request.Order) {
	t.Helper()
	err := a.DB.Update(t.Context(), func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, o.ID, 0)
		if err != nil {
			return err
		}
		return o.Record(tx, actor.System, request.Deed{Name: request.DeedNoted})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPanelKeepsWhatWasTypedAndShowsTheCommunitysList(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	area, lat, lng := somewhere(t, a)
	o := waiting(t, a, 1, request.Draft{Title: "路灯不亮", Category: "010101", Area: area, Lat: lat, Lng: lng})
	b := signedIn(t, a.Handler(), "dispatcher1101")
	b.open("/case/" + o.Number)
	send := "/case/" + o.Number + "/send"
	community, _ := a.Atlas.Atlas().Find(area)
	name := unitOf(t, a, "community", area)
	b.submit(send, url.Values{"send.lead": {name}, "send.instruction": {"今晚有雨，先断电"}})
	if b.status != 422 || !strings.Contains(b.text(), "社区只能接这些事") || !strings.Contains(b.body, "今晚有雨，先断电") {
		t.Errorf("community %s as lead: status %d, %.800s", community.Name, b.status, b.text())
	}
	stale := url.Values{"send.lead": {"路灯管理所"}, "send.reason": {"归它管的"}, "version": {strconv.FormatInt(o.Version, 10)}}
	touch(t, a, o)
	b.submit(send, stale)
	if b.status != 409 || !strings.Contains(b.body, "归它管的") {
		t.Errorf("stale form: status %d, the typed text kept: %v", b.status, strings.Contains(b.body, "归它管的"))
	}
	b.submit(send, url.Values{"send.lead": {"没有这个单位"}})
	if b.status != 422 || !strings.Contains(b.text(), "没有叫“没有这个单位”的在用单位") {
		t.Errorf("unknown unit: status %d, %.600s", b.status, b.text())
	}
	b.submit(send, url.Values{"send.lead": {"lighting"}})
	if state, unit := stateOf(t, a, o); state != request.ToAccept || unit != "lighting" {
		t.Errorf("%s at %s: %.600s", state, unit, b.text())
	}
}

func unitOf(t *testing.T, a *app.App, kind, area string) string {
	t.Helper()
	var name string
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		units, err := actor.UnitsOf(tx, kind, area)
		if err == nil && len(units) == 0 {
			err = fmt.Errorf("no %s for %s", kind, area)
		}
		if err == nil {
			name = units[0].Name
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}
