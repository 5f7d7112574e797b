package setup

import (
	"cmp"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
)

// mostOffered is how many areas a form offers as a list; where there are more,
// the code is typed.
const mostOffered = 600

// offer makes the lists that the form's questions are answered from.
func (p *EntryPage) offer() {
	p.Options = map[sort][]page.Option{}
	for _, c := range p.Kind.columns {
		if p.Options[c.sort] != nil {
			continue
		}
		switch c.sort {
		case unit:
			p.Options[unit] = p.words.unitOptions(p.Base)
		case lead:
			p.Options[lead] = append(p.words.territoryOptions(p.Base), p.words.unitOptions(p.Base)...)
		case category:
			p.Options[category] = p.words.categoryOptions(p.Base)
		case anyCategory:
			p.Options[anyCategory] = append([]page.Option{{Value: "*", Label: p.T("setup.every_category")}}, p.words.categoryOptions(p.Base)...)
		case area:
			if len(p.words.lands) <= mostOffered {
				p.Options[area] = p.words.areaOptions(place.Levels)
			}
		}
	}
}

// choicesOf are the answers of a column, with an empty one first.
func (p EntryPage) choicesOf(c *column) []page.Option {
	list := p.Options[c.sort]
	if c.sort == choice || c.sort == many {
		list = nil
		chosen := apart(p.Typed[c.name])
		for _, o := range c.options {
			list = append(list, page.Option{Value: o, Label: c.label(p.Lang, o), Selected: slices.Contains(chosen, o)})
		}
		if c.sort == many {
			return list
		}
	}
	if p.Typed[c.name] != "" && !slices.ContainsFunc(list, func(o page.Option) bool { return o.Value == p.Typed[c.name] }) {
		list = append([]page.Option{{Value: p.Typed[c.name], Label: p.Typed[c.name]}}, list...) // what is kept though it is gone
	}
	return append([]page.Option{{Label: p.T("setup.choose_" + map[bool]string{true: "one", false: "none"}[c.required])}}, list...)
}

// unitOptions are the units in use by kind.
func (w *world) unitOptions(b page.Base) []page.Option {
	var out []page.Option
	for _, kind := range actor.UnitKinds {
		for _, u := range w.order {
			if u.Kind == kind && u.Active {
				out = append(out, page.Option{Value: u.ID, Label: u.Name, Group: b.T("actor.unit_" + kind)})
			}
		}
	}
	return out
}

// territoryOptions are those who serve the place, whoever they are.
func (w *world) territoryOptions(b page.Base) []page.Option {
	group := b.T("setup.lead_group")
	var out []page.Option
	for _, t := range territories {
		out = append(out, page.Option{Value: t, Label: leadWords(b.Lang, t), Group: group})
	}
	for _, code := range w.bureaus() {
		out = append(out, page.Option{Value: "@bureau:" + code, Label: w.leadName(b.Lang, "@bureau:"+code), Group: group})
	}
	return out
}

func (w *world) categoryOptions(b page.Base) []page.Option {
	var out []page.Option
	var walk func(code, group string, depth int)
	walk = func(code, group string, depth int) {
		for _, c := range w.tree.Children(code) {
			g := group
			if depth == 0 {
				g = c.Name
			}
			out = append(out, page.Option{Value: c.Code, Label: indent(max(0, depth-1)) + c.Name + " " + c.Code, Group: g})
			if depth < 8 {
				walk(c.Code, g, depth+1)
			}
		}
	}
	walk("", "", 0)
	return out
}

// areaOptions are the areas of some levels, those of a street together.
func (w *world) areaOptions(levels []string) []page.Option {
	var out []page.Option
	for _, a := range w.lands {
		if !slices.Contains(levels, a.Level) {
			continue
		}
		group := w.areaName(a.Code[:min(len(a.Code), 6)])
		name := strings.TrimSpace(strings.TrimPrefix(w.areaName(a.Code), group))
		out = append(out, page.Option{Value: a.Code, Label: cmp.Or(name, a.Name) + " " + a.Code, Group: group})
	}
	return out
}
