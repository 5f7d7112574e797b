// Package sqldb opens the database of one city, SQLite or PostgreSQL, and runs
// units of work in it.
//
// Features write one SQL text for both engines. What must differ is here and
// nowhere else: opening, locks, reading order, error codes, migrations.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Dialect is the engine behind a DB.
type Dialect int

const (
	SQLite Dialect = iota
	Postgres
)

func (d Dialect) String() string {
	if d == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// Follow is the tail of a query that walks matter_event past the cursor
// (xid $1, id $2), oldest first, at most $3 rows, and misses none: an event that
// commits late never sorts before one that was readable earlier. Bind $1 as a
// number, not as text.
func (d Dialect) Follow() string {
	if d == Postgres {
		// Below xmin every transaction has ended, so nothing can still appear there.
		return ` where (xid, id) > ($1, $2) and xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid, id limit $3`
	}
	// One writer: no row id appears after a higher one has been read.
	return ` where $1 = 0 and id > $2 order by id limit $3`
}

// SkipLocked ends the inner select of a claim, so that two workers on PostgreSQL
// take two different rows instead of waiting for each other.
func (d Dialect) SkipLocked() string {
	if d == Postgres {
		return ` for update skip locked`
	}
	return `` // begin immediate already made this the only writer
}

// Options of Open. Zero values are good values.
type Options struct {
	Now    func() time.Time // default time.Now
	Schema string           // PostgreSQL: the city's schema, created by Migrate
}

// DB is the database of one city.
type DB struct {
	dialect  Dialect
	schema   string
	file     string // SQLite only
	now      func() time.Time
	write    *sql.DB
	read     *sql.DB
	combiner *combiner // SQLite only
	lanes    *lanes    // PostgreSQL only
	bells    bells
}

// Readers need no lock in either engine; more of them than this only queue for
// the processors. PostgreSQL's share is per city and process.
const (
	sqliteReaders = 8
	postgresConns = 24
)

var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// Open opens "sqlite:FILE" or "postgres://…" and checks that it answers. A SQLite
// file may be followed by "?" and parameters of the driver.
func Open(ctx context.Context, address string, o Options) (*DB, error) {
	db := &DB{now: o.Now, schema: o.Schema}
	if db.now == nil {
		db.now = time.Now
	}
	if o.Schema != "" && !schemaName.MatchString(o.Schema) {
		return nil, fmt.Errorf("open database: schema %q is not a plain lower-case name", o.Schema)
	}
	var err error
	switch scheme, rest, _ := strings.Cut(address, ":"); scheme {
	case "sqlite":
		err = db.openSQLite(rest)
	case "postgres", "postgresql":
		err = db.openPostgres(address)
	default:
		return nil, errors.New("open database: the address must start with sqlite: or postgres://")
	}
	if err != nil {
		return nil, fmt.Errorf("open %s database: %w", db.dialect, err)
	}
	if err := db.Ping(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s database: %w", db.dialect, err)
	}
	return db, nil
}

func (db *DB) openSQLite(rest string) (err error) {
	file, extra, _ := strings.Cut(rest, "?")
	if file == "" || strings.HasPrefix(file, ":memory:") {
		return errors.New("a file is needed: SQLite in memory ignores busy_timeout")
	}
	db.file = file
	// Double-quoted text is never a string here (_dqs), as on PostgreSQL.
	dsn := func(more ...string) string {
		all := append([]string{"_pragma=busy_timeout(5000)", "_pragma=foreign_keys(1)", "_pragma=temp_store(2)"}, more...)
		if extra != "" {
			all = append(all, extra)
		}
		return liteDSN(file, all...)
	}
	db.write, err = openLite(dsn("_txlock=immediate", "_pragma=journal_mode(wal)", "_pragma=synchronous(full)", "_pragma=cache_size(-32000)"))
	if err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	db.read, err = openLite(dsn("_query_only=1", "_pragma=cache_size(-8000)"))
	if err != nil {
		return err
	}
	db.read.SetMaxOpenConns(sqliteReaders)
	db.read.SetMaxIdleConns(sqliteReaders)
	db.combiner = newCombiner(db.write)
	return nil
}

func (db *DB) openPostgres(address string) error {
	db.dialect = Postgres
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return err
	}
	set := func(name, value string) {
		if _, given := c.RuntimeParams[name]; !given {
			c.RuntimeParams[name] = value
		}
	}
	// An open writing transaction holds back every reader of history in the
	// cluster, so none may stay open by mistake.
	set("statement_timeout", "60000")
	set("idle_in_transaction_session_timeout", "60000")
	set("application_name", "gongzhi")
	c.RuntimeParams["timezone"] = "UTC"
	if db.schema != "" {
		c.RuntimeParams["search_path"] = db.schema
	}
	db.write = stdlib.OpenDB(*c)
	db.write.SetMaxOpenConns(postgresConns)
	db.write.SetMaxIdleConns(postgresConns)
	db.write.SetConnMaxIdleTime(5 * time.Minute)
	db.read = db.write
	db.lanes = newLanes(db.write)
	return nil
}

// Dialect is the engine behind db.
func (db *DB) Dialect() Dialect { return db.dialect }

// Now is the clock of db, as units of work see it.
func (db *DB) Now() time.Time { return db.now().UTC().Truncate(time.Microsecond) }

// Ping says whether the database answers. On SQLite the first call also turns the
// file to write-ahead logging, which readers rely on.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.write.PingContext(ctx); err != nil {
		return err
	}
	return db.read.PingContext(ctx)
}

// Close waits for running units of work and closes every connection.
func (db *DB) Close() error {
	if db.combiner != nil {
		db.combiner.close()
	}
	if db.lanes != nil {
		db.lanes.close()
	}
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

// Micros is how a time is stored: microseconds since 1970, UTC. The zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the time of a stored number, in UTC. 0 is the zero time.
func FromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// Analyze lets the planner know what the tables hold. It is worth its seconds after
// an import; PostgreSQL does it by itself in time, SQLite never.
func (db *DB) Analyze(ctx context.Context) error {
	q := `vacuum (analyze)` // counts may then read the index alone
	if db.dialect == SQLite {
		q = `pragma analysis_limit = 2000; analyze` // a sample: the planner needs no more
	}
	if _, err := db.write.ExecContext(ctx, q); err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	return nil
}
