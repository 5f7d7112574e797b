package dispatch

import (
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Proposal is what the duty list says of a request, and why.
type Proposal struct {
	catalog.Choice
	Limit   calendar.Limit
	Due     time.Time
	Filed   bool       // the request stands under a leaf of the category tree
	Ruled   bool       // the lead is the one named in the ruling on a return
	Settled bool       // a consultation before dispatch named the lead
	Copy    actor.Unit // the district that must urge and coordinate when a street leads
	Steps   []Step

	Last   bool         // nobody could be named, not by asking either: the unit of last resort
	Ask    []actor.Unit // whom to ask before dispatch when nobody can be named
	AskFor calendar.Limit
}

// Ready reports whether the proposal can be sent as it is.
func (p Proposal) Ready() bool { return p.Filed && p.Lead.ID != "" }

// Certain reports whether the proposal may be taken without a look: a line of
// the duty list, a ruling or a consultation names the lead.
func (p Proposal) Certain() bool { return p.Ready() && (!p.Fallback || p.Ruled || p.Settled) }

// Step is one sentence of the explanation, step by step. Args may hold limits
// and times, which are put into words in the reader's language.
type Step struct {
	Key  string
	Args []any
}

// Propose says who should handle a request.
func (s *Service) Propose(tx *sqldb.Tx, o *request.Order) (Proposal, error) {
	p, err := s.proposer(tx, o)
	if err != nil {
		return Proposal{}, err
	}
	return p.propose(o), nil
}

// proposer holds what proposals for several requests need, read at once.
type proposer struct {
	*catalog.Resolver
	book     *catalog.Book
	atlas    *place.Atlas
	now      time.Time
	subjects map[matter.ID][]request.Subject
	pleas    map[matter.ID][]request.Plea
	alarms   map[matter.ID]request.Alarm
	talks    map[matter.ID]*talk
	scopes   map[string]string
}

func (s *Service) proposer(tx *sqldb.Tx, orders ...*request.Order) (*proposer, error) {
	book := s.Catalog.Book()
	p := &proposer{Resolver: book.Resolver, book: book, atlas: s.Atlas.Atlas(), now: tx.Now}
	ids, addresses := make([]matter.ID, len(orders)), make([]string, len(orders))
	for i, o := range orders {
		ids[i], addresses[i] = o.ID, o.Address
	}
	var err error
	if p.subjects, err = request.SubjectsOf(tx, ids...); err != nil {
		return nil, err
	}
	if p.pleas, err = request.PleasOf(tx, ids...); err != nil {
		return nil, err
	}
	if p.alarms, err = request.AlarmsOf(tx, ids...); err != nil {
		return nil, err
	}
	if p.talks, err = talks(tx, ids); err != nil {
		return nil, err
	}
	p.scopes, err = place.Scopes(tx, addresses)
	return p, err
}

// choice is what the duty list says of a request.
func (p *proposer) choice(o *request.Order) catalog.Choice {
	barred := func(u actor.Unit) bool { return p.accused(o, u) || p.returned(o, u.ID) }
	return p.Resolve(o.Category, p.where(o), p.book.Calendar.DayOf(p.now), barred)
}

// where is the place of a request for the duty list. An area that was only that
// of a default point is none.
func (p *proposer) where(o *request.Order) catalog.Place {
	at := catalog.Place{Area: o.Area, Scope: p.scopes[o.Address]}
	if o.Origin.Placed == request.DefaultPoint && p.atlas != nil && p.atlas.Locate(o.Origin.Point()) == o.Area {
		at.Area = ""
	}
	return at
}

func (p *proposer) propose(o *request.Order) Proposal {
	where := p.where(o)
	out := Proposal{Choice: p.choice(o), Limit: p.limitOf(o), Filed: p.book.Tree.Leaf(o.Category)}
	out.Due = p.due(o, out.Limit)
	if u, ok := p.ruled(o); !p.settled(o, &out) && ok {
		out.lead(u)
		out.Ruled, out.Reason = true, say("dispatch.reason_ruling")
	}
	if out.Fallback && !out.Ruled && !out.Settled && out.Reason == "" {
		out.Reason = say("dispatch.reason_fallback")
	}
	if out.Lead.ID == "" {
		p.unclear(o, &out)
	}
	out.Copy = p.copyTo(o, out.Lead)
	out.Steps = p.explain(o, where, out)
	return out
}

// lead puts a unit in the place of the lead.
func (p *Proposal) lead(u actor.Unit) {
	p.Assists = slices.DeleteFunc(p.Assists, func(a catalog.ChosenAssist) bool { return a.Unit.ID == u.ID })
	p.Lead = u
}

// assist adds an assisting unit, once.
func (p *Proposal) assist(u actor.Unit) {
	if p.Lead.ID != u.ID && !slices.ContainsFunc(p.Assists, func(a catalog.ChosenAssist) bool { return a.Unit.ID == u.ID }) {
		p.Assists = append(p.Assists, catalog.ChosenAssist{Unit: u, Limit: calendar.Limit{N: 2, Unit: "wd"}})
	}
}

// due is when the lead's limit is over. The date that the resident's receipt
// promised holds, so that the time dispatch takes is not his; only when it took
// more than half of it does the limit run anew, and he is told the new date.
func (p *proposer) due(o *request.Order, l calendar.Limit) time.Time {
	anew := p.book.Calendar.Due(p.now, l)
	if promised := o.DueAt; promised.Before(anew) && 2*promised.Sub(p.now) > anew.Sub(p.now) {
		return promised
	}
	return anew
}

// allowed is the time that the city's rules give a request from now on.
func (p *proposer) allowed(o *request.Order) catalog.Allowed {
	return p.book.Allow(catalog.LimitCase{Type: o.Type, Category: o.Category, Urgency: o.Urgency}, p.now)
}

// limitOf is the limit by the rules, or the shorter one of a signal that made the
// request urgent.
func (p *proposer) limitOf(o *request.Order) calendar.Limit {
	usual := p.allowed(o).Limit
	if x := p.alarms[o.ID]; x.Live() && x.Limit.N > 0 && p.book.Calendar.Due(p.now, x.Limit).Before(p.book.Calendar.Due(p.now, usual)) {
		return x.Limit
	}
	return usual
}

// accused reports whether the request is about the unit, one above or one below.
func (p *proposer) accused(o *request.Order, u actor.Unit) bool {
	return slices.ContainsFunc(p.subjects[o.ID], func(s request.Subject) bool { return s.Bars(u) })
}

// returned reports whether it was ruled that this is not the unit's duty.
func (p *proposer) returned(o *request.Order, unit string) bool {
	return slices.ContainsFunc(p.pleas[o.ID], func(x request.Plea) bool {
		return x.Kind == request.PleaReturn && x.State == "granted" && x.Unit == unit
	})
}

// ruled is the unit that the latest ruling on a return named.
func (p *proposer) ruled(o *request.Order) (actor.Unit, bool) {
	for _, x := range slices.Backward(p.pleas[o.ID]) {
		if x.Kind != request.PleaReturn || x.State != "granted" {
			continue
		}
		u, ok := p.Unit(x.Proposed)
		return u, ok && u.Active && !p.accused(o, u) && p.MayAsk(u, o.Category, true) == nil
	}
	return actor.Unit{}, false
}

// copyTo is the district that is told when a street leads: it must urge and
// coordinate (北京市接诉即办工作条例 第十二条).
func (p *proposer) copyTo(o *request.Order, lead actor.Unit) actor.Unit {
	if lead.Kind != "street" {
		return actor.Unit{}
	}
	u, ok := p.Unit(lead.Parent)
	if !ok || u.Kind != "district" {
		u = p.Serving("district", lead.Area)
	}
	if !u.Active || p.accused(o, u) {
		return actor.Unit{}
	}
	return u
}

func (p *proposer) explain(o *request.Order, where catalog.Place, out Proposal) []Step {
	var steps []Step
	add := func(key string, args ...any) { steps = append(steps, Step{key, args}) }
	if out.Filed {
		add("dispatch.step_category", p.book.Tree.Name(o.Category))
	} else {
		add("dispatch.step_no_category")
	}
	switch area := p.atlas.Name(o.Area); {
	case area == "":
		add("dispatch.step_no_place")
	case where.Scope == place.Estate:
		add("dispatch.step_place_estate", area)
	case where.Scope == place.OnStreet:
		add("dispatch.step_place_street", area)
	default:
		add("dispatch.step_place", area)
	}
	if x := p.alarms[o.ID]; x.Live() {
		add("dispatch.step_alarm", x.Name, strings.Join(x.Found, "、"))
	}
	if n := len(p.subjects[o.ID]); n > 0 {
		add("dispatch.step_subjects", n)
	}
	if t := p.talks[o.ID]; t != nil && t.ended && t.Why != "" {
		add("dispatch.step_talked_"+t.Why, t.Asked, t.Said)
		if t.Auto {
			add("dispatch.step_talked_auto")
		}
	}
	for _, x := range out.Passed {
		add("dispatch.step_passed_"+x.Why, x.Rule, x.Unit)
	}
	return append(append(steps, p.explainLists(out)...), p.explainLead(out)...)
}

// explainLists says where a list that the rules check against is not there: what
// has not been checked must not look as if it had been.
func (p *proposer) explainLists(out Proposal) []Step {
	var steps []Step
	if len(p.Community()) == 0 && slices.ContainsFunc(out.Passed, func(x catalog.Passed) bool { return x.Why == catalog.PassedList }) {
		steps = append(steps, Step{"dispatch.step_no_community_list", nil})
	}
	street := func(u actor.Unit) bool { return u.Kind == "street" }
	if len(p.Streets()) == 0 && (street(out.Lead) || slices.ContainsFunc(out.Assists, func(a catalog.ChosenAssist) bool { return street(a.Unit) })) {
		steps = append(steps, Step{"dispatch.step_no_street_list", nil})
	}
	return steps
}

func (p *proposer) explainLead(out Proposal) []Step {
	var steps []Step
	add := func(key string, args ...any) { steps = append(steps, Step{key, args}) }
	switch {
	case out.Settled:
		add("dispatch.step_settled", out.Lead.Name)
	case out.Ruled:
		add("dispatch.step_ruling", out.Lead.Name)
	case out.Lead.ID == "":
		add("dispatch.step_nobody")
		if len(out.Ask) > 0 {
			add("dispatch.step_ask", unitNames(out.Ask), out.AskFor)
		}
		return steps
	case out.Last:
		add("dispatch.step_last", out.Lead.Name)
	case out.Fallback:
		add("dispatch.step_fallback", out.Lead.Name)
	default:
		add("dispatch.step_line", out.Rule, out.Lead.Name, out.Line.Rev)
	}
	if out.Crossed.ID != "" {
		add("dispatch.step_crossed", out.Rule, out.Crossed.ID, out.Lead.Name)
	}
	if out.Copy.ID != "" {
		add("dispatch.step_copy", out.Copy.Name)
	}
	_, skipped := p.book.Calendar.Between(p.now, out.Due)
	if out.Limit.Unit == "wd" && skipped > 0 {
		add("dispatch.step_due_skipping", out.Limit, out.Due, skipped)
	} else {
		add("dispatch.step_due", out.Limit, out.Due)
	}
	if p.book.Calendar.Known > 0 && p.book.Calendar.Provisional(out.Due) {
		add("dispatch.step_provisional", out.Due)
	}
	return steps
}
