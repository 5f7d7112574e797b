package dispatch

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Why a consultation came to its verdict.
const (
	whyChosen  = "chosen"  // the dispatcher settled it
	whyClaimed = "claimed" // one unit said that it is its duty
	whyListed  = "listed"  // several did; the duty list names one of them
	whyCity    = "city"    // several did; the one city department leads (潍坊条例 第二十四条)
	whySeveral = "several" // several did, and no rule says who: it stays undetermined
	whyNone    = "none"    // nobody did
)

// verdict is the body of the deed that ends a consultation. Without a lead the
// duty list, and else the district or the unit of last resort, answers.
type verdict struct {
	Lead    string   `json:"lead,omitempty"`
	Assists []string `json:"assists,omitempty"`
	Why     string   `json:"why,omitempty"`
	Asked   int      `json:"asked,omitempty"`
	Said    int      `json:"said,omitempty"`
	Auto    bool     `json:"auto,omitempty"` // its limit was over
}

// talk is the latest consultation about a request.
type talk struct {
	asked []string
	said  []view // the latest of each unit
	ended bool
	verdict
}

const talkQuery = `select matter_id, name, body from matter_event where name in ('consulted', 'consult_said', 'consult_ended') and matter_id in (`

// talks are the latest consultations about requests.
func talks(tx *sqldb.Tx, ids []matter.ID) (map[matter.ID]*talk, error) {
	out := map[matter.ID]*talk{}
	if len(ids) == 0 {
		return out, nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(talkQuery+marks+`) order by matter_id, seq`, args...)
	if err != nil {
		return nil, fmt.Errorf("read consultations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id matter.ID
		var name, body string
		if err := rows.Scan(&id, &name, &body); err != nil {
			return nil, err
		}
		if out[id] == nil || name == request.DeedConsulted {
			out[id] = &talk{}
		}
		if err := out[id].read(name, body); err != nil {
			return nil, fmt.Errorf("read a consultation about %s: %w", id, err)
		}
	}
	return out, rows.Err()
}

func (t *talk) read(name, body string) error {
	switch name {
	case request.DeedConsulted:
		var c consulted
		err := unmarshal(body, &c)
		t.asked = c.Units
		return err
	case request.DeedConsultSaid:
		var v view
		err := unmarshal(body, &v)
		t.said = append(slices.DeleteFunc(t.said, func(x view) bool { return x.Unit == v.Unit }), v)
		return err
	}
	t.ended = true
	return unmarshal(body, &t.verdict)
}

// unmarshal reads a body; one without anything to say is empty.
func unmarshal(body string, into any) error {
	if body == "" {
		return nil
	}
	return json.Unmarshal([]byte(body), into)
}

// verdict is what the invited units' views come to. One that claims the matter
// leads. Of several it is the one that the duty list names, or else the only
// city department; otherwise the matter stays undetermined and the others'
// help is kept. A refusal alone moves nothing: the duty list stands above it.
func (p *proposer) verdict(o *request.Order) verdict {
	t := p.talks[o.ID]
	if t == nil {
		return verdict{Why: whyNone}
	}
	v := verdict{Asked: len(t.asked), Said: len(t.said), Why: whyNone}
	var claims []actor.Unit
	for _, x := range t.said {
		switch x.View {
		case viewLead:
			if u, err := p.fit(o, x.Unit, true, ""); err == nil {
				claims = append(claims, u)
			}
		case viewAssist:
			v.Assists = append(v.Assists, x.Unit)
		}
	}
	v.Lead, v.Why = p.among(claims, p.choice(o).Lead.ID)
	for _, u := range claims {
		if u.ID != v.Lead {
			v.Assists = append(v.Assists, u.ID)
		}
	}
	return v
}

// among is who of those that claim the matter leads, and why.
func (p *proposer) among(claims []actor.Unit, listed string) (lead, why string) {
	switch len(claims) {
	case 0:
		return "", whyNone
	case 1:
		return claims[0].ID, whyClaimed
	}
	if slices.ContainsFunc(claims, func(u actor.Unit) bool { return u.ID == listed }) {
		return listed, whyListed
	}
	var city []actor.Unit
	for _, u := range claims {
		if p.CityDepartment(u) {
			city = append(city, u)
		}
	}
	if len(city) == 1 {
		return city[0].ID, whyCity
	}
	return "", whySeveral
}

// settled puts what a consultation came to in place of what the list says. It
// reports whether a unit was named that may still have the request.
func (p *proposer) settled(o *request.Order, out *Proposal) bool {
	t := p.talks[o.ID]
	if t == nil || !t.ended {
		return false
	}
	for _, id := range t.Assists {
		if u, err := p.fit(o, id, false, ""); err == nil {
			out.assist(u)
		}
	}
	if t.Lead == "" || p.returned(o, t.Lead) {
		return false
	}
	u, err := p.fit(o, t.Lead, true, "")
	if err != nil {
		return false
	}
	out.lead(u)
	out.Settled, out.Reason = true, say("dispatch.reason_settled_"+t.Why, u.Name)
	return true
}

// verdictWords is what a consultation came to, for the history.
func (p *proposer) verdictWords(o *request.Order, v verdict, out Proposal) string {
	var lines []string
	add := func(key string, args ...any) { lines = append(lines, say(key, args...)) }
	add("dispatch.ended_limit", v.Asked, v.Said)
	for _, x := range p.talks[o.ID].said {
		u, _ := p.Unit(x.Unit)
		other, _ := p.Unit(x.Other)
		add("dispatch.ended_view", u.Name, viewWords(x, other.Name))
	}
	add("dispatch.ended_"+v.Why, cmp.Or(out.Lead.Name, say("dispatch.nobody")))
	return strings.Join(lines, "\n")
}

// soFar is what a consultation has brought yet.
type soFar struct {
	Asked int
	Views []string
	Due   time.Time
	Lead  string // name of the unit that the views come to
}

func (p *proposer) soFar(tx *sqldb.Tx, o *request.Order) (soFar, error) {
	t := p.talks[o.ID]
	if t == nil {
		return soFar{}, nil
	}
	out := soFar{Asked: len(t.asked)}
	for _, x := range t.said {
		u, _ := p.Unit(x.Unit)
		other, _ := p.Unit(x.Other)
		out.Views = append(out.Views, say("dispatch.ended_view", u.Name, viewWords(x, other.Name)))
	}
	lead, _ := p.Unit(p.verdict(o).Lead)
	out.Lead = lead.Name
	tasks, err := request.Tasks(tx, o.ID)
	for _, x := range tasks {
		if slices.Contains(t.asked, x.Unit) && x.DueAt.After(out.Due) {
			out.Due = x.DueAt
		}
	}
	return out, err
}
