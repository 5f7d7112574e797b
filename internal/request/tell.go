package request

import (
	"fmt"

	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
)

// Tell gives notice of the request's latest deed to everybody who follows it:
// who reported it, who joined later, and who reported a duplicate that was
// merged into it. values fill the template beside 编号 and 事项.
func (o *Order) Tell(tx *sqldb.Tx, template string, values map[string]string) error {
	people := o.people
	if !o.fresh || o.Version > 1 { // a follower may have come meanwhile
		var err error
		if people, err = reachable(tx, o.ID); err != nil {
			return err
		}
	}
	all := map[string]string{"编号": id.ShowNumber(o.Number), "事项": o.Title}
	for k, v := range values {
		all[k] = v
	}
	return notice.Tell(tx, o.ID, o.Version, template, all, people)
}

// canReach is the condition on request_contact c that some channel leads to the person.
const canReach = `(c.phone_token <> '' or c.email_token <> '' or c.openid_token <> '')`

// reachable are the contacts of a request, and of those merged into it, whom
// some channel can reach.
func reachable(tx *sqldb.Tx, m matter.ID) ([]string, error) {
	const q = `select c.id from request_contact c where c.matter_id = $1 and ` + canReach + `
		union all select c.id from matter_link l join request_contact c on c.matter_id = l.from_id
		where l.to_id = $1 and l.kind = 'merged' and ` + canReach + ` order by 1`
	rows, err := tx.Query(q, m)
	if err != nil {
		return nil, fmt.Errorf("reachable for %s: %w", m, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
