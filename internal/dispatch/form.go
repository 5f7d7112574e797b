package dispatch

import (
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// form is what one panel needs to draw its fields.
type form struct {
	page.Base
	o  *request.Order
	id string
	f  *show.Failed
}

func (x form) name(field string) string { return x.id + "." + field }

// field is a field of this panel with what was typed, or a value offered.
func (x form) field(name, label, offered string) page.Field {
	full := x.name(name)
	return page.Field{Name: full, Label: x.T(label), Value: x.f.Value(x.id, full, offered), Error: x.f.Error(x.Base, full)}
}

func (x form) optional(name, label, offered string) page.Field {
	f := x.field(name, label, offered)
	f.Optional = true
	return f
}

func hint(f page.Field, text string) page.Field {
	f.Hint = text
	return f
}

func unitField(f page.Field) page.Field {
	f.Attrs = map[string]any{"list": "units", "autocomplete": "off"}
	return f
}

func numberField(f page.Field) page.Field {
	f.Inputmode = "numeric"
	return f
}

// community is the list of what a community may be asked, shown when the panel
// was refused because of it.
func (x form) community(r *catalog.Resolver) []catalog.CommunityItem {
	if x.f == nil || x.f.Panel != x.id {
		return nil
	}
	for _, f := range fault.FieldsOf(x.f.Err) {
		if strings.HasPrefix(f.Key, "catalog.community_") {
			return r.Community()
		}
	}
	return nil
}

// helper is one line of assisting units in a form.
type helper struct {
	N     string // number of the line
	Unit  string
	Limit calendar.Limit
}

// helperLines are as many as a form offers.
const helperLines = 5

// helpers are the lines of the form: those proposed, and two more.
func helpers(p Proposal) []helper {
	var out []helper
	for i := range min(helperLines, len(p.Assists)+2) {
		h := helper{N: strconv.Itoa(i + 1), Limit: calendar.Limit{N: 2, Unit: "wd"}}
		if i < len(p.Assists) {
			h.Unit = p.Assists[i].Unit.Name
			if p.Assists[i].Limit.N > 0 {
				h.Limit = p.Assists[i].Limit
			}
		}
		out = append(out, h)
	}
	return out
}

func limitUnits(b page.Base) []page.Option {
	return []page.Option{{Value: "wd", Label: b.T("dispatch.unit_wd")}, {Value: "cd", Label: b.T("dispatch.unit_cd")}, {Value: "h", Label: b.T("dispatch.unit_h")}}
}

// leaves are all categories that a request may be filed under.
func leaves(t *catalog.Tree) []page.Option {
	var out []page.Option
	for _, c := range t.Leaves("") {
		out = append(out, page.Option{Value: c.Code, Label: c.Name, Group: t.Name(c.Parent)})
	}
	return out
}

// unitOptions are the units that may be named: active, at work on requests, and
// not the subject of this one. Two of one name are told apart by their ids.
func (p *proposer) unitOptions(o *request.Order) []string {
	seen := map[string]int{}
	for _, u := range p.Units {
		seen[u.Name]++
	}
	var out []string
	for _, u := range p.Units {
		switch {
		case !u.Active || u.Kind == "city" || u.Kind == "hotline" || p.accused(o, u):
		case seen[u.Name] > 1:
			out = append(out, u.Name+" "+u.ID)
		default:
			out = append(out, u.Name)
		}
	}
	return out
}

// names reads units as people type them: the name, the short name, or the id.
type names struct{ units []actor.Unit }

func (s *Service) names(tx *sqldb.Tx) (names, error) {
	all, err := actor.Units(tx)
	return names{all}, err
}

// id is the unit typed into a field, "" when the field is empty; an unknown or
// ambiguous one is noted.
func (n names) id(v *web.Values, field string) string {
	typed := v.String(field, 100)
	if typed == "" {
		return ""
	}
	var found []string
	for _, u := range n.units {
		switch {
		case u.ID == typed, u.Name+" "+u.ID == typed:
			return u.ID
		case u.Active && (u.Name == typed || u.Short == typed):
			found = append(found, u.ID)
		}
	}
	if len(found) != 1 {
		v.Add(field, "dispatch.unit_unknown", typed)
		return ""
	}
	return found[0]
}
