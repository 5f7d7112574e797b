package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/fault"
)

// lite opens an empty SQLite database with one table.
func lite(tb testing.TB) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), "sqlite:"+filepath.Join(tb.TempDir(), "city.db"), Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	if _, err := db.write.Exec(`create table t (n integer primary key, w text not null) strict`); err != nil {
		tb.Fatal(err)
	}
	return db
}

const insertN = `insert into t (n, w) values ($1, 'x')`

func put(n int) func(*Tx) error {
	return func(tx *Tx) error { return tx.Exec(insertN, n) }
}

func stored(tb testing.TB, db *DB) (all []int) {
	tb.Helper()
	rows, err := db.read.Query(`select n from t order by n`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			tb.Fatal(err)
		}
		all = append(all, n)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

// together runs units so that all of them share one group: the first holds the
// transaction until the others wait behind it.
func together(t *testing.T, db *DB, units ...func()) {
	t.Helper()
	var all sync.WaitGroup
	holding := make(chan struct{})
	release := make(chan struct{})
	all.Go(func() {
		db.Update(context.Background(), func(tx *Tx) error {
			close(holding)
			<-release
			return nil
		})
	})
	<-holding
	for _, f := range units {
		all.Go(f)
	}
	close(release)
	all.Wait()
}

func TestFailingUnitIsRolledBackAlone(t *testing.T) {
	db := lite(t)
	refused := errors.New("refused")
	var units []func()
	for n := range 30 {
		units = append(units, func() {
			err := db.Update(t.Context(), func(tx *Tx) error {
				if err := tx.Exec(insertN, n); err != nil {
					return err
				}
				if n%3 == 0 {
					return refused
				}
				return nil
			})
			if want := n%3 == 0; errors.Is(err, refused) != want {
				t.Errorf("unit %d: got %v", n, err)
			}
		})
	}
	together(t, db, units...)
	for _, n := range stored(t, db) {
		if n%3 == 0 {
			t.Errorf("unit %d failed and its row is there", n)
		}
	}
	if got := len(stored(t, db)); got != 20 {
		t.Errorf("rows: got %d, want 20", got)
	}
}

func TestPanicAndGoexitBelongToTheirCaller(t *testing.T) {
	db := lite(t)
	var exited bool
	together(t, db,
		func() {
			defer func() {
				if r := recover(); r != "own" {
					t.Errorf("recovered %v, want the caller's own panic", r)
				}
			}()
			db.Update(t.Context(), func(tx *Tx) error {
				put(1)(tx)
				panic("own")
			})
		},
		func() {
			defer func() { exited = true }()
			db.Update(t.Context(), func(tx *Tx) error {
				put(2)(tx)
				runtime.Goexit()
				return nil
			})
		},
		func() {
			if err := db.Update(t.Context(), put(3)); err != nil {
				t.Error(err)
			}
		},
	)
	if got := stored(t, db); !exited || !slices.Equal(got, []int{3}) {
		t.Errorf("exited %v, rows %v, want [3]", exited, got)
	}
}

func TestUnitIsAnsweredAfterTheCommitOnly(t *testing.T) {
	db := lite(t)
	var units []func()
	for n := range 8 {
		units = append(units, func() {
			if err := db.Update(t.Context(), put(n)); err != nil {
				t.Error(err)
			}
			if !slices.Contains(stored(t, db), n) {
				t.Errorf("unit %d is answered, and another connection does not see its row", n)
			}
		})
	}
	together(t, db, units...)
}

func TestBrokenTransactionFailsAllItsUnits(t *testing.T) {
	db := lite(t)
	var mu sync.Mutex
	var failed []int
	var units []func()
	for n := range 6 {
		units = append(units, func() {
			err := db.Update(t.Context(), func(tx *Tx) error {
				if err := tx.Exec(insertN, n); err != nil {
					return err
				}
				if n != 5 {
					return nil
				}
				// As the engine does when the disk is full, behind everybody's back.
				_, err := tx.Tx.Exec(`rollback`)
				return err
			})
			if err != nil {
				mu.Lock()
				failed = append(failed, n)
				mu.Unlock()
			}
		})
	}
	together(t, db, units...)
	if !slices.Contains(failed, 5) {
		t.Error("the unit that broke the transaction was acknowledged")
	}
	for n := range 6 { // acknowledged and present are the same thing
		if there := slices.Contains(stored(t, db), n); there == slices.Contains(failed, n) {
			t.Errorf("unit %d: failed %v, present %v", n, !there, there)
		}
	}
	if err := db.Update(t.Context(), put(99)); err != nil {
		t.Errorf("the next unit: %v", err)
	}
}

func TestFullDiskIsToldAsSuch(t *testing.T) {
	db := lite(t)
	if _, err := db.write.Exec(`pragma max_page_count = 20`); err != nil {
		t.Fatal(err)
	}
	var kept int
	err := db.Update(t.Context(), func(tx *Tx) error {
		for {
			kept++
			if err := tx.Exec(`insert into t (n, w) values ($1, hex(zeroblob(2000)))`, kept); err != nil {
				// The engine has ended the transaction: this must not commit by itself.
				if again := put(1000)(tx); again == nil {
					t.Error("a statement ran after the transaction had ended")
				}
				return err
			}
		}
	})
	if key, _ := fault.KeyOf(err); key != "sqldb.full" || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want sqldb.full", err)
	}
	if got := stored(t, db); len(got) != 0 {
		t.Errorf("rows after a full disk: %d, want none", len(got))
	}
	if err := db.Update(t.Context(), put(1)); err != nil {
		t.Errorf("a small unit after the large one: %v", err)
	}
}

func TestLeavingWhileWaitingLeavesNothing(t *testing.T) {
	db := lite(t)
	gone, leave := context.WithCancel(t.Context())
	together(t, db, func() {
		leave()
		err := db.Update(gone, put(1))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
	}, func() {
		if err := db.Update(t.Context(), put(2)); err != nil {
			t.Error(err)
		}
	})
	if got := stored(t, db); !slices.Equal(got, []int{2}) {
		t.Errorf("rows: got %v, want [2]", got)
	}
}

func TestCancellingARunningUnitDoesNotTouchTheOthers(t *testing.T) {
	db := lite(t)
	ctx, cancel := context.WithCancel(t.Context())
	together(t, db, func() {
		if err := db.Update(t.Context(), put(1)); err != nil {
			t.Error(err)
		}
	}, func() {
		err := db.Update(ctx, func(tx *Tx) error {
			cancel()
			return put(2)(tx)
		})
		// Its turn may not have come before it was cancelled by nobody else: here it
		// cancels itself, so it has run and it stands.
		if err != nil {
			t.Error(err)
		}
	})
	if got := stored(t, db); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("rows: got %v, want [1 2]", got)
	}
}

func TestNestedUnitsAreRefused(t *testing.T) {
	db := lite(t)
	db.combiner.wait = 10 * time.Millisecond
	err := db.Update(t.Context(), func(tx *Tx) error {
		if err := db.Update(tx.Ctx, put(1)); !errors.Is(err, errNested) {
			t.Errorf("update in update: got %v", err)
		}
		if err := db.View(tx.Ctx, func(*Tx) error { return nil }); !errors.Is(err, errNested) {
			t.Errorf("view in update: got %v", err)
		}
		if err := db.Update(t.Context(), put(1)); !errors.Is(err, errNoTurn) {
			t.Errorf("update in update with the outer context: got %v", err)
		}
		return put(2)(tx)
	})
	if err != nil {
		t.Error(err)
	}
	if got := stored(t, db); !slices.Equal(got, []int{2}) {
		t.Errorf("rows: got %v, want [2]", got)
	}
}

func TestClosingRefusesAndEnds(t *testing.T) {
	db := lite(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), put(1)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("update of a closed database: got %v", err)
	}
}

func TestUnitsCannotEndTheSharedTransaction(t *testing.T) {
	db := lite(t)
	err := db.Update(t.Context(), func(tx *Tx) error {
		if tx.Commit() == nil || tx.Rollback() == nil {
			t.Error("a unit of work ended the transaction")
		}
		return put(1)(tx)
	})
	if err != nil {
		t.Error(err)
	}
}

// BenchmarkCombiner compares durable commits per second through the combiner with
// one commit per unit, in one run, and prints a table.
func BenchmarkCombiner(b *testing.B) {
	fmt.Printf("\n%-8s %18s %18s %8s\n", "writers", "one commit each/s", "combined/s", "ratio")
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			const units = 3000
			for b.Loop() {
				each := perSecond(b, writers, min(units, 600*writers), eachAlone)
				all := perSecond(b, writers, units, (*DB).Update)
				fmt.Printf("%-8d %18.0f %18.0f %8.1f\n", writers, each, all, all/each)
				b.ReportMetric(each, "alone/s")
				b.ReportMetric(all, "combined/s")
			}
		})
	}
}

// eachAlone is Update without the combiner.
func eachAlone(db *DB, ctx context.Context, f func(*Tx) error) error {
	return alone(ctx, db.write, nil, func(inner *sql.Tx) error { return db.begin(ctx, inner).run(f) })
}

func perSecond(b *testing.B, writers, units int, update func(*DB, context.Context, func(*Tx) error) error) float64 {
	db := lite(b)
	next := make(chan int)
	go func() {
		defer close(next)
		for n := range units {
			next <- n
		}
	}()
	start := time.Now()
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for n := range next {
				if err := update(db, b.Context(), put(n)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	rate := float64(units) / time.Since(start).Seconds()
	if got := len(stored(b, db)); got != units {
		b.Errorf("rows: got %d, want %d", got, units)
	}
	return rate
}
