package dispatch

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Send 派单 gives a request to one lead and any number of assisting units.
type Send struct {
	On
	Lead        string // "" what the duty list says, with its assistants
	Assists     []Assist
	Category    string // chosen now, "" as it is
	Reason      string // why this lead, when it is not the duty list's
	Instruction string // what the units should heed; internal
	direct      string // why no person was asked, "" one was
}

// Assist is an assisting unit with its own limit; a zero limit takes the duty
// list's, or two working days.
type Assist struct {
	Unit  string
	Limit calendar.Limit
}

// sent is the body of the deed: the order as it was printed.
type sent struct {
	Lead    string         `json:"lead"`
	Assists []string       `json:"assists,omitempty"`
	Copy    string         `json:"copy,omitempty"` // the district that urges and coordinates
	Rule    string         `json:"rule,omitempty"`
	Limit   calendar.Limit `json:"limit"`
	Due     int64          `json:"due"`
	Direct  bool           `json:"direct,omitempty"` // no person was asked
}

// order is a dispatch that has been checked.
type order struct {
	Proposal
	lead    actor.Unit
	reason  string
	rule    string
	assists []catalog.ChosenAssist
	limit   calendar.Limit
	took    time.Duration // from the receipt to the dispatch
}

// Send is SendOrderTx in a unit of work of its own.
func (s *Service) Send(ctx context.Context, a actor.Actor, c Send) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.SendOrderTx(tx, a, o, c) })
}

// SendTx dispatches a request to a lead and assistants. An empty lead takes
// what the duty list says, with the assistants it names.
func (s *Service) SendTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, lead string, assists []string) error {
	c := Send{Lead: lead}
	for _, u := range assists {
		c.Assists = append(c.Assists, Assist{Unit: u})
	}
	return s.SendOrderTx(tx, a, o, c)
}

// SendOrderTx dispatches a request that the caller has loaded for change. The
// limit in force now is printed on the order (北京市接诉即办工作条例 第十三条): later
// changes of the catalogue do not move it. The lead, as first receiver, stays
// responsible for the one answer to the resident (第十四条).
func (s *Service) SendOrderTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, c Send) error {
	if err := actor.Can(a, "dispatch.send"); err != nil {
		return err
	}
	if !request.Life.Allows(o.State, request.DeedDispatched) {
		return fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	if err := s.choose(o, c.Category); err != nil {
		return err
	}
	p, err := s.proposer(tx, o)
	if err != nil {
		return err
	}
	d, err := p.order(o, c)
	if err != nil {
		return err
	}
	if err := giveTasks(tx, p, o, d, c.Instruction); err != nil {
		return err
	}
	o.DueAt = p.due(o, d.limit)
	return s.recordSent(tx, a, o, d, c)
}

// choose files the request under another leaf of the category tree.
func (s *Service) choose(o *request.Order, category string) error {
	tree := s.Catalog.Book().Tree
	category = cmp.Or(category, o.Category)
	k, ok := tree.Find(category)
	if !ok || !tree.Leaf(category) {
		return fault.Fields{{Name: "send.category", Key: "dispatch.category_leaf"}}
	}
	if category != o.Category {
		o.Category, o.Topic, o.CategoryRev = k.Code, k.Code, k.Rev
	}
	return nil
}

// order checks who was chosen: active, not the subject of the request, and
// allowed to be asked.
func (p *proposer) order(o *request.Order, c Send) (order, error) {
	d := order{Proposal: p.propose(o), reason: c.Reason, limit: p.limitOf(o), took: p.now.Sub(o.OpenedAt)}
	if c.Lead == "" {
		if d.Lead.ID == "" {
			return d, fault.Fields{{Name: "send.lead", Key: "dispatch.no_lead"}}
		}
		for _, x := range d.Assists {
			c.Assists = append(c.Assists, Assist{x.Unit.ID, x.Limit})
		}
		c.Lead = d.Lead.ID
	}
	var err error
	if d.lead, err = p.fit(o, c.Lead, true, "send.lead"); err != nil {
		return d, err
	}
	if d.lead.ID == d.Lead.ID {
		d.rule, d.reason = d.Rule, cmp.Or(d.reason, d.Reason)
	}
	d.reason = cmp.Or(d.reason, say("dispatch.reason_chosen"))
	d.Copy = p.copyTo(o, d.lead)
	return d, p.assist(o, &d, c.Assists)
}

func (p *proposer) assist(o *request.Order, d *order, list []Assist) error {
	for i, x := range list {
		u, err := p.fit(o, x.Unit, false, "send.assist"+strconv.Itoa(i+1))
		if err != nil {
			return err
		}
		same := func(y catalog.ChosenAssist) bool { return y.Unit.ID == u.ID }
		if u.ID == d.lead.ID || u.ID == d.Copy.ID || slices.ContainsFunc(d.assists, same) {
			continue
		}
		if x.Limit.N <= 0 {
			x.Limit = calendar.Limit{N: 2, Unit: "wd"}
			if i := slices.IndexFunc(d.Assists, same); i >= 0 && d.Assists[i].Limit.N > 0 {
				x.Limit = d.Assists[i].Limit
			}
		}
		d.assists = append(d.assists, catalog.ChosenAssist{Unit: u, Limit: x.Limit})
	}
	return nil
}

// fit is the unit when the request may be given to it; otherwise the sentence
// belongs to the form's field.
func (p *proposer) fit(o *request.Order, unit string, lead bool, field string) (actor.Unit, error) {
	u, ok := p.Unit(unit)
	switch {
	case !ok || !u.Active:
		return u, fault.Fields{{Name: field, Key: "dispatch.unit_unknown", Args: []any{cmp.Or(u.Name, unit)}}}
	case u.Kind == "city" || u.Kind == "hotline":
		return u, fault.Fields{{Name: field, Key: "dispatch.unit_handles_nothing", Args: []any{u.Name}}}
	case p.accused(o, u):
		return u, fault.Fields{{Name: field, Key: "dispatch.unit_accused", Args: []any{u.Name}}}
	}
	if key, args := fault.KeyOf(p.MayAsk(u, o.Category, lead)); key != "" {
		return u, fault.Fields{{Name: field, Key: key, Args: args}}
	}
	if key, args := fault.KeyOf(p.MayGive(u, o.Category, lead, p.choice(o))); key != "" {
		return u, fault.Fields{{Name: field, Key: key, Args: args}}
	}
	return u, nil
}

// giveTasks ends what a consultation left open and gives each unit its task.
func giveTasks(tx *sqldb.Tx, p *proposer, o *request.Order, d order, instruction string) error {
	if err := request.ReleaseTasks(tx, o.ID); err != nil {
		return err
	}
	cal := p.book.Calendar
	due := p.due(o, d.limit)
	tasks := []request.Task{{Unit: d.lead.ID, Lead: true, Limit: d.limit, DueAt: due, Reason: d.reason}}
	for _, x := range d.assists {
		tasks = append(tasks, request.Task{Unit: x.Unit.ID, Limit: x.Limit, DueAt: cal.Due(p.now, x.Limit), Reason: cmp.Or(instruction, d.reason)})
	}
	if d.Copy.ID != "" {
		tasks = append(tasks, request.Task{Unit: d.Copy.ID, Limit: d.limit, DueAt: due, Reason: say("dispatch.reason_copy")})
	}
	for _, t := range tasks {
		t.Matter, t.Round = o.ID, o.Round
		if _, err := request.AddTask(tx, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) recordSent(tx *sqldb.Tx, a actor.Actor, o *request.Order, d order, c Send) error {
	o.Unit = d.lead.ID
	body := sent{Lead: d.lead.ID, Copy: d.Copy.ID, Rule: d.rule, Limit: d.limit, Due: sqldb.Micros(o.DueAt), Direct: c.direct != ""}
	for _, x := range d.assists {
		body.Assists = append(body.Assists, x.Unit.ID)
	}
	due := s.day(o.DueAt)
	err := o.Record(tx, a, request.Deed{Name: request.DeedDispatched, Body: body, Notes: []request.Note{
		{Kind: "lead", Audience: audience(o), Text: d.words(due)}, {Kind: "reason", Audience: audience(o), Text: d.reason},
		{Kind: "instruction", Text: c.Instruction}, {Kind: "steps", Text: s.kept(d)}, {Kind: "remark", Text: c.direct}}})
	if err != nil {
		return err
	}
	return o.Tell(tx, "dispatched", map[string]string{"承办单位": d.lead.Name, "截止日期": due})
}

// words is the order as people read it in the history: who leads, who assists,
// until when.
func (d order) words(due string) string {
	text := say("dispatch.words_lead", d.lead.Name)
	for i, x := range d.assists {
		key := "dispatch.words_more"
		if i == 0 {
			key = "dispatch.words_assist"
		}
		text += say(key, x.Unit.Name)
	}
	if d.Copy.ID != "" {
		text += say("dispatch.words_copy", d.Copy.Name)
	}
	return text + say("dispatch.words_due", due)
}
