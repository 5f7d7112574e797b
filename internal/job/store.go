package job

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gongzhi/internal/sqldb"
)

type state string

const (
	ready state = "ready"
	done  state = "done"
	dead  state = "dead"
)

// agenda is what is to do at one moment.
type agenda struct {
	kinds     []string // with jobs that are due, the longest waiting first
	expired   bool     // some worker has lost its lease
	schedules []string // whose time has come
}

func (q *Queue) look(ctx context.Context) (a agenda, err error) {
	err = q.db.View(ctx, func(tx *sqldb.Tx) error {
		const kinds = `select kind from job where state = 'ready' and run_at <= $1 group by kind order by min(run_at), kind`
		if a.kinds, err = names(tx, kinds); err != nil {
			return err
		}
		const expired = `select kind from job where state = 'running' and lease_until <= $1 limit 1`
		lost, err := names(tx, expired)
		if err != nil {
			return err
		}
		a.expired = len(lost) > 0
		const schedules = `select name from job_schedule where next_at <= $1 order by next_at, name`
		a.schedules, err = names(tx, schedules)
		return err
	})
	if err != nil {
		return a, fmt.Errorf("look for jobs: %w", err)
	}
	return a, nil
}

// names runs a query of one text column for this moment.
func names(tx *sqldb.Tx, q string) (all []string, err error) {
	rows, err := tx.Query(q, sqldb.Micros(tx.Now))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		all = append(all, name)
	}
	return all, rows.Err()
}

// Materialized, because PostgreSQL may otherwise run the inner select more than
// once and lock more rows than it was asked for.
const (
	claimFirst = `with due as materialized (select id from job
		where state = 'ready' and kind = $1 and run_at <= $2 order by run_at, id limit $3`
	claimThen = `) update job set state = 'running', attempt = attempt + 1, lease_until = $4
		where id in (select id from due) returning id, key, args, run_at, attempt`
)

// claim leases up to n due jobs of a kind to this process.
func (q *Queue) claim(ctx context.Context, kind string, n int, lease time.Duration) (jobs []Job, err error) {
	err = q.db.Update(ctx, func(tx *sqldb.Tx) error {
		jobs = nil
		text := claimFirst + tx.SkipLocked() + claimThen
		rows, err := tx.Query(text, kind, sqldb.Micros(tx.Now), n, sqldb.Micros(tx.Now.Add(lease)))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			j := Job{Kind: kind}
			var args string
			var runAt int64
			if err := rows.Scan(&j.ID, &j.Key, &args, &runAt, &j.Attempt); err != nil {
				return err
			}
			j.Args, j.RunAt = json.RawMessage(args), sqldb.FromMicros(runAt)
			jobs = append(jobs, j)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("claim %s: %w", kind, err)
	}
	slices.SortFunc(jobs, func(a, b Job) int {
		return cmp.Or(a.RunAt.Compare(b.RunAt), cmp.Compare(a.ID, b.ID))
	})
	return jobs, nil
}

// release takes jobs back from workers whose lease has ended.
func (q *Queue) release(ctx context.Context) error {
	return q.db.Update(ctx, func(tx *sqldb.Tx) error {
		const text = `update job set state = 'ready', lease_until = 0, trouble = 'the worker did not return'
			where state = 'running' and lease_until <= $1`
		return tx.Exec(text, sqldb.Micros(tx.Now))
	})
}

// outcome is what becomes of a job after an attempt.
type outcome struct {
	state   state
	at      time.Time // ready: when
	attempt int       // attempts that count
	trouble string
}

// settle writes the outcome, unless the worker no longer holds the lease.
func settle(tx *sqldb.Tx, j Job, o outcome) (kept bool, err error) {
	finished := tx.Now
	if o.state == ready {
		finished = time.Time{}
	}
	const q = `update job set state = $1, run_at = $2, attempt = $3, trouble = $4, finished_at = $5, lease_until = 0
		where id = $6 and state = 'running' and attempt = $7`
	n, err := tx.ExecN(q, string(o.state), sqldb.Micros(o.at), o.attempt, o.trouble, sqldb.Micros(finished), j.ID, j.Attempt)
	if err != nil {
		return false, fmt.Errorf("settle job %s: %w", j.ID, err)
	}
	return n > 0, nil
}

// forget deletes jobs that were done long ago, a few at a time so that no writer
// waits for it. Dead letters stay.
func (q *Queue) forget(ctx context.Context) error {
	const text = `delete from job where id in (select id from job
		where state = 'done' and finished_at > 0 and finished_at <= $1 order by finished_at, id limit 500)`
	for n := int64(500); n == 500; {
		err := q.db.Update(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = tx.ExecN(text, sqldb.Micros(tx.Now.Add(-remember)))
			return err
		})
		if err != nil {
			return fmt.Errorf("forget old jobs: %w", err)
		}
	}
	return nil
}
