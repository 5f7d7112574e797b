package request

import (
	"fmt"
	"maps"

	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
)

// Tell gives notice of the request's latest deed to everybody who follows it:
// who reported it, who joined later, and who reported a duplicate that was
// merged into it. values fill the template beside 编号 and 事项. Who did not
// report it himself is told what is published, as on his page; of a report of
// wrongdoing no message says what it was about, because others may read a screen.
func (o *Order) Tell(tx *sqldb.Tx, template string, values map[string]string) error {
	own, others := o.people, []string(nil)
	if !o.fresh || o.Version > 1 { // a follower may have come meanwhile
		var err error
		if own, others, err = reachable(tx, o.ID); err != nil {
			return err
		}
	}
	if err := notice.Tell(tx, o.ID, o.Version, template, o.told(values, o.Sealed), own); err != nil {
		return err
	}
	if template == "ask" {
		return nil // only he can answer
	}
	given := o.told(values, o.Sealed || o.Publicity != Public)
	delete(given, notice.QueryCode) // it opens what only the reporter may see
	return notice.Tell(tx, o.ID, o.Version, template, given, others)
}

// TellOne gives notice to one contact only: the answer to what he wrote.
func (o *Order) TellOne(tx *sqldb.Tx, template, contact string, values map[string]string) error {
	return notice.Tell(tx, o.ID, o.Version, template, o.told(values, o.Sealed), []string{contact})
}

// tellWords are placeholders that may hold what a request is about.
var tellWords = []string{"答复", "原因", "措施", "依据", "补充内容", "办理情况"}

func (o *Order) told(values map[string]string, discreet bool) map[string]string {
	all := map[string]string{"编号": id.ShowNumber(o.Number), "事项": o.Title}
	maps.Copy(all, values)
	if !discreet {
		return all
	}
	all["事项"] = locale.T(locale.ZH, "request.told_matter")
	for _, w := range tellWords {
		if all[w] != "" {
			all[w] = locale.T(locale.ZH, "request.told_words")
		}
	}
	return all
}

// canReach is the condition on request_contact c that some channel leads to the person.
const canReach = `(c.phone_token <> '' or c.email_token <> '' or c.openid_token <> '')`

// reachable are the contacts of a request whom some channel can reach: those who
// reported it, and those who follow it or whose own request was merged into it.
func reachable(tx *sqldb.Tx, m matter.ID) (own, others []string, err error) {
	const q = `select c.id, c.kind = 'requester' from request_contact c where c.matter_id = $1 and ` + canReach + `
		union all select c.id, false from matter_link l join request_contact c on c.matter_id = l.from_id
		where l.to_id = $1 and l.kind = 'merged' and ` + canReach + ` order by 1`
	rows, err := tx.Query(q, m)
	if err != nil {
		return nil, nil, fmt.Errorf("reachable for %s: %w", m, err)
	}
	defer rows.Close()
	for rows.Next() {
		var c string
		var reporter bool
		if err := rows.Scan(&c, &reporter); err != nil {
			return nil, nil, err
		}
		if reporter {
			own = append(own, c)
		} else {
			others = append(others, c)
		}
	}
	return own, others, rows.Err()
}
