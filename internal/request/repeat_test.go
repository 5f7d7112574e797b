package request_test

import (
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestRepeatsAreCountedPerMatter(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		anne, bert := request.Contact{Phone: "13800005521"}, request.Contact{Phone: "13800005522"}
		report := func(c request.Contact, category, area string, sealed bool) *request.Order {
			sqldbtest.ClockOf(db).Add(3600e9)
			return create(t, db, request.Draft{Title: "路灯不亮", Category: category, Area: area, Contact: c, Sealed: sealed}, "")
		}
		const here, there = "330101001001", "330101001002"
		first := report(anne, "lamp", here, false)
		report(bert, "lamp", here, false)
		report(anne, "road", here, false)
		report(anne, "lamp", there, false)
		report(anne, "lamp", here, true)
		second := report(anne, "lamp", here, false)
		third := report(anne, "lamp", here, false)
		if err := request.Repeater().Drain(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			got, err := request.RepeatsOf(tx, []string{string(first.ID), string(second.ID), string(third.ID)})
			if err != nil {
				return err
			}
			if got[first.ID].Nth > 1 || got[second.ID].Nth != 2 || got[third.ID].Nth != 3 {
				t.Errorf("counts = %+v, want none, the second and the third time", got)
			}
			list, _, err := request.List(tx, agent, request.Filter{Repeat: "again"}, request.Page{})
			if err != nil {
				return err
			}
			if len(list) != 1 || list[0].ID != third.ID || list[0].Repeats.Nth != 3 {
				t.Errorf("repeated ones = %d, want the third alone", len(list))
			}
			before, err := request.Earlier(tx, agent, third)
			if err != nil || len(before) != 2 || before[0].ID != second.ID {
				t.Errorf("earlier ones = %d, %v, want the second and the first", len(before), err)
			}
			if none, err := request.Earlier(tx, actor.Actor{}, third); err != nil || len(none) != 0 {
				t.Errorf("a resident is told of %d earlier ones, %v", len(none), err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
