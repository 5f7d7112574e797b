package sqldb_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// create makes private tables in the words of each engine.
func create(t *testing.T, db *sqldb.DB, lite, postgres string) {
	t.Helper()
	text := lite
	if db.Dialect() == sqldb.Postgres {
		text = postgres
	}
	err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		for _, q := range sqldb.Statements(text) {
			if err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const pets = `create table pet (name text primary key, kind text not null unique);
create table bowl (pet text references pet(name));
`

func TestDriverErrorsGetTheirKind(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, pets, pets)
		add := `insert into pet (name, kind) values ($1, $2)`
		for _, c := range []struct {
			q    string
			args []any
			kind fault.Kind
			key  string
		}{
			{add, []any{"momo", "cat"}, "", ""},
			{add, []any{"momo", "dog"}, fault.Conflict, "sqldb.duplicate"},
			{add, []any{"fufu", "cat"}, fault.Conflict, "sqldb.duplicate"},
			{`insert into bowl (pet) values ($1)`, []any{"nobody"}, fault.Invalid, "sqldb.missing_reference"},
			{add, []any{"fufu", nil}, fault.Internal, ""},
			{`select nope from pet`, nil, fault.Internal, ""},
		} {
			var inner error
			outer := db.Update(t.Context(), func(tx *sqldb.Tx) error {
				inner = tx.Exec(c.q, c.args...)
				return inner
			})
			for _, err := range []error{inner, outer} {
				key, _ := fault.KeyOf(err)
				if kind := fault.KindOf(err); kind != c.kind || key != c.key {
					t.Errorf("%s %v: got %q %q, want %q %q: %v", c.q, c.args, kind, key, c.kind, c.key, err)
				}
			}
		}
	})
}

func TestRowErrorsGetTheirKindFromUpdate(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, pets, pets)
		add := func(tx *sqldb.Tx) error {
			var name string
			err := tx.QueryRow(`insert into pet (name, kind) values ('momo', 'cat') returning name`).Scan(&name)
			if err != nil {
				return fmt.Errorf("add a pet: %w", err)
			}
			return nil
		}
		if err := db.Update(t.Context(), add); err != nil {
			t.Fatal(err)
		}
		if err := db.Update(t.Context(), add); fault.KindOf(err) != fault.Conflict {
			t.Errorf("same pet again: got %v, want a conflict", err)
		}
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select name from pet where name = 'none'`).Scan(new(string))
		})
		if !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no such pet: got %v, want %v", err, sql.ErrNoRows)
		}
	})
}

func TestDoubleQuotesAreNamesOnBothEngines(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select "nope"`).Scan(new(string))
		})
		if err == nil {
			t.Error(`"nope" was taken for a text`)
		}
	})
}

func TestViewCannotWrite(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, pets, pets)
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			return tx.Exec(`insert into pet (name, kind) values ('momo', 'cat')`)
		})
		if err == nil {
			t.Error("a view wrote")
		}
	})
}

func TestViewSeesOneState(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, pets, pets)
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			var before, after int
			if err := tx.QueryRow(`select count(*) from pet`).Scan(&before); err != nil {
				return err
			}
			err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
				return tx.Exec(`insert into pet (name, kind) values ('momo', 'cat')`)
			})
			if err != nil {
				return err
			}
			if err := tx.QueryRow(`select count(*) from pet`).Scan(&after); err != nil {
				return err
			}
			if before != after {
				t.Errorf("a view saw %d rows and then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestTimesAreMicrosecondsInUTC(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 30, 0, 123456789, time.FixedZone("", 8*3600))
	if got, want := sqldb.FromMicros(sqldb.Micros(at)), at.UTC().Truncate(time.Microsecond); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("got %v, want %v", got, want)
	}
	if sqldb.Micros(time.Time{}) != 0 || !sqldb.FromMicros(0).IsZero() {
		t.Error("the zero time is not 0")
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		sqldbtest.ClockOf(db).Set(at)
		db.View(t.Context(), func(tx *sqldb.Tx) error {
			if !tx.Now.Equal(at.Truncate(time.Microsecond)) || tx.Now.Location() != time.UTC {
				t.Errorf("Tx.Now: got %v for a clock at %v", tx.Now, at)
			}
			return nil
		})
	})
}

func TestLockComesBeforeWrites(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, pets, pets)
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			if tx.Locked() {
				t.Error("locked before Lock")
			}
			if err := tx.Lock("b", "a", "b"); err != nil {
				return err
			}
			if err := tx.Lock("c"); err != nil {
				return err
			}
			if !tx.Locked() {
				t.Error("not locked after Lock")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		err = db.Update(t.Context(), func(tx *sqldb.Tx) error {
			if err := tx.Exec(`insert into pet (name, kind) values ('momo', 'cat')`); err != nil {
				return err
			}
			return tx.Lock("a")
		})
		if err == nil {
			t.Error("a lock after a write was not refused")
		}
	})
}

func TestOppositeLocksDoNotDie(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, `create table n (v integer) strict; insert into n values (0);
`, `create table n (v bigint);
insert into n values (0);
`)
		var all sync.WaitGroup
		for w := range 8 {
			names := []string{"m1", "m2"}
			if w%2 == 1 {
				names = []string{"m2", "m1"}
			}
			all.Go(func() {
				for range 20 {
					err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
						if err := tx.Lock(names...); err != nil {
							return err
						}
						var v int
						if err := tx.QueryRow(`select v from n`).Scan(&v); err != nil {
							return err
						}
						return tx.Exec(`update n set v = $1`, v+1)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		var v int
		db.View(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(`select v from n`).Scan(&v) })
		if v != 160 {
			t.Errorf("counted %d, want 160: the lock lets two in", v)
		}
	})
}

func TestSchemasAreCities(t *testing.T) {
	address := sqldbtest.Address(t, sqldb.Postgres)
	count := map[string]int{}
	for _, schema := range []string{"east", "west"} {
		db, err := sqldb.Open(t.Context(), address, sqldb.Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for range 2 {
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		err = db.View(t.Context(), func(tx *sqldb.Tx) error {
			var n int
			err := tx.QueryRow(`select count(*) from information_schema.tables where table_schema = $1 and table_name = 'sqldb_migration'`, schema).Scan(&n)
			count[schema] = n
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int{"east": 1, "west": 1}, count); diff != "" {
		t.Error(diff)
	}
	if _, err := sqldb.Open(t.Context(), address, sqldb.Options{Schema: `a"; drop`}); err == nil {
		t.Error("a schema with a quote was accepted")
	}
}

func TestAddressMustBeOfAKnownEngine(t *testing.T) {
	for _, address := range []string{"", "city.db", "mysql://x", "sqlite:", "sqlite::memory:"} {
		if db, err := sqldb.Open(t.Context(), address, sqldb.Options{}); err == nil {
			db.Close()
			t.Errorf("%q was opened", address)
		}
	}
}

func TestFileNamesMayHoldAnything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "共治 100% #1?.db")
	file = strings.ReplaceAll(file, "?", "") // "?" begins parameters
	db, err := sqldb.Open(t.Context(), "sqlite:"+file, sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "共治*1.db")); len(found) != 1 {
		t.Errorf("the file has another name: %v", found)
	}
}
