package job

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"time"
	"unicode/utf8"

	"gongzhi/internal/sqldb"
)

// Handler does a job. Its context ends with the lease or when the program stops;
// its clock is the Now of the units of work it opens.
type Handler func(ctx context.Context, j Job) error

// Options of a kind of job. Zero values are good values.
type Options struct {
	// Pool names the workers that run the kind, "" for the common ones. What talks
	// to an outside target gets a pool of its own, so that one that hangs does not
	// stop the others.
	Pool        string
	MaxAttempts int                             // default 10
	Lease       time.Duration                   // default 5 minutes; a handler is cancelled before it ends
	Backoff     func(attempt int) time.Duration // default from 15 s, doubling, to 6 h
}

type handler struct {
	Options
	do Handler
}

// Queue runs jobs of the kinds it knows. Jobs of other kinds wait for a program that
// knows them.
type Queue struct {
	db        *sqldb.DB
	log       *slog.Logger
	handlers  map[string]handler
	schedules map[string]schedule
	planned   bool
	pools     map[string]chan struct{}
	running   *running
}

const (
	poolWorkers = 4
	// Keys of jobs done longer ago may happen again.
	remember = 90 * 24 * time.Hour
)

// New makes a queue that knows no kind yet.
func New(db *sqldb.DB, log *slog.Logger) *Queue {
	return &Queue{
		db:        db,
		log:       log,
		handlers:  map[string]handler{},
		schedules: map[string]schedule{},
		pools:     map[string]chan struct{}{},
	}
}

// Register names the handler of a kind. Call it before Start.
func (q *Queue) Register(kind string, do Handler, o Options) {
	if _, there := q.handlers[kind]; there {
		panic("job: kind " + kind + " has two handlers")
	}
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 10
	}
	if o.Lease == 0 {
		o.Lease = 5 * time.Minute
	}
	if o.Backoff == nil {
		o.Backoff = backoff
	}
	if q.pools[o.Pool] == nil {
		q.Pool(o.Pool, poolWorkers)
	}
	q.handlers[kind] = handler{o, do}
}

// Kinds names the kinds of work that this queue does, in order.
func (q *Queue) Kinds() []string { return slices.Sorted(maps.Keys(q.handlers)) }

// Pool says how many workers a pool has, instead of four. Call it before Start.
func (q *Queue) Pool(name string, workers int) {
	q.pools[name] = make(chan struct{}, workers)
}

func backoff(attempt int) time.Duration {
	return min(15*time.Second<<min(attempt-1, 20), 6*time.Hour)
}

// jitter is up to a fifth more, so that what failed together is not tried again
// together. It comes from the job, not from chance: a test can repeat it.
func jitter(d time.Duration, j Job) time.Duration {
	h := fnv.New32a()
	fmt.Fprint(h, j.ID, j.Attempt)
	return d + time.Duration(float64(d)/5*float64(h.Sum32()%1000)/1000)
}

// RunDue runs in this goroutine, one after the other, whatever is due by the clock of
// the database, including what that enqueues, and says how many attempts it made.
// Failed attempts are no error here: they are tried again when they are due.
func (q *Queue) RunDue(ctx context.Context) (n int, err error) {
	if !q.planned {
		if err := q.plan(ctx); err != nil {
			return 0, err
		}
		q.planned = true
	}
	const tooMany = 100_000
	for n < tooMany {
		kind, err := q.prepare(ctx)
		if err != nil || kind == "" {
			return n, err
		}
		h := q.handlers[kind]
		jobs, err := q.claim(ctx, kind, 1, h.Lease)
		if err != nil {
			return n, err
		}
		for _, j := range jobs { // another worker may have been faster
			n++
			if err := q.attempt(ctx, h, j); err != nil {
				return n, err
			}
		}
	}
	return n, fmt.Errorf("run due jobs: %d attempts and no end", tooMany)
}

// prepare does what comes before jobs and gives the kind that has waited longest.
func (q *Queue) prepare(ctx context.Context) (kind string, err error) {
	a, err := q.ready(ctx)
	if err != nil || len(a.kinds) == 0 {
		return "", err
	}
	return a.kinds[0], nil
}

// ready is the agenda after lost leases and schedules have become jobs, with only
// the kinds that this queue knows.
func (q *Queue) ready(ctx context.Context) (agenda, error) {
	a, err := q.look(ctx)
	if err != nil {
		return a, err
	}
	changed := a.expired
	if a.expired {
		if err := q.release(ctx); err != nil {
			return a, err
		}
	}
	for _, name := range a.schedules {
		s, known := q.schedules[name]
		if !known {
			continue // of another version of the program
		}
		changed = true
		if err := q.fire(ctx, s); err != nil {
			return a, err
		}
	}
	if changed {
		if a, err = q.look(ctx); err != nil {
			return a, err
		}
	}
	kinds := a.kinds[:0]
	for _, kind := range a.kinds {
		if _, known := q.handlers[kind]; known {
			kinds = append(kinds, kind)
		}
	}
	a.kinds = kinds
	return a, nil
}

var errStopped = errors.New("job: the program stops")

// attempt runs a job and writes what became of it.
func (q *Queue) attempt(ctx context.Context, h handler, j Job) error {
	started := time.Now()
	err := q.call(ctx, h, j)
	stopped := context.Cause(ctx) == errStopped
	// The outcome is written even when the program stops.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var o outcome
	dbErr := q.db.Update(ctx, func(tx *sqldb.Tx) error {
		o = judge(tx.Now, h, j, err, stopped)
		_, err := settle(tx, j, o)
		return err
	})
	level := slog.LevelInfo
	switch {
	case dbErr != nil, o.state == dead:
		level = slog.LevelError
	case err != nil:
		level = slog.LevelWarn
	}
	q.log.LogAttrs(ctx, level, "job", slog.String("kind", j.Kind), slog.String("id", j.ID), slog.Int("attempt", j.Attempt),
		slog.String("state", string(o.state)), slog.Duration("took", time.Since(started)), slog.Any("error", errors.Join(err, dbErr)))
	return dbErr
}

// call runs the handler within its lease. A panic is an error of this job and stops
// nobody else.
func (q *Queue) call(ctx context.Context, h handler, j Job) (err error) {
	if j.Attempt > h.MaxAttempts {
		return Permanent(errors.New("job: the worker did not return, again and again"))
	}
	ctx, cancel := context.WithTimeout(ctx, h.Lease*9/10)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return h.do(ctx, j)
}

// judge says what becomes of a job after an attempt that ended with err.
func judge(now time.Time, h handler, j Job, err error, stopped bool) outcome {
	o := outcome{state: done, at: j.RunAt, attempt: j.Attempt}
	if err == nil {
		return o
	}
	o.trouble = shorten(err.Error())
	o.state = ready
	if at, ok := isAgain(err); ok {
		o.at, o.attempt = at, j.Attempt-1
		return o
	}
	if stopped {
		o.attempt = j.Attempt - 1
		return o
	}
	if isPermanent(err) || j.Attempt >= h.MaxAttempts {
		o.state = dead
		return o
	}
	o.at = now.Add(jitter(h.Backoff(j.Attempt), j))
	return o
}

// shorten keeps the beginning of a text, whole characters only.
func shorten(text string) string {
	const most = 2000
	if len(text) <= most {
		return text
	}
	text = text[:most]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}
