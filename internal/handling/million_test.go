package handling_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// crowd opens n requests over twelve working days, each with the unit's task and
// five working days, and gives what each was to be due.
func (w *world) crowd(n int) map[string]time.Time {
	w.t.Helper()
	cal, limit := w.Catalog.Book().Calendar, calendar.Limit{N: 5, Unit: calendar.WorkingDays}
	starts := map[string]time.Time{}
	for from := 0; from < n; from += 2000 {
		w.update(func(tx *sqldb.Tx) error {
			var matters, orders, tasks [][]any
			for i := from; i < min(n, from+2000); i++ {
				at := beijing(2, 0).Add(time.Duration(i) * 14 * 24 * time.Hour / time.Duration(n))
				key, due := id.New(at), cal.Due(at, limit)
				starts[key] = at
				matters = append(matters, []any{key, "request", fmt.Sprintf("2603020%08d", i), "in_progress", true, 1, "路灯不亮", "0101", "", "lamps", false, at.UnixMicro(), due.UnixMicro(), at.UnixMicro()})
				orders = append(orders, []any{key, "help", "web", "坏了三天", "0101", 1, "{}", "", "", "", "normal", "private", false, "", "", "", 0, false, 0, 0, "", 0})
				tasks = append(tasks, []any{"t" + key, key, "lamps", "lead", "working", true, 0, 5, "wd", "", at.UnixMicro(), due.UnixMicro()})
			}
			if err := tx.InsertRows(`insert into matter(id, kind, number, state, open, version, title, topic, area, unit, sealed, opened_at, due_at, changed_at) values (`, matters); err != nil {
				return err
			}
			if err := tx.InsertRows(`insert into request_order(matter_id, type, channel, body, category, category_rev, answers, address, area, district, urgency, publicity, no_reply, code_hash,
				source, taken_by, round, ruled, followers, reply_count, solved, rating) values (`, orders); err != nil {
				return err
			}
			return tx.InsertRows(`insert into request_task(id, matter_id, unit_id, role, state, open, round, limit_n, limit_unit, reason, sent_at, due_at) values (`, tasks)
		})
	}
	return starts
}

// TestMillionDatesFollowTheCalendarAndAreRemindedOf measures what a change of the
// calendar costs, and how late reminders are, with GONGZHI_ROWS open requests.
func TestMillionDatesFollowTheCalendarAndAreRemindedOf(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("GONGZHI_ROWS"))
	if err != nil {
		n = 400
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.update(func(tx *sqldb.Tx) error { return catalog.PlantLadder(tx, "test") })
		w.ok(w.Catalog.Reload(t.Context()))
		w.ok(w.SweepRecount(t.Context()))
		starts := w.crowd(n)
		w.ok(db.Analyze(t.Context()))
		began := time.Now()
		w.holidays("2026-03-05", "2026-03-12", "2026-03-18")
		took, wrong := time.Since(began), 0
		cal := w.Catalog.Book().Calendar
		w.update(func(tx *sqldb.Tx) error {
			rows, err := tx.Query(`select m.id, m.due_at, t.due_at from matter m join request_task t on t.matter_id = m.id`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var key string
				var due, task int64
				if err := rows.Scan(&key, &due, &task); err != nil {
					return err
				}
				if want := cal.Due(starts[key], calendar.Limit{N: 5, Unit: "wd"}).UnixMicro(); due != want || task != want {
					wrong++
				}
			}
			return rows.Err()
		})
		if wrong != 0 {
			t.Errorf("%d of %d dates are wrong", wrong, n)
		}
		moved := w.count(`select moved from handling_recount where one = 1`)
		t.Logf("%d open requests, %d dates moved in %s, %d wrong", n, moved, took.Round(time.Millisecond), wrong)

		w.clock.Set(beijing(2, 0))
		began = time.Now()
		w.ok(w.SweepReminders(t.Context()))
		planned := time.Since(began)
		at := calendar.Share(beijing(2, 0), cal.Due(beijing(2, 0), calendar.Limit{N: 5, Unit: "wd"}), nil, 50)
		w.clock.Set(at.Add(time.Minute)) // a minute of reminders at once
		began = time.Now()
		given := 0
		for {
			x, _, err := w.Remind(t.Context())
			w.ok(err)
			if given += x; x == 0 {
				break
			}
		}
		if given == 0 {
			t.Error("nothing was reminded of")
		}
		t.Logf("planned in %s; %d reminders of one minute given in %s", planned.Round(time.Millisecond), given, time.Since(began).Round(time.Millisecond))
	})
}
