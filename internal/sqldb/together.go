package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// UpdateTogether is Update for units that only write: they lock names that
// hardly anybody else wants, then call Later and read nothing. Such units that
// wait at the same moment share one transaction and one round trip on PostgreSQL,
// as all units do on SQLite. A unit that reads after all goes on alone.
//
// A unit that fails does so alone: the others are sent again without it.
func (db *DB) UpdateTogether(ctx context.Context, f func(*Tx) error) error {
	if db.lanes == nil {
		return db.Update(ctx, f)
	}
	if ctx.Value(nested{}) != nil {
		return errNested
	}
	tx := db.begin(ctx, nil)
	tx.held = &held{db: db}
	defer tx.leave()
	err := tx.run(f)
	switch {
	case err != nil:
	case tx.held == nil:
		err = tx.Tx.Commit()
	case len(tx.queued) > 0:
		err = db.lanes.do(ctx, &load{locks: tx.held.locks, list: tx.queued, result: make(chan error, 1)})
	}
	if err != nil {
		return mapError(err)
	}
	db.bells.ring(tx.topics)
	return nil
}

// held is what a unit of UpdateTogether has before it has a transaction.
type held struct {
	db    *DB
	locks []int64
}

func (h *held) lock(keys []int64) error {
	h.locks = append(h.locks, keys...)
	return nil
}

// begin turns a unit of UpdateTogether into one of Update.
func (tx *Tx) begin() (err error) {
	h := tx.held
	tx.held = nil
	if tx.conn, err = h.db.write.Conn(tx.Ctx); err == nil {
		tx.Tx, err = tx.conn.BeginTx(tx.Ctx, nil)
	}
	if err != nil {
		tx.broken = err
		return err
	}
	list := tx.queued
	tx.queued = nil // not before the locks
	err = tx.lock(h.locks)
	tx.queued = list
	return err
}

// leave gives back what begin took.
func (tx *Tx) leave() {
	if tx.Tx != nil {
		tx.Tx.Rollback() // after a commit it does nothing
	}
	if tx.conn != nil {
		tx.conn.Close()
	}
}

// lanes send the statements of units that arrived together, each lane on one
// connection at a time. While one waits for the disk, another gathers.
type lanes struct {
	write *sql.DB
	queue chan *load
	done  chan struct{} // closed when nothing is taken any more
	group sync.WaitGroup
	once  sync.Once
}

// load is what one unit wants to write.
type load struct {
	locks  []int64
	list   []statement
	result chan error
}

const (
	laneCount = 1
	laneTime  = 60 * time.Second
)

func newLanes(write *sql.DB) *lanes {
	l := &lanes{write: write, queue: make(chan *load), done: make(chan struct{})}
	for range laneCount {
		l.group.Go(l.loop)
	}
	return l
}

// close refuses new units and waits for those that are on their way.
func (l *lanes) close() {
	l.once.Do(func() { close(l.done) })
	l.group.Wait()
}

// do returns when the load is durable or undone.
func (l *lanes) do(ctx context.Context, u *load) error {
	select {
	case l.queue <- u:
		return <-u.result
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return errClosed
	}
}

func (l *lanes) loop() {
	for {
		select {
		case u := <-l.queue:
			l.carry(l.gather(u))
		case <-l.done:
			return
		}
	}
}

// gather takes who waits now.
func (l *lanes) gather(first *load) []*load {
	all := []*load{first}
	for len(all) < groupUnits {
		select {
		case u := <-l.queue:
			all = append(all, u)
		default:
			return all
		}
	}
	return all
}

// carry sends a group. Each unit that PostgreSQL refuses is taken out and the
// rest sent again; then the refused go alone, so that the answer to each is about
// what is durable and not about a neighbour that may have failed after it.
func (l *lanes) carry(all []*load) {
	var refused []*load
	for len(all) > 0 {
		at, err := l.send(all)
		var answer *pgconn.PgError
		if err == nil || len(all) == 1 || at < 0 || !errors.As(err, &answer) {
			reply(all, err)
			break
		}
		refused = append(refused, all[at])
		all = slices.Delete(all, at, at+1)
	}
	for _, u := range refused {
		_, err := l.send([]*load{u})
		reply([]*load{u}, err)
	}
}

func reply(all []*load, err error) {
	for _, u := range all {
		u.result <- err
	}
}

// send writes all loads in one transaction. at is the one that was refused, or
// -1 when the failure is of none of them.
//
// All locks are taken before anything is written, in one order. So the rule that
// a transaction is numbered after its locks holds for each unit in it, and no two
// groups can wait for each other.
func (l *lanes) send(all []*load) (at int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), laneTime) // nobody's own: it carries several
	defer cancel()
	conn, err := l.write.Conn(ctx)
	if err != nil {
		return -1, err
	}
	defer conn.Close()
	list, owner := joined(all)
	n, err := send(ctx, conn, list)
	if err != nil && n < len(owner) {
		return owner[n], err
	}
	return -1, err
}

// joined are the statements of all loads behind their locks, and for each
// the load it is of.
func joined(all []*load) (list []statement, owner []int) {
	var keys []int64
	for _, u := range all {
		keys = append(keys, u.locks...)
	}
	if len(keys) > 0 {
		slices.Sort(keys)
		list = append(list, statement{`select pg_advisory_xact_lock(k) from unnest($1::bigint[]) k`, []any{slices.Compact(keys)}})
		owner = append(owner, -1)
	}
	for i, u := range all {
		for _, s := range u.list {
			list, owner = append(list, s), append(owner, i)
		}
	}
	return list, owner
}
