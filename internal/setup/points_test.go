package setup_test

import (
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/setup"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestAPointIsDecidedOnceAndCanBeTakenBack(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		atlas := &place.Shelf{DB: db}
		s := &setup.Service{DB: db, Atlas: atlas, Reload: atlas.Reload}
		here := geo.Point{Lat: 30.05, Lng: 120.05}
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			return place.KeepDefault(tx, place.Default{Point: here, Requests: 40, Among: 100, Examples: []string{"梧桐路"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		admin := actor.Actor{ID: "a1", Roles: []actor.Role{actor.SysAdmin}}
		key := place.Default{Point: here}.Key()
		if err := s.DecidePoint(t.Context(), actor.Actor{ID: "x", Roles: []actor.Role{actor.Dispatcher}}, setup.DecidePoint{Key: key, Default: true, Rev: 1}); fault.KindOf(err) != fault.Denied {
			t.Errorf("a dispatcher decides: %v", err)
		}
		if err := s.DecidePoint(t.Context(), admin, setup.DecidePoint{Key: key, Default: true, Rev: 1}); err != nil || !atlas.Default(here) {
			t.Fatalf("confirmed: %v, default %v", err, atlas.Default(here))
		}
		if err := s.DecidePoint(t.Context(), admin, setup.DecidePoint{Key: key, Rev: 1}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a decision on what was seen before: %v, want a conflict", err)
		}
		if err := s.DecidePoint(t.Context(), admin, setup.DecidePoint{Key: key, Rev: 2}); err != nil || atlas.Default(here) {
			t.Errorf("taken back: %v, default %v", err, atlas.Default(here))
		}
		if err := s.DecidePoint(t.Context(), admin, setup.DecidePoint{Key: "1,2"}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown point: %v", err)
		}
	})
}
