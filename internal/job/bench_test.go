package job_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// BenchmarkQueue enqueues with eight writers and runs with four workers, durably.
func BenchmarkQueue(b *testing.B) {
	const writers, each = 8, 250
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		b.Run(d.String(), func(b *testing.B) {
			for b.Loop() {
				db := sqldbtest.Durable(b, d)
				var ran atomic.Int64
				all := make(chan struct{})
				q := queue(db)
				q.Register("mail", func(context.Context, job.Job) error {
					if ran.Add(1) == writers*each {
						close(all)
					}
					return nil
				}, job.Options{})
				if err := q.Start(b.Context()); err != nil {
					b.Fatal(err)
				}
				started := time.Now()
				var writing sync.WaitGroup
				for w := range writers {
					writing.Go(func() {
						for i := range each {
							err := db.Update(b.Context(), func(tx *sqldb.Tx) error {
								return job.Enqueue(tx, "mail", fmt.Sprint(w, "/", i), nil, time.Time{})
							})
							if err != nil {
								b.Error(err)
							}
						}
					})
				}
				writing.Wait()
				b.ReportMetric(writers*each/time.Since(started).Seconds(), "enqueued/s")
				<-all
				b.ReportMetric(writers*each/time.Since(started).Seconds(), "run/s")
				if err := q.Stop(b.Context()); err != nil {
					b.Error(err)
				}
			}
		})
	}
}
