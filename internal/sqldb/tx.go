package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

// Tx is one unit of work. It carries the context and one instant, in
// microseconds and UTC, for every row it writes; code that makes up history may
// set Now before it calls a verb. A Tx never outlives the function it was given to
// and belongs to that function's goroutine.
type Tx struct {
	*sql.Tx
	Ctx     context.Context
	Now     time.Time
	Dialect Dialect

	schema string
	locked bool
	wrote  bool  // through Exec; PostgreSQL itself knows it better
	broken error // why the engine has already ended the transaction
	topics []string

	loose  *sql.DB     // of Look: no transaction at all
	conn   *sql.Conn   // PostgreSQL: what the transaction runs on
	queued []statement // of Later, not yet sent
	held   *held       // of UpdateTogether, as long as nothing was read
}

type nested struct{}

var errNested = errors.New("sqldb: a unit of work inside a unit of work: pass the Tx on instead")

// Update runs one unit of work: all of it is durable when Update returns nil, and
// none of it when it returns an error, or when f panics. Units must not be nested.
//
// On SQLite, units that arrive together share one durable commit; statements of
// the unit are then not cancelled with ctx, see combiner.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	if ctx.Value(nested{}) != nil {
		return errNested
	}
	running := ctx
	if db.combiner != nil {
		running = context.WithoutCancel(ctx)
	}
	var topics []string
	unit := func(inner *sql.Tx) error {
		tx := db.begin(running, inner)
		defer func() { topics = tx.topics }()
		return tx.run(f)
	}
	var err error
	if db.combiner != nil {
		err = db.combiner.do(ctx, unit)
	} else {
		topics, err = db.single(ctx, f)
	}
	if err != nil {
		return mapError(err)
	}
	db.bells.ring(topics)
	return nil
}

// single runs f on PostgreSQL, in a transaction of its own.
func (db *DB) single(ctx context.Context, f func(*Tx) error) ([]string, error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	inner, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer inner.Rollback() // after a commit it does nothing
	tx := db.begin(ctx, inner)
	tx.conn = conn
	if err := tx.run(f); err != nil {
		return nil, err
	}
	return tx.topics, inner.Commit()
}

// View runs f on one state of the database, which f cannot change.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	if ctx.Value(nested{}) != nil {
		return errNested
	}
	// Without repeatable read PostgreSQL shows each statement another state.
	o := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	if db.dialect == SQLite {
		o = &sql.TxOptions{ReadOnly: true}
	}
	return mapError(alone(ctx, db.read, o, func(inner *sql.Tx) error { return db.begin(ctx, inner).run(f) }))
}

// Look runs f without a transaction: each query of f sees its own state of the
// database. It is View for a single query, and on PostgreSQL a third of its way.
func (db *DB) Look(ctx context.Context, f func(*Tx) error) error {
	if ctx.Value(nested{}) != nil {
		return errNested
	}
	tx := db.begin(ctx, nil)
	tx.loose = db.read
	return mapError(tx.run(f))
}

func (db *DB) begin(ctx context.Context, inner *sql.Tx) *Tx {
	ctx = context.WithValue(ctx, nested{}, true)
	return &Tx{Tx: inner, Ctx: ctx, Now: db.Now(), Dialect: db.dialect, schema: db.schema}
}

func (tx *Tx) run(f func(*Tx) error) error {
	if err := f(tx); err != nil {
		return err
	}
	if tx.broken == nil && tx.held == nil {
		return tx.flush()
	}
	return tx.broken
}

// alone runs f in a transaction of its own.
func alone(ctx context.Context, pool *sql.DB, o *sql.TxOptions, f func(*sql.Tx) error) error {
	inner, err := pool.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	defer inner.Rollback() // after a commit it does nothing
	if err := f(inner); err != nil {
		return err
	}
	return inner.Commit()
}

// Commit is refused: Update commits, perhaps together with other units of work.
func (tx *Tx) Commit() error { return errors.New("sqldb: Update commits") }

// Rollback is refused: return an error instead.
func (tx *Tx) Rollback() error { return errors.New("sqldb: return an error to roll back") }

// Lock reserves names until the transaction ends. It must come before the first
// write: PostgreSQL numbers a transaction at its first write, and only a number
// taken after the lock makes reading order agree with each matter's own order.
func (tx *Tx) Lock(names ...string) error {
	if tx.wrote {
		return fmt.Errorf("lock %q: transaction has already written", names)
	}
	tx.locked = true
	if tx.Dialect == SQLite {
		return nil // begin immediate already made this the only writer
	}
	keys := make([]int64, len(names))
	for i, name := range names {
		keys[i] = lockKey(tx.schema, name)
	}
	if tx.held != nil {
		return tx.held.lock(keys)
	}
	return tx.lock(keys)
}

func (tx *Tx) lock(keys []int64) error {
	slices.Sort(keys) // one order for everybody, so no two can wait for each other
	const q = `select pg_current_xact_id_if_assigned() is not null from (select pg_advisory_xact_lock($1)) l`
	for _, key := range slices.Compact(keys) {
		var wrote bool
		if err := tx.QueryRowContext(tx.Ctx, q, key).Scan(&wrote); err != nil {
			return fmt.Errorf("lock: %w", mapError(err))
		}
		if wrote {
			return errors.New("lock: transaction has already written")
		}
	}
	return nil
}

// lockKey holds the schema, because advisory locks belong to the whole database
// and two cities in it have nothing to do with each other.
func lockKey(schema, name string) int64 {
	h := fnv.New64a()
	h.Write([]byte(schema + "\x00" + name))
	return int64(h.Sum64())
}

// Locked says whether the unit has taken its locks, which matter.Append relies on.
func (tx *Tx) Locked() bool { return tx.locked }

// SkipLocked is that of the dialect.
func (tx *Tx) SkipLocked() string { return tx.Dialect.SkipLocked() }

// PlanAnew has PostgreSQL plan the statements of this unit for their values. It
// otherwise turns to one plan for all values after five uses of a statement, which
// makes a full-text search a hundred times slower.
func (tx *Tx) PlanAnew() error {
	if tx.Dialect == SQLite {
		return nil
	}
	_, err := tx.ExecContext(tx.Ctx, `set local plan_cache_mode = force_custom_plan`)
	return err
}

// Exec runs a statement.
func (tx *Tx) Exec(q string, args ...any) error {
	_, err := tx.ExecN(q, args...)
	return err
}

// ExecN runs a statement and says how many rows it changed.
func (tx *Tx) ExecN(q string, args ...any) (int64, error) {
	if tx.broken != nil {
		return 0, tx.broken
	}
	tx.wrote = true
	res, err := tx.ExecContext(tx.Ctx, q, args...)
	if err != nil {
		return 0, tx.note(err)
	}
	return res.RowsAffected()
}

// Query runs a query; the caller closes the rows and looks at their Err.
func (tx *Tx) Query(q string, args ...any) (*sql.Rows, error) {
	if tx.broken != nil {
		return nil, tx.broken
	}
	rows, err := tx.QueryContext(tx.Ctx, q, args...)
	if err != nil {
		return nil, tx.note(err)
	}
	return rows, nil
}

// QueryRow runs a query for one row. Its error is the driver's own; Update and
// View give it its kind.
func (tx *Tx) QueryRow(q string, args ...any) *sql.Row {
	return tx.QueryRowContext(tx.Ctx, q, args...)
}

// QueryRowContext hides that of the transaction, so that what Later holds is
// written before.
func (tx *Tx) QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row {
	on, err := tx.ready()
	if err != nil {
		return failedRow(err)
	}
	return on.QueryRowContext(ctx, q, args...)
}

// QueryContext hides that of the transaction, as QueryRowContext does.
func (tx *Tx) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	on, err := tx.ready()
	if err != nil {
		return nil, err
	}
	return on.QueryContext(ctx, q, args...)
}

// ExecContext hides that of the transaction, as QueryRowContext does.
func (tx *Tx) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	on, err := tx.ready()
	if err != nil {
		return nil, err
	}
	return on.ExecContext(ctx, q, args...)
}

// PrepareContext hides that of the transaction, as QueryRowContext does.
func (tx *Tx) PrepareContext(ctx context.Context, q string) (*sql.Stmt, error) {
	on, err := tx.ready()
	if err != nil {
		return nil, err
	}
	return on.PrepareContext(ctx, q)
}

// note keeps an error after which SQLite has rolled the whole transaction back:
// a later statement would otherwise commit by itself.
func (tx *Tx) note(err error) error {
	if endsTransaction(err) {
		tx.broken = err
	}
	return mapError(err)
}
