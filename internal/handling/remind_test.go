package handling_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/handling"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// ladder gives the city the usual one.
func (w *world) ladder() {
	w.t.Helper()
	w.update(func(tx *sqldb.Tx) error { return catalog.PlantLadder(tx, "test") })
	w.ok(w.Catalog.Reload(w.t.Context()))
	w.ok(w.SweepReminders(w.t.Context()))
}

// remind lets the watcher see what has happened and gives what is due.
func (w *world) remind() (given int) {
	w.t.Helper()
	w.ok(w.Reminders().Drain(w.t.Context(), w.DB))
	for {
		n, _, err := w.Remind(w.t.Context())
		w.ok(err)
		if n == 0 {
			return given
		}
		given += n
	}
}

type told struct {
	Task         string
	Stage        string
	Percent, Due int64
	Act          string
	Owed         int64
	At           int64 `json:"-"`
}

func (w *world) told() (out []told) {
	w.t.Helper()
	w.update(func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select at, body from matter_event where name in ('reminded', 'supervised') order by id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var x told
			var body string
			if err := rows.Scan(&x.At, &body); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(body), &x); err != nil {
				return err
			}
			out = append(out, x)
		}
		return rows.Err()
	})
	return out
}

func TestALimitClimbsTheLadder(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ladder()
		start := w.DB.Now()
		o := w.taken() // Monday the 2nd, due on Monday the 9th at 18:00
		half := start.Add(o.DueAt.Sub(start) / 2)
		w.clock.Set(half.Add(-time.Second))
		if n := w.remind(); n != 0 {
			t.Fatalf("%d reminders before half of the time", n)
		}
		_, next, err := w.Remind(t.Context())
		if w.ok(err); !next.Equal(half) {
			t.Errorf("the next reminder is due %v, want %v", next, half)
		}
		for _, x := range []struct {
			at   time.Time
			deed string
			flag string
		}{{half, "reminded", "reminded"}, {start.Add(o.DueAt.Sub(start) * 8 / 10), "reminded", "reminded"}, {o.DueAt, "reminded", "pushed"},
			{o.DueAt.Add(o.DueAt.Sub(start) / 5), "supervised", "supervised"}} {
			w.clock.Set(x.at)
			if n := w.remind(); n != 1 {
				t.Errorf("at %v %d reminders, want 1", x.at, n)
			}
			if n := w.count(`select count(*) from request_flag where kind = $1`, x.flag); n != 1 {
				t.Errorf("at %v no mark %s", x.at, x.flag)
			}
		}
		w.clock.Add(90 * 24 * time.Hour)
		if n := w.remind(); n != 0 {
			t.Errorf("%d reminders behind the last rung", n)
		}
		if n := w.count(`select count(*) from request_note where kind = 'instruction' and text like '%路灯管理所的主办时限已过80%截止3月9日%' and audience = 'internal'`); n != 1 {
			t.Error("the unit is not told in words")
		}
	})
}

func TestNothingIsToldTwiceWhateverMovesTheDate(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ladder()
		o := w.taken()
		w.clock.Set(beijing(6, 10))
		if n := w.remind(); n != 1 {
			t.Fatalf("%d reminders past the half, want 1", n)
		}
		w.ok(w.Ask(t.Context(), lamps, handling.Ask{ID: o.ID, Question: "哪一盏"}))
		w.clock.Set(beijing(10, 10))
		if n := w.remind(); n != 0 {
			t.Errorf("%d reminders while the clock stands still", n)
		}
		w.ok(w.Resume(t.Context(), lamps, handling.Resume{ID: o.ID}))
		moved := w.now(o)
		w.clock.Set(moved.DueAt)
		w.remind()
		got := map[int64]int{}
		for _, x := range w.told() {
			got[x.Percent]++
		}
		if got[50] != 1 || got[80] != 1 || got[100] != 1 || len(got) != 3 {
			t.Errorf("told %v, want each share once", got)
		}
		w.clock.Add(-time.Hour)
		done := w.taken()
		w.remind()
		w.ok(w.Answer(t.Context(), lamps, handling.Answer{ID: done.ID, Solved: "yes", Record: "换了灯泡", Text: "已经修好，请您查看。", Contacted: true}))
		w.clock.Add(60 * 24 * time.Hour)
		before := len(w.told())
		if w.remind(); len(w.told()) > before+1 { // the other one is supervised at 120 %
			t.Error("a request that was answered is still reminded of")
		}
	})
}

func TestOnlyUnitsThatHaveNotAcceptedAreRemindedOfThat(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.update(func(tx *sqldb.Tx) error {
			return catalog.SaveLimitRule(tx, "test", catalog.LimitRule{Code: "accept", Stage: "accept", Starts: "dispatch", Limit: calendar.Limit{N: 2, Unit: "h"}, Active: true}, 0)
		})
		w.ladder()
		w.sent()
		w.taken()
		w.remind()
		w.clock.Add(2 * time.Hour)
		if n := w.remind(); n != 1 || w.told()[0].Stage != "accept" {
			t.Errorf("%d reminders after two hours, want one about acceptance: %v", n, w.told())
		}
	})
}

// Reminders owed are reminders given, once each, by two processes that are killed
// and started again and again.
func TestRemindersSurviveRestarts(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ladder()
		r := rand.New(rand.NewPCG(20, 20))
		type limit struct {
			task       string
			start, due time.Time
		}
		var all []limit
		for range 20 {
			for range 3 {
				o := w.taken()
				lead := w.tasks(o)[0]
				all = append(all, limit{lead.ID, lead.SentAt, lead.DueAt})
			}
			w.clock.Add(time.Duration(r.IntN(30*60)) * time.Minute)
			var both sync.WaitGroup
			for range 2 {
				ctx, kill := context.WithCancel(t.Context())
				again := *w.Service // a process of its own: nothing but the database is shared
				killed := r.IntN(2) == 0
				both.Go(func() {
					defer kill()
					if killed {
						go kill()
					}
					for {
						if err := again.Reminders().Drain(ctx, db); err != nil {
							return
						}
						if n, _, err := again.Remind(ctx); n == 0 || err != nil {
							return
						}
					}
				})
			}
			both.Wait()
		}
		w.remind()
		owed := map[told]int{}
		for _, x := range all {
			for percent, act := range map[int]string{50: "remind", 80: "remind", 100: "push", 120: "supervise"} {
				if at := calendar.Share(x.start, x.due, nil, percent); !at.After(w.DB.Now()) {
					owed[told{Task: x.task, Stage: "handle", Percent: int64(percent), Due: sqldb.Micros(x.due), Act: act, Owed: sqldb.Micros(at)}]++
				}
			}
		}
		for _, x := range w.told() {
			x.At = 0
			owed[x]--
		}
		for x, n := range owed {
			if n != 0 {
				t.Errorf("%+v: owed and given differ by %d", x, n)
			}
		}
		if len(owed) < 60 {
			t.Errorf("only %d were owed", len(owed))
		}
	})
}

func TestAChangedLadderTellsOnlyWhatIsToCome(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ladder()
		o := w.taken()
		w.clock.Set(beijing(6, 10))
		w.remind()
		w.update(func(tx *sqldb.Tx) error {
			for _, p := range []int64{52, 90} {
				if err := catalog.SaveRung(tx, "test", catalog.Rung{Code: id.New(tx.Now), Stage: "handle", Percent: p, Act: "remind", Active: true}, 0); err != nil {
					return err
				}
			}
			return nil
		})
		w.ok(w.Catalog.Reload(t.Context()))
		w.ok(w.SweepReminders(t.Context()))
		if n := w.remind(); n != 0 {
			t.Errorf("%d reminders of a share that had passed", n)
		}
		w.clock.Set(w.now(o).DueAt.Add(-time.Hour))
		if n := w.remind(); n != 2 {
			t.Errorf("%d reminders, want 80 and 90 %%", n)
		}
	})
}

func TestKeepRemindingEndsWithItsContext(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ladder()
		o := w.taken()
		w.ok(w.Reminders().Drain(t.Context(), w.DB))
		w.clock.Set(o.DueAt)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		bell, deaf := db.Listen("matter")
		defer deaf()
		go func() {
			defer close(ended)
			w.KeepReminding(ctx, func(err error) {
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}()
		for len(w.told()) < 3 {
			select {
			case <-bell:
			case <-time.After(20 * time.Millisecond):
			}
		}
		stop()
		<-ended
	})
}
