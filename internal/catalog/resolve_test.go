package catalog_test

import (
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

const community = "330101001001"

var tree = catalog.NewTree([]catalog.Category{{Code: "01", Name: "市政", Active: true}, {Code: "0101", Parent: "01", Name: "照明", Active: true},
	{Code: "010101", Parent: "0101", Name: "路灯不亮", Active: true}, {Code: "13", Name: "社区", Active: true}, {Code: "1301", Parent: "13", Name: "邻里调解", Active: true}})

func duties(t *testing.T, db *sqldb.DB, lines ...catalog.Duty) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Kind: "city"}, {ID: "lamps", Parent: "city", Kind: "department"}, {ID: "old", Parent: "city", Kind: "department"},
			{ID: "d1", Parent: "city", Kind: "district", Area: community[:6]}, {ID: "330101-housing", Parent: "d1", Kind: "department"},
			{ID: "s1", Parent: "d1", Kind: "street", Area: community[:9]}, {ID: "c1", Parent: "s1", Kind: "community", Area: community}} {
			u.Name, u.Active = "单位"+u.ID, u.ID != "old"
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		for _, d := range lines {
			d.Active = true
			if err := catalog.SaveDuty(tx, "test", d, 0); err != nil {
				return err
			}
		}
		return catalog.SaveCommunityItem(tx, catalog.CommunityItem{Category: "13", Kind: "assist", Note: "协助调解"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClosestLineOfTheDutyListWins(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		duties(t, db,
			catalog.Duty{ID: "all", Category: "*", Lead: "@district", Reason: "兜底"},
			catalog.Duty{ID: "lamp", Category: "0101", Lead: "lamps", Assists: []catalog.Assist{{Unit: "@street", Limit: calendar.Limit{N: 1, Unit: "wd"}}, {Unit: "lamps"}}},
			catalog.Duty{ID: "lamp-estate", Category: "0101", Scope: "estate", Lead: "@bureau:housing"},
			catalog.Duty{ID: "gone", Category: "010101", Lead: "old"},
			catalog.Duty{ID: "past", Category: "010101", Lead: "s1", ValidTo: "2025-12-31"},
			catalog.Duty{ID: "neighbour", Category: "1301", Lead: "@community"})
		for _, c := range []struct {
			name, category string
			place          catalog.Place
			barred         string
			lead, rule     string
			fallback       bool
			assists        string
			passed         string
		}{
			{name: "closest category", category: "010101", place: catalog.Place{Area: community}, lead: "lamps", rule: "lamp", assists: "s1", passed: "gone unknown"},
			{name: "scope", category: "010101", place: catalog.Place{Area: community, Scope: "estate"}, lead: "330101-housing", rule: "lamp-estate", passed: "gone unknown"},
			{name: "accused", category: "010101", place: catalog.Place{Area: community}, barred: "lamps", lead: "d1", rule: "all", fallback: true, passed: "gone unknown lamp barred"},
			{name: "accused street assists nobody", category: "010101", place: catalog.Place{Area: community}, barred: "s1", lead: "lamps", rule: "lamp", passed: "gone unknown"},
			{name: "everything else", category: "13", place: catalog.Place{Area: community[:6]}, lead: "d1", rule: "all", fallback: true},
			{name: "no place", category: "13", passed: "all unknown"},
			{name: "community only assists", category: "1301", place: catalog.Place{Area: community}, lead: "d1", rule: "all", fallback: true, passed: "neighbour list"},
		} {
			t.Run(c.name, func(t *testing.T) {
				_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
					r, err := catalog.NewResolver(tx, tree)
					if err != nil {
						t.Fatal(err)
					}
					got := r.Resolve(c.category, c.place, "2026-11-23", func(u actor.Unit) bool { return u.ID == c.barred })
					var assists, passed []string
					for _, a := range got.Assists {
						assists = append(assists, a.Unit.ID)
					}
					for _, p := range got.Passed {
						passed = append(passed, p.Rule, p.Why)
					}
					if got.Lead.ID != c.lead || got.Rule != c.rule || got.Fallback != c.fallback {
						t.Errorf("lead %q by %q fallback %v, want %q by %q %v", got.Lead.ID, got.Rule, got.Fallback, c.lead, c.rule, c.fallback)
					}
					if a, p := strings.Join(assists, " "), strings.Join(passed, " "); a != c.assists || p != c.passed {
						t.Errorf("assists %q, passed %q, want %q, %q", a, p, c.assists, c.passed)
					}
					return nil
				})
			})
		}
	})
}

func TestCommunityIsAskedOnlyWhatItsListAllows(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		duties(t, db)
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			c1, err := actor.FindUnit(tx, "c1")
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				category string
				lead     bool
				key      string
			}{{"1301", false, ""}, {"1301", true, "catalog.community_only_assists"}, {"010101", false, "catalog.community_not_on_list"}} {
				if key, _ := fault.KeyOf(catalog.MayAsk(tx, tree, c1, c.category, c.lead)); key != c.key {
					t.Errorf("%s, lead %v: %q, want %q", c.category, c.lead, key, c.key)
				}
			}
			return nil
		})
	})
}
