package sqldb

import "strings"

// mostArgs is how many arguments one statement of InsertRows has. PostgreSQL
// takes 65,535, and each statement costs it a round trip. SQLite has no round
// trips, and its driver compares each argument with each place.
func (d Dialect) mostArgs() int {
	if d == SQLite {
		return 160
	}
	return 32_000
}

// InsertRows inserts many rows with as few statements as the engines allow. into
// is the statement up to the first value: `insert into t(a, b) values (`. All
// rows have the same width.
func (tx *Tx) InsertRows(into string, rows [][]any) error {
	for len(rows) > 0 {
		n := min(len(rows), max(1, tx.Dialect.mostArgs()/len(rows[0])))
		var marks []string
		var args []any
		for _, row := range rows[:n] {
			m, _ := In(len(args)+1, row)
			marks, args = append(marks, m), append(args, row...)
		}
		if err := tx.Exec(into+strings.Join(marks, "), (")+")", args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
