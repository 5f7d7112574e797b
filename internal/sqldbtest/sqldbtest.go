// Package sqldbtest gives each test an empty, migrated database of its own, on
// both engines.
package sqldbtest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/sqldb"
)

// Each runs f on an empty migrated database of both engines, as two subtests,
// which may call t.Parallel. Without PostgreSQL its half is skipped, unless
// REQUIRE_POSTGRES is set.
func Each(t *testing.T, f func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) { f(t, New(t, d)) })
	}
}

// New gives an empty migrated database of one engine, with a Clock. It is not
// durable, for speed: a power cut would lose it.
func New(tb testing.TB, d sqldb.Dialect) *sqldb.DB {
	tb.Helper()
	return open(tb, Address(tb, d))
}

// Durable is New with the settings of production, for benchmarks and for tests
// that kill a process.
func Durable(tb testing.TB, d sqldb.Dialect) *sqldb.DB {
	tb.Helper()
	return open(tb, DurableAddress(tb, d))
}

// Address is where an empty migrated database is, for tests that open it
// themselves or start the program on it.
func Address(tb testing.TB, d sqldb.Dialect) string {
	tb.Helper()
	if d == sqldb.Postgres {
		return postgresDatabase(tb, quick)
	}
	return "sqlite:" + sqliteFile(tb) + "?_synchronous=off"
}

// DurableAddress is Address with the settings of production.
func DurableAddress(tb testing.TB, d sqldb.Dialect) string {
	tb.Helper()
	if d == sqldb.Postgres {
		return postgresDatabase(tb, durable)
	}
	return "sqlite:" + sqliteFile(tb)
}

func open(tb testing.TB, address string) *sqldb.DB {
	tb.Helper()
	clock := NewClock(Start)
	db, err := sqldb.Open(tb.Context(), address, sqldb.Options{Now: clock.Now})
	if err != nil {
		tb.Fatal(err)
	}
	clocks.Store(db, clock)
	tb.Cleanup(func() {
		clocks.Delete(db)
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// template is a migrated SQLite file, made once in a process and copied for each
// test: a copy takes a tenth of the time of the migrations.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "gongzhi-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:" + file + "?_synchronous=off"); err != nil {
		return nil, err
	}
	return os.ReadFile(file) // closing moved the write-ahead log into it
})

func sqliteFile(tb testing.TB) string {
	tb.Helper()
	data, err := template()
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(tb.TempDir(), "city.db")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// Start is where each Clock starts: a Monday morning, nine o'clock in Beijing.
var Start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// Clock stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

var clocks sync.Map // *sqldb.DB to *Clock

// NewClock gives a clock that shows now.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// ClockOf is the clock of a database that this package opened.
func ClockOf(db *sqldb.DB) *Clock {
	c, ok := clocks.Load(db)
	if !ok {
		panic("sqldbtest: this database was opened elsewhere")
	}
	return c.(*Clock)
}

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to an instant.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Add moves the clock on.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
