package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Snapshot describes a copy of a database, taken at one instant while others
// were writing.
type Snapshot struct {
	Engine     string           `json:"engine"`
	Migrations []string         `json:"migrations"`
	Tables     map[string]Table `json:"tables"`
}

// Table is one table of a snapshot.
type Table struct {
	Rows    int64    `json:"rows"`
	Columns []string `json:"columns,omitempty"` // PostgreSQL: in the order of the file
}

// snapshotFile is the name of a SQLite snapshot in its folder; PostgreSQL has one
// file for each table, named for it.
const snapshotFile = "city.db"

// Reasons why a snapshot is not taken in.
var (
	ErrNotEmpty = errors.New("sqldb: the database is not empty")
	ErrNewer    = errors.New("sqldb: the snapshot was made by a newer program")
	ErrEngine   = errors.New("sqldb: the snapshot belongs to another engine")
	ErrDamaged  = errors.New("sqldb: the snapshot is damaged")
	ErrForeign  = errors.New("sqldb: the snapshot holds what no migration of this program made")
)

// Snapshot writes a copy of the whole database to the empty folder dir. Others
// go on reading and writing; the copy holds what was committed when it began,
// and nothing half.
func (db *DB) Snapshot(ctx context.Context, dir string) (Snapshot, error) {
	s := Snapshot{Engine: db.dialect.String(), Tables: map[string]Table{}}
	var err error
	if db.dialect == Postgres {
		err = db.dumpPostgres(ctx, dir, &s)
	} else {
		err = db.dumpLite(ctx, filepath.Join(dir, snapshotFile), &s)
	}
	if err != nil {
		return s, fmt.Errorf("snapshot: %w", err)
	}
	return s, nil
}

// Restore fills the empty database at address with the snapshot in dir and
// brings it to this program's schema.
func Restore(ctx context.Context, address string, o Options, dir string, s Snapshot) error {
	d := SQLite
	if strings.HasPrefix(address, "postgres") {
		d = Postgres
	}
	if s.Engine != d.String() {
		return ErrEngine
	}
	known, err := Migrations(d)
	if err != nil {
		return err
	}
	steps, err := stepsOf(known, s.Migrations)
	if err != nil {
		return err
	}
	if d == Postgres {
		return restorePostgres(ctx, address, o, dir, s, steps)
	}
	return restoreLite(ctx, address, o, dir, s, steps)
}

// stepsOf are the migrations that a snapshot has had, of those this program knows.
func stepsOf(known []Migration, had []string) ([]Migration, error) {
	var out []Migration
	for _, m := range known {
		if slices.Contains(had, m.Name) {
			out = append(out, m)
		}
	}
	if len(out) != len(had) || len(had) == 0 {
		return nil, ErrNewer
	}
	return out, nil
}

// Verify reads the whole database and says what is wrong with it; nothing when
// all is well. PostgreSQL checks its pages by itself (data_checksums); foreign
// keys hold on both.
func (db *DB) Verify(ctx context.Context) ([]string, error) {
	if db.dialect == Postgres {
		return nil, db.Ping(ctx)
	}
	return verifyLite(ctx, db.read)
}

func verifyLite(ctx context.Context, q *sql.DB) ([]string, error) {
	wrong, err := lines(ctx, q, `pragma integrity_check(20)`)
	if sick(err) {
		return []string{err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	if slices.Equal(wrong, []string{"ok"}) {
		wrong = nil
	}
	broken, err := lines(ctx, q, `select "table" || ' row ' || coalesce(rowid, '?') || ' names a missing row of ' || parent from pragma_foreign_key_check limit 20`)
	if sick(err) {
		return append(wrong, err.Error()), nil
	}
	return append(wrong, broken...), err
}

// sick reports an error that is itself the finding: the file is damaged.
func sick(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "not a database"))
}

func lines(ctx context.Context, q *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
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

func (db *DB) dumpLite(ctx context.Context, file string, s *Snapshot) error {
	// A connection of its own: the readers may not write, not even elsewhere, and
	// the writer must stay free for the intake.
	own, err := openLite(liteDSN(db.file, "_pragma=busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer own.Close()
	if _, err := own.ExecContext(ctx, `vacuum into $1`, file); err != nil {
		return err
	}
	if err := syncFile(file); err != nil {
		return err
	}
	copied, err := openLite(liteDSN(file, "mode=ro", "_query_only=1"))
	if err != nil {
		return err
	}
	defer copied.Close()
	return describeLite(ctx, copied, s)
}

// describeLite counts the rows of every table that migrations made; the inner
// tables of the full-text index are left to it.
func describeLite(ctx context.Context, q *sql.DB, s *Snapshot) error {
	var err error
	if s.Migrations, err = lines(ctx, q, `select name from sqldb_migration order by name`); err != nil {
		return err
	}
	tables, err := lines(ctx, q, `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'search_fts%' order by name`)
	if err != nil {
		return err
	}
	for _, t := range tables {
		var n int64
		if err := q.QueryRowContext(ctx, `select count(*) from `+t).Scan(&n); err != nil {
			return err
		}
		s.Tables[t] = Table{Rows: n}
	}
	return nil
}

// restoreLite puts a checked copy in the place of the database file.
func restoreLite(ctx context.Context, address string, o Options, dir string, s Snapshot, steps []Migration) error {
	file, _, _ := strings.Cut(strings.TrimPrefix(address, "sqlite:"), "?")
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		return ErrNotEmpty
	}
	tmp := file + ".restoring"
	defer os.Remove(tmp)
	if err := copyFile(filepath.Join(dir, snapshotFile), tmp); err != nil {
		return err
	}
	if err := inspectLite(ctx, tmp, s, steps); err != nil {
		return err
	}
	if err := os.Rename(tmp, file); err != nil {
		return err
	}
	return migrateAt(ctx, address, o)
}

// inspectLite trusts nothing in a file that may come from a stranger: its schema
// must be, to the letter, what the migrations make, so that no trigger or view
// of somebody else's ever runs.
func inspectLite(ctx context.Context, file string, s Snapshot, steps []Migration) error {
	q, err := openLite(liteDSN(file, "mode=ro", "_query_only=1", "_pragma=trusted_schema(0)", "_pragma=cell_size_check(1)"))
	if err != nil {
		return err
	}
	defer q.Close()
	got, err := lines(ctx, q, schemaText)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	want, err := freshSchema(ctx, filepath.Dir(file), steps)
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return ErrForeign
	}
	found := Snapshot{Tables: map[string]Table{}}
	if err := describeLite(ctx, q, &found); err != nil {
		return err
	}
	for name, t := range s.Tables {
		if found.Tables[name].Rows != t.Rows {
			return fmt.Errorf("%w: %s holds %d rows, not %d", ErrDamaged, name, found.Tables[name].Rows, t.Rows)
		}
	}
	wrong, err := verifyLite(ctx, q)
	if err == nil && len(wrong) > 0 {
		err = fmt.Errorf("%w: %s", ErrDamaged, strings.Join(wrong, "; "))
	}
	return err
}

const schemaText = `select type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') from sqlite_master where name not like 'sqlite_%' order by type, name`

// freshSchema is the schema that migrations make, read off an empty database.
func freshSchema(ctx context.Context, dir string, steps []Migration) ([]string, error) {
	tmp, err := os.MkdirTemp(dir, "schema-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	db, err := Open(ctx, "sqlite:"+filepath.Join(tmp, "empty.db"), Options{})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.migrate(ctx, steps); err != nil {
		return nil, err
	}
	return lines(ctx, db.read, schemaText)
}

func migrateAt(ctx context.Context, address string, o Options) error {
	db, err := Open(ctx, address, o)
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(ctx), db.Close())
}
