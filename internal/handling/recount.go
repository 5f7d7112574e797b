package handling

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// recounting is how far the dates of the open requests follow a change of the
// calendar or the rules.
type recounting struct {
	applied, target string // clockworks as JSON; target "" while nothing is to be done
	after           request.ClockAt
	moved           int64
}

// recountBatch is how many requests one unit of work counts anew.
const recountBatch = 500

// SweepRecount counts the dates of all open requests anew after calendar, office
// hours or rules have changed. Only what was counted by them moves: a date that
// somebody set stays, and a limit that a unit has been given stays with it
// (docs/adr/0011). It goes on where it stopped.
func (s *Service) SweepRecount(ctx context.Context) error {
	now, err := json.Marshal(s.Catalog.Book().Clockwork())
	if err != nil {
		return err
	}
	r, err := s.recountState(ctx, string(now))
	if err != nil || r.target == "" {
		return err
	}
	old, target, err := r.books()
	if err != nil {
		return err
	}
	for r.target != "" && err == nil {
		err = s.recountSome(ctx, old, target, &r)
	}
	return err
}

// recountState reads how far it is, and begins when something has changed.
func (s *Service) recountState(ctx context.Context, now string) (r recounting, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		const q = `select applied, target, after_at, after_id, moved from handling_recount`
		return tx.QueryRow(q).Scan(&r.applied, &r.target, &r.after.Opened, &r.after.ID, &r.moved)
	})
	first := errors.Is(err, sql.ErrNoRows)
	if err != nil && !first || r.target != "" || r.applied == now {
		return r, err
	}
	r = recounting{applied: r.applied, target: now}
	if first {
		r = recounting{applied: now}
	}
	return r, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return r.save(tx) })
}

func (r recounting) save(tx *sqldb.Tx) error {
	const q = `insert into handling_recount(one, applied, target, after_at, after_id, moved) values (1, $1, $2, $3, $4, $5)
		on conflict (one) do update set applied = excluded.applied, target = excluded.target, after_at = excluded.after_at, after_id = excluded.after_id, moved = excluded.moved`
	if err := tx.Exec(q, r.applied, r.target, r.after.Opened, r.after.ID, r.moved); err != nil {
		return fmt.Errorf("keep how far dates are counted: %w", err)
	}
	return nil
}

func (r recounting) books() (old, now *catalog.Book, err error) {
	var a, b catalog.Clockwork
	if err := json.Unmarshal([]byte(r.applied), &a); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal([]byte(r.target), &b); err != nil {
		return nil, nil, err
	}
	return a.Book(), b.Book(), nil
}

// recountSome takes the next requests, in one unit of work with the place up to
// which it has come.
func (s *Service) recountSome(ctx context.Context, old, now *catalog.Book, r *recounting) error {
	var ids []matter.ID
	next := *r
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		ids, next.after, err = request.ClockIDs(tx, r.after, recountBatch)
		return err
	})
	if err != nil {
		return err
	}
	if next.after == r.after { // nothing is behind the last one
		next = recounting{applied: r.target, moved: r.moved}
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		names := []string{"handling/recount"}
		for _, id := range ids {
			names = append(names, string(id))
		}
		if err := tx.Lock(names...); err != nil {
			return err
		}
		list, err := request.Clocks(tx, ids)
		if err != nil {
			return err
		}
		for _, c := range list {
			moved, err := s.recountOne(tx, old, now, c)
			if err != nil {
				return err
			}
			next.moved += moved
		}
		return next.save(tx)
	})
	if err == nil {
		*r = next
	}
	return err
}

// recountOne moves what was counted by the old clockwork to where the new one has
// it: the request's date and those of its tasks.
func (s *Service) recountOne(tx *sqldb.Tx, old, now *catalog.Book, c *request.Clock) (moved int64, err error) {
	for _, t := range c.Tasks { // a lead and a few assistants
		due := t.DueAt
		for _, from := range []time.Time{t.SentAt, c.OpenedAt} {
			if x := replay(old, c, t.Limit, from, t.Lead); x.Equal(t.DueAt) {
				due = replay(now, c, t.Limit, from, t.Lead)
				break
			}
		}
		if !due.Equal(t.DueAt) {
			if err := request.MoveTaskDue(tx, t.ID, due); err != nil {
				return 0, err
			}
		}
	}
	due, ok := recounted(old, now, c)
	if !ok || due.Equal(c.DueAt) {
		return 0, nil
	}
	zone := now.Calendar.Zone
	return 1, c.Recounted(tx, due, locale.T(locale.ZH, "handling.recounted", locale.Short(locale.ZH, c.DueAt, zone), locale.Short(locale.ZH, due, zone)))
}

// recounted is the date of a request by the new clockwork, when the old one is
// where its date came from.
func recounted(old, now *catalog.Book, c *request.Clock) (time.Time, bool) {
	fits := func(l calendar.Limit, from time.Time) bool {
		return l.Unit != "" && replay(old, c, l, from, true).Equal(c.DueAt)
	}
	for _, t := range c.Tasks {
		if !t.Lead {
			continue
		}
		for _, from := range []time.Time{c.OpenedAt, t.SentAt} {
			if fits(t.Limit, from) {
				return replay(now, c, t.Limit, from, true), true
			}
		}
	}
	if fits(c.Alarm.Limit, c.OpenedAt) {
		return replay(now, c, c.Alarm.Limit, c.OpenedAt, true), true
	}
	rule := catalog.LimitCase{Type: c.Type, Category: c.Category, Urgency: c.Urgency}
	if l := old.Allow(rule, c.OpenedAt).Limit; fits(l, c.OpenedAt) {
		if len(c.Tasks) == 0 { // nobody has been given the limit yet
			l = now.Allow(rule, c.OpenedAt).Limit
		}
		return replay(now, c, l, c.OpenedAt, true), true
	}
	return time.Time{}, false
}

// replay counts a date from its begin, with all that has moved it since. Only the
// lead's was extended.
func replay(b *catalog.Book, c *request.Clock, l calendar.Limit, from time.Time, lead bool) time.Time {
	due := b.Calendar.Due(from, l)
	for _, m := range c.Moves {
		switch {
		case m.At.Before(from) || m.Reason == "recount":
		case m.Reason != "extension":
			due, _ = b.Calendar.Shift(from, due, l, m.Stop())
		case lead:
			due = b.Calendar.Extend(due, calendar.Limit{N: int(m.Days), Unit: calendar.WorkingDays})
		}
	}
	return due
}
