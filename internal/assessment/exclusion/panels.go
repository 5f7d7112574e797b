package exclusion

import (
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// act is the form of one panel.
type act struct {
	page.Base
	o  *request.Order
	id string
	f  *show.Failed
	x  Exclusion // what is decided on or appealed against
}

func (x act) name(field string) string { return x.id + "." + field }

func (x act) field(name, label string) page.Field {
	full := x.name(name)
	return page.Field{Name: full, Label: x.T(label), Value: x.f.Value(x.id, full, ""), Error: x.f.Error(x.Base, full)}
}

func (x act) hint(name, label, hint string) page.Field {
	f := x.field(name, label)
	f.Hint = x.T(hint)
	return f
}

func (x act) version() string { return strconv.FormatInt(x.o.Version, 10) }

func (x act) problems() page.Problems {
	if x.f == nil || x.f.Panel != x.id || fault.KindOf(x.f.Err) == fault.Conflict && x.f.Seen != x.o.Version {
		return nil
	}
	return x.Problems(x.f.Err)
}

// Panels are the acts of this procedure on the page of a request.
func (s *Service) Panels(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed) ([]show.Panel, error) {
	asks, rules := actor.Allowed(a, "assessment.exclusion_ask"), actor.Allowed(a, "assessment.exclusion_rule")
	if !asks && !rules {
		return nil, nil
	}
	list, err := Of(tx, o.ID)
	if err != nil {
		return nil, err
	}
	var out []show.Panel
	for _, x := range list {
		if rules && x.Open && mayRule(tx, a, x) == nil {
			form := act{b, o, "exclusion_rule", f, x}
			why, err := reasons(tx, o, x)
			if err != nil {
				return nil, err
			}
			out = append(out, show.Panel{ID: form.id, Label: b.T("exclusion.act_rule"), Body: ruleForm(form, why)})
			break // one form of a name on a page
		}
	}
	if !asks {
		return out, nil
	}
	more, err := s.asking(tx, b, a, o, f, list)
	return append(out, more...), err
}

// asking are what the unit may do.
func (s *Service) asking(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed, list []Exclusion) (out []show.Panel, err error) {
	t, err := led(tx, a, o)
	if fault.KindOf(err) == fault.Denied {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		if s.mayAppeal(tx, a, x) == nil {
			out = append(out, show.Panel{ID: "exclusion_appeal", Label: b.T("exclusion.act_appeal"), Body: appealForm(act{b, o, "exclusion_appeal", f, x})})
			break
		}
	}
	if !request.Life.Allows(o.State, request.DeedExclusionAsked) || !o.Open && tx.Now.After(s.limit(o.ClosedAt, setAsk, usualAsk)) {
		return out, nil
	}
	grounds, err := catalog.Grounds(tx)
	if err != nil {
		return nil, err
	}
	var options []page.Option
	for _, kind := range catalog.GroundKinds {
		if slices.ContainsFunc(list, func(x Exclusion) bool { return x.Unit == t.Unit && x.Kind == kind }) {
			continue
		}
		for _, g := range grounds {
			if g.Active && g.Kind == kind {
				options = append(options, page.Option{Value: g.Code, Label: g.Name, Group: b.T("catalog.ground_kind_" + kind)})
			}
		}
	}
	if len(options) == 0 {
		return out, nil
	}
	options = append([]page.Option{{Label: b.T("exclusion.choose")}}, options...)
	return append(out, show.Panel{ID: "exclusion", Label: b.T("exclusion.act_ask"), Body: askForm(act{Base: b, o: o, id: "exclusion", f: f}, options)}), nil
}

// reasons are the texts of an application that the decider reads.
func reasons(tx *sqldb.Tx, o *request.Order, x Exclusion) ([]string, error) {
	lines, err := request.Timeline(tx, actor.System, o)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, l := range lines {
		if l.Seq < x.Seq || l.Name != request.DeedExclusionAsked && l.Name != request.DeedExclusionDecided || !strings.Contains(l.Body, x.ID) {
			continue
		}
		for _, n := range l.Notes {
			out = append(out, n.Text)
		}
	}
	return out, nil
}

// rateWords names rates; one that no page knows stands by its code.
func rateWords(b page.Base, rates []string) string {
	out := make([]string, len(rates))
	for i, r := range rates {
		out[i] = r
		if key := "assessment.rate_" + r; locale.Has(b.Lang, key) {
			out[i] = b.T(key)
		}
	}
	return strings.Join(out, b.T("exclusion.comma"))
}

// word is a decision as history keeps it.
func word(grant bool) string {
	if grant {
		return locale.T(locale.ZH, "exclusion.granted_word")
	}
	return locale.T(locale.ZH, "exclusion.refused_word")
}

func stateKind(b page.Base, x Exclusion) (kind, text string) {
	switch {
	case x.Open && b.Now.After(x.DueAt):
		return "late", b.T("exclusion.state_" + x.State)
	case x.Open:
		return "wait", b.T("exclusion.state_" + x.State)
	}
	return "done", b.T("exclusion.state_" + x.State)
}
