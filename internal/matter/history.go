package matter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"database/sql"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Entry is one event as history holds it.
type Entry struct {
	Matter ID
	Seq    int64
	Name   string
	Actor  string
	Unit   string
	At     time.Time
	Body   string // JSON
}

const entryColumns = `matter_id, seq, name, actor, unit, at, body`

func scanEntry(scan func(...any) error, before ...any) (Entry, error) {
	var e Entry
	var at int64
	err := scan(append(before, &e.Matter, &e.Seq, &e.Name, &e.Actor, &e.Unit, &at, &e.Body)...)
	e.At = sqldb.FromMicros(at)
	return e, err
}

// History is all events of one matter, oldest first.
func History(tx *sqldb.Tx, id ID) ([]Entry, error) {
	const q = `select ` + entryColumns + ` from matter_event where matter_id = $1 order by seq`
	rows, err := tx.Query(q, id)
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", id, err)
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		e, err := scanEntry(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", id, err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Cursor is a reading position in the history of all matters. The zero value
// is its beginning. It is kept by watchers only; everybody else refers to
// events by (matter, seq).
type Cursor struct {
	XID uint64
	ID  int64
}

// After reads at most n events past c in commit order, and the position after
// each. It never skips an event: on PostgreSQL it stops below the oldest
// transaction that is still running.
func After(tx *sqldb.Tx, c Cursor, n int) ([]Entry, []Cursor, error) {
	q := `select xid, id, ` + entryColumns + ` from matter_event` + tx.Dialect.Follow()
	rows, err := tx.Query(q, c.XID, c.ID, n)
	if err != nil {
		return nil, nil, fmt.Errorf("read history: %w", err)
	}
	defer rows.Close()
	var out []Entry
	var at []Cursor
	for rows.Next() {
		var pos Cursor
		e, err := scanEntry(rows.Scan, &pos.XID, &pos.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("read history: %w", err)
		}
		out, at = append(out, e), append(at, pos)
	}
	return out, at, rows.Err()
}

// Watcher is a named durable reader of history: each event is handled exactly
// once inside the database, because what Handle writes and the reading
// position are committed together.
type Watcher struct {
	Name   string
	Batch  int // events per unit of work
	Rest   int // while more waits, how many times as long as its last step it leaves the processors to people at work
	Handle func(tx *sqldb.Tx, events []Entry) error
}

// Step handles the next batch and reports how many events it took.
func (w Watcher) Step(ctx context.Context, db *sqldb.DB) (int, error) {
	n := 0
	err := db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("watch/" + w.Name); err != nil {
			return err
		}
		c, err := readCursor(tx, w.Name)
		if err != nil {
			return err
		}
		events, at, err := After(tx, c, w.Batch)
		if err != nil || len(events) == 0 {
			return err
		}
		if err := w.Handle(tx, events); err != nil {
			return err
		}
		n = len(events)
		return saveCursor(tx, w.Name, at[n-1])
	})
	if err != nil {
		return 0, fmt.Errorf("watcher %s: %w", w.Name, err)
	}
	return n, nil
}

// Drain steps until every event committed before the call is handled. On
// PostgreSQL it waits for transactions that hold readers back, also those of
// other cities on the same server. Tests and the demonstration city use it.
func (w Watcher) Drain(ctx context.Context, db *sqldb.DB) error {
	for {
		if err := w.flow(ctx, db); err != nil {
			return err
		}
		left, err := w.behind(ctx, db)
		if err != nil || !left {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// flow steps until nothing more can be read now.
func (w Watcher) flow(ctx context.Context, db *sqldb.DB) error {
	for {
		if n, err := w.Step(ctx, db); err != nil || n == 0 {
			return err
		}
	}
}

// calm is flow with rests.
func (w Watcher) calm(ctx context.Context, db *sqldb.DB) error {
	for {
		began := db.Now()
		n, err := w.Step(ctx, db)
		if err != nil || n == 0 {
			return err
		}
		if w.Rest == 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(db.Now().Sub(began) * time.Duration(w.Rest)):
		}
	}
}

func (w Watcher) behind(ctx context.Context, db *sqldb.DB) (left bool, err error) {
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		c, err := readCursor(tx, w.Name)
		if err != nil {
			return err
		}
		return tx.QueryRow(`select exists (select 1 from matter_event where (xid, id) > ($1, $2))`, c.XID, c.ID).Scan(&left)
	})
	return left, err
}

func readCursor(tx *sqldb.Tx, name string) (Cursor, error) {
	var c Cursor
	err := tx.QueryRow(`select xid, id from matter_cursor where name = $1`, name).Scan(&c.XID, &c.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return Cursor{}, nil
	}
	return c, err
}

func saveCursor(tx *sqldb.Tx, name string, c Cursor) error {
	return tx.Exec(`insert into matter_cursor(name, xid, id) values ($1, $2, $3)
		on conflict (name) do update set xid = excluded.xid, id = excluded.id`, name, c.XID, c.ID)
}

// Forget puts the watcher back to the beginning, so that what it built can be
// built anew.
func Forget(tx *sqldb.Tx, name string) error {
	return tx.Exec(`delete from matter_cursor where name = $1`, name)
}

// Watch runs watchers until ctx ends. wake hints that something was committed;
// every tells how long to wait without a hint. A watcher that fails waits and
// tries again; the others go on.
func Watch(ctx context.Context, db *sqldb.DB, log *slog.Logger, wake <-chan struct{}, every time.Duration, watchers ...Watcher) {
	bell := make([]chan struct{}, len(watchers))
	var group sync.WaitGroup
	for i, w := range watchers {
		bell[i] = make(chan struct{}, 1)
		group.Go(func() { w.run(ctx, db, log, bell[i], every) })
	}
	for {
		select {
		case <-ctx.Done():
			group.Wait()
			return
		case <-wake:
			for _, b := range bell {
				select {
				case b <- struct{}{}:
				default:
				}
			}
		}
	}
}

func (w Watcher) run(ctx context.Context, db *sqldb.DB, log *slog.Logger, bell <-chan struct{}, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := w.calm(ctx, db); err != nil && ctx.Err() == nil && fault.KindOf(err) != fault.Conflict {
			log.ErrorContext(ctx, "watcher", "name", w.Name, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-bell:
		case <-tick.C:
		}
	}
}
