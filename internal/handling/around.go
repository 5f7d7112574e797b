package handling

import (
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// related is a request that belongs together with the one shown.
type related struct {
	Kind     string // merged, split, related …
	Incoming bool   // the other one points here
	Number   string
	Title    string
	State    string
}

// relatedTo are the linked requests that the actor may see.
func relatedTo(tx *sqldb.Tx, a actor.Actor, m matter.ID) ([]related, error) {
	scope, args := request.Scope(a, 2)
	q := `select l.kind, l.incoming, m.number, m.title, m.state from
		(select kind, to_id as other, 0 as incoming from matter_link where from_id = $1
		union all select kind, from_id, 1 from matter_link where to_id = $1) l
		join matter m on m.id = l.other join request_order r on r.matter_id = m.id where ` + scope + ` order by m.opened_at, m.id limit 50`
	rows, err := tx.Query(q, append([]any{m}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("requests related to %s: %w", m, err)
	}
	defer rows.Close()
	var out []related
	for rows.Next() {
		var x related
		var incoming int64
		if err := rows.Scan(&x.Kind, &incoming, &x.Number, &x.Title, &x.State); err != nil {
			return nil, err
		}
		x.Incoming = incoming == 1
		out = append(out, x)
	}
	return out, rows.Err()
}

// flagsOf are the marks on a request.
func flagsOf(tx *sqldb.Tx, m matter.ID) ([]string, error) {
	rows, err := tx.Query(`select kind from request_flag where matter_id = $1 order by at, kind`, m)
	if err != nil {
		return nil, fmt.Errorf("flags of %s: %w", m, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var k string
		if err := rows.Scan(&k); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}
