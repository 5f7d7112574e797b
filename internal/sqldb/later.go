package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// statement is one that Later holds.
type statement struct {
	q    string
	args []any
}

// Later runs a statement of which only the success matters, no later than the
// next one that is not Later's, or the end of the unit. On PostgreSQL statements
// that wait together go over in one round trip; their error is then that of the
// statement they went before, or of Update. On SQLite it is Exec.
func (tx *Tx) Later(q string, args ...any) error {
	if tx.Dialect == SQLite || tx.conn == nil && tx.held == nil {
		return tx.Exec(q, args...)
	}
	if tx.broken != nil {
		return tx.broken
	}
	tx.wrote = true
	tx.queued = append(tx.queued, statement{q, args})
	return nil
}

// runner is what a statement runs on.
type runner interface {
	ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, q string) (*sql.Stmt, error)
}

// ready gives what the next statement runs on, once everything before it has run.
func (tx *Tx) ready() (runner, error) {
	if tx.loose != nil {
		return tx.loose, nil
	}
	if tx.held != nil {
		if err := tx.begin(); err != nil {
			return nil, err
		}
	}
	return tx.Tx, tx.flush()
}

// flush sends what Later holds. A failure ends the transaction, whatever the unit
// makes of the error.
func (tx *Tx) flush() error {
	if tx.broken != nil || len(tx.queued) == 0 {
		return tx.broken
	}
	list := tx.queued
	tx.queued = nil
	if _, err := send(tx.Ctx, tx.conn, list); err != nil {
		tx.broken = err
		return mapError(err)
	}
	return nil
}

// send runs statements in one round trip. Outside of a transaction they are one
// by themselves, durable when send returns nil. at is the statement that failed, or
// their number when it was none of them.
func send(ctx context.Context, conn *sql.Conn, list []statement) (at int, err error) {
	err = conn.Raw(func(dc any) error {
		std, ok := dc.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of %T cannot send statements together", dc)
		}
		var b pgx.Batch
		for _, s := range list {
			b.Queue(s.q, s.args...)
		}
		r := std.Conn().SendBatch(ctx, &b)
		for at = range list {
			if _, err := r.Exec(); err != nil {
				_ = r.Close()
				return err
			}
		}
		at = len(list)
		return r.Close()
	})
	return at, err
}

// failedRow gives an error where only a row can be given.
func failedRow(err error) *sql.Row {
	db := sql.OpenDB(failing{err})
	defer db.Close()
	return db.QueryRowContext(context.Background(), "")
}

// failing connects to nothing.
type failing struct{ err error }

func (f failing) Connect(context.Context) (driver.Conn, error) { return nil, f.err }

func (f failing) Driver() driver.Driver { return nil }
