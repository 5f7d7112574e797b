package catalog

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Watch is what the city says of one pattern in a unit's month that may mean that
// figures are made and not earned. It is about units and cases, never about a
// resident or about a single member of staff.
type Watch struct {
	Code   string // WatchCodes
	Active bool
	Least  int      // cases in a month, from which on it is shown
	Share  int      // of all, in per cent; 0 any
	Days   int      // burst: the last days of a month; passed: how many units; same: how many answers alike
	Words  []string // urging: what asks for a good rating
	Rev    int64    // 0 the default
}

// WatchCodes are the patterns that the program knows.
var WatchCodes = []string{"silent", "same", "echo", "own", "burst", "passed", "urging"}

// usualWatches are the thresholds of a new city.
var usualWatches = []Watch{
	{Code: "silent", Active: true, Least: 5, Share: 20},
	{Code: "same", Active: true, Least: 5, Share: 20, Days: 5},
	{Code: "echo", Active: true, Least: 2},
	{Code: "own", Active: true, Least: 1},
	{Code: "burst", Active: true, Least: 15, Share: 40, Days: 3},
	{Code: "passed", Active: true, Least: 2, Days: 2},
	{Code: "urging", Active: true, Least: 1, Words: []string{"给好评", "给个好评", "给五星", "打五星", "评五星", "请评满意", "帮忙评满意", "打满意", "评非常满意", "给满意", "选满意", "非常满意的评价", "满意评价"}},
}

// Watches are all patterns, the usual thresholds where the city has changed
// nothing.
func Watches(tx *sqldb.Tx) ([]Watch, error) {
	rows, err := tx.Query(`select code, active, least, share, days, words, rev from catalog_watch order by code`)
	if err != nil {
		return nil, fmt.Errorf("list watches: %w", err)
	}
	defer rows.Close()
	out := slices.Clone(usualWatches)
	for rows.Next() {
		x, err := scanWatch(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list watches: %w", err)
		}
		if i := slices.IndexFunc(out, func(w Watch) bool { return w.Code == x.Code }); i >= 0 {
			out[i] = x
		}
	}
	return out, rows.Err()
}

func scanWatch(scan func(...any) error) (x Watch, err error) {
	var words string
	err = scan(&x.Code, &x.Active, &x.Least, &x.Share, &x.Days, &words, &x.Rev)
	x.Words = apart(words)
	return x, err
}

// SaveWatch changes one and keeps the former one as a revision.
func SaveWatch(tx *sqldb.Tx, by string, x Watch, rev int64) error {
	if !slices.Contains(WatchCodes, x.Code) {
		return fault.New(fault.Invalid, "catalog.watch_unknown", nil, x.Code)
	}
	before, err := scanWatch(tx.QueryRow(`select code, active, least, share, days, words, rev from catalog_watch where code = $1`, x.Code).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows): // the first revision tells what the usual was
		before = usualWatches[slices.IndexFunc(usualWatches, func(w Watch) bool { return w.Code == x.Code })]
	case err != nil:
		return fmt.Errorf("save watch %s: %w", x.Code, err)
	}
	if before.Rev != rev {
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	x.Rev = rev + 1
	const q = `insert into catalog_watch(code, active, least, share, days, words, rev) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (code) do update set active = excluded.active, least = excluded.least, share = excluded.share, days = excluded.days, words = excluded.words, rev = excluded.rev`
	if err := tx.Exec(q, x.Code, x.Active, x.Least, x.Share, x.Days, strings.Join(x.Words, "、"), x.Rev); err != nil {
		return fmt.Errorf("save watch %s: %w", x.Code, err)
	}
	return Revise(tx, by, "watch", x.Code, x.Rev, before, x)
}
