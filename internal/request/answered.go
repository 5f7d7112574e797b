package request

import (
	"fmt"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/reply"
	"gongzhi/internal/sqldb"
)

// AnswerDraft is an answer that is about to be sent, or has been.
type AnswerDraft struct {
	Text      string
	Solved    string // yes, partly, no
	Contacted bool   // the unit says so; a recorded contact counts too
}

// CheckAnswer reads an answer beside all that the resident said. What of him the
// actor may not know takes no part, so that no finding tells it.
func CheckAnswer(tx *sqldb.Tx, c *reply.Checker, a actor.Actor, o *Order, d AnswerDraft) (reply.Report, error) {
	x := reply.Case{Answer: d.Text, Promised: d.Solved == "partly", Contact: reply.No}
	said, contacted, err := said(tx, o)
	if err != nil {
		return reply.Report{}, err
	}
	if x.Request = said; contacted || d.Contacted || o.NoReply {
		x.Contact = reply.Yes
	}
	known, err := Contacts(tx, a, o)
	for _, m := range known {
		if m.Kind == "requester" {
			x.Addressee, _, _ = strings.Cut(m.Text, " ")
			x.Masks = append(x.Masks, strings.Fields(m.Text)...)
		}
	}
	return c.Read(x), err
}

// said are the resident's words: title, text, answers to questions, what he
// added, and why it was not solved; and whether somebody reached him.
func said(tx *sqldb.Tx, o *Order) (list []string, contacted bool, err error) {
	list = []string{o.Title, o.Body}
	for _, x := range o.Answers {
		list = append(list, x.Question+" "+x.Answer)
	}
	const q = `select e.name, e.body, coalesce(n.text, '') from matter_event e left join request_note n on n.matter_id = e.matter_id and n.seq = e.seq and n.kind in ('supplement', 'reason')
		where e.matter_id = $1 and e.name in ('` + DeedSupplemented + `', '` + DeedReopened + `', '` + DeedContacted + `') order by e.seq`
	rows, err := tx.Query(q, o.ID)
	if err != nil {
		return nil, false, fmt.Errorf("words of %s: %w", o.ID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, body, text string
		if err := rows.Scan(&name, &body, &text); err != nil {
			return nil, false, err
		}
		if name == DeedContacted {
			contacted = contacted || strings.Contains(body, `"reached"`)
		} else if text != "" {
			list = append(list, text)
		}
	}
	return list, contacted, rows.Err()
}
