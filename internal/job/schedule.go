package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/sqldb"
)

// Rhythm says when something is to be done again.
type Rhythm struct {
	every time.Duration
	at    time.Duration
	zone  *time.Location
}

// Every is each multiple of d, counted in UTC.
func Every(d time.Duration) Rhythm { return Rhythm{every: d} }

// Daily is each day when the clock of a zone shows a time, such as 2*time.Hour.
func Daily(at time.Duration, zone *time.Location) Rhythm { return Rhythm{at: at, zone: zone} }

// Next is the first time of the rhythm after a moment.
func (r Rhythm) Next(after time.Time) time.Time {
	if r.zone == nil {
		return after.Truncate(r.every).Add(r.every)
	}
	y, m, d := after.In(r.zone).Date()
	for {
		// By its parts, because a day need not have 24 hours.
		t := time.Date(y, m, d, 0, 0, 0, int(r.at), r.zone)
		if t.After(after) {
			return t.UTC()
		}
		d++
	}
}

func (r Rhythm) String() string {
	if r.zone == nil {
		return "every " + r.every.String()
	}
	return "daily at " + r.at.String() + " in " + r.zone.String()
}

type schedule struct {
	name, kind string
	rhythm     Rhythm
}

// Schedule has a job of a kind enqueued in a rhythm, without arguments and under the
// schedule's name and time as its key. When its time is missed, because nobody was
// running, it is run once, late. Call it before Start.
func (q *Queue) Schedule(name, kind string, r Rhythm) {
	if _, there := q.schedules[name]; there {
		panic("job: schedule " + name + " is named twice")
	}
	if _, there := q.handlers[kind]; !there {
		panic("job: schedule " + name + " comes before the handler of " + kind)
	}
	if r.zone == nil && r.every <= 0 {
		panic("job: schedule " + name + " has no rhythm")
	}
	q.schedules[name] = schedule{name, kind, r}
}

// plan writes the schedules that are new or have changed. One that stays the same
// keeps its next time, which may have been missed.
func (q *Queue) plan(ctx context.Context) error {
	const text = `insert into job_schedule (name, kind, rhythm, next_at, last_at) values ($1, $2, $3, $4, 0)
		on conflict (name) do update set kind = excluded.kind, rhythm = excluded.rhythm, next_at = excluded.next_at
		where job_schedule.kind <> excluded.kind or job_schedule.rhythm <> excluded.rhythm`
	err := q.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("job/schedule"); err != nil {
			return err
		}
		for _, s := range q.schedules { // some ten rows, once in the life of a process
			next := sqldb.Micros(s.rhythm.Next(tx.Now))
			if err := tx.Exec(text, s.name, s.kind, s.rhythm.String(), next); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan schedules: %w", err)
	}
	return nil
}

// fire enqueues what a schedule asks for, if its time has come and no other process
// has seen it first.
func (q *Queue) fire(ctx context.Context, s schedule) error {
	err := q.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("job/schedule"); err != nil {
			return err
		}
		var at int64
		err := tx.QueryRow(`select next_at from job_schedule where name = $1`, s.name).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) || err == nil && at > sqldb.Micros(tx.Now) {
			return nil
		}
		if err != nil {
			return err
		}
		key := s.name + "@" + sqldb.FromMicros(at).Format(time.RFC3339)
		if err := Enqueue(tx, s.kind, key, nil, time.Time{}); err != nil {
			return err
		}
		const text = `update job_schedule set next_at = $1, last_at = $2 where name = $3`
		return tx.Exec(text, sqldb.Micros(s.rhythm.Next(tx.Now)), sqldb.Micros(tx.Now), s.name)
	})
	if err != nil {
		return fmt.Errorf("schedule %s: %w", s.name, err)
	}
	return nil
}
