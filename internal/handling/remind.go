package handling

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// reminder is where one limit stands on the ladder: which rung comes next, and
// when. There is one for each open task, and one for its acceptance while it
// waits for that. It stays when the last rung is behind it, and while the clock
// stands still, so that nothing is told twice.
type reminder struct {
	task, stage string
	matter      matter.ID
	due         time.Time // for which it was planned, zero while the clock stands still
	rung        catalog.Rung
	next        time.Time // never after the last rung
}

// never is when nothing is to be told.
var never = time.UnixMicro(1 << 60).UTC()

const remindLock = "handling/reminders"

// remindBatch is how many reminders one unit of work gives.
const remindBatch = 200

// Reminders keeps the ladder of each limit behind the deeds that move it.
func (s *Service) Reminders() matter.Watcher {
	return matter.Watcher{Name: remindLock, Batch: 200, Handle: func(tx *sqldb.Tx, events []matter.Entry) error {
		at := map[matter.ID]time.Time{}
		var ids []matter.ID
		for _, e := range events {
			if _, seen := at[e.Matter]; !seen {
				ids = append(ids, e.Matter)
			}
			at[e.Matter] = e.At
		}
		return s.replan(tx, ids, func(m matter.ID) time.Time { return at[m] })
	}}
}

// replan writes the reminders of requests anew where their dates have moved. What
// of a moved date's ladder lies before the moment of the move is not told again.
func (s *Service) replan(tx *sqldb.Tx, ids []matter.ID, moved func(matter.ID) time.Time) error {
	there, err := reminders(tx, `matter_id in (%s)`, ids)
	if err != nil {
		return err
	}
	clocks, err := request.Clocks(tx, ids)
	if err != nil {
		return err
	}
	book := s.Catalog.Book()
	wanted := map[string]reminder{}
	for _, c := range clocks {
		for _, r := range planned(book, c) {
			was, known := find(there, r)
			switch {
			case known && was.due.Equal(r.due):
				r = was
			case r.due.IsZero():
				r.rung, r.next = was.rung, never
			case known:
				r.climb(book, c, moved(c.ID))
			default:
				r.climb(book, c, book.Settings.LadderSince())
			}
			wanted[r.task+"/"+r.stage] = r
		}
	}
	return writeReminders(tx, there, wanted)
}

func find(list []reminder, r reminder) (reminder, bool) {
	i := slices.IndexFunc(list, func(x reminder) bool { return x.task == r.task && x.stage == r.stage })
	if i < 0 {
		return reminder{}, false
	}
	return list[i], true
}

// planned are the limits that a request has now.
func planned(book *catalog.Book, c *request.Clock) []reminder {
	var out []reminder
	for _, t := range c.Tasks {
		r := reminder{task: t.ID, stage: "assist", matter: c.ID, due: t.DueAt}
		if t.Lead {
			r.stage = "handle"
		}
		if c.Stopped() {
			r.due = time.Time{}
		}
		out = append(out, r)
		if due := acceptBy(book, c, t); t.State == request.TaskToAccept && !due.IsZero() {
			out = append(out, reminder{task: t.ID, stage: "accept", matter: c.ID, due: due})
		}
	}
	return out
}

// acceptBy is until when a unit has to accept a task, zero without such a rule.
func acceptBy(book *catalog.Book, c *request.Clock, t request.Task) time.Time {
	l := book.Allow(catalog.LimitCase{Stage: "accept", Type: c.Type, Category: c.Category, Urgency: c.Urgency}, t.SentAt).Limit
	if l.N == 0 {
		return time.Time{}
	}
	return book.Calendar.Due(t.SentAt, l)
}

// climb sets the next rung whose time comes after a moment, from the one that the
// reminder stands on.
func (r *reminder) climb(book *catalog.Book, c *request.Clock, after time.Time) {
	i := slices.IndexFunc(c.Tasks, func(t request.Task) bool { return t.ID == r.task })
	for i >= 0 {
		x, ok := catalog.Above(book.Ladder, r.stage, c.Urgency, r.rung)
		if !ok {
			break
		}
		r.rung = x
		if r.next = calendar.Share(c.Tasks[i].SentAt, r.due, c.Stops(), int(x.Percent)); r.next.After(after) {
			return
		}
	}
	r.next = never
}

// Remind gives the reminders whose time has come and says when the next one is
// due, never when there is none. Two processes may call it: each reminder is
// given once, in the unit of work that writes it down.
func (s *Service) Remind(ctx context.Context) (given int, next time.Time, err error) {
	var ids []matter.ID
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		ids, next, err = remindable(tx)
		return err
	})
	if err != nil || len(ids) == 0 {
		return 0, next, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		given, err = s.remindTx(tx, ids)
		return err
	})
	return given, time.Time{}, err // there may be more at once
}

// remindable are the requests of the reminders that are due, the longest due
// first, and when the next one is.
func remindable(tx *sqldb.Tx) (ids []matter.ID, next time.Time, err error) {
	rows, err := tx.Query(`select matter_id, next_at from handling_reminder order by next_at, task_id limit $1`, remindBatch)
	if err != nil {
		return nil, never, fmt.Errorf("reminders that are due: %w", err)
	}
	defer rows.Close()
	next = never
	for rows.Next() {
		var m matter.ID
		var at int64
		if err := rows.Scan(&m, &at); err != nil {
			return nil, never, err
		}
		if at > tx.Now.UnixMicro() {
			next = time.UnixMicro(at).UTC()
			break
		}
		if !slices.Contains(ids, m) {
			ids = append(ids, m)
		}
	}
	return ids, next, rows.Err()
}

func (s *Service) remindTx(tx *sqldb.Tx, ids []matter.ID) (given int, err error) {
	names := []string{"watch/" + remindLock} // the watcher writes the same rows
	for _, id := range ids {
		names = append(names, string(id))
	}
	if err := tx.Lock(names...); err != nil {
		return 0, err
	}
	there, err := reminders(tx, `matter_id in (%s)`, ids)
	if err != nil {
		return 0, err
	}
	clocks, err := request.Clocks(tx, ids)
	if err != nil {
		return 0, err
	}
	book, wanted := s.Catalog.Book(), map[string]reminder{}
	for _, c := range clocks {
		for _, r := range planned(book, c) {
			was, known := find(there, r)
			if !known {
				continue // the watcher is about to plan it
			}
			if !was.due.Equal(r.due) { // it has moved, and the watcher has not seen it yet
				if r.next = never; r.due.IsZero() {
					r.rung = was.rung
				} else {
					r.climb(book, c, tx.Now)
				}
				wanted[r.task+"/"+r.stage] = r
				continue
			}
			for !was.next.After(tx.Now) {
				if err := s.remindOne(tx, book, c, was); err != nil {
					return 0, err
				}
				given++
				was.climb(book, c, time.Time{})
			}
			wanted[r.task+"/"+r.stage] = was
		}
	}
	return given, writeReminders(tx, there, wanted)
}

// reminded is what history keeps of a reminder.
type reminded struct {
	Task    string `json:"task"`
	Unit    string `json:"unit"`
	Stage   string `json:"stage"`
	Percent int64  `json:"percent"`
	Act     string `json:"act"`
	Due     int64  `json:"due"`
	Owed    int64  `json:"owed"` // when it was to be given
}

// remindOne writes a reminder into history, where the unit reads it, and marks the
// request.
func (s *Service) remindOne(tx *sqldb.Tx, book *catalog.Book, c *request.Clock, r reminder) error {
	i := slices.IndexFunc(book.Ladder, func(x catalog.Rung) bool { return x.Code == r.rung.Code })
	if i < 0 || !book.Ladder[i].Active {
		return nil
	}
	x := book.Ladder[i]
	t := c.Tasks[slices.IndexFunc(c.Tasks, func(t request.Task) bool { return t.ID == r.task })]
	deed, flag := request.DeedReminded, "reminded"
	switch x.Act {
	case "push":
		flag = "pushed"
	case "supervise":
		deed, flag = request.DeedSupervised, "supervised"
	}
	text := locale.T(locale.ZH, "handling.reminded", t.UnitName, locale.T(locale.ZH, "catalog.rung_stage_"+r.stage), x.Percent, locale.Short(locale.ZH, r.due, book.Calendar.Zone))
	if x.Words != "" {
		text += x.Words
	}
	body := reminded{t.ID, t.Unit, r.stage, x.Percent, x.Act, sqldb.Micros(r.due), sqldb.Micros(r.next)}
	if err := c.Record(tx, deed, body, request.Note{Kind: "instruction", Text: text}); err != nil {
		return err
	}
	return request.Flag(tx, c.ID, flag, actor.SystemID)
}

func reminders(tx *sqldb.Tx, where string, ids []matter.ID) ([]reminder, error) {
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select task_id, stage, matter_id, due_at, rung, percent, next_at from handling_reminder where `+fmt.Sprintf(where, marks), args...)
	if err != nil {
		return nil, fmt.Errorf("read reminders: %w", err)
	}
	defer rows.Close()
	var out []reminder
	for rows.Next() {
		var r reminder
		var due, next int64
		if err := rows.Scan(&r.task, &r.stage, &r.matter, &due, &r.rung.Code, &r.rung.Percent, &next); err != nil {
			return nil, err
		}
		r.due, r.next = sqldb.FromMicros(due), time.UnixMicro(next).UTC()
		out = append(out, r)
	}
	return out, rows.Err()
}

// writeReminders brings the table from what is there to what is wanted.
func writeReminders(tx *sqldb.Tx, there []reminder, wanted map[string]reminder) error {
	for _, r := range there {
		key := r.task + "/" + r.stage
		if w, ok := wanted[key]; !ok {
			if err := tx.Later(`delete from handling_reminder where task_id = $1 and stage = $2`, r.task, r.stage); err != nil {
				return err
			}
		} else if w == r {
			delete(wanted, key)
		}
	}
	var keys []string
	for key := range wanted {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		r := wanted[key]
		const q = `insert into handling_reminder(task_id, stage, matter_id, due_at, rung, percent, next_at) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (task_id, stage) do update set due_at = excluded.due_at, rung = excluded.rung, percent = excluded.percent, next_at = excluded.next_at`
		if err := tx.Later(q, r.task, r.stage, r.matter, sqldb.Micros(r.due), r.rung.Code, r.rung.Percent, r.next.UnixMicro()); err != nil {
			return fmt.Errorf("write reminder of %s: %w", r.task, err)
		}
	}
	return nil
}

// KeepReminding gives reminders as they fall due, until ctx ends.
func (s *Service) KeepReminding(ctx context.Context, failed func(error)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		n, next, err := s.Remind(ctx)
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
		wait := remindPoll // another process, or the watcher, may have put one before it
		if until := next.Sub(s.DB.Now()); err == nil && (n > 0 || until < wait) {
			wait = max(0, until)
		}
		timer.Reset(wait)
	}
}

// remindPoll is how late a reminder can be seen that was planned meanwhile.
const remindPoll = 500 * time.Millisecond

// SweepReminders plans all reminders anew after the ladder has changed. Rungs
// whose time has passed by then are not told.
func (s *Service) SweepReminders(ctx context.Context) error {
	now, err := json.Marshal(s.Catalog.Book().Ladder)
	if err != nil {
		return err
	}
	var was string
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select coalesce((select applied from handling_recount where one = 2), '')`).Scan(&was)
	})
	if err != nil || was == string(now) {
		return err
	}
	return s.SkipReminders(ctx, string(now))
}

// SkipReminders plans all reminders from now on.
func (s *Service) SkipReminders(ctx context.Context, ladder string) error {
	after := request.ClockAt{}
	for {
		var ids []matter.ID
		next := after
		err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			ids, next, err = request.ClockIDs(tx, after, recountBatch)
			return err
		})
		if err != nil {
			return err
		}
		if next == after {
			break
		}
		after = next
		if err := s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.skip(tx, ids) }); err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		const q = `insert into handling_recount(one, applied, target, after_at, after_id, moved) values (2, $1, '', 0, '', 0) on conflict (one) do update set applied = excluded.applied`
		return tx.Exec(q, ladder)
	})
}

func (s *Service) skip(tx *sqldb.Tx, ids []matter.ID) error {
	if err := tx.Lock("watch/" + remindLock); err != nil {
		return err
	}
	there, err := reminders(tx, `matter_id in (%s)`, ids)
	if err != nil {
		return err
	}
	clocks, err := request.Clocks(tx, ids)
	if err != nil {
		return err
	}
	book, wanted := s.Catalog.Book(), map[string]reminder{}
	for _, c := range clocks {
		for _, r := range planned(book, c) {
			if r.next = never; !r.due.IsZero() {
				r.climb(book, c, tx.Now)
			}
			wanted[r.task+"/"+r.stage] = r
		}
	}
	return writeReminders(tx, there, wanted)
}
