package intake_test

import (
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/blob"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

var (
	keys  = vault.Test()
	anne  = actor.Actor{} // a resident
	agent = actor.Actor{ID: "s-agent", Roles: []actor.Role{actor.Agent}, UnitID: "12345", UnitPath: "city/12345/"}
	clerk = actor.Actor{ID: "s-lamps", Roles: []actor.Role{actor.Clerk}, UnitID: "lamps", UnitPath: "city/lamps/"}
)

const square = `{"type":"Polygon","coordinates":[[[120,30],[120.1,30],[120.1,30.1],[120,30.1],[120,30]]]}`

// world is a city of one community, three units and a few categories.
func world(t *testing.T, db *sqldb.DB) *intake.Service {
	t.Helper()
	update(t, db, func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "12345", Parent: "city", Name: "热线", Kind: "hotline"},
			{ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}, {ID: "nanhu", Parent: "city", Name: "南湖区", Kind: "district", Area: "330101"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		for _, a := range []place.Area{{Code: "330101", Level: place.District, Name: "南湖区"}, {Code: "330101001", Parent: "330101", Level: place.Street, Name: "文昌街道"},
			{Code: "330101001001", Parent: "330101001", Level: place.Community, Name: "梧桐社区", Border: square}} {
			a.Active = true
			if err := place.SaveArea(tx, a); err != nil {
				return err
			}
		}
		if err := place.SaveAddress(tx, place.Address{ID: "a1", Text: "梧桐路32号", Area: "330101001001", Lat: 30.05, Lng: 120.05}); err != nil {
			return err
		}
		for _, c := range []catalog.Category{{Code: "01", Name: "市政设施"},
			{Code: "0101", Parent: "01", Name: "路灯不亮", Keywords: []string{"路灯", "路灯坏了"}, Publicity: "public", Type: "help"},
			{Code: "0102", Parent: "01", Name: "家里漏水", Keywords: []string{"漏水"}, Publicity: "masked", Type: "help"},
			{Code: "0103", Parent: "01", Name: "作风问题", Publicity: "private", Type: "report"}} {
			c.Limit, c.Urgency, c.Active, c.Publicity = calendar.Limit{N: 5, Unit: "wd"}, "normal", true, or(c.Publicity, "public")
			if err := catalog.SaveCategory(tx, "test", c, 0); err != nil {
				return err
			}
		}
		if err := catalog.SaveText(tx, "test", catalog.Text{Code: "received", Kind: "notice", Title: "收到", Body: "“{事项}”已收到，编号{编号}", Active: true}); err != nil {
			return err
		}
		return catalog.SaveDuty(tx, "test", catalog.Duty{ID: "d1", Category: "0101", Lead: "lamps", Active: true}, 0)
	})
	s := &intake.Service{DB: db, Vault: keys, Blobs: blob.NewMemory(db.Now), Catalog: &catalog.Shelf{DB: db}, Atlas: &place.Shelf{DB: db}}
	s.Advice = &advice.Advisor{DB: db, Catalog: s.Catalog}
	if err := s.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Atlas.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Numbers = &request.Numbers{DB: db, Zone: s.Catalog.Book().Calendar.Zone}
	return s
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func update(t *testing.T, db *sqldb.DB, f func(*sqldb.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, s *intake.Service, r intake.Report) intake.Receipt {
	t.Helper()
	out, err := s.Receive(t.Context(), anne, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func find(t *testing.T, s *intake.Service, m matter.ID) (o *request.Order) {
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

func count(t *testing.T, db *sqldb.DB, q string, args ...any) (n int) {
	t.Helper()
	if err := db.View(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(q, args...).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// send gives the lamps unit the request, as the dispatcher would.
func send(t *testing.T, s *intake.Service, m matter.ID, states ...string) {
	t.Helper()
	update(t, s.DB, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, m, 0)
		if err != nil {
			return err
		}
		if _, err := request.AddTask(tx, request.Task{Matter: m, Unit: "lamps", Lead: true, Limit: calendar.Limit{N: 3, Unit: "wd"}, DueAt: o.DueAt}); err != nil {
			return err
		}
		o.Unit = "lamps"
		for _, deed := range append([]string{request.DeedDispatched}, states...) {
			if err := o.Record(tx, actor.System, request.Deed{Name: deed}); err != nil {
				return err
			}
		}
		return nil
	})
}
