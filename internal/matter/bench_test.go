package matter_test

import (
	"fmt"
	"testing"
	"time"

	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// BenchmarkWatcher reads a history with a durable reader whose position is
// committed with each batch.
func BenchmarkWatcher(b *testing.B) {
	const events = 5_000
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		b.Run(d.String(), func(b *testing.B) {
			for b.Loop() {
				db := sqldbtest.Durable(b, d)
				writeHistory(b, db, events)
				fmt.Printf("%-10s", d)
				for _, batch := range []int{1, 50, 500} {
					n := events
					if batch == 1 {
						n = events / 10
					}
					rate := readHistory(b, db, batch, n)
					fmt.Printf("  %d a step: %.0f events/s", batch, rate)
					b.ReportMetric(rate, fmt.Sprintf("events/s/%d", batch))
				}
				fmt.Println()
			}
		})
	}
}

func writeHistory(b *testing.B, db *sqldb.DB, n int) {
	err := db.Update(b.Context(), func(tx *sqldb.Tx) error {
		for i := range n {
			m := matter.Matter{ID: matter.ID(fmt.Sprintf("m%06d", i)), Number: fmt.Sprint(i), OpenedAt: tx.Now}
			if err := matter.Open(tx, &life, m, matter.Event{Name: life.Moves[0].Event, Actor: "u1"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = db.Settled(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
}

func readHistory(b *testing.B, db *sqldb.DB, batch, most int) float64 {
	w := matter.Watcher{Name: fmt.Sprint("bench/", batch), Batch: batch, Handle: func(*sqldb.Tx, []matter.Entry) error { return nil }}
	began, n := time.Now(), 0
	for n < most {
		k, err := w.Step(b.Context(), db)
		if err != nil || k == 0 {
			b.Fatalf("after %d events: %d %v", n, k, err)
		}
		n += k
	}
	return float64(n) / time.Since(began).Seconds()
}
