package handling_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/handling"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// holidays gives the city days off, and lets the dates follow.
func (w *world) holidays(days ...string) {
	w.t.Helper()
	w.update(func(tx *sqldb.Tx) error {
		for _, d := range days {
			if err := catalog.SaveDay(tx, catalog.Day{Day: d, Name: "市庆"}); err != nil {
				return err
			}
		}
		return nil
	})
	w.ok(w.Catalog.Reload(w.t.Context()))
	w.ok(w.SweepRecount(w.t.Context()))
}

func TestDatesFollowTheCalendar(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ok(w.SweepRecount(t.Context()))
		plain, paused, extended, byHand := w.taken(), w.taken(), w.taken(), w.taken()
		w.ok(w.Ask(t.Context(), lamps, handling.Ask{ID: paused.ID, Question: "哪一盏"}))
		w.clock.Set(beijing(3, 15))
		w.ok(w.Resume(t.Context(), lamps, handling.Resume{ID: paused.ID}))
		w.ok(w.AskExtension(t.Context(), lamps, handling.AskExtension{ID: extended.ID, Days: 3, Reason: "等配件"}))
		w.ok(w.RuleExtension(t.Context(), dispatcher, handling.Ruling{ID: extended.ID, Grant: true}))
		w.update(func(tx *sqldb.Tx) error {
			o, err := request.Load(tx, dispatcher, byHand.ID, 0)
			if err != nil {
				return err
			}
			o.DueAt = beijing(6, 11)
			return o.Record(tx, dispatcher, request.Deed{Name: request.DeedNoted})
		})
		w.holidays("2026-03-05", "2026-03-10")
		for _, x := range []struct {
			name string
			o    *request.Order
			due  time.Time
		}{
			{"one day off on the way, one behind it", plain, beijing(11, 18)},
			{"with a pause over a night", paused, beijing(12, 18)},
			{"with three days more", extended, beijing(16, 18)},
			{"set by hand", byHand, beijing(6, 11)},
		} {
			got := w.now(x.o)
			if !got.DueAt.Equal(x.due) {
				t.Errorf("%s: due %v, want %v", x.name, got.DueAt, x.due)
			}
			if lead := w.tasks(x.o)[0]; x.o != byHand && !lead.DueAt.Equal(got.DueAt) {
				t.Errorf("%s: the task is due %v, the request %v", x.name, lead.DueAt, got.DueAt)
			}
		}
		if n := w.count(`select count(*) from matter_event where name = 'recounted'`); n != 3 {
			t.Errorf("%d dates moved in history, want 3", n)
		}
		if n := w.count(`select count(*) from request_note where kind = 'reason' and audience = 'resident' and text like '%原来3月9日%现在3月11日%'`); n != 1 {
			t.Errorf("the old date is not kept in words")
		}
		w.ok(w.SweepRecount(t.Context()))
		if n := w.count(`select count(*) from matter_event where name = 'recounted'`); n != 3 {
			t.Error("a second sweep did it again")
		}
	})
}

func TestRulesChangeOnlyWhatNobodyHasBeenGivenYet(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ok(w.SweepRecount(t.Context()))
		given := w.taken()
		waiting := w.sent()
		w.update(func(tx *sqldb.Tx) error { return request.ReleaseTasks(tx, waiting.ID) })
		w.update(func(tx *sqldb.Tx) error {
			return catalog.SaveLimitRule(tx, "test", catalog.LimitRule{Code: "lamps", Stage: "handle", Category: "0101", Starts: "dispatch", Limit: calendar.Limit{N: 2, Unit: "wd"}, Active: true}, 0)
		})
		w.ok(w.Catalog.Reload(t.Context()))
		w.ok(w.SweepRecount(t.Context()))
		if got := w.now(given); !got.DueAt.Equal(given.DueAt) {
			t.Errorf("a unit that has it is due %v, want %v as before", got.DueAt, given.DueAt)
		}
		if got := w.now(waiting); !got.DueAt.Equal(beijing(4, 18)) {
			t.Errorf("what waits to be dispatched is due %v, want Wednesday the 4th", got.DueAt)
		}
	})
}

// Whatever has happened to them: after a change of the calendar every date is the
// one that it would have been had the calendar always been so.
func TestRecountedDatesAreThoseOfTheNewCalendar(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ok(w.SweepRecount(t.Context()))
		r := rand.New(rand.NewPCG(5, 5))
		type kept struct {
			o     *request.Order
			start time.Time
			stops []calendar.Stop
		}
		var all []kept
		for i := range 30 {
			w.clock.Set(beijing(2, 8).Add(time.Duration(i)*7*time.Hour + time.Duration(r.IntN(300))*time.Minute))
			k := kept{start: w.DB.Now()}
			k.o = w.taken()
			if r.IntN(2) == 0 {
				from := w.DB.Now()
				w.ok(w.Ask(t.Context(), lamps, handling.Ask{ID: k.o.ID, Question: "哪一盏"}))
				w.clock.Add(time.Duration(r.IntN(70)) * time.Hour)
				w.ok(w.Resume(t.Context(), lamps, handling.Resume{ID: k.o.ID}))
				k.stops = append(k.stops, calendar.Stop{From: from, To: w.DB.Now()})
			}
			all = append(all, k)
		}
		w.holidays("2026-03-04", "2026-03-06", "2026-03-11", "2026-03-17", "2026-03-18")
		cal := w.Catalog.Book().Calendar
		for _, k := range all {
			want, _, _ := cal.Count(k.start, calendar.Limit{N: 5, Unit: "wd"}, k.stops)
			if got := w.now(k.o); !got.DueAt.Equal(want) {
				t.Errorf("from %s, %d stops: due %s, want %s", k.start, len(k.stops), got.DueAt, want)
			}
		}
		if n := w.count(`select count(*) from handling_recount where target = '' and moved >= 20`); n != 1 {
			t.Error("the recount is not at its end")
		}
	})
}

func TestTheClockworkIsTheBooks(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.holidays("2026-03-05")
		book := w.Catalog.Book()
		again := book.Clockwork().Book()
		for h := range 400 {
			at := beijing(1, 0).Add(time.Duration(h) * time.Hour)
			c := catalog.LimitCase{Type: "help", Category: "0101"}
			if x, y := book.Calendar.Due(at, book.Allow(c, at).Limit), again.Calendar.Due(at, again.Allow(c, at).Limit); !x.Equal(y) {
				t.Fatalf("from %s: %s and %s", at, x, y)
			}
		}
	})
}
