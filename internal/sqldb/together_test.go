package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

const (
	slips         = "create table slip (n bigint not null primary key, w text not null);\n"
	slipsLite     = "create table slip (n integer not null primary key, w text not null) strict;\n"
	putSlip       = `insert into slip (n, w) values ($1, $2)`
	slipsPromised = "create table slip (n bigint not null, w text not null, constraint once unique (n) deferrable initially deferred);\n"
)

func countSlips(t *testing.T, db *sqldb.DB) (n int) {
	t.Helper()
	err := db.Look(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(`select count(*) from slip`).Scan(&n) })
	if err != nil {
		t.Error(err)
	}
	return n
}

func TestLaterIsThereForTheNextReadAndTheEnd(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, slipsLite, slips)
		for i, update := range []func(context.Context, func(*sqldb.Tx) error) error{db.Update, db.UpdateTogether} {
			err := update(t.Context(), func(tx *sqldb.Tx) error {
				for n := range 3 {
					if err := tx.Later(putSlip, i*10+n, "x"); err != nil {
						return err
					}
				}
				var n int
				if err := tx.QueryRow(`select count(*) from slip`).Scan(&n); err != nil || n != i*4+3 {
					t.Errorf("read %d %v, want the three that wait", n, err)
				}
				return tx.Later(putSlip, i*10+3, "x")
			})
			if err != nil {
				t.Error(err)
			}
			if got := countSlips(t, db); got != i*4+4 {
				t.Errorf("rows: got %d, want %d", got, i*4+4)
			}
		}
	})
}

func TestLaterFailsTheUnitWithItsKind(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, slipsLite, slips)
		for _, update := range []func(context.Context, func(*sqldb.Tx) error) error{db.Update, db.UpdateTogether} {
			for _, look := range []bool{false, true} {
				err := update(t.Context(), func(tx *sqldb.Tx) error {
					if err := errors.Join(tx.Later(putSlip, 1, "x"), tx.Later(putSlip, 1, "y")); err != nil {
						return err
					}
					if look { // and swallow what it says
						var n int
						_ = tx.QueryRow(`select count(*) from slip`).Scan(&n)
					}
					return nil
				})
				if key, _ := fault.KeyOf(err); key != "sqldb.duplicate" {
					t.Errorf("got %v, want a duplicate", err)
				}
			}
			if err := update(t.Context(), func(tx *sqldb.Tx) error { _ = tx.Later(putSlip, 5, "x"); return errChanged }); !errors.Is(err, errChanged) {
				t.Errorf("got %v, want the unit's own error", err)
			}
		}
		if got := countSlips(t, db); got != 0 {
			t.Errorf("rows: got %d, want none", got)
		}
	})
}

func TestRefusedUnitFailsAlone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, slipsLite, slips)
		const each = 40
		var all sync.WaitGroup
		var mu sync.Mutex
		kept := 0
		for w := range 16 {
			all.Go(func() {
				for i := range each {
					n := w/2*each + i // two writers want each number
					err := db.UpdateTogether(t.Context(), func(tx *sqldb.Tx) error {
						if err := tx.Lock(fmt.Sprint("slip", n)); err != nil {
							return err
						}
						return tx.Later(putSlip, n, "x")
					})
					if err != nil && fault.KindOf(err) != fault.Conflict {
						t.Error(err)
					}
					if err == nil {
						mu.Lock()
						kept++
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		if got := countSlips(t, db); kept != 8*each || got != kept {
			t.Errorf("%d units succeeded and %d rows are there, want %d", kept, got, 8*each)
		}
	})
}

func TestFailedCommitFailsTheUnit(t *testing.T) {
	db := sqldbtest.New(t, sqldb.Postgres)
	create(t, db, slipsPromised, slipsPromised)
	err := db.UpdateTogether(t.Context(), func(tx *sqldb.Tx) error {
		return errors.Join(tx.Later(putSlip, 1, "x"), tx.Later(putSlip, 1, "y"))
	})
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v, want a conflict", err)
	}
	if got := countSlips(t, db); got != 0 {
		t.Errorf("rows: got %d, want none", got)
	}
}

func TestUnitsTogetherRefuseNestingAndALaterLock(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		create(t, db, slipsLite, slips)
		err := db.UpdateTogether(t.Context(), func(tx *sqldb.Tx) error {
			if db.UpdateTogether(tx.Ctx, func(*sqldb.Tx) error { return nil }) == nil || db.Look(tx.Ctx, func(*sqldb.Tx) error { return nil }) == nil {
				t.Error("a unit inside a unit was let in")
			}
			if err := tx.Later(putSlip, 1, "x"); err != nil {
				return err
			}
			if tx.Lock("slip") == nil {
				t.Error("a lock after a write was granted")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
