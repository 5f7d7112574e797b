package sqldbtest_test

import (
	"testing"
	"time"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestEachDatabaseIsItsOwn(t *testing.T) {
	for range 2 {
		sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
			t.Parallel()
			err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
				return tx.Exec(`create table only_here (id text)`)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestClockStandsStillUntilMoved(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		clock := sqldbtest.ClockOf(db)
		clock.Add(time.Hour)
		err := db.View(t.Context(), func(tx *sqldb.Tx) error {
			if want := sqldbtest.Start.Add(time.Hour); !tx.Now.Equal(want) {
				t.Errorf("now: got %v, want %v", tx.Now, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
