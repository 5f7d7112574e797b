package request_test

import (
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var (
	keys  = vault.Test()
	agent = actor.Actor{ID: "s-agent", Roles: []actor.Role{actor.Agent}, UnitID: "12345", UnitPath: "city/12345/"}
	lamps = actor.Actor{ID: "s-lamps", Roles: []actor.Role{actor.Clerk}, UnitID: "lamps", UnitPath: "city/lamps/"}
	water = actor.Actor{ID: "s-water", Roles: []actor.Role{actor.Clerk}, UnitID: "water", UnitPath: "city/water/"}
	root  = actor.Actor{ID: "s-root", Roles: []actor.Role{actor.SysAdmin}, UnitID: "city", UnitPath: "city/"}
)

// world is a city of three units.
func world(t *testing.T, db *sqldb.DB) {
	t.Helper()
	update(t, db, func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "12345", Parent: "city", Name: "热线", Kind: "hotline"},
			{ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department"}, {ID: "water", Parent: "city", Name: "水务集团", Kind: "utility"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		return nil
	})
}

func update(t *testing.T, db *sqldb.DB, f func(*sqldb.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, db *sqldb.DB, d request.Draft, lead string) *request.Order {
	t.Helper()
	var o *request.Order
	update(t, db, func(tx *sqldb.Tx) (err error) {
		d.ID = matter.ID(id.New(tx.Now))
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		last, err := request.TakeNumbers(tx, "261123", 1)
		if err != nil {
			return err
		}
		d.Number, d.State = id.Number(tx.Now, last), request.ToDispatch
		if d.Channel == "" {
			d.Channel, d.Type = "phone", "help"
		}
		if o, err = request.Create(tx, keys, agent, d); err != nil || lead == "" {
			return err
		}
		_, err = request.AddTask(tx, request.Task{Matter: o.ID, Unit: lead, Lead: true, Limit: calendar.Limit{N: 5, Unit: "wd"}, DueAt: tx.Now.Add(time.Hour)})
		if err != nil {
			return err
		}
		o.Unit = lead
		return o.Record(tx, agent, request.Deed{Name: request.DeedDispatched, Notes: []request.Note{{Kind: "reason", Text: "路灯归路灯所"}}})
	})
	return o
}

func TestLifeIsSound(t *testing.T) {
	if err := request.Life.Check(); err != nil {
		t.Error(err)
	}
}

func TestUnitsSeeOnlyTheirOwn(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		o := create(t, db, request.Draft{Title: "路灯不亮"}, "lamps")
		for _, x := range []struct {
			who  actor.Actor
			sees int
		}{{agent, 1}, {lamps, 1}, {water, 0}, {root, 0}, {actor.Actor{}, 0}} {
			_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
				rows, _, err := request.List(tx, x.who, request.Filter{}, request.Page{})
				if err != nil || len(rows) != x.sees {
					t.Errorf("%s sees %d requests (%v), want %d", x.who.ID, len(rows), err, x.sees)
				}
				n, err := request.Count(tx, x.who, request.Filter{Open: "yes"})
				if err != nil || int(n) != x.sees {
					t.Errorf("%s counts %d requests (%v), want %d", x.who.ID, n, err, x.sees)
				}
				_, err = request.Find(tx, x.who, o.ID)
				if (err == nil) != (x.sees == 1) || err != nil && fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s finds it: %v", x.who.ID, err)
				}
				return nil
			})
		}
	})
}

func TestAccusedUnitNeverSeesTheReport(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		o := create(t, db, request.Draft{Title: "举报路灯所吃拿卡要", Type: "report", Channel: "phone", Sealed: true, Subjects: []string{"lamps"},
			Contact: request.Contact{Name: "李四", Phone: "13800005521", Masked: "李** 138****5521"}}, "water")
		update(t, db, func(tx *sqldb.Tx) error { // even if a task was given to it by mistake
			_, err := request.AddTask(tx, request.Task{Matter: o.ID, Unit: "lamps", DueAt: tx.Now})
			return err
		})
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			if _, err := request.Find(tx, lamps, o.ID); fault.KindOf(err) != fault.NotFound {
				t.Errorf("the accused unit finds the report: %v", err)
			}
			seen, err := request.Find(tx, water, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			contacts, err := request.Contacts(tx, water, seen)
			if err != nil || len(contacts) != 0 {
				t.Errorf("the handling unit sees the reporter: %v, %v", contacts, err)
			}
			return nil
		})
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			var contact string
			if err := tx.QueryRow(`select id from request_contact`).Scan(&contact); err != nil {
				return err
			}
			_, err := request.Reveal(tx, keys, water, o, contact, "回电核实")
			return err
		})
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("reveal to the handling unit: %v, want denied", err)
		}
	})
}

func TestContactIsSealedMaskedAndEachLookLogged(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		o := create(t, db, request.Draft{Title: "路灯不亮", Contact: request.Contact{Name: "李芳", Phone: "13800005521", Masked: "李** 138****5521"}}, "lamps")
		var contact string
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			var name, phone, token string
			err := tx.QueryRow(`select id, name, phone, phone_token from request_contact`).Scan(&contact, &name, &phone, &token)
			if err != nil || strings.Contains(name+phone+token, "5521") || strings.Contains(name, "李芳") {
				t.Errorf("stored in the clear: %q %q %q %v", name, phone, token, err)
			}
			seen, err := request.ByPhone(tx, keys, agent, "13800005521", 5)
			if err != nil || len(seen) != 1 || seen[0].ID != o.ID {
				t.Errorf("found by phone: %v, %v", seen, err)
			}
			return nil
		})
		reveal := func(reason string) (c request.Contact, err error) {
			err = db.Update(t.Context(), func(tx *sqldb.Tx) error {
				c, err = request.Reveal(tx, keys, lamps, o, contact, reason)
				return err
			})
			return c, err
		}
		if _, err := reveal(" "); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a look without a reason: %v", err)
		}
		c, err := reveal("上门前联系")
		if err != nil || c.Phone != "13800005521" || c.Name != "李芳" {
			t.Errorf("revealed %+v, %v", c, err)
		}
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			var n int
			if err := tx.QueryRow(`select count(*) from request_look where actor = 's-lamps' and reason = '上门前联系'`).Scan(&n); err != nil || n != 1 {
				t.Errorf("looks logged: %d, %v, want 1", n, err)
			}
			return nil
		})
	})
}

func TestResidentSeesPublicTextsOnly(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		o := create(t, db, request.Draft{Title: "路灯不亮"}, "lamps")
		update(t, db, func(tx *sqldb.Tx) error {
			o, err := request.Load(tx, lamps, o.ID, 0)
			if err != nil {
				return err
			}
			if err := o.Record(tx, lamps, request.Deed{Name: request.DeedAccepted}); err != nil {
				return err
			}
			return o.Record(tx, lamps, request.Deed{Name: request.DeedReplied, Notes: []request.Note{
				{Kind: "record", Text: "内部经过"}, {Kind: "answer", Audience: request.Public, Text: "已修好"}}})
		})
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			lines, err := request.Timeline(tx, actor.Actor{}, o)
			if err != nil {
				t.Fatal(err)
			}
			last := lines[len(lines)-1]
			if len(last.Notes) != 1 || last.Notes[0].Text != "已修好" || last.Who != "" {
				t.Errorf("the resident reads %+v by %q", last.Notes, last.Who)
			}
			return nil
		})
	})
}

func TestPagesNeverRepeatOrSkip(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		for range 13 {
			create(t, db, request.Draft{Title: "路灯不亮"}, "lamps")
		}
		for _, sort := range []string{"new", "due"} {
			seen, after := map[matter.ID]bool{}, ""
			for pages := 0; ; pages++ {
				var rows []request.Row
				err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
					rows, after, err = request.List(tx, lamps, request.Filter{Sort: sort}, request.Page{After: after, Size: 5})
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					if seen[r.ID] {
						t.Errorf("%s: %s came twice", sort, r.Number)
					}
					seen[r.ID] = true
				}
				if after == "" || pages > 5 {
					break
				}
			}
			if len(seen) != 13 {
				t.Errorf("%s: got %d of 13", sort, len(seen))
			}
		}
	})
}

func TestSearchFindsTwoCharactersAndRareOnesWithinTheScope(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		o := create(t, db, request.Draft{Title: "路灯不亮", Body: "䶮家巷口的灯坏了三天", Address: "梧桐路32号"}, "lamps")
		create(t, db, request.Draft{Title: "井盖松动"}, "water")
		if err := request.Indexer().Drain(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			who  actor.Actor
			text string
			want int
		}{{agent, "路灯", 1}, {agent, "䶮", 1}, {agent, "梧桐", 1}, {agent, "灯路", 0}, {lamps, "路灯", 1}, {water, "路灯", 0}, {agent, o.Number, 1}} {
			_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
				rows, _, err := request.List(tx, x.who, request.Filter{Text: x.text}, request.Page{})
				if err != nil || len(rows) != x.want {
					t.Errorf("%s looks for %s: %d found (%v), want %d", x.who.ID, x.text, len(rows), err, x.want)
				}
				return nil
			})
		}
	})
}
