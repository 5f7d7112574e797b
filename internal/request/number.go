package request

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"gongzhi/internal/id"
	"gongzhi/internal/sqldb"
)

// block is how many numbers a process takes at once. Taking them one by one
// from the database would make every intake wait for the one before it; a
// process that stops leaves at most this many numbers unused.
const block = 64

// Numbers hands out public numbers: the day and a count within the day.
type Numbers struct {
	DB   *sqldb.DB
	Zone *time.Location

	mu        sync.Mutex
	day       string
	next, end int64
}

// Next is a number nobody else has.
func (n *Numbers) Next(ctx context.Context, now time.Time) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now = now.In(n.Zone)
	day := now.Format("060102")
	if n.day != day || n.next == n.end {
		err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
			end, err := TakeNumbers(tx, day, block)
			n.day, n.next, n.end = day, end-block, end
			return err
		})
		if err != nil {
			n.day = ""
			return "", err
		}
	}
	n.next++
	return id.Number(now, n.next), nil
}

// TakeNumbers reserves count numbers of a day (060102) and returns the last of
// them. Bulk work calls it once for a whole unit of work.
func TakeNumbers(tx *sqldb.Tx, day string, count int64) (last int64, err error) {
	const q = `insert into request_number(day, next) values ($1, $2) on conflict (day) do update set next = request_number.next + excluded.next returning next`
	if err := tx.QueryRow(q, day, count).Scan(&last); err != nil {
		return 0, fmt.Errorf("take numbers of %s: %w", day, err)
	}
	return last, nil
}

// TakeDays reserves numbers of several days at once and returns the last of
// each. Days are taken in order, so that no two can wait for each other.
func TakeDays(tx *sqldb.Tx, counts map[string]int64) (map[string]int64, error) {
	var values []string
	var args []any
	for _, day := range slices.Sorted(maps.Keys(counts)) {
		values = append(values, fmt.Sprintf("$%d, cast($%d as bigint)", len(args)+1, len(args)+2))
		args = append(args, day, counts[day])
	}
	q := `insert into request_number(day, next) values (` + strings.Join(values, "), (") +
		`) on conflict (day) do update set next = request_number.next + excluded.next returning day, next`
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("take numbers of %d days: %w", len(counts), err)
	}
	defer rows.Close()
	last := make(map[string]int64, len(counts))
	for rows.Next() {
		var day string
		var n int64
		if err := rows.Scan(&day, &n); err != nil {
			return nil, fmt.Errorf("take numbers: %w", err)
		}
		last[day] = n
	}
	return last, rows.Err()
}
