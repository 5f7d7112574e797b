package sqldb

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// dumpPostgres copies every table inside one read-only snapshot, so that all are
// of the same instant.
func (db *DB) dumpPostgres(ctx context.Context, dir string, s *Snapshot) error {
	return db.withPG(ctx, func(conn *sql.Conn, pg *pgconn.PgConn) error {
		const begin = `begin transaction isolation level repeatable read, read only`
		if _, err := conn.ExecContext(ctx, begin); err != nil {
			return err
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), `rollback`)
		if _, err := conn.ExecContext(ctx, `set local statement_timeout = 0`); err != nil {
			return err
		}
		var err error
		if s.Migrations, err = linesOf(ctx, conn, `select name from sqldb_migration order by name`); err != nil {
			return err
		}
		tables, err := linesOf(ctx, conn, ownTables)
		if err != nil {
			return err
		}
		for _, name := range tables {
			t, err := dumpTable(ctx, conn, pg, name, filepath.Join(dir, name))
			if err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
			s.Tables[name] = t
		}
		return nil
	})
}

const (
	ownTables  = `select table_name::text from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name <> 'sqldb_migration' order by 1`
	ownColumns = `select column_name::text from information_schema.columns where table_schema = current_schema() and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`
)

// settled are the tables whose transaction numbers mean something in one cluster
// only. They are copied with their rank in reading order as id and 0 as number:
// zero lies below every snapshot, so the copy is whole wherever it is put.
var settled = map[string]string{
	"matter_event":  `select '0' as xid, row_number() over (order by xid, id) as id, %s from matter_event`,
	"matter_cursor": `select '0' as xid, (select count(*) from matter_event e where (e.xid, e.id) <= (c.xid, c.id)) as id, %s from matter_cursor c`,
}

func dumpTable(ctx context.Context, conn *sql.Conn, pg *pgconn.PgConn, name, file string) (Table, error) {
	columns, err := linesOf(ctx, conn, ownColumns, name)
	if err != nil {
		return Table{}, err
	}
	q := `copy ` + name + ` (` + strings.Join(columns, ", ") + `) to stdout`
	if text, ok := settled[name]; ok {
		rest := slices.DeleteFunc(columns, func(c string) bool { return c == "xid" || c == "id" })
		columns = append([]string{"xid", "id"}, rest...)
		q = `copy (` + fmt.Sprintf(text, strings.Join(rest, ", ")) + `) to stdout`
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Table{}, err
	}
	w := bufio.NewWriterSize(f, 1<<18)
	tag, err := pg.CopyTo(ctx, w, q)
	err = errors.Join(err, w.Flush(), f.Sync(), f.Close())
	return Table{Rows: tag.RowsAffected(), Columns: columns}, err
}

// restorePostgres loads all tables in one transaction: all of the city, or none.
func restorePostgres(ctx context.Context, address string, o Options, dir string, s Snapshot, steps []Migration) error {
	db, err := Open(ctx, address, o)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.vacant(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx, steps); err != nil {
		return err
	}
	if err := db.load(ctx, dir, s); err != nil {
		return err
	}
	return errors.Join(db.Migrate(ctx), db.Analyze(ctx))
}

// vacant refuses a schema in which something stands already.
func (db *DB) vacant(ctx context.Context) error {
	var n int64
	const q = `select count(*) from information_schema.tables where table_schema = coalesce(nullif($1, ''), current_schema())`
	if err := db.write.QueryRowContext(ctx, q, db.schema).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return ErrNotEmpty
	}
	return nil
}

func (db *DB) load(ctx context.Context, dir string, s Snapshot) error {
	return db.withPG(ctx, func(conn *sql.Conn, pg *pgconn.PgConn) error {
		if _, err := conn.ExecContext(ctx, `begin`); err != nil {
			return err
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), `rollback`) // after a commit it only warns
		if _, err := conn.ExecContext(ctx, `set local statement_timeout = 0`); err != nil {
			return err
		}
		order, err := loadOrder(ctx, conn)
		if err != nil {
			return err
		}
		if len(order) != len(s.Tables) {
			return ErrForeign
		}
		for _, name := range order {
			if err := loadTable(ctx, conn, pg, dir, name, s.Tables[name]); err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
		}
		const next = `select setval(pg_get_serial_sequence('matter_event', 'id'), coalesce((select max(id) from matter_event), 0) + 1, false)`
		if _, err := conn.ExecContext(ctx, next); err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, `commit`)
		return err
	})
}

// loadOrder puts a table behind those that its foreign keys name.
func loadOrder(ctx context.Context, conn *sql.Conn) ([]string, error) {
	const q = `with recursive t(name, depth) as (
			select table_name::text, 0 from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name <> 'sqldb_migration'
			union select c.conrelid::regclass::text, t.depth + 1 from t join pg_constraint c on c.contype = 'f' and c.confrelid = t.name::regclass and c.conrelid <> c.confrelid where t.depth < 20)
		select name from t group by name order by max(depth), name`
	names, err := linesOf(ctx, conn, q)
	for i, n := range names { // a name may come with its schema
		names[i] = n[strings.LastIndexByte(n, '.')+1:]
	}
	return names, err
}

func loadTable(ctx context.Context, conn *sql.Conn, pg *pgconn.PgConn, dir, name string, t Table) error {
	columns, err := linesOf(ctx, conn, ownColumns, name)
	if err != nil {
		return err
	}
	for _, c := range t.Columns {
		if !slices.Contains(columns, c) {
			return ErrForeign
		}
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	q := `copy ` + name + ` (` + strings.Join(t.Columns, ", ") + `) from stdin`
	tag, err := pg.CopyFrom(ctx, bufio.NewReaderSize(f, 1<<18), q)
	if err == nil && tag.RowsAffected() != t.Rows {
		err = fmt.Errorf("%d rows, not %d", tag.RowsAffected(), t.Rows)
	}
	return err
}

// withPG gives f one connection, both as database/sql and as the driver's own.
func (db *DB) withPG(ctx context.Context, f func(*sql.Conn, *pgconn.PgConn) error) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var pg *pgconn.PgConn
	if err := conn.Raw(func(c any) error { pg = c.(*stdlib.Conn).Conn().PgConn(); return nil }); err != nil {
		return err
	}
	return f(conn, pg)
}

func linesOf(ctx context.Context, conn *sql.Conn, q string, args ...any) ([]string, error) {
	rows, err := conn.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		out = append(out, line)
	}
	return out, rows.Err()
}
