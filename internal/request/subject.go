package request

import (
	"fmt"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Subject is a unit that a request is about, as in a report of wrongdoing.
type Subject struct {
	Matter matter.ID
	Unit   string
	Path   string
}

// Bars reports whether the unit may not be given the request: it is the subject
// or stands above or below it (济南市12345市民服务热线条例 第三十二条).
func (s Subject) Bars(u actor.Unit) bool {
	return strings.HasPrefix(u.Path, s.Path) || strings.HasPrefix(s.Path, u.Path)
}

// SubjectsOf are the subjects of several requests, in one query.
func SubjectsOf(tx *sqldb.Tx, ids ...matter.ID) (map[matter.ID][]Subject, error) {
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select s.matter_id, s.unit_id, u.path from request_subject s join actor_unit u on u.id = s.unit_id
		where s.matter_id in (`+marks+`) order by u.path`, args...)
	if err != nil {
		return nil, fmt.Errorf("subjects: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID][]Subject{}
	for rows.Next() {
		var s Subject
		if err := rows.Scan(&s.Matter, &s.Unit, &s.Path); err != nil {
			return nil, err
		}
		out[s.Matter] = append(out[s.Matter], s)
	}
	return out, rows.Err()
}

// AddSubject notes that a request is about a unit.
func AddSubject(tx *sqldb.Tx, m matter.ID, unit string) error {
	if err := tx.Exec(`insert into request_subject(matter_id, unit_id) values ($1, $2) on conflict do nothing`, m, unit); err != nil {
		return fmt.Errorf("subject of %s: %w", m, err)
	}
	return nil
}

// Seal makes a request confidential: its reporter is protected from now on.
func Seal(tx *sqldb.Tx, o *Order) error { return matter.Seal(tx, &o.Matter) }
