package request

import (
	"fmt"

	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Exclude 剔除 leaves a request out of the named rates. The request itself, its
// call-back and the rights of who asked stay as they are.
func Exclude(tx *sqldb.Tx, m matter.ID, unit string, rates []string) error {
	for _, r := range rates { // a handful
		const q = `insert into request_exclusion(matter_id, rate, unit_id, at) values ($1, $2, $3, $4) on conflict (matter_id, rate) do nothing`
		if err := tx.Exec(q, m, r, unit, tx.Now.UnixMicro()); err != nil {
			return fmt.Errorf("exclude %s from %s: %w", m, r, err)
		}
	}
	return nil
}

// ExcludedFrom are the rates that a request is left out of.
func ExcludedFrom(tx *sqldb.Tx, m matter.ID) ([]string, error) {
	rows, err := tx.Query(`select rate from request_exclusion where matter_id = $1 order by rate`, m)
	if err != nil {
		return nil, fmt.Errorf("exclusions of %s: %w", m, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var r string
		if err := rows.Scan(&r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// AnyRate stands for all rates in Filter.Without and Filter.Excluded.
const AnyRate = "any"

// excluded adds what a filter says about exclusions.
func (f Filter) excluded(w *where) {
	leftOut(w, f.Without, `not in`)
	leftOut(w, f.Excluded, `in`)
}

func leftOut(w *where, rate, in string) {
	switch rate {
	case "":
	case AnyRate:
		w.add(`m.id ` + in + ` (select x.matter_id from request_exclusion x)`)
	default:
		w.add(`m.id `+in+` (select x.matter_id from request_exclusion x where x.rate = ?)`, rate)
	}
}
