package dispatch

import (
	"slices"

	"github.com/a-h/templ"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// offer collects the panels of one request for one person.
type offer struct {
	s     *Service
	tx    *sqldb.Tx
	b     page.Base
	a     actor.Actor
	o     *request.Order
	f     *show.Failed
	p     *proposer // nil until a panel needs it
	units bool      // the list of units is on the page already
	out   []show.Panel
}

// Panels are the acts of this feature on the page of a request, each where the
// lifecycle and the person's role allow it.
func (s *Service) Panels(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed) ([]show.Panel, error) {
	x := &offer{s: s, tx: tx, b: b, a: a, o: o, f: f}
	for _, step := range []func() error{x.send, x.place, x.recheck, x.recall, x.objection, x.consult, x.consultSay, x.consultEnd, x.direct, x.divert, x.merge, x.unmerge, x.split, x.reclassify, x.calm, x.publish, x.urge} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return x.out, nil
}

// may reports whether the deed is possible now and the person's to do.
func (x *offer) may(action actor.Action, deed string) bool {
	return actor.Allowed(x.a, action) && request.Life.Allows(x.o.State, deed)
}

func (x *offer) form(id string) form { return form{x.b, x.o, id, x.f} }

func (x *offer) add(id string, body templ.Component, more func(*show.Panel)) {
	p := show.Panel{ID: id, Label: x.b.T("dispatch.act_" + id), Body: body}
	if more != nil {
		more(&p)
	}
	x.out = append(x.out, p)
}

func (x *offer) proposer() (*proposer, error) {
	if x.p != nil {
		return x.p, nil
	}
	var err error
	x.p, err = x.s.proposer(x.tx, x.o)
	return x.p, err
}

// list is the list of units for the first panel that needs it; the others use
// the same one.
func (x *offer) list(p *proposer) []string {
	if x.units {
		return nil
	}
	x.units = true
	return p.unitOptions(x.o)
}

func (x *offer) send() error {
	if !x.may("dispatch.send", request.DeedDispatched) {
		return nil
	}
	p, err := x.proposer()
	if err != nil {
		return err
	}
	f := x.form("send")
	d := sendData{Proposal: p.propose(x.o), Units: x.list(p), Community: f.community(p.Resolver), Tree: p.book.Tree}
	if !p.book.Tree.Leaf(x.o.Category) {
		d.Leaves = leaves(p.book.Tree)
	}
	x.add("send", sendForm(f, d), primary)
	return nil
}

// primary is the panel that is usually next.
func primary(p *show.Panel) { p.Primary, p.Key = true, "D" }

// sendData is what the dispatcher sees before he sends.
type sendData struct {
	Proposal
	Units     []string
	Leaves    []page.Option // only when the request is not filed under a leaf
	Community []catalog.CommunityItem
	Tree      *catalog.Tree
}

func (x *offer) objection() error {
	if !actor.Allowed(x.a, "dispatch.rule") || x.o.State != request.ObjectionReview {
		return nil
	}
	p, err := x.proposer()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.pleas[x.o.ID], func(y request.Plea) bool { return y.Kind == request.PleaReturn && y.State == "asked" })
	if i < 0 {
		return nil
	}
	plea := p.pleas[x.o.ID][i]
	proposed, _ := p.Unit(plea.Proposed)
	x.add("objection", objectionForm(x.form("objection"), plea, proposed.Name, x.list(p)), primary)
	return nil
}

func (x *offer) consult() error {
	if !x.may("dispatch.rule", request.DeedConsulted) {
		return nil
	}
	p, err := x.proposer()
	if err == nil {
		x.add("consult", consultForm(x.form("consult"), x.list(p)), nil)
	}
	return err
}

func (x *offer) consultEnd() error {
	if !x.may("dispatch.rule", request.DeedConsultEnded) {
		return nil
	}
	p, err := x.proposer()
	if err != nil {
		return err
	}
	t, err := p.soFar(x.tx, x.o)
	if err == nil {
		x.add("consult_end", consultEndForm(x.form("consult_end"), t, x.list(p)), nil)
	}
	return err
}

func (x *offer) direct() error {
	if !x.may("dispatch.send", request.DeedAnswered) {
		return nil
	}
	texts, err := catalog.Texts(x.tx, "reply")
	if err != nil {
		return err
	}
	path := x.s.Catalog.Book().Tree.Path(x.o.Category)
	texts = slices.DeleteFunc(texts, func(t catalog.Text) bool { return !t.Active || t.Category != "" && !slices.Contains(path, t.Category) })
	x.add("direct", directForm(x.form("direct"), texts), nil)
	return nil
}

func (x *offer) divert() error {
	if !x.may("dispatch.send", request.DeedDiverted) {
		return nil
	}
	grounds, err := catalog.Refusals(x.tx)
	if err != nil {
		return err
	}
	var list []page.Option
	for _, g := range grounds {
		list = append(list, page.Option{Value: g.Code, Label: g.Name, Hint: g.Tell})
	}
	x.add("divert", divertForm(x.form("divert"), list), func(p *show.Panel) { p.Danger = true })
	return nil
}

func (x *offer) merge() error {
	if !x.may("dispatch.merge", request.DeedMerged) {
		return nil
	}
	twins, err := request.Similar(x.tx, x.a, likeness(x.o))
	if err == nil {
		x.add("merge", mergeForm(x.form("merge"), twins), nil)
	}
	return err
}

func (x *offer) unmerge() error {
	if x.may("dispatch.merge", request.DeedUnmerged) {
		x.add("unmerge", unmergeForm(x.form("unmerge")), nil)
	}
	return nil
}

// likeness is what similar requests are looked for with.
func likeness(o *request.Order) request.Likeness {
	return request.Likeness{Category: o.Category, Text: o.Title + "\n" + o.Body, Address: o.Address, Lat: o.Lat, Lng: o.Lng, Area: o.Area, Exclude: o.ID, Sealed: o.Sealed}
}

func (x *offer) split() error {
	if x.may("dispatch.split", request.DeedSplit) {
		x.add("split", splitForm(x.form("split"), leaves(x.s.Catalog.Book().Tree)), nil)
	}
	return nil
}

func (x *offer) reclassify() error {
	if !x.may("request.edit", request.DeedReclassified) {
		return nil
	}
	p, err := x.proposer()
	if err != nil {
		return err
	}
	d := reclassifyData{Units: x.list(p), Leaves: leaves(p.book.Tree), Areas: x.s.areaOptions(x.b)}
	x.add("reclassify", reclassifyForm(x.form("reclassify"), d), nil)
	return nil
}

// reclassifyData are the choices of the correction.
type reclassifyData struct {
	Units         []string
	Leaves, Areas []page.Option
}

// areaOptions are the communities by street, and the streets and districts
// themselves where no more is known.
func (s *Service) areaOptions(b page.Base) []page.Option {
	atlas := s.Atlas.Atlas()
	out := []page.Option{{Value: "", Label: b.T("dispatch.area_none")}}
	for _, d := range atlas.Below("") {
		out = append(out, page.Option{Value: d.Code, Label: b.T("dispatch.area_whole", d.Name), Group: d.Name})
		for _, st := range atlas.Below(d.Code) {
			out = append(out, page.Option{Value: st.Code, Label: st.Name, Group: d.Name})
			for _, c := range atlas.Below(st.Code) {
				out = append(out, page.Option{Value: c.Code, Label: st.Name + " " + c.Name, Group: d.Name})
			}
		}
	}
	return out
}

func (x *offer) urge() error {
	if x.may("request.urge", request.DeedUrged) {
		x.add("urge", urgeForm(x.form("urge")), nil)
	}
	return nil
}
