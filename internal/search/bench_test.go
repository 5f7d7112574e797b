package search_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gongzhi/internal/search"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

const benchDocs = 200_000

// BenchmarkSearch looks in 200,000 synthetic texts of some 60 characters: a
// rare word in one of 500, a common one in every third.
func BenchmarkSearch(b *testing.B) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		b.Run(d.String(), func(b *testing.B) {
			db := sqldbtest.New(b, d)
			fill(b, db)
			b.Logf("%d docs indexed, %.0f a second", benchDocs, benchDocs/b.Elapsed().Seconds())
			for _, c := range []struct{ name, typed string }{
				{"rare", "井盖"}, {"common", "路灯"}, {"two", "路灯 井盖"}, {"phrase", "路灯不亮"}, {"single", "灯"}, {"none", "没有过"},
			} {
				q := parse(b, c.typed).Of("request")
				b.Run(c.name+"/newest", func(b *testing.B) {
					measure(b, db, func(tx *sqldb.Tx) error { _, err := search.Newest(tx, q, 0, 20); return err })
				})
				b.Run(c.name+"/list", func(b *testing.B) {
					measure(b, db, func(tx *sqldb.Tx) error {
						q, err := q.Probe(tx)
						if err != nil {
							return err
						}
						where, args := q.Where(tx.Dialect, "m.id", 2)
						var n int
						return tx.QueryRow(`select count(*) from (select m.id from search_doc m where m.kind = $1 and `+where+` order by m.doc desc limit 20) x`,
							append([]any{"request"}, args...)...).Scan(&n)
					})
				})
				b.Run(c.name+"/count", func(b *testing.B) {
					var n int64
					measure(b, db, func(tx *sqldb.Tx) (err error) { n, err = search.Count(tx, q); return err })
					b.ReportMetric(float64(n), "hits")
				})
			}
		})
	}
}

func measure(b *testing.B, db *sqldb.DB, f func(*sqldb.Tx) error) {
	for b.Loop() {
		if err := db.View(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
}

func fill(b *testing.B, db *sqldb.DB) {
	rng := rand.New(rand.NewPCG(7, 7))
	if db.Dialect() == sqldb.Postgres { // an index made at the end takes a minute less
		update(b, db, func(tx *sqldb.Tx) error { return tx.Exec(`drop index search_doc_fts`) })
	}
	for from := 0; from < benchDocs; from += 2_000 {
		update(b, db, func(tx *sqldb.Tx) error {
			for i := from; i < from+2_000; i++ {
				text := make([]rune, 60)
				for j := range text {
					text[j] = rune(0x4e00 + int(rng.ExpFloat64()*300))
				}
				s := string(text)
				if i%3 == 0 {
					s += "路灯"
				}
				if i%12 == 0 {
					s += "不亮"
				}
				if i%500 == 0 {
					s += "井盖"
				}
				d := search.Doc{Kind: "request", ID: fmt.Sprintf("r%07d", i), At: start.Add(time.Duration(i) * time.Minute), Texts: []string{s}}
				if err := search.Put(tx, d); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if db.Dialect() == sqldb.Postgres {
		update(b, db, func(tx *sqldb.Tx) error {
			if err := tx.Exec(`create index search_doc_fts on search_doc using gin (fts)`); err != nil {
				return err
			}
			return tx.Exec(`analyze search_doc`)
		})
	}
}
