package dispatch_test

import (
	"context"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

// area is the community in which everything happens.
const area = "330101001001"

var (
	agent      = actor.Actor{ID: "s-agent", Roles: []actor.Role{actor.Agent}, UnitID: "12345", UnitPath: "city/12345/"}
	dispatcher = actor.Actor{ID: "s-disp", Roles: []actor.Role{actor.Dispatcher}, UnitID: "12345", UnitPath: "city/12345/"}
	lampClerk  = actor.Actor{ID: "s-lamps", Roles: []actor.Role{actor.Clerk}, UnitID: "lamps", UnitPath: "city/lamps/"}
	district   = actor.Actor{ID: "s-d1", Roles: []actor.Role{actor.Lead}, UnitID: "d1", UnitPath: "city/d1/"}
)

// world is a small city with a duty list.
type world struct {
	*dispatch.Service
	t *testing.T
	n int64
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	t.Helper()
	w := &world{t: t, Service: &dispatch.Service{DB: db, Vault: vault.Test(), Catalog: &catalog.Shelf{DB: db}, Atlas: &place.Shelf{DB: db},
		Numbers: &request.Numbers{DB: db, Zone: time.UTC}}}
	w.must(db.Update(t.Context(), func(tx *sqldb.Tx) error {
		return each(
			func() error { return units(tx) },
			func() error { return categories(tx) },
			func() error { return rules(tx) },
		)
	}))
	w.must(w.Catalog.Reload(t.Context()))
	w.must(w.Atlas.Reload(t.Context()))
	return w
}

func each(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func units(tx *sqldb.Tx) error {
	for _, u := range []actor.Unit{{ID: "city", Name: "云泽市政府", Kind: "city"}, {ID: "12345", Parent: "city", Name: "12345热线", Kind: "hotline"},
		{ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}, {ID: "water", Parent: "city", Name: "水务集团", Kind: "utility"},
		{ID: "d1", Parent: "city", Name: "南湖区政府", Kind: "district", Area: area[:6]}, {ID: "s1", Parent: "d1", Name: "文昌街道", Kind: "street", Area: area[:9]},
		{ID: "c1", Parent: "s1", Name: "梧桐社区", Kind: "community", Area: area}, {ID: "330101-housing", Parent: "d1", Name: "南湖区住建局", Kind: "department"}} {
		u.Active = true
		if err := actor.SaveUnit(tx, u); err != nil {
			return err
		}
	}
	if err := place.SaveArea(tx, place.Area{Code: area[:6], Level: "district", Name: "南湖区", Active: true}); err != nil {
		return err
	}
	return place.SaveArea(tx, place.Area{Code: area, Parent: area[:6], Level: "community", Name: "梧桐社区", Active: true})
}

func categories(tx *sqldb.Tx) error {
	for _, c := range []catalog.Category{{Code: "01", Name: "市政设施"}, {Code: "0101", Parent: "01", Name: "路灯不亮", Limit: calendar.Limit{N: 5, Unit: "wd"}},
		{Code: "0102", Parent: "01", Name: "漏电", Limit: calendar.Limit{N: 4, Unit: "h"}, Urgency: "urgent"},
		{Code: "13", Name: "社区事务"}, {Code: "1301", Parent: "13", Name: "邻里调解", Limit: calendar.Limit{N: 3, Unit: "wd"}}, {Code: "1302", Parent: "13", Name: "占道经营", Limit: calendar.Limit{N: 3, Unit: "wd"}}} {
		if c.Limit.Unit == "" {
			c.Limit.Unit = "wd"
		}
		c.Active = true
		if err := catalog.SaveCategory(tx, "test", c, 0); err != nil {
			return err
		}
	}
	return nil
}

func rules(tx *sqldb.Tx) error {
	for _, d := range []catalog.Duty{{ID: "D01", Category: "*", Lead: "@district", Reason: "属地兜底"},
		{ID: "D02", Category: "0101", Lead: "lamps", Reason: "市政道路照明归路灯管理所", Assists: []catalog.Assist{{Unit: "@street", Limit: calendar.Limit{N: 1, Unit: "wd"}}}},
		{ID: "D03", Category: "0102", Lead: "lamps", Reason: "漏电先断电"},
		{ID: "D04", Category: "1302", Lead: "@street", Reason: "占道经营归街道"}} {
		d.Active = true
		if err := catalog.SaveDuty(tx, "test", d, 0); err != nil {
			return err
		}
	}
	if err := catalog.SaveCommunityItem(tx, catalog.CommunityItem{Category: "1301", Kind: "assist", Note: "上门调解"}); err != nil {
		return err
	}
	for _, r := range []catalog.Refusal{{Code: "beyond_duty", Name: "不属政府部门职责", Tell: "这件事不属政府部门的职责。", Route: "向消费者协会投诉"},
		{Code: "other_lawful", Name: "其他情形", Tell: "依据是：{依据}。", NeedsText: true}, {Code: "legal_route", Name: "应走法定途径", Tell: "要走专门程序。"}} {
		if err := catalog.SaveRefusal(tx, r); err != nil {
			return err
		}
	}
	for code, body := range map[string]string{"dispatched": "{编号}已派{承办单位}，{截止日期}前答复您", "merged": "{编号}并入{主件编号}", "split": "{编号}、{主件编号}、{查询码}",
		"refused": "{原因}，您可以{途径}", "direct": "{编号}已答复", "reminded": "已催办{承办单位}"} {
		if err := catalog.SaveText(tx, "test", catalog.Text{Code: code, Kind: "notice", Title: code, Body: body, Active: true}); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// wants checks the kind and the sentence of a refusal.
func (w *world) wants(err error, kind fault.Kind, key string) {
	w.t.Helper()
	if got, _ := fault.KeyOf(err); fault.KindOf(err) != kind || got != key {
		w.t.Errorf("got %v, want %s %s", err, kind, key)
	}
}

// register makes a request that waits to be dispatched.
func (w *world) register(d request.Draft) *request.Order {
	w.t.Helper()
	if d.Category == "" {
		d.Category = "0101"
	}
	if d.Title == "" {
		d.Title = "路灯不亮"
	}
	if d.Area == "" {
		d.Area = area
	}
	d.Channel, d.Type, d.State = "phone", "help", request.ToDispatch
	d.Contact = request.Contact{Name: "李芳", Phone: "13800005521", Masked: "李** 138****5521"}
	w.n++
	d.Number = id.Number(w.DB.Now(), w.n)
	var o *request.Order
	w.must(w.DB.Update(w.t.Context(), func(tx *sqldb.Tx) (err error) {
		d.ID = matter.ID(id.New(tx.Now))
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		o, err = request.Create(tx, w.Vault, agent, d)
		return err
	}))
	return o
}

// on is an act on the request as the person saw it.
func on(o *request.Order) dispatch.On { return dispatch.On{Number: o.Number, Version: o.Version} }

// now reads the request as it is now.
func (w *world) now(a actor.Actor, o *request.Order) *request.Order {
	w.t.Helper()
	var out *request.Order
	w.must(w.DB.View(w.t.Context(), func(tx *sqldb.Tx) (err error) {
		out, err = request.Find(tx, a, o.ID)
		return err
	}))
	return out
}

func (w *world) tasks(o *request.Order) map[string]request.Task {
	w.t.Helper()
	out := map[string]request.Task{}
	w.must(w.DB.View(w.t.Context(), func(tx *sqldb.Tx) error {
		list, err := request.Tasks(tx, o.ID)
		for _, t := range list {
			out[t.Unit] = t
		}
		return err
	}))
	return out
}

func (w *world) timeline(a actor.Actor, o *request.Order) []request.Line {
	w.t.Helper()
	var out []request.Line
	w.must(w.DB.View(w.t.Context(), func(tx *sqldb.Tx) (err error) {
		out, err = request.Timeline(tx, a, o)
		return err
	}))
	return out
}

// told are the notices about a request.
func (w *world) told(o *request.Order) []string {
	w.t.Helper()
	var out []string
	w.must(w.DB.View(w.t.Context(), func(tx *sqldb.Tx) error {
		all, err := notice.Of(tx, o.ID)
		for _, m := range all {
			out = append(out, m.Words())
		}
		return err
	}))
	return out
}

// objected brings a request to the ruling on a return, as the unit does.
func (w *world) objected(o *request.Order, proposed string) *request.Order {
	w.t.Helper()
	w.must(w.Send(w.t.Context(), dispatcher, dispatch.Send{On: on(o)}))
	w.must(w.DB.Update(w.t.Context(), func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, lampClerk, o.ID, 0)
		if err != nil {
			return err
		}
		t, err := request.OpenLead(tx, o.ID)
		if err != nil {
			return err
		}
		if err := o.Record(tx, lampClerk, request.Deed{Name: request.DeedObjected, Notes: []request.Note{{Kind: "reason", Text: "属小区红线内"}}}); err != nil {
			return err
		}
		_, err = request.Ask(tx, request.Plea{Matter: o.ID, Task: t.ID, Kind: request.PleaReturn, Unit: "lamps", Proposed: proposed, Seq: o.Version})
		return err
	}))
	return w.now(dispatcher, o)
}

func eachDB(t *testing.T, f func(w *world)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { f(newWorld(t, db)) })
}

func ctx(w *world) context.Context { return w.t.Context() }
