package job

import (
	"context"
	"errors"
	"sync"
	"time"
)

// running is a started queue.
type running struct {
	stop    context.CancelFunc // no new jobs
	abandon context.CancelCauseFunc
	freed   chan struct{}
	all     sync.WaitGroup
}

const (
	// Other processes' jobs, and those whose time comes, are seen this late; those
	// of this process that are due are heard at once.
	pollTime   = time.Second
	forgetTime = time.Hour
)

// Start runs jobs until Stop.
func (q *Queue) Start(ctx context.Context) error {
	if q.running != nil {
		return errors.New("job: started twice")
	}
	if err := q.plan(ctx); err != nil {
		return err
	}
	q.planned = true
	base := context.WithoutCancel(ctx)
	taking, stop := context.WithCancel(base)
	working, abandon := context.WithCancelCause(base)
	r := &running{stop: stop, abandon: abandon, freed: make(chan struct{}, 1)}
	q.running = r
	r.all.Go(func() { q.loop(taking, working, r) })
	return nil
}

// Stop takes no more jobs and waits for those that run. When ctx ends first they are
// cancelled and go back to the queue.
func (q *Queue) Stop(ctx context.Context) error {
	r := q.running
	if r == nil {
		return nil
	}
	r.stop()
	ended := make(chan struct{})
	go func() { r.all.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		r.abandon(errStopped)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			return errors.New("job: a handler ignores that it was cancelled; its lease will end")
		}
	}
	r.abandon(errStopped)
	q.running = nil
	return nil
}

func (q *Queue) loop(taking, working context.Context, r *running) {
	rung, deaf := q.db.Listen(Topic)
	defer deaf()
	poll := time.NewTicker(pollTime)
	defer poll.Stop()
	forget := time.NewTicker(forgetTime)
	defer forget.Stop()
	for {
		if err := q.take(taking, working, r); err != nil && taking.Err() == nil {
			q.log.ErrorContext(taking, "jobs are not taken", "error", err)
		}
		select {
		case <-taking.Done():
			return
		case <-rung:
		case <-r.freed:
		case <-poll.C:
		case <-forget.C:
			if err := q.forget(taking); err != nil && taking.Err() == nil {
				q.log.ErrorContext(taking, "old jobs are not forgotten", "error", err)
			}
		}
	}
}

// take gives due jobs to free workers.
func (q *Queue) take(taking, working context.Context, r *running) error {
	a, err := q.ready(taking)
	if err != nil {
		return err
	}
	for _, kind := range a.kinds {
		h := q.handlers[kind]
		pool := q.pools[h.Pool]
		free := cap(pool) - len(pool) // only this goroutine fills the pool
		if free == 0 {
			continue
		}
		// Not cancelled: a claim that is committed and not heard of waits for its lease.
		jobs, err := q.claim(context.WithoutCancel(taking), kind, free, h.Lease)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			pool <- struct{}{}
			r.all.Go(func() {
				defer func() {
					<-pool
					select {
					case r.freed <- struct{}{}:
					default:
					}
				}()
				q.attempt(working, h, j)
			})
		}
	}
	return nil
}
