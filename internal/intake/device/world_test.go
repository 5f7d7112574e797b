package device_test

import (
	"fmt"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/blob"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/device"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var (
	keys     = vault.Test()
	sysadmin = actor.Actor{ID: "s-admin", Roles: []actor.Role{actor.SysAdmin}}
	clerk    = actor.Actor{ID: "s-clerk", Roles: []actor.Role{actor.Clerk}}
	platform = device.Owner{Kind: device.OfSource, Code: "water"}
)

// level is the rule of the gauges under test: bad from 30 cm, good again at 20.
var level = device.Rule{Kind: "积水监测仪", Name: "路面积水超警戒", Metric: "level", Unit: "cm", Trip: 30, Clear: 20, Times: 1, Minutes: 10,
	Category: "0101", Urgency: "urgent", RedoHours: 24, Advice: "请先设置警示。", Active: true}

// world is a city with a water platform, three gauges and one rule.
func world(t *testing.T, db *sqldb.DB) *device.Service {
	t.Helper()
	in := &intake.Service{DB: db, Vault: keys, Blobs: blob.NewMemory(db.Now), Catalog: &catalog.Shelf{DB: db}, Atlas: &place.Shelf{DB: db}}
	in.Advice = &advice.Advisor{DB: db, Catalog: in.Catalog}
	update(t, db, func(tx *sqldb.Tx) error {
		if err := actor.SaveUnit(tx, actor.Unit{ID: "city", Name: "云泽市", Kind: "city", Active: true}); err != nil {
			return err
		}
		if err := actor.SaveUnit(tx, actor.Unit{ID: "drains", Parent: "city", Name: "排水管理处", Kind: "department", Active: true}); err != nil {
			return err
		}
		for _, c := range []catalog.Category{{Code: "01", Name: "市政设施"}, {Code: "0101", Parent: "01", Name: "道路积水", Type: "help"}} {
			c.Limit, c.Urgency, c.Active, c.Publicity = calendar.Limit{N: 5, Unit: "wd"}, "normal", true, "public"
			if err := catalog.SaveCategory(tx, "test", c, 0); err != nil {
				return err
			}
		}
		if err := device.SaveSource(tx, device.Source{Code: "water", Name: "智慧水务平台", Active: true}); err != nil {
			return err
		}
		for i := range 3 {
			d := device.Device{Code: fmt.Sprintf("JS-%d", i+1), Name: fmt.Sprintf("文昌路下穿%d号", i+1), Kind: "积水监测仪", Address: "文昌路", Source: "water", Active: true}
			if err := device.Save(tx, "test", d); err != nil {
				return err
			}
		}
		if err := device.Save(tx, "test", device.Device{Code: "JG-1", Name: "井盖1号", Kind: "窨井盖", Active: true}); err != nil {
			return err
		}
		_, err := device.SaveRule(tx, "test", level)
		return err
	})
	for _, load := range []func() error{func() error { return in.Catalog.Reload(t.Context()) }, func() error { return in.Atlas.Reload(t.Context()) }} {
		if err := load(); err != nil {
			t.Fatal(err)
		}
	}
	in.Numbers = &request.Numbers{DB: db, Zone: in.Catalog.Book().Calendar.Zone}
	return &device.Service{DB: db, Vault: keys, Catalog: in.Catalog, Atlas: in.Atlas, Numbers: in.Numbers, Intake: in}
}

// set changes a number of the city's.
func set(t *testing.T, s *device.Service, name, value string) {
	t.Helper()
	update(t, s.DB, func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, name, value) })
	if err := s.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func rule(t *testing.T, s *device.Service, change func(*device.Rule)) {
	t.Helper()
	update(t, s.DB, func(tx *sqldb.Tx) error {
		list, err := device.Rules(tx)
		if err != nil {
			return err
		}
		r := list[0]
		change(&r)
		_, err = device.SaveRule(tx, "test", r)
		return err
	})
}

// take sends a reading of JS-1 and gives what became of it.
func take(t *testing.T, s *device.Service, r device.Reading) device.Outcome {
	t.Helper()
	if r.Device == "" {
		r.Device = "JS-1"
	}
	r.Metric = "level"
	out, err := s.Take(t.Context(), platform, r, []byte("raw"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func update(t *testing.T, db *sqldb.DB, f func(*sqldb.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *sqldb.DB, q string, args ...any) (n int64) {
	t.Helper()
	if err := db.View(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(q, args...).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func cases(t *testing.T, s *device.Service) int64 {
	t.Helper()
	return count(t, s.DB, `select count(*) from request_order where channel = 'device'`)
}

// fault is the newest one.
func fault(t *testing.T, s *device.Service) (f device.Fault) {
	t.Helper()
	err := s.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		var m matter.ID
		if err := tx.QueryRow(`select matter_id from intake_device_fault order by id desc limit 1`).Scan(&m); err != nil {
			return err
		}
		list, err := device.Faults(tx, m)
		if len(list) > 0 {
			f = list[len(list)-1].Fault
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func order(t *testing.T, s *device.Service, m matter.ID) (o *request.Order) {
	t.Helper()
	err := s.DB.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		o, err = request.Find(tx, actor.System, m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func deeds(t *testing.T, s *device.Service, m matter.ID, name string) int64 {
	t.Helper()
	return count(t, s.DB, `select count(*) from matter_event where matter_id = $1 and name = $2`, string(m), name)
}

// closeCase takes a request through its life.
func closeCase(t *testing.T, s *device.Service, m matter.ID) {
	t.Helper()
	update(t, s.DB, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, m, 0)
		if err != nil {
			return err
		}
		task, err := request.AddTask(tx, request.Task{Matter: m, Unit: "drains", Lead: true, Limit: calendar.Limit{N: 3, Unit: "wd"}, DueAt: o.DueAt})
		if err != nil {
			return err
		}
		o.Unit = "drains"
		for _, deed := range []string{request.DeedDispatched, request.DeedAccepted, request.DeedReplied, request.DeedReviewPassed, request.DeedClosed} {
			if err := o.Record(tx, actor.System, request.Deed{Name: deed}); err != nil {
				return err
			}
		}
		return request.MoveTask(tx, task, request.TaskDone)
	})
}

func clockOf(t *testing.T, s *device.Service) *sqldbtest.Clock {
	t.Helper()
	return sqldbtest.ClockOf(s.DB)
}
