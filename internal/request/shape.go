package request

import (
	"fmt"
	"regexp"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/sqldb"
)

// few is how many rows a list may look up and sort. When a condition lets more
// through, walking the list in its own order meets the first page sooner. Neither
// engine knows which it will be: they guess the same for every value.
var few = 1_000

// lets reports whether more than most rows come from a part of a query.
func lets(tx *sqldb.Tx, most int, from string, args ...any) (many bool, err error) {
	var n int
	q := fmt.Sprintf(`select cast(count(*) as bigint) from (select 1 %s limit %d) x`, from, most+1)
	if err := tx.QueryRow(q, args...).Scan(&n); err != nil {
		return false, fmt.Errorf("probe a list: %w", err)
	}
	return n > most, nil
}

// scope adds what the actor may see; for a list that is walked in its own order
// when that is much. A list of few requests, as of those overdue, may be walked
// long before it meets one of the unit's.
func (w *where) scope(tx *sqldb.Tx, a actor.Actor, f Filter, list bool) error {
	most := few
	switch {
	case f.Task != "":
		most = -1 // the tasks of one unit are few: each is asked
	case f.Overdue || f.Open == "yes" || len(f.States) > 0:
		most = 10 * few
	}
	cond, args := Scope(a, len(w.args)+1)
	if list && len(args) > 0 {
		many, err := lets(tx, most, `from actor_unit tu join request_task t on t.unit_id = tu.id where tu.path >= $1 and tu.path < $2`, args...)
		if err != nil {
			return err
		}
		switch {
		case many:
			cond = walkedScope(len(w.args) + 1)
		case tx.Dialect == sqldb.Postgres:
			return w.among(tx, args)
		}
	}
	w.cond, w.args = append(w.cond, cond), append(w.args, args...)
	return nil
}

// among names the requests of a unit that has few: PostgreSQL takes every unit
// for an average one.
func (w *where) among(tx *sqldb.Tx, path []any) error {
	rows, err := tx.Query(`select distinct t.matter_id from actor_unit tu join request_task t on t.unit_id = tu.id where tu.path >= $1 and tu.path < $2`, path...)
	if err != nil {
		return fmt.Errorf("requests of a unit: %w", err)
	}
	defer rows.Close()
	ids := []string{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	n := len(w.args) + 1
	w.cond, w.args = append(w.cond, fmt.Sprintf(`m.id = any($%d)`, n+2)+notSubject(n)), append(append(w.args, path...), ids)
	return rows.Err()
}

// wide adds a condition on m that may let many through, with an @ before its
// column. There a plus keeps SQLite from using the column's index; PostgreSQL plans
// for the values.
func (w *where) wide(tx *sqldb.Tx, list bool, cond string, args ...any) error {
	plus := ""
	if list && tx.Dialect == sqldb.SQLite {
		var probe where
		probe.add(strings.ReplaceAll(cond, "@", ""), args...)
		many, err := lets(tx, few, `from matter m where `+probe.String(), probe.args...)
		if err != nil {
			return err
		}
		if many {
			plus = "+"
		}
	}
	w.add(strings.ReplaceAll(cond, "@", plus), args...)
	return nil
}

var ofRecord = regexp.MustCompile(`\br\.`)

// tables are what a count reads: the record only when a condition speaks of it.
func tables(text string) string {
	if ofRecord.MatchString(text) {
		return ` from matter m join request_order r on r.matter_id = m.id`
	}
	return ` from matter m`
}
