package dispatch

import (
	"context"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// What a unit says of itself in a consultation.
const (
	viewLead   = "lead"   // its own duty: it leads
	viewAssist = "assist" // not its duty, but it can help
	viewNo     = "no"     // nothing to do with it
)

var views = []string{viewLead, viewAssist, viewNo}

// ConsultSay 会商意见 is an invited unit's view: whether the matter is its duty,
// and whose else.
type ConsultSay struct {
	On
	View  string
	Other string // the unit whose duty it is instead, "" none named
	Text  string // why
}

// view is the body of the deed. Unit is the one that was invited: one above it
// may speak for it.
type view struct {
	Unit  string `json:"unit"`
	View  string `json:"view"`
	Other string `json:"other,omitempty"`
}

// ConsultSay is ConsultSayTx in a unit of work of its own.
func (s *Service) ConsultSay(ctx context.Context, a actor.Actor, c ConsultSay) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.ConsultSayTx(tx, a, o, c) })
}

// ConsultSayTx writes the view into the history and ends the unit's task. The
// consultation goes on until its limit is over or the dispatcher ends it.
func (s *Service) ConsultSayTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, c ConsultSay) error {
	if err := actor.Can(a, "handling.work"); err != nil {
		return err
	}
	if o.State != request.PreConsult {
		return fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	p, err := s.proposer(tx, o)
	if err != nil {
		return err
	}
	t, err := p.invited(tx, a, o)
	if err != nil {
		return err
	}
	var f fault.Fields
	if !slices.Contains(views, c.View) {
		f.Add("consult_say.view", "dispatch.view_missing")
	}
	sentence(&f, "consult_say.text", c.Text, "dispatch.view_text_missing")
	other, ok := p.Unit(c.Other)
	switch {
	case c.Other == "" || c.View == viewLead:
		c.Other = ""
	case !ok || !other.Active:
		f.Add("consult_say.other", "dispatch.unit_unknown", c.Other)
	case c.Other == t.Unit:
		f.Add("consult_say.other", "dispatch.view_other_self")
	}
	if err := f.Err(); err != nil {
		return err
	}
	notes := []request.Note{{Kind: "lead", Text: viewWords(view{View: c.View}, other.Name)}, {Kind: "reason", Text: c.Text}}
	if err := o.Record(tx, a, request.Deed{Name: request.DeedConsultSaid, Body: view{t.Unit, c.View, c.Other}, Notes: notes}); err != nil {
		return err
	}
	return request.MoveTask(tx, t.ID, request.TaskDone)
}

// viewWords is a view as the history shows it.
func viewWords(v view, other string) string {
	text := say("dispatch.view_" + v.View)
	if other != "" && v.View != viewLead {
		text += say("dispatch.view_other", other)
	}
	return text
}

// invited is the actor's open task in a consultation, its own or that of a unit
// below.
func (p *proposer) invited(tx *sqldb.Tx, a actor.Actor, o *request.Order) (request.Task, error) {
	tasks, err := request.Tasks(tx, o.ID)
	if err != nil {
		return request.Task{}, err
	}
	mine := func(t request.Task) bool {
		u, _ := p.Unit(t.Unit)
		return t.Open && (t.Unit == a.UnitID || request.Within(a, u.Path))
	}
	i := slices.IndexFunc(tasks, func(t request.Task) bool { return t.Open && t.Unit == a.UnitID })
	if i < 0 {
		i = slices.IndexFunc(tasks, mine)
	}
	if i < 0 {
		return request.Task{}, fault.New(fault.Denied, "dispatch.not_invited", nil)
	}
	return tasks[i], nil
}

func (s *Service) postConsultSay(p posted) error {
	c := ConsultSay{On: p.on, View: p.v.String("consult_say.view"), Other: p.names.id(p.v, "consult_say.other"), Text: p.v.Text("consult_say.text", longText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.ConsultSay(p.r.Context(), p.a, c)
}

func (x *offer) consultSay() error {
	if !x.may("handling.work", request.DeedConsultSaid) {
		return nil
	}
	p, err := x.proposer()
	if err != nil {
		return err
	}
	t, err := p.invited(x.tx, x.a, x.o)
	if fault.KindOf(err) == fault.Denied {
		return nil
	}
	if err == nil {
		x.add("consult_say", consultSayForm(x.form("consult_say"), t, x.list(p)), primary)
	}
	return err
}

func viewOptions(b page.Base) []page.Option {
	out := make([]page.Option, len(views))
	for i, v := range views {
		out[i] = page.Option{Value: v, Label: b.T("dispatch.view_" + v)}
	}
	return out
}
