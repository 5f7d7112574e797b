// Package job is a durable queue: work that is begun because something was
// committed, and that is not forgotten.
//
// A job is enqueued in the unit of work that is its cause, so it exists if and only
// if the cause was committed. It is run at least once: a handler must bear being run
// again, or finish with Job.Done in the unit of work that holds its effect. A claim
// is a lease; a worker that dies loses it. What fails is tried again, later and
// later, and at last kept as a dead letter for a person to look at.
//
// Arguments hold ids, never names, phones or free text: jobs outlive erasure.
package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// Job is one piece of work.
type Job struct {
	ID      string
	Kind    string
	Key     string
	Args    json.RawMessage
	RunAt   time.Time
	Attempt int // 1 the first time
}

// Topic is rung when a job has been enqueued.
const Topic = "job"

// Enqueue adds a job that is run at runAt, or at once for the zero time, if and
// when the unit of work is committed. A second job of the same kind and key adds
// nothing; the empty key never repeats anything. Take locks before.
func Enqueue(tx *sqldb.Tx, kind, key string, args any, runAt time.Time) error {
	text, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", kind, err)
	}
	if runAt.IsZero() {
		runAt = tx.Now
	}
	const q = `insert into job (id, kind, key, args, state, run_at, attempt, lease_until, created_at, finished_at, trouble)
		values ($1, $2, $3, $4, 'ready', $5, 0, 0, $6, 0, '')
		on conflict (kind, key) where key <> '' do nothing`
	err = tx.Exec(q, id.New(tx.Now), kind, key, string(text), sqldb.Micros(runAt), sqldb.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", kind, err)
	}
	tx.Announce(Topic)
	return nil
}

// Decode reads the arguments into v.
func (j Job) Decode(v any) error {
	if err := json.Unmarshal(j.Args, v); err != nil {
		return Permanent(fmt.Errorf("arguments of %s: %w", j.Kind, err))
	}
	return nil
}

// Done marks the job as done in the unit of work that holds its effect, which then
// happens exactly once. It refuses when the lease was lost and the job may be with
// another worker; the unit of work must then be rolled back.
func (j Job) Done(tx *sqldb.Tx) error {
	kept, err := settle(tx, j, outcome{state: done, at: j.RunAt, attempt: j.Attempt})
	if err != nil {
		return err
	}
	if !kept {
		return fault.New(fault.Conflict, "job.lease_lost", nil)
	}
	return nil
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error that trying again will not mend: the job becomes a dead
// letter at once.
func Permanent(err error) error { return permanent{err} }

type again struct{ at time.Time }

func (a again) Error() string { return "again at " + a.at.Format(time.RFC3339) }

// Again is returned by a handler that wants to be run at another time, for example
// after the quiet hours. It does not count as an attempt.
func Again(at time.Time) error { return again{at} }

// Letter is a dead job and why it died.
type Letter struct {
	Job
	Died    time.Time
	Trouble string
}

// Dead lists dead letters, the newest first, at most 200.
func Dead(tx *sqldb.Tx) ([]Letter, error) {
	const q = `select id, kind, key, args, run_at, attempt, finished_at, trouble from job
		where state = 'dead' and finished_at > 0 order by finished_at desc, id desc limit 200`
	rows, err := tx.Query(q)
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	defer rows.Close()
	var all []Letter
	for rows.Next() {
		var l Letter
		var args string
		var runAt, died int64
		if err := rows.Scan(&l.ID, &l.Kind, &l.Key, &args, &runAt, &l.Attempt, &died, &l.Trouble); err != nil {
			return nil, fmt.Errorf("dead letters: %w", err)
		}
		l.Args, l.RunAt, l.Died = json.RawMessage(args), sqldb.FromMicros(runAt), sqldb.FromMicros(died)
		all = append(all, l)
	}
	return all, rows.Err()
}

// Retry gives a dead letter all its attempts again, from now on.
func Retry(tx *sqldb.Tx, id string) error {
	const q = `update job set state = 'ready', run_at = $1, attempt = 0, finished_at = 0 where id = $2 and state = 'dead'`
	n, err := tx.ExecN(q, sqldb.Micros(tx.Now), id)
	if err != nil {
		return fmt.Errorf("retry %s: %w", id, err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "job.not_dead", nil)
	}
	tx.Announce(Topic)
	return nil
}

// Count is how many jobs of a kind are in a state.
type Count struct {
	Kind, State string
	N           int64
	Oldest      time.Time // when the oldest should have run
}

// Counts says how the queue stands, for the page of the administrator and for
// metrics. Done jobs are left out: they are only kept so that none repeats.
func Counts(tx *sqldb.Tx) ([]Count, error) {
	const q = `select kind, state, cast(count(*) as bigint), cast(min(run_at) as bigint) from job
		where state <> 'done' group by kind, state order by kind, state`
	rows, err := tx.Query(q)
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	defer rows.Close()
	var all []Count
	for rows.Next() {
		var c Count
		var oldest int64
		if err := rows.Scan(&c.Kind, &c.State, &c.N, &oldest); err != nil {
			return nil, fmt.Errorf("count jobs: %w", err)
		}
		c.Oldest = sqldb.FromMicros(oldest)
		all = append(all, c)
	}
	return all, rows.Err()
}

func isAgain(err error) (time.Time, bool) {
	var a again
	ok := errors.As(err, &a)
	return a.at, ok
}

func isPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}
