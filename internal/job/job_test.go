package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func queue(db *sqldb.DB) *job.Queue {
	return job.New(db, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func enqueue(t *testing.T, db *sqldb.DB, kind, key string, args any, runAt time.Time) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return job.Enqueue(tx, kind, key, args, runAt) })
	if err != nil {
		t.Fatal(err)
	}
}

// runDue runs what is due and wants n attempts.
func runDue(t *testing.T, q *job.Queue, n int) {
	t.Helper()
	if got, err := q.RunDue(t.Context()); err != nil || got != n {
		t.Fatalf("attempts: got %d %v, want %d", got, err, n)
	}
}

func letters(t *testing.T, db *sqldb.DB) (all []job.Letter) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		all, err = job.Dead(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// noted is a handler that notes the keys of its jobs.
type noted struct {
	mu   sync.Mutex
	keys []string
}

func (n *noted) do(_ context.Context, j job.Job) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys = append(n.keys, j.Key)
	return nil
}

func TestJobExistsIfAndOnlyIfItsCauseWasCommitted(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q, ran := queue(db), &noted{}
		q.Register("mail", ran.do, job.Options{})
		undone := errors.New("undone")
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			if err := job.Enqueue(tx, "mail", "never", nil, time.Time{}); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		enqueue(t, db, "mail", "once", nil, time.Time{})
		runDue(t, q, 1)
		runDue(t, q, 0)
		if diff := cmp.Diff([]string{"once"}, ran.keys); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSameKeyIsRunOnce(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q, ran := queue(db), &noted{}
		q.Register("mail", ran.do, job.Options{})
		q.Register("sms", ran.do, job.Options{})
		for range 2 {
			enqueue(t, db, "mail", "m1/1", nil, time.Time{})
			enqueue(t, db, "sms", "m1/1", nil, time.Time{}) // another kind
			enqueue(t, db, "mail", "", nil, time.Time{})    // no key: each counts
		}
		runDue(t, q, 4)
		enqueue(t, db, "mail", "m1/1", nil, time.Time{})
		runDue(t, q, 0)
	})
}

func TestJobsWaitForTheirTimeAndRunInItsOrder(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q, ran := queue(db), &noted{}
		for _, kind := range []string{"a", "b"} {
			q.Register(kind, ran.do, job.Options{})
		}
		clock := sqldbtest.ClockOf(db)
		now := clock.Now()
		enqueue(t, db, "a", "third", nil, now.Add(72*time.Hour))
		enqueue(t, db, "b", "second", nil, now.Add(2*time.Hour))
		enqueue(t, db, "a", "first", nil, now.Add(time.Hour))
		runDue(t, q, 0)
		clock.Add(time.Hour)
		runDue(t, q, 1)
		clock.Add(72 * time.Hour)
		runDue(t, q, 2)
		if diff := cmp.Diff([]string{"first", "second", "third"}, ran.keys); diff != "" {
			t.Error(diff)
		}
	})
}

func TestArgumentsArrive(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		type args struct{ Matter string }
		q := queue(db)
		var got args
		q.Register("mail", func(_ context.Context, j job.Job) error { return j.Decode(&got) }, job.Options{})
		enqueue(t, db, "mail", "", args{"m1"}, time.Time{})
		runDue(t, q, 1)
		if got.Matter != "m1" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestFailureIsTriedAgainLaterAndLaterAndThenDies(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := queue(db)
		mended := false
		q.Register("mail", func(context.Context, job.Job) error {
			if mended {
				return nil
			}
			return errors.New("no answer")
		}, job.Options{MaxAttempts: 3})
		clock := sqldbtest.ClockOf(db)
		enqueue(t, db, "mail", "m1", nil, time.Time{})
		runDue(t, q, 1)
		clock.Add(14 * time.Second) // the first pause is 15 s and up to a fifth
		runDue(t, q, 0)
		clock.Add(4 * time.Second)
		runDue(t, q, 1)
		clock.Add(29 * time.Second)
		runDue(t, q, 0)
		clock.Add(7 * time.Second)
		runDue(t, q, 1)
		clock.Add(24 * time.Hour)
		runDue(t, q, 0)

		dead := letters(t, db)
		if len(dead) != 1 || dead[0].Key != "m1" || dead[0].Trouble != "no answer" || dead[0].Attempt != 3 {
			t.Fatalf("dead letters: %+v", dead)
		}
		mended = true
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return job.Retry(tx, dead[0].ID) })
		if err != nil {
			t.Fatal(err)
		}
		runDue(t, q, 1)
		if left := letters(t, db); len(left) != 0 {
			t.Errorf("dead letters after a retry: %+v", left)
		}
		err = db.Update(t.Context(), func(tx *sqldb.Tx) error { return job.Retry(tx, dead[0].ID) })
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("retry of a living job: got %v, want a conflict", err)
		}
	})
}

func TestPermanentFailureAndPanicAreKept(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := queue(db)
		q.Register("wrong", func(context.Context, job.Job) error { return job.Permanent(errors.New("no such number")) }, job.Options{})
		q.Register("panic", func(context.Context, job.Job) error { panic("nil map") }, job.Options{MaxAttempts: 1})
		enqueue(t, db, "wrong", "", nil, time.Time{})
		enqueue(t, db, "panic", "", nil, time.Time{})
		runDue(t, q, 2)
		var troubles []string
		for _, l := range letters(t, db) {
			line, _, _ := strings.Cut(l.Trouble, "\n")
			troubles = append(troubles, l.Kind+": "+line)
		}
		slices.Sort(troubles)
		if diff := cmp.Diff([]string{"panic: panic: nil map", "wrong: no such number"}, troubles); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHandlerMayAskForAnotherTime(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := queue(db)
		clock := sqldbtest.ClockOf(db)
		morning := clock.Now().Add(9 * time.Hour)
		var attempts []int
		q.Register("sms", func(_ context.Context, j job.Job) error {
			attempts = append(attempts, j.Attempt)
			if clock.Now().Before(morning) {
				return job.Again(morning)
			}
			return nil
		}, job.Options{MaxAttempts: 1})
		enqueue(t, db, "sms", "", nil, time.Time{})
		runDue(t, q, 1)
		clock.Add(8 * time.Hour)
		runDue(t, q, 0)
		clock.Add(time.Hour)
		runDue(t, q, 1)
		if diff := cmp.Diff([]int{1, 1}, attempts); diff != "" {
			t.Errorf("asking for another time counted as an attempt:\n%s", diff)
		}
	})
}

func TestUnknownKindsWait(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		enqueue(t, db, "of the next release", "k", nil, time.Time{})
		old := queue(db)
		runDue(t, old, 0)
		q, ran := queue(db), &noted{}
		q.Register("of the next release", ran.do, job.Options{})
		runDue(t, q, 1)
	})
}

func TestJobsEnqueueJobs(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q, ran := queue(db), &noted{}
		q.Register("first", func(ctx context.Context, j job.Job) error {
			return db.Update(ctx, func(tx *sqldb.Tx) error {
				if err := job.Enqueue(tx, "second", j.Key, nil, time.Time{}); err != nil {
					return err
				}
				return j.Done(tx)
			})
		}, job.Options{})
		q.Register("second", ran.do, job.Options{})
		enqueue(t, db, "first", "k", nil, time.Time{})
		runDue(t, q, 2)
	})
}

func TestLostLeaseIsTakenOverAndCannotFinish(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		clock := sqldbtest.ClockOf(db)
		slow, other := queue(db), queue(db)
		ran := &noted{}
		other.Register("mail", ran.do, job.Options{})
		var late error
		slow.Register("mail", func(ctx context.Context, j job.Job) error {
			clock.Add(6 * time.Minute) // longer than the lease
			if n, err := other.RunDue(ctx); err != nil || n != 1 {
				t.Errorf("the other worker: %d attempts, %v", n, err)
			}
			late = db.Update(ctx, j.Done)
			return late
		}, job.Options{})
		enqueue(t, db, "mail", "m1", nil, time.Time{})
		runDue(t, slow, 1)
		if fault.KindOf(late) != fault.Conflict {
			t.Errorf("finishing after the lease was lost: got %v, want a conflict", late)
		}
		clock.Add(24 * time.Hour)
		runDue(t, slow, 0) // it stays done
	})
}

func TestJobThatKillsItsWorkersDies(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		clock := sqldbtest.ClockOf(db)
		q := queue(db)
		q.Register("bomb", func(context.Context, job.Job) error { return nil }, job.Options{MaxAttempts: 2})
		enqueue(t, db, "bomb", "", nil, time.Time{})
		for range 2 { // as if the process had been killed after its claim
			err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
				return tx.Exec(`update job set state = 'running', attempt = attempt + 1, lease_until = $1`, sqldb.Micros(tx.Now.Add(time.Minute)))
			})
			if err != nil {
				t.Fatal(err)
			}
			clock.Add(2 * time.Minute)
		}
		runDue(t, q, 1)
		if dead := letters(t, db); len(dead) != 1 || dead[0].Attempt != 3 {
			t.Errorf("dead letters: %+v", dead)
		}
	})
}

func TestMissedScheduleRunsOnceLate(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		clock := sqldbtest.ClockOf(db)
		make := func(r job.Rhythm) (*job.Queue, *noted) {
			q, ran := queue(db), &noted{}
			q.Register("digest", ran.do, job.Options{})
			q.Schedule("morning", "digest", r)
			return q, ran
		}
		beijing := time.FixedZone("Beijing", 8*3600)
		q, ran := make(job.Daily(10*time.Hour, beijing)) // the clock starts at nine there
		runDue(t, q, 0)
		clock.Add(time.Hour)
		runDue(t, q, 1)
		runDue(t, q, 0)
		clock.Add(5 * 24 * time.Hour)
		runDue(t, q, 1)
		clock.Add(24*time.Hour - time.Second)
		runDue(t, q, 0)
		clock.Add(time.Second)
		again, ranAgain := make(job.Daily(10*time.Hour, beijing)) // a restart keeps the missed time
		runDue(t, again, 1)
		want := []string{"morning@2026-03-02T02:00:00Z", "morning@2026-03-03T02:00:00Z", "morning@2026-03-08T02:00:00Z"}
		if diff := cmp.Diff(want, append(ran.keys, ranAgain.keys...)); diff != "" {
			t.Error(diff)
		}
		hourly, _ := make(job.Every(time.Hour)) // a new rhythm replaces the next time
		runDue(t, hourly, 0)
		clock.Add(time.Hour)
		runDue(t, hourly, 1)
	})
}

func TestCountsLeaveOutWhatIsDone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q, ran := queue(db), &noted{}
		q.Register("mail", ran.do, job.Options{})
		enqueue(t, db, "mail", "done", nil, time.Time{})
		runDue(t, q, 1)
		due := sqldbtest.Start.Add(time.Hour)
		enqueue(t, db, "mail", "late", nil, due.Add(time.Hour))
		enqueue(t, db, "mail", "soon", nil, due)
		var got []job.Count
		err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
			got, err = job.Counts(tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]job.Count{{Kind: "mail", State: "ready", N: 2, Oldest: due}}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTwoStartedQueuesRunEachJobOnce has two processes' worth of workers on one
// database, while eight writers enqueue.
func TestTwoStartedQueuesRunEachJobOnce(t *testing.T) {
	const writers, each = 8, 50
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var mu sync.Mutex
		times := map[string]int{}
		all := make(chan struct{})
		var queues []*job.Queue
		for range 2 {
			q := queue(db)
			q.Register("mail", func(_ context.Context, j job.Job) error {
				mu.Lock()
				defer mu.Unlock()
				times[j.Key]++
				if len(times) == writers*each && times[j.Key] == 1 {
					close(all)
				}
				return nil
			}, job.Options{})
			if err := q.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			queues = append(queues, q)
		}
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					enqueue(t, db, "mail", fmt.Sprint(w, "/", i), nil, time.Time{})
				}
			})
		}
		writing.Wait()
		select {
		case <-all:
		case <-time.After(30 * time.Second):
			t.Error("not all jobs were run")
		}
		for _, q := range queues {
			if err := q.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for key, n := range times {
			if n != 1 {
				t.Errorf("job %s was run %d times", key, n)
			}
		}
	})
}

func TestOneHangingPoolDoesNotStopAnother(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := queue(db)
		hanging, mailed := make(chan struct{}, 10), make(chan struct{})
		q.Register("neighbour", func(ctx context.Context, _ job.Job) error {
			hanging <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}, job.Options{Pool: "neighbour"})
		q.Register("mail", func(context.Context, job.Job) error { close(mailed); return nil }, job.Options{})
		q.Pool("neighbour", 2)
		for range 5 {
			enqueue(t, db, "neighbour", "", nil, time.Time{})
		}
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-hanging
		<-hanging
		enqueue(t, db, "mail", "", nil, time.Time{})
		<-mailed

		// A stop that cannot wait gives the hanging jobs back, with no attempt lost.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
		if len(hanging) != 0 {
			t.Errorf("%d more jobs were begun than the pool has workers", len(hanging))
		}
		var ready, attempts int
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			const text = `select count(*), coalesce(sum(attempt), 0) from job where kind = 'neighbour' and state = 'ready'`
			return tx.QueryRow(text).Scan(&ready, &attempts)
		})
		if err != nil || ready != 5 || attempts != 0 {
			t.Errorf("given back: %d jobs with %d attempts (%v), want 5 with 0", ready, attempts, err)
		}
	})
}
