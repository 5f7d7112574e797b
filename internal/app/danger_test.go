package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"gongzhi/internal/actor"
	"gongzhi/internal/intake/open311"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// dangerDoors are the ways in by which a resident, or another system, says that
// gas is leaking: steps of a story, or a call of a program.
var dangerDoors = []struct {
	channel string
	steps   string
	call    func(s *story)
}{
	{channel: "web", steps: `
as resident
open /report/quick
submit /report/quick what="楼道里煤气泄漏，味道很大" address=梧桐路32号`},
	{channel: "web", call: func(s *story) {
		b := newBrowser(s.t, s.app.Handler())
		draft := told(b, "楼道里煤气泄漏，味道很大")
		b.open(draft + "/check")
		b.submit(draft+"/check", nil)
	}},
	{channel: "wechat", steps: `
as sysadmin1501
open /setup/wechat
submit /setup/wechat app_id=wxde30de30de30de30 token=yunzedemo aes_key=kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR secret=yunze-demo
as resident
open /demo/wechat
submit /demo/wechat key=subscribe
submit /demo/wechat text="楼道里煤气泄漏，味道很大"
submit /demo/wechat text=梧桐路32号
submit /demo/wechat text=跳过
submit /demo/wechat text=跳过
submit /demo/wechat text=跳过
submit /demo/wechat text=确认`},
	{channel: "mail", steps: `
mail gas.eml
run`},
	{channel: "api", call: func(s *story) {
		p := &program{t: s.t, h: s.app.Handler(), header: http.Header{"Idempotency-Key": {"0123456789abcdef0123"}}}
		if p.call("POST", "/reports", map[string]any{"what": "楼道里煤气泄漏，味道很大", "address": "梧桐路32号"}); p.status != 201 {
			s.t.Fatalf("status %d: %s", p.status, p.body)
		}
	}},
	{channel: "open311", call: func(s *story) {
		key, err := s.app.Open311.GrantKey(s.t.Context(), cityAdmin, open311.GrantKey{Name: "地铁公司", Scopes: []string{"create"}})
		if err != nil {
			s.t.Fatal(err)
		}
		form := url.Values{"api_key": {key}, "service_code": {"010101"}, "address_string": {"梧桐路32号"}, "description": {"楼道里煤气泄漏，味道很大"}}
		r := httptest.NewRequest("POST", "/open311/v2/requests.json", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if s.app.Handler().ServeHTTP(w, r); w.Code != 200 {
			s.t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}},
	{channel: "phone", steps: `
as sysadmin1501
open /import
submit /import mapping=match file=<gas.csv>
keep run ^/import/([0-9A-Z]{26})
submit /import/$run/match name=来电登记表
run
open /import/$run
submit /import/$run/start
run`},
}

const dangerFiles = `
-- gas.eml --
Message-ID: <gas@x>
From: li@example.cn
To: 12345@yunze.example
Subject: =?utf-8?b?5rGC5Yqp?=
Content-Type: text/plain; charset=utf-8

楼道里煤气泄漏，味道很大
-- gas.csv --
工单号,内容,来电时间,截止时间,渠道,状态,备注
A1,楼道里煤气泄漏，味道很大,2026-05-11 08:30,2026-05-20 18:00,电话,办理中,转自旧系统
A2,楼道里煤气泄漏，味道很大，已修好,2026-05-11 08:30,2026-05-20 18:00,电话,办结,
A3,去年楼道里煤气泄漏，味道很大,2025-05-11 08:30,2025-05-20 18:00,电话,办理中,
`

// TestWordsOfDangerRaiseTheAlarmAtEveryRealDoor goes in by each door as people
// and programs do, and looks at what stands in the books: urgent, the signal with
// its words and number, and its limit of two hours.
func TestWordsOfDangerRaiseTheAlarmAtEveryRealDoor(t *testing.T) {
	files := txtar.Parse([]byte(dangerFiles)).Files
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			a, clock := openCity(t, d)
			s := &story{t: t, app: a, clock: clock, kept: map[string]string{}, people: map[string]*browser{}, files: files}
			s.play("clock 2026-05-11 09:00")
			seen := map[matter.ID]bool{}
			for _, door := range dangerDoors {
				s.play(door.steps)
				if door.call != nil {
					door.call(s)
				}
				raised := newAlarms(t, a.DB, seen)
				if len(raised) != 1 {
					t.Errorf("%s: %d alarms, want 1", door.channel, len(raised))
				}
				for _, x := range raised {
					if x.order.Channel != door.channel || x.order.Urgency != "urgent" || !x.alarm.Live() || x.alarm.Signal != "gas-leak" || strings.Join(x.alarm.Found, " ") != "煤气 泄漏" || x.alarm.Phone == "" {
						t.Errorf("%s: by %s, %s, %+v", door.channel, x.order.Channel, x.order.Urgency, x.alarm)
					}
					if left := x.order.DueAt.Sub(clock.Now()); left > 2*time.Hour || left < 2*time.Hour-time.Minute {
						t.Errorf("%s: due in %v, want two hours", door.channel, left)
					}
					if !x.told {
						t.Errorf("%s: the history does not say why it is urgent", door.channel)
					}
				}
			}
		})
	}
}

type raised struct {
	order *request.Order
	alarm request.Alarm
	told  bool // the history says why
}

// newAlarms are the requests with an alarm that were not there before.
func newAlarms(t *testing.T, db *sqldb.DB, seen map[matter.ID]bool) (out []raised) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, _, err := request.List(tx, actor.System, request.Filter{}, request.Page{Size: 100})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			alarms, err := request.AlarmsOf(tx, r.ID)
			if err != nil {
				return err
			}
			if alarms[r.ID].Signal == "" {
				continue
			}
			lines, err := request.Timeline(tx, actor.Actor{ID: "s-look", Roles: []actor.Role{actor.Dispatcher}}, &r.Order)
			if err != nil {
				return err
			}
			x := raised{order: &r.Order, alarm: alarms[r.ID]}
			for _, n := range lines[0].Notes {
				x.told = x.told || strings.Contains(n.Text, alarms[r.ID].Name)
			}
			out = append(out, x)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
