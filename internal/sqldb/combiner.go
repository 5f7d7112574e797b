package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"gongzhi/internal/fault"
)

// combiner lets units of work that arrive together share one durable commit. A
// commit under synchronous=FULL waits for the disk, which costs many times what
// the statements of a unit cost, and SQLite has one writer at a time anyway.
//
// One goroutine begins a transaction and hands it to one waiting unit after the
// other; each runs in its caller's goroutine, so that a panic or a Goexit stays
// the caller's own. A unit that fails is rolled back to its savepoint, alone. When
// nobody waits any more the transaction is committed, and only then is anybody
// answered. If the transaction itself breaks, all units in it fail.
//
// Statements of a unit are not cancelled with its caller's context: SQLite answers
// an interrupted insert or update inside a transaction by rolling back all of the
// transaction, which here also belongs to others. A caller who leaves while still
// waiting for its turn is simply left out.
type combiner struct {
	write *sql.DB
	queue chan *unit
	done  chan struct{} // closed when no unit is taken any more
	ended chan struct{} // closed when the last group is answered
	once  sync.Once
	wait  time.Duration
}

// unit is one unit of work on its way through the combiner.
type unit struct {
	ctx    context.Context
	turn   chan *sql.Tx // unbuffered: a caller that has left takes none
	ran    chan error   // what its function returned
	result chan error   // what became of it
}

const (
	groupUnits = 64
	// The first unit of a group is not answered before the last has run, so a
	// group of slow units is closed early.
	groupTime = 20 * time.Millisecond
	// A unit that waits this long most likely waits for itself: an Update called
	// inside an Update with the outer context, which cannot be seen otherwise.
	waitLimit = 30 * time.Second
)

var (
	errUnfinished = errors.New("sqldb: unit of work did not return")
	errClosed     = fault.New(fault.Unavailable, "sqldb.busy", sql.ErrConnDone)
	errNoTurn     = fault.New(fault.Unavailable, "sqldb.busy",
		errors.New("sqldb: no turn to write: another unit of work does not end, or this one was begun inside it"))
)

func newCombiner(write *sql.DB) *combiner {
	c := &combiner{
		write: write,
		queue: make(chan *unit),
		done:  make(chan struct{}),
		ended: make(chan struct{}),
		wait:  waitLimit,
	}
	go c.loop()
	return c
}

// close refuses new units and waits for those that have begun.
func (c *combiner) close() {
	c.once.Do(func() { close(c.done) })
	<-c.ended
}

// do runs f as one unit of work and returns when it is durable or undone.
func (c *combiner) do(ctx context.Context, f func(*sql.Tx) error) error {
	u := &unit{ctx: ctx, turn: make(chan *sql.Tx), ran: make(chan error, 1), result: make(chan error, 1)}
	tx, err := c.turn(u)
	if err != nil {
		return err
	}
	finished := false
	defer func() {
		if !finished { // a panic or Goexit passes through
			u.ran <- errUnfinished
			<-u.result
		}
	}()
	err = f(tx)
	finished = true
	u.ran <- err
	return <-u.result
}

// turn waits until the unit may run.
func (c *combiner) turn(u *unit) (*sql.Tx, error) {
	if err := u.ctx.Err(); err != nil {
		return nil, err
	}
	limit := time.NewTimer(c.wait)
	defer limit.Stop()
	select {
	case c.queue <- u:
	case <-u.ctx.Done():
		return nil, u.ctx.Err()
	case <-limit.C:
		return nil, errNoTurn
	case <-c.done:
		return nil, errClosed
	}
	select {
	case tx := <-u.turn:
		return tx, nil
	case err := <-u.result: // no transaction could be begun
		return nil, err
	case <-u.ctx.Done():
		return nil, u.ctx.Err()
	}
}

func (c *combiner) loop() {
	defer close(c.ended)
	for {
		select {
		case u := <-c.queue:
			c.group(u)
		case <-c.done:
			return
		}
	}
}

// group runs the first unit and whoever waits behind it in one transaction.
func (c *combiner) group(first *unit) {
	// The context would end the transaction of all, so it is nobody's.
	tx, err := c.write.BeginTx(context.Background(), nil)
	if err != nil {
		first.result <- err
		return
	}
	g := &group{tx: tx, begun: time.Now()}
	for u := first; u != nil; u = c.next(g) {
		g.run(u)
	}
	g.end()
}

// next is a unit that waits now, if the group has room for it.
func (c *combiner) next(g *group) *unit {
	if g.broken != nil || g.size >= groupUnits || time.Since(g.begun) > groupTime {
		return nil
	}
	select {
	case u := <-c.queue:
		return u
	default:
		return nil
	}
}

// group is one transaction and the units in it that await its commit.
type group struct {
	tx     *sql.Tx
	begun  time.Time
	size   int
	kept   []*unit
	undone []*unit // with their errors in why
	why    []error
	broken error
}

// run hands the transaction to one unit and waits for it.
func (g *group) run(u *unit) {
	g.size++
	if _, err := g.tx.Exec(`savepoint unit`); err != nil {
		g.broken = err
		u.result <- err
		return
	}
	var err error
	select {
	case u.turn <- g.tx:
		err = <-u.ran
	case <-u.ctx.Done():
		err = u.ctx.Err()
	}
	if err == nil {
		g.kept = append(g.kept, u)
		_, g.broken = g.tx.Exec(`release unit`)
		return
	}
	if _, gone := g.tx.Exec(`rollback to unit; release unit`); gone != nil {
		g.broken = err // the savepoint went with the whole transaction, because of this
	}
	// What refused it may be the work of a unit before it, which its caller can
	// see only after the commit.
	g.undone, g.why = append(g.undone, u), append(g.why, err)
}

// end commits and answers.
func (g *group) end() {
	err := g.broken
	if err != nil {
		g.tx.Rollback()
	} else {
		err = g.tx.Commit()
	}
	if err != nil {
		err = fmt.Errorf("commit of %d units of work: %w", len(g.kept), err)
	}
	for _, u := range g.kept {
		u.result <- err
	}
	for i, u := range g.undone {
		u.result <- g.why[i]
	}
}
