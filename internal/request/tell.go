package request

import (
	"fmt"
	"maps"
	"slices"

	"gongzhi/internal/id"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/notice"
	"gongzhi/internal/sqldb"
)

// Tell gives notice of the request's latest deed to everybody who follows it:
// who reported it, who joined later, and who reported a duplicate that was
// merged into it. values fill the template beside 编号 and 事项.
//
// Who joined later is told what is published and no more: a notice must not say
// what the board keeps back, and what is asked of the requester is his alone.
func (o *Order) Tell(tx *sqldb.Tx, template string, values map[string]string) error {
	people, followers := o.people, []string(nil)
	if !o.fresh || o.Version > 1 { // a follower may have come meanwhile
		var err error
		if people, followers, err = reachable(tx, o.ID, slices.Contains(answerTemplates, template)); err != nil {
			return err
		}
	}
	all := o.told(values)
	if err := notice.Tell(tx, o.ID, o.Version, template, all, people); err != nil {
		return err
	}
	if len(followers) == 0 || !slices.Contains(answerTemplates, template) && !slices.Contains(stepTemplates, template) {
		return nil
	}
	public, err := o.publicValues(tx, all)
	if err != nil {
		return err
	}
	delete(public, notice.QueryCode) // it opens what only the reporter may see
	return notice.Tell(tx, o.ID, o.Version, template, public, followers)
}

// What followers are told: steps on the way, unless they want to hear of the
// answer only, and the answer.
var (
	stepTemplates   = []string{"dispatched", "accepted", "extended", "suspended", "resumed", "reopened"}
	answerTemplates = []string{"answered", "direct", "refused", "terminated", "closed", "merged"}
)

// plainValues are those that say nothing of the resident's matter. Every other
// one is a text that somebody wrote about it.
var plainValues = []string{"编号", "承办单位", "截止日期", "新截止日期", "日期", "链接", "主件编号"}

// publicValues leaves of a notice what is published.
func (o *Order) publicValues(tx *sqldb.Tx, all map[string]string) (map[string]string, error) {
	p, _, err := PublicationOf(tx, o.ID)
	if err != nil {
		return nil, err
	}
	worded := o.Publicity == "public" && !o.Sealed && p.Text != ""
	out := map[string]string{}
	for name, v := range all {
		switch {
		case slices.Contains(plainValues, name):
		case worded:
			v = Hide(v)
		default:
			v = locale.T(locale.ZH, "request.not_published")
		}
		out[name] = v
	}
	if worded {
		out["事项"] = Hide(p.Text)
		return out, nil
	}
	if o.Sealed {
		out["事项"] = locale.T(locale.ZH, "request.told_matter")
		return out, nil
	}
	name := ""
	err = tx.QueryRow(`select coalesce((select c.name from catalog_category c where c.code = $1), '')`, o.Category).Scan(&name)
	out["事项"] = or(name, locale.T(locale.ZH, "request.some_matter"))
	return out, err
}

// TellOne gives notice to one contact only: the answer to what he wrote.
func (o *Order) TellOne(tx *sqldb.Tx, template, contact string, values map[string]string) error {
	return notice.Tell(tx, o.ID, o.Version, template, o.told(values), []string{contact})
}

// tellWords are placeholders that may hold what a request is about.
var tellWords = []string{"答复", "原因", "措施", "依据", "补充内容", "办理情况"}

// told are the values of a notice to who reported it. Of a report of wrongdoing
// no message says what it was about, because others may read a screen.
func (o *Order) told(values map[string]string) map[string]string {
	all := map[string]string{"编号": id.ShowNumber(o.Number), "事项": o.Title}
	maps.Copy(all, values)
	if !o.Sealed {
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

// reachable are the contacts of a request, and of those merged into it, whom
// some channel can reach; apart from them who joined it, where they want to hear
// of what is not an answer.
func reachable(tx *sqldb.Tx, m matter.ID, answer bool) (people, followers []string, err error) {
	const q = `select c.id, c.kind, c.hears from request_contact c where c.matter_id = $1 and ` + canReach + `
		union all select c.id, 'follower', c.hears from matter_link l join request_contact c on c.matter_id = l.from_id
		where l.to_id = $1 and l.kind = 'merged' and ` + canReach + ` order by 1`
	rows, err := tx.Query(q, m)
	if err != nil {
		return nil, nil, fmt.Errorf("reachable for %s: %w", m, err)
	}
	defer rows.Close()
	for rows.Next() {
		var c, kind, hears string
		if err := rows.Scan(&c, &kind, &hears); err != nil {
			return nil, nil, err
		}
		switch {
		case kind != "follower":
			people = append(people, c)
		case answer || hears != HearsAnswer:
			followers = append(followers, c)
		}
	}
	return people, followers, rows.Err()
}

// HearsAnswer is the wish of a follower to hear of the answer only.
const HearsAnswer = "answer"

// SetHears keeps what a follower wants to hear of.
func SetHears(tx *sqldb.Tx, contact, hears string) error {
	if hears != HearsAnswer {
		hears = ""
	}
	return tx.Exec(`update request_contact set hears = $1 where id = $2`, hears, contact)
}

// HearsOf is what a follower wants to hear of.
func HearsOf(tx *sqldb.Tx, contact string) (hears string, err error) {
	err = tx.QueryRow(`select coalesce((select hears from request_contact where id = $1), '')`, contact).Scan(&hears)
	return hears, err
}
