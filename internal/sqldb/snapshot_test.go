package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// history writes events of matters 0 … n-1, and a cursor that has read three.
func history(t *testing.T, db *sqldb.DB, n int) {
	t.Helper()
	for i := range n {
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			m := fmt.Sprintf("m%03d", i)
			if err := tx.Exec(`insert into matter(id, kind, number, state, open, version, title, topic, area, unit, sealed, opened_at, changed_at)
				values ($1, 'request', $1, 'to_dispatch', $2, 1, '路灯 "不亮"	换行
第二行\N', '', '', '', $3, 1, 1)`, m, true, false); err != nil {
				return err
			}
			return tx.Exec(`insert into matter_event(matter_id, seq, name, actor, unit, at, body) values ($1, 1, 'received', 'resident', '', 1, '{}')`, m)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func events(t *testing.T, db *sqldb.DB) []string {
	t.Helper()
	var out []string
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select matter_id from matter_event order by xid, id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var m string
			if err := rows.Scan(&m); err != nil {
				return err
			}
			out = append(out, m)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// elsewhere is an empty place of the same engine.
func elsewhere(t *testing.T, d sqldb.Dialect) (string, sqldb.Options) {
	if d == sqldb.Postgres {
		return sqldbtest.Address(t, d), sqldb.Options{Schema: "elsewhere"}
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "new", "city.db"), sqldb.Options{}
}

func TestASnapshotTakenWhileOthersWriteIsAWholeBeginningOfHistory(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		history(t, db, 10)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		started := make(chan struct{})
		go func() {
			defer close(done)
			for i := 10; ctx.Err() == nil; i++ {
				err := db.Update(ctx, func(tx *sqldb.Tx) error {
					return tx.Exec(`insert into catalog_setting(name, value) values ($1, 'x')`, fmt.Sprint("k", i))
				})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				if i == 12 {
					close(started)
				}
			}
		}()
		<-started
		dir := t.TempDir()
		s, err := db.Snapshot(t.Context(), dir)
		stop()
		<-done
		if err != nil {
			t.Fatal(err)
		}
		if s.Tables["matter"].Rows != 10 || s.Tables["matter_event"].Rows != 10 || s.Tables["catalog_setting"].Rows < 3 {
			t.Errorf("snapshot holds %v", s.Tables)
		}
		address, o := elsewhere(t, db.Dialect())
		if err := sqldb.Restore(t.Context(), address, o, dir, s); err != nil {
			t.Fatal(err)
		}
		back, err := sqldb.Open(t.Context(), address, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { back.Close() })
		if got, want := events(t, back), events(t, db); !slices.Equal(got, want) {
			t.Errorf("history %v, want %v", got, want)
		}
		if got := titles(t, back); got != titles(t, db) {
			t.Errorf("texts changed: %q", got)
		}
		history2 := func() error {
			return back.Update(t.Context(), func(tx *sqldb.Tx) error {
				return tx.Exec(`insert into matter_event(matter_id, seq, name, actor, unit, at, body) values ('m000', 2, 'urged', 'resident', '', 1, '{}')`)
			})
		}
		if err := history2(); err != nil {
			t.Errorf("history does not go on: %v", err)
		}
		if got := events(t, back); got[len(got)-1] != "m000" {
			t.Errorf("what came after the restore does not sort last: %v", got)
		}
		if err := sqldb.Restore(t.Context(), address, o, dir, s); !errors.Is(err, sqldb.ErrNotEmpty) {
			t.Errorf("a second restore: %v", err)
		}
		if wrong, err := back.Verify(t.Context()); err != nil || len(wrong) > 0 {
			t.Errorf("verify: %v %v", wrong, err)
		}
	})
}

func titles(t *testing.T, db *sqldb.DB) (out string) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select string_agg(title, '|') from (select title from matter order by id) x`).Scan(&out)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCursorsHaveTheSameLeftToReadAfterARestore is the settling of architecture §7.2.
func TestCursorsHaveTheSameLeftToReadAfterARestore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		history(t, db, 9)
		for n := range 10 {
			err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
				var xid, id int64
				if err := tx.QueryRow(`select coalesce(max(x), 0), coalesce(max(i), 0) from (select cast(cast(xid as text) as bigint) as x, id as i from matter_event order by xid, id limit $1) e`, n).Scan(&xid, &id); err != nil {
					return err
				}
				return tx.Exec(`insert into matter_cursor(name, xid, id) values ($1, $2, $3)`, fmt.Sprint("c", n), xid, id)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		dir := t.TempDir()
		s, err := db.Snapshot(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		address, o := elsewhere(t, db.Dialect())
		if err := sqldb.Restore(t.Context(), address, o, dir, s); err != nil {
			t.Fatal(err)
		}
		back, err := sqldb.Open(t.Context(), address, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { back.Close() })
		const left = `select count(*) from matter_cursor c join matter_event e on (e.xid, e.id) > (c.xid, c.id) where c.name = $1`
		for n := range 10 {
			var got int
			err := back.View(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(left, fmt.Sprint("c", n)).Scan(&got) })
			if err != nil || got != 9-n {
				t.Errorf("cursor after %d has %d left, want %d (%v)", n, got, 9-n, err)
			}
		}
	})
}

// TestAStrangersFileIsNotTakenIn covers attack P13.
func TestAStrangersFileIsNotTakenIn(t *testing.T) {
	db := sqldbtest.New(t, sqldb.SQLite)
	history(t, db, 3)
	spoil := map[string]struct {
		do   func(file string) error
		want error
	}{
		"trigger": {func(f string) error {
			return run(f, `create trigger evil after insert on matter begin delete from matter_event; end`)
		}, sqldb.ErrForeign},
		"view":  {func(f string) error { return run(f, `create view v as select 1`) }, sqldb.ErrForeign},
		"table": {func(f string) error { return run(f, `create table more (x)`) }, sqldb.ErrForeign},
		"rows gone": {func(f string) error {
			return run(f, `delete from catalog_setting; delete from request_order; drop trigger matter_event_no_delete; delete from matter_event`)
		}, sqldb.ErrForeign},
		"rows more": {func(f string) error { return run(f, `insert into catalog_setting values ('a', 'b')`) }, sqldb.ErrDamaged},
		"truncated": {func(f string) error { return os.Truncate(f, 40_000) }, sqldb.ErrDamaged},
		"no file":   {os.Remove, os.ErrNotExist},
		"garbage":   {func(f string) error { return os.WriteFile(f, []byte(strings.Repeat("x", 9000)), 0o600) }, sqldb.ErrDamaged},
	}
	for name, x := range spoil {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := db.Snapshot(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.do(filepath.Join(dir, "city.db")); err != nil {
				t.Fatal(err)
			}
			address, o := elsewhere(t, sqldb.SQLite)
			if err := sqldb.Restore(t.Context(), address, o, dir, s); !errors.Is(err, x.want) {
				t.Errorf("got %v, want %v", err, x.want)
			}
			left, _ := filepath.Glob(filepath.Dir(strings.TrimPrefix(address, "sqlite:")) + "/*")
			if len(left) > 0 {
				t.Errorf("a refused restore left %v", left)
			}
		})
	}
}

func run(file, text string) error {
	raw, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return err
	}
	_, err = raw.Exec(text)
	return errors.Join(err, raw.Close())
}

func TestSnapshotsOfNewerProgramsAndOtherEnginesAreRefused(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		dir := t.TempDir()
		s, err := db.Snapshot(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		address, o := elsewhere(t, db.Dialect())
		newer := s
		newer.Migrations = append(slices.Clone(s.Migrations), "9999_future.sql")
		if err := sqldb.Restore(t.Context(), address, o, dir, newer); !errors.Is(err, sqldb.ErrNewer) {
			t.Errorf("newer: %v", err)
		}
		other := s
		other.Engine = "other"
		if err := sqldb.Restore(t.Context(), address, o, dir, other); !errors.Is(err, sqldb.ErrEngine) {
			t.Errorf("other engine: %v", err)
		}
	})
}
