package dispatch

import (
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
)

// mostAsked is how many units are proposed for a consultation: as many as its
// form has fields.
const mostAsked = consultUnits

// unclear is for a request of which neither the unit nor the district is clear:
// units are asked before the dispatch (派前会商), and when that has ended without a
// result the unit of last resort organises a solution (北京市接诉即办工作条例 第十二条).
func (p *proposer) unclear(o *request.Order, out *Proposal) {
	if t := p.talks[o.ID]; t != nil && t.ended {
		u, ok := p.Unit(p.book.Settings["duty.last"])
		if ok && u.Active && !p.accused(o, u) {
			out.Lead, out.Last, out.Fallback, out.Reason = u, true, true, say("dispatch.reason_last")
		}
		return
	}
	out.AskFor = p.consultLimit()
	out.Ask = p.whomToAsk(o)
}

// consultLimit is how long units have to say their view.
func (p *proposer) consultLimit() calendar.Limit {
	return calendar.Limit{N: p.book.Settings.Int("consult.days", 1), Unit: "wd"}
}

// whomToAsk are the units that the duty list names for the category anywhere, or
// for those that the words speak of, and else the districts.
func (p *proposer) whomToAsk(o *request.Order) []actor.Unit {
	var out []actor.Unit
	add := func(u actor.Unit) {
		known := func(x actor.Unit) bool { return x.ID == u.ID }
		if len(out) < mostAsked && u.ID != "" && u.Active && !slices.ContainsFunc(out, known) && !p.accused(o, u) && !p.returned(o, u.ID) {
			out = append(out, u)
		}
	}
	categories := []string{o.Category}
	for _, g := range p.book.Tree.Suggest(o.Title+"\n"+o.Body, 3) {
		categories = append(categories, g.Category.Code)
	}
	day := p.book.Calendar.DayOf(p.now)
	for _, c := range categories {
		for _, u := range p.Named(c, day) {
			add(u)
		}
	}
	for _, u := range p.Units {
		if len(out) < 2 && u.Kind == "district" {
			add(u)
		}
	}
	return out
}

func unitNames(list []actor.Unit) string {
	names := make([]string, len(list))
	for i, u := range list {
		names[i] = u.Name
	}
	return strings.Join(names, "、")
}

// kept is the explanation as it was when a request was sent, in the city's own
// language: it stays with the order, whatever becomes of the list.
func (s *Service) kept(d order) string {
	b := page.Base{Lang: locale.ZH, Zone: s.Catalog.Book().Calendar.Zone}
	lines := make([]string, 0, len(d.Steps)+1)
	for _, x := range d.Steps {
		lines = append(lines, stepWords(b, x))
	}
	if d.lead.ID != d.Lead.ID {
		lines = append(lines, b.T("dispatch.step_chosen", d.lead.Name))
	}
	lines = append(lines, b.T("dispatch.step_took", int(d.took.Minutes())))
	return strings.Join(lines, "\n")
}
