package matter

import (
	"fmt"
	"time"

	"gongzhi/internal/sqldb"
)

// Check names matters, at most twenty, whose record and history disagree: one
// with a version that is not its number of events, or with a gap in them.
func Check(tx *sqldb.Tx) ([]string, error) {
	const q = `select m.number, m.version, count(e.seq), coalesce(max(e.seq), 0) from matter m left join matter_event e on e.matter_id = m.id
		group by m.id, m.number, m.version having count(e.seq) <> m.version or coalesce(max(e.seq), 0) <> m.version order by m.number limit 20`
	rows, err := tx.Query(q)
	if err != nil {
		return nil, fmt.Errorf("check history: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var number string
		var version, events, last int64
		if err := rows.Scan(&number, &version, &events, &last); err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprintf("%s has version %d, but %d events, the last numbered %d", number, version, events, last))
	}
	return out, rows.Err()
}

// Lags are the ages of the oldest event that each watcher has not read yet; zero
// for one that has read all.
func Lags(tx *sqldb.Tx) (map[string]time.Duration, error) {
	const q = `select c.name, coalesce((select e.at from matter_event e where (e.xid, e.id) > (c.xid, c.id) order by e.xid, e.id limit 1), 0) from matter_cursor c`
	rows, err := tx.Query(q)
	if err != nil {
		return nil, fmt.Errorf("watchers: %w", err)
	}
	defer rows.Close()
	out := map[string]time.Duration{}
	for rows.Next() {
		var name string
		var at int64
		if err := rows.Scan(&name, &at); err != nil {
			return nil, err
		}
		out[name] = 0
		if at > 0 {
			out[name] = max(0, tx.Now.Sub(sqldb.FromMicros(at)))
		}
	}
	return out, rows.Err()
}
