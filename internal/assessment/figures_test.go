package assessment_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment"
	"gongzhi/internal/catalog"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// TestEveryFigureIsTheLengthOfItsList lets a few hundred requests take their
// course and compares each figure of each board with the list it leads to.
func TestEveryFigureIsTheLengthOfItsList(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ground()
		seed := rand.Uint64()
		w.live(rand.New(rand.NewPCG(seed, 1)), 120)
		seen := map[bool]int{}
		for _, who := range []actor.Actor{supervisor, dispatcher, auditor, lead} {
			for _, name := range []string{"month", "last", "d7", "d90"} {
				for _, unit := range []string{"", "lamps"} {
					w.compare(seed, who, name, unit, seen)
				}
			}
		}
		if seen[true] < 200 {
			t.Errorf("only %d figures above zero: the world is too dull", seen[true])
		}
		t.Logf("%d figures above zero, %d at zero", seen[true], seen[false])
	})
}

func (w *world) compare(seed uint64, who actor.Actor, name, unit string, seen map[bool]int) {
	w.t.Helper()
	w.view(func(tx *sqldb.Tx) error {
		figures, err := w.s.Figures(tx, who, name, unit)
		if err != nil {
			return err
		}
		for _, f := range figures {
			zone := time.FixedZone("CST", 8*3600)
			n, err := request.Count(tx, who, request.ParseFilter(f.F.Query(zone), zone))
			if err != nil {
				return err
			}
			if n != f.N {
				w.t.Errorf("seed %d, %s, %s, unit %q: %s says %d, its list has %d (%s)", seed, who.Name, name, unit, f.Where, f.N, n, f.F.Query(zone).Encode())
			}
			seen[f.N > 0]++
		}
		return nil
	})
}

func (w *world) ground() {
	w.do(func(tx *sqldb.Tx) error {
		for _, a := range []place.Area{{Code: "330102", Level: place.District, Name: "南湖区"}, {Code: "330102001", Parent: "330102", Level: place.Street, Name: "文昌街道"}, {Code: "330102002", Parent: "330102", Level: place.Street, Name: "滨河街道"}} {
			a.Active = true
			if err := place.SaveArea(tx, a); err != nil {
				return err
			}
		}
		for _, c := range []string{"0101", "0102"} {
			k := catalog.Category{Code: c, Name: "路灯" + c, Limit: fiveDays, Type: "help", Urgency: "normal", Publicity: "public", Active: true}
			if err := catalog.SaveCategory(tx, "s-admin", k, 0); err != nil {
				return err
			}
		}
		return nil
	})
	w.reload()
}

// live takes n requests through a random part of their course, over two months.
func (w *world) live(r *rand.Rand, n int) {
	w.t.Helper()
	phone := request.Contact{Name: "李四", Phone: "13800005521", Masked: "李** 138****5521"}
	for range n {
		w.clock.Add(time.Duration(r.IntN(24)) * time.Hour)
		o := w.sent([]string{"lamps", "lamps-east", "water"}[r.IntN(3)],
			request.Draft{Category: []string{"0101", "0102"}[r.IntN(2)], Area: []string{"330102001001", "330102002001", ""}[r.IntN(3)], Contact: phone})
		switch r.IntN(6) {
		case 0:
			w.hold(o)
		case 1:
			w.giveBack(o)
		case 2:
		default:
			w.clock.Add(time.Duration(r.IntN(150)) * time.Hour)
			w.answer(r, o)
		}
	}
	w.clock.Add(30 * time.Hour)
}

func (w *world) answer(r *rand.Rand, o *request.Order) {
	w.reply(o.ID)
	if r.IntN(4) == 0 {
		return
	}
	ctx := w.t.Context()
	w.must(w.s.ReviewPass(ctx, reviewer, assessment.ReviewPass{ID: o.ID, Checked: true}))
	switch r.IntN(5) {
	case 0:
	case 1:
		w.must(w.s.Reopen(ctx, reviewer, assessment.Reopen{ID: o.ID, Rating: 1, Reason: "没修好"}))
	case 2:
		w.must(w.s.CallbackClose(ctx, reviewer, assessment.CallbackClose{ID: o.ID, Solved: "partly", Rating: 3}))
	default:
		w.must(w.s.CallbackClose(ctx, reviewer, assessment.CallbackClose{ID: o.ID, Solved: "yes", Rating: 5}))
	}
}

func (w *world) hold(o *request.Order) {
	w.do(func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, o.ID, 0)
		if err != nil {
			return err
		}
		if err := o.Record(tx, clerk, request.Deed{Name: request.DeedHoldAsked}); err != nil {
			return err
		}
		return o.Record(tx, supervisor, request.Deed{Name: request.DeedHoldGranted})
	})
}

// giveBack returns it, and the ruling gives it to another unit.
func (w *world) giveBack(o *request.Order) {
	w.do(func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, o.ID, 0)
		if err != nil {
			return err
		}
		task, err := request.OpenLead(tx, o.ID)
		if err != nil {
			return err
		}
		if err := o.Record(tx, clerk, request.Deed{Name: request.DeedObjected}); err != nil {
			return err
		}
		plea, err := request.Ask(tx, request.Plea{Matter: o.ID, Task: task.ID, Kind: request.PleaReturn, Unit: task.Unit, Seq: o.Version})
		if err != nil || w.next%2 == 0 {
			return err
		}
		if err := request.Rule(tx, plea, "granted", dispatcher.ID); err != nil {
			return err
		}
		if err := request.MoveTask(tx, task.ID, request.TaskReturned); err != nil {
			return err
		}
		if err := o.Record(tx, dispatcher, request.Deed{Name: request.DeedObjectionUpheld}); err != nil {
			return err
		}
		o.Unit = "water"
		if err := o.Record(tx, dispatcher, request.Deed{Name: request.DeedDispatched}); err != nil {
			return err
		}
		_, err = request.AddTask(tx, request.Task{Matter: o.ID, Unit: "water", Lead: true, Limit: fiveDays, DueAt: o.DueAt})
		return err
	})
}
