package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestConflictsOfTheDutyListAreFound(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		duties(t, db)
		street(t, db, catalog.StreetItem{Category: "0101", Kind: "assist"})
		_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
			r, err := catalog.NewResolver(tx, tree)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				name  string
				lines []catalog.Duty
				want  string
			}{
				{"nothing", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "13", Lead: "lamps"}, {ID: "*", Category: "*", Lead: "@district"}}, ""},
				{"clash", []catalog.Duty{{ID: "a", Category: "0101", Lead: "lamps"}, {ID: "b", Category: "0101", Lead: "city2"}, {ID: "c", Category: "13", Lead: "lamps"}}, "clash a b, clash b a"},
				{"clash parted by dates", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps", ValidTo: "2026-11-30"}, {ID: "b", Category: "01", Lead: "city2", ValidFrom: "2026-12-01"}, {ID: "c", Category: "13", Lead: "lamps"}}, ""},
				{"no clash of other places", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "01", Scope: "estate", Lead: "city2"}, {ID: "c", Category: "13", Lead: "lamps"}}, ""},
				{"twice", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "01", Lead: "lamps"}, {ID: "c", Category: "13", Lead: "lamps"}}, "twice a b, twice b a, shadowed b a"},
				{"crossed", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "01", Area: "330101", Lead: "330101-housing"}, {ID: "c", Category: "13", Lead: "lamps"}}, "crossed b a"},
				{"ceded", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "01", Area: "330101", Lead: "330101-housing", Ceded: true}, {ID: "c", Category: "13", Lead: "lamps"}}, ""},
				{"a branch whose leaves all have lines waits for new leaves", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "010101", Lead: "city2"}, {ID: "c", Category: "13", Lead: "lamps"}}, ""},
				{"a branch of one district that the leaves' lines cover", []catalog.Duty{{ID: "a", Category: "01", Area: "330101", Lead: "lamps"}, {ID: "b", Category: "010101", Lead: "city2"}, {ID: "c", Category: "13", Lead: "lamps"}}, "shadowed a b"},
				{"not shadowed when the closer one is for one district", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "010101", Area: "330101", Lead: "city2"}, {ID: "c", Category: "13", Lead: "lamps"}}, ""},
				{"lead gone", []catalog.Duty{{ID: "a", Category: "01", Lead: "old"}, {ID: "b", Category: "13", Lead: "nobody"}}, "lead a old, lead b nobody"},
				{"bureau nowhere", []catalog.Duty{{ID: "a", Category: "01", Lead: "@bureau:none"}, {ID: "b", Category: "13", Lead: "lamps"}}, "lead a @bureau:none"},
				{"community", []catalog.Duty{{ID: "a", Category: "01", Lead: "@community"}, {ID: "b", Category: "1301", Lead: "@community"}}, "community a @community, community b @community"},
				{"street", []catalog.Duty{{ID: "a", Category: "0101", Lead: "@street"}, {ID: "b", Category: "13", Lead: "s1"}}, "street a @street"},
				{"assist is the lead", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps", Assists: []catalog.Assist{{Unit: "lamps"}}}, {ID: "b", Category: "13", Lead: "lamps"}}, "assist a lamps"},
				{"ends", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps", ValidTo: "2026-12-31"}, {ID: "b", Category: "13", Lead: "lamps"}}, "ends a 2026-12-31"},
				{"ends and is followed", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps", ValidTo: "2026-12-31"}, {ID: "a2", Category: "01", Lead: "city2", ValidFrom: "2027-01-01"}, {ID: "b", Category: "13", Lead: "lamps"}}, ""},
				{"gap", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "1301", Scope: "estate", Lead: "lamps"}}, "gap 1301 330101"},
				{"no gap where each district has its own", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "1301", Area: "330101", Lead: "lamps"}}, ""},
				{"lines out of use are not read", []catalog.Duty{{ID: "a", Category: "01", Lead: "lamps"}, {ID: "b", Category: "13", Lead: "lamps"}, {ID: "c", Category: "01", Lead: "old", Rev: -1}}, ""},
			} {
				var got []string
				for i := range c.lines {
					c.lines[i].Active = c.lines[i].Rev >= 0
				}
				for _, f := range catalog.CheckDuties(r, c.lines, "2026-11-23") {
					got = append(got, strings.Join(slices.DeleteFunc([]string{f.Kind, f.Line + f.Category, strings.Join(f.Others, " "), f.Unit, f.Day}, func(s string) bool { return s == "" }), " "))
					if f.Contradicts() != (f.Kind == catalog.DutyClash) {
						t.Errorf("%s: %s contradicts", c.name, f.Kind)
					}
				}
				if strings.Join(got, ", ") != c.want {
					t.Errorf("%s: %q, want %q", c.name, strings.Join(got, ", "), c.want)
				}
			}
			return nil
		})
	})
}

func street(t *testing.T, db *sqldb.DB, items ...catalog.StreetItem) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		if err := actor.SaveUnit(tx, actor.Unit{ID: "city2", Parent: "city", Kind: "department", Name: "城管局", Active: true}); err != nil {
			return err
		}
		for _, x := range items {
			if err := catalog.SaveStreetItem(tx, x); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A list of 5,000 lines over 400 areas is looked through while somebody waits.
func TestALongDutyListIsCheckedQuickly(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	duties(t, db)
	var all []catalog.Category
	for top := range 20 {
		code := fmt.Sprintf("%02d", top+20)
		all = append(all, catalog.Category{Code: code, Name: code, Active: true})
		for leaf := range 20 {
			all = append(all, catalog.Category{Code: fmt.Sprintf("%s%02d", code, leaf), Parent: code, Name: code, Active: true})
		}
	}
	long := catalog.NewTree(all)
	var lines []catalog.Duty
	for i := range 5000 {
		d := catalog.Duty{ID: fmt.Sprintf("D%04d", i), Category: all[i%len(all)].Code, Lead: "lamps", Active: true}
		if i%3 > 0 {
			d.Area = fmt.Sprintf("3301%02d%03d", i%8+1, i%50)
		}
		if i%7 == 0 {
			d.Scope = "estate"
		}
		lines = append(lines, d)
	}
	_ = db.View(t.Context(), func(tx *sqldb.Tx) error {
		r, err := catalog.NewResolver(tx, long)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		found := catalog.CheckDuties(r, lines, "2026-11-23")
		took := time.Since(began)
		t.Logf("%d lines, %d findings in %v", len(lines), len(found), took)
		if took > 3*time.Second || len(found) == 0 {
			t.Errorf("%d findings in %v", len(found), took)
		}
		return nil
	})
}
