package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// Migration is one forward step of the schema.
type Migration struct {
	Name string
	Text string
}

// Migrations gives the steps of an engine, in their order.
func Migrations(d Dialect) ([]Migration, error) {
	dir := path.Join("migrations", d.String())
	files, err := fs.Glob(migrations, path.Join(dir, "*.sql"))
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, file := range files { // Glob sorts
		text, err := migrations.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, Migration{path.Base(file), string(text)})
	}
	return all, nil
}

// Migrate brings the schema up to date, each step in one transaction. Two
// processes may call it at once: each step runs once.
func (db *DB) Migrate(ctx context.Context) error {
	all, err := Migrations(db.dialect)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return db.migrate(ctx, all)
}

func (db *DB) migrate(ctx context.Context, all []Migration) error {
	if err := db.step(ctx, db.prepareMigrations); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, m := range all {
		err := db.step(ctx, func(tx *sql.Tx) error { return db.apply(ctx, tx, m) })
		if err != nil {
			return fmt.Errorf("migrate %s: %w", m.Name, err)
		}
	}
	return nil
}

// step runs f in a transaction that no other process that migrates can enter.
func (db *DB) step(ctx context.Context, f func(*sql.Tx) error) error {
	return alone(ctx, db.write, nil, func(tx *sql.Tx) error {
		if db.dialect == Postgres {
			const lock = `select pg_advisory_xact_lock($1), set_config('statement_timeout', '0', true)`
			if _, err := tx.ExecContext(ctx, lock, lockKey(db.schema, "sqldb_migration")); err != nil {
				return err
			}
		}
		return f(tx)
	})
}

func (db *DB) prepareMigrations(tx *sql.Tx) error {
	if db.schema != "" && db.dialect == Postgres {
		if _, err := tx.Exec(`create schema if not exists ` + db.schema); err != nil {
			return err
		}
	}
	q := `create table if not exists sqldb_migration (name text collate "C" primary key, at bigint not null)`
	if db.dialect == SQLite {
		q = `create table if not exists sqldb_migration (name text not null primary key, at integer not null) strict`
	}
	_, err := tx.Exec(q)
	return err
}

func (db *DB) apply(ctx context.Context, tx *sql.Tx, m Migration) error {
	var done string
	err := tx.QueryRowContext(ctx, `select name from sqldb_migration where name = $1`, m.Name).Scan(&done)
	if !errors.Is(err, sql.ErrNoRows) {
		return err // done, or the table cannot be read
	}
	for _, q := range Statements(m.Text) {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%w in %q", err, q)
		}
	}
	_, err = tx.ExecContext(ctx, `insert into sqldb_migration (name, at) values ($1, $2)`, m.Name, Micros(db.Now()))
	return err
}

// Statements splits the text of a migration at lines that are exactly "--;", or,
// when it has none, after each ";" that ends a line.
func Statements(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	separator := ";\n"
	if strings.Contains("\n"+text, "\n--;\n") {
		separator = "\n--;\n"
	}
	var all []string
	for part := range strings.SplitSeq("\n"+text+"\n", separator) {
		if !blank(part) {
			all = append(all, strings.TrimSpace(part))
		}
	}
	return all
}

// blank says whether a part of a migration holds comments only.
func blank(part string) bool {
	for line := range strings.Lines(part) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--") {
			return false
		}
	}
	return true
}
