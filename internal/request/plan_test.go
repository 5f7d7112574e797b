package request

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/sqldb"
)

// TestListsUseIndexes reads the plans on a city of some years: no list may read a
// whole table, nor sort more than it shows where an index has the order.
func TestListsUseIndexes(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			db := city(t, d, 20_000)
			for _, l := range looks {
				if l.count != "" {
					continue
				}
				err := db.View(t.Context(), func(tx *sqldb.Tx) error {
					q, args, err := l.filter.list(tx, l.who, Page{Size: 20})
					if err != nil {
						return err
					}
					plan, err := explain(tx, q, args)
					if err != nil {
						return err
					}
					if bad := wholeTable(plan, l.walks); bad != "" {
						t.Errorf("%s: %s\n%s\n%s", l.name, bad, strings.Join(plan, "\n"), q)
					}
					return nil
				})
				if err != nil {
					t.Errorf("%s: %v", l.name, err)
				}
			}
		})
	}
}

func explain(tx *sqldb.Tx, q string, args []any) (plan []string, err error) {
	cols := 1
	head := `explain `
	if tx.Dialect == sqldb.SQLite {
		head, cols = `explain query plan `, 4
	}
	rows, err := tx.Query(head+q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		dst := make([]any, cols)
		for i := range dst {
			dst[i] = new(any)
		}
		if err := rows.Scan(dst...); err != nil {
			return nil, err
		}
		plan = append(plan, fmt.Sprint(*dst[cols-1].(*any)))
	}
	return plan, rows.Err()
}

// wholeTable names a line of a plan that reads all of a large table, or sorts where
// it must not, or "".
func wholeTable(plan []string, walks bool) string {
	for _, line := range plan {
		if walks && (strings.Contains(line, "TEMP B-TREE FOR ORDER BY") || strings.Contains(line, "Sort  (")) {
			return line
		}
		for _, table := range []string{"matter m", "request_task t", "request_task ft", "request_order r", "SCAN m", "SCAN t", "SCAN ft", "SCAN r"} {
			seq := strings.Contains(line, "Seq Scan on "+table)
			scan := strings.HasSuffix(line, table) && strings.HasPrefix(table, "SCAN")
			if seq || scan {
				return line
			}
		}
	}
	return ""
}

// TestMillion measures the same lists at GONGZHI_ROWS requests, for example
// 1000000, and prints what half of the readings and nineteen of twenty stay below.
func TestMillion(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("GONGZHI_ROWS"))
	if err != nil {
		t.Skip("GONGZHI_ROWS is not set")
	}
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			began := time.Now()
			db := city(t, d, n)
			fmt.Printf("%s, %d requests, filled in %s\n%-30s %10s %10s\n", d, n, time.Since(began).Round(time.Second), "", "p50 ms", "p95 ms")
			for _, l := range looks {
				p50, p95 := timed(t, db, func(tx *sqldb.Tx) error {
					if l.count != "" {
						_, err := Tally(tx, l.who, l.filter, l.count)
						return err
					}
					_, _, err := List(tx, l.who, l.filter, Page{Size: 20})
					return err
				})
				fmt.Printf("%-30s %10.1f %10.1f\n", l.name, p50, p95)
			}
			timeOffers(t, db)
		})
	}
}

func timed(t *testing.T, db *sqldb.DB, f func(*sqldb.Tx) error) (p50, p95 float64) {
	t.Helper()
	var all []float64
	for range 20 {
		began := time.Now()
		if err := db.View(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		all = append(all, float64(time.Since(began))/float64(time.Millisecond))
	}
	slices.Sort(all)
	return all[10], all[18]
}
