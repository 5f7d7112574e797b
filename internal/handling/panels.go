package handling

import (
	"slices"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// act is the form of one panel: what it needs to draw its fields.
type act struct {
	page.Base
	o    *request.Order
	id   string
	f    *show.Failed
	task request.Task // what the act is about
	plea request.Plea
}

// name is the full name of a field.
func (x act) name(field string) string { return x.id + "." + field }

// value is what was typed, or otherwise.
func (x act) value(field, otherwise string) string {
	return x.f.Value(x.id, x.name(field), otherwise)
}

// field is a field with label, value and error of this form.
func (x act) field(name, label string) page.Field {
	return page.Field{Name: x.name(name), Label: x.T(label), Value: x.value(name, ""), Error: x.f.Error(x.Base, x.name(name))}
}

func (x act) optional(name, label string) page.Field {
	f := x.field(name, label)
	f.Optional = true
	return f
}

func (x act) hint(name, label, hint string, args ...any) page.Field {
	f := x.field(name, label)
	f.Hint = x.T(hint, args...)
	return f
}

// with is a field with a value offered when nothing was typed.
func with(f page.Field, x act, name, otherwise string) page.Field {
	f.Value = x.value(name, otherwise)
	return f
}

func (x act) options(prefix string, codes []string) []page.Option {
	var out []page.Option
	for _, c := range codes {
		out = append(out, page.Option{Value: c, Label: x.T(prefix + c)})
	}
	return out
}

// offer is what panels are made from: who looks, at what, and what he has to
// do with it.
type offer struct {
	s     *Service
	tx    *sqldb.Tx
	b     page.Base
	a     actor.Actor
	o     *request.Order
	f     *show.Failed
	tasks []request.Task
	mine  []request.Task // those he answers for
	out   []show.Panel
}

// OwnPanels are the acts of the handling units, and of who rules on what they
// ask for, in the order of the field's forms.
func (s *Service) OwnPanels(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed) ([]show.Panel, error) {
	x := &offer{s: s, tx: tx, b: b, a: a, o: o, f: f}
	if err := x.rulings(); err != nil || !actor.Allowed(a, "handling.work") {
		return x.out, err
	}
	var err error
	if x.tasks, err = request.Tasks(tx, o.ID); err != nil {
		return nil, err
	}
	for _, t := range x.tasks {
		if answersFor(tx, a, t) == nil {
			x.mine = append(x.mine, t)
		}
	}
	if len(x.mine) == 0 {
		return x.out, nil
	}
	return x.out, x.work()
}

// open is the open task of the actor's unit as lead or as assistant.
func (x *offer) open(lead bool) (request.Task, bool) {
	i := slices.IndexFunc(x.mine, func(t request.Task) bool { return t.Open && t.Lead == lead })
	if i < 0 {
		return request.Task{}, false
	}
	return x.mine[i], true
}

func (x *offer) act(id string, t request.Task) act {
	return act{Base: x.b, o: x.o, id: id, f: x.f, task: t}
}

func (x *offer) add(p show.Panel) { x.out = append(x.out, p) }

func (x *offer) work() error {
	lead, leads := x.open(true)
	help, helps := x.open(false)
	going := x.o.State == request.InProgress
	if leads {
		if err := x.leadActs(lead, going); err != nil {
			return err
		}
	}
	if helps {
		x.helpActs(help)
	}
	if leads || helps {
		x.add(show.Panel{ID: "contact", Label: x.b.T("handling.act_contact"), Body: contactForm(x.act("contact", lead), x.s.Catalog.Book())})
	}
	if leads && going {
		x.add(show.Panel{ID: "ask", Label: x.b.T("handling.act_ask"), Body: askForm(x.act("ask", lead), x.s.Catalog.Book())})
		if err := x.answer(lead); err != nil {
			return err
		}
	}
	if leads && (x.o.State == request.Waiting || x.o.State == request.OnHold) {
		x.add(show.Panel{ID: "resume", Label: x.b.T("handling.act_resume"), Primary: true, Body: resumeForm(x.act("resume", lead))})
	}
	if x.o.Open || x.o.State == request.Closed {
		x.add(show.Panel{ID: "note", Label: x.b.T("handling.act_note"), Body: noteForm(x.act("note", lead))})
	}
	return nil
}

func (x *offer) leadActs(t request.Task, going bool) error {
	if x.o.State == request.ToAccept {
		x.add(show.Panel{ID: "accept", Label: x.b.T("handling.act_accept"), Primary: true, Key: "A", Body: acceptForm(x.act("accept", t))})
	}
	units, err := x.s.unitOptions(x.tx, x.b, x.o, t.Unit)
	if err != nil {
		return err
	}
	if (x.o.State == request.ToAccept || going) && !x.o.Ruled && !x.tooLate(t) {
		x.add(show.Panel{ID: "object", Label: x.b.T("handling.act_object"), Danger: true, Body: objectForm(x.act("object", t), units)})
	}
	if x.o.State != request.ToAccept {
		if err := x.assist(t, units); err != nil {
			return err
		}
	}
	if !going {
		return nil
	}
	grounds, err := x.grounds()
	if err != nil {
		return err
	}
	x.add(show.Panel{ID: "extension", Label: x.b.T("handling.act_extension"), Body: extensionForm(x.act("extension", t), x.s.Catalog.Book())})
	x.add(show.Panel{ID: "hold", Label: x.b.T("handling.act_hold"), Body: holdForm(x.act("hold", t))})
	x.add(show.Panel{ID: "termination", Label: x.b.T("handling.act_termination"), Danger: true, Body: terminationForm(x.act("termination", t), grounds)})
	return nil
}

// tooLate spares the unit a form that would be refused.
func (x *offer) tooLate(t request.Task) bool {
	book := x.s.Catalog.Book()
	return x.tx.Now.After(book.Calendar.Due(t.SentAt, calendar.Limit{N: book.Settings.Int("return.days", 2), Unit: "wd"}))
}

func (x *offer) assist(t request.Task, units []page.Option) error {
	var list []catalog.CommunityItem
	if x.f != nil && x.f.Panel == "assist" {
		var err error
		if list, err = catalog.CommunityItems(x.tx); err != nil {
			return err
		}
	}
	x.add(show.Panel{ID: "assist", Label: x.b.T("handling.act_assist"), Body: assistForm(x.act("assist", t), units, list, x.s.Catalog.Book().Tree)})
	return nil
}

func (x *offer) helpActs(t request.Task) {
	if t.State == request.TaskToAccept {
		x.add(show.Panel{ID: "assist-accept", Label: x.b.T("handling.act_assist_accept"), Primary: true, Key: "A", Body: assistAcceptForm(x.act("assist-accept", t))})
	}
	x.add(show.Panel{ID: "assist-answer", Label: x.b.T("handling.act_assist_answer"), Primary: t.State == request.TaskWorking, Body: assistAnswerForm(x.act("assist-answer", t))})
	x.add(show.Panel{ID: "assist-object", Label: x.b.T("handling.act_assist_object"), Danger: true, Body: assistObjectForm(x.act("assist-object", t))})
}

func (x *offer) answer(t request.Task) error {
	all, err := catalog.Texts(x.tx, "reply")
	if err != nil {
		return err
	}
	path := x.s.Catalog.Book().Tree.Path(x.o.Category)
	var fit []catalog.Text
	for _, text := range all {
		if text.Active && (text.Category == "" || slices.Contains(path, text.Category)) {
			fit = append(fit, text)
		}
	}
	found, err := x.look()
	if err != nil {
		return err
	}
	x.add(show.Panel{ID: "answer", Label: x.b.T("handling.act_answer"), Primary: true, Key: "R", Body: answerForm(x.act("answer", t), fit, found)})
	return nil
}

func (x *offer) grounds() ([]page.Option, error) {
	all, err := catalog.Refusals(x.tx)
	if err != nil {
		return nil, err
	}
	out := []page.Option{{Value: "", Label: x.b.T("handling.please_choose")}}
	for _, r := range all {
		out = append(out, page.Option{Value: r.Code, Label: r.Name})
	}
	return append(out, page.Option{Value: NoCooperation, Label: x.b.T("handling.ground_no_cooperation")}), nil
}

// rulings are the open pleas that the actor rules on.
func (x *offer) rulings() error {
	if x.o.State != request.ExtensionReview && x.o.State != request.HoldReview && x.o.State != request.TerminationReview {
		return nil
	}
	pleas, err := request.Pleas(x.tx, x.o.ID)
	if err != nil {
		return err
	}
	for _, p := range pleas {
		if p.State != "asked" || !actor.Allowed(x.a, actor.Action("handling.rule_"+p.Kind)) {
			continue
		}
		form := x.act("rule-"+p.Kind, request.Task{})
		form.plea = p
		r, err := x.ruling(p)
		if err != nil {
			return err
		}
		x.add(show.Panel{ID: form.id, Label: x.b.T("handling.act_rule_" + p.Kind), Primary: true, Key: "A", Body: rulingForm(form, r)})
	}
	return nil
}

// rulingWords is what the ruler reads before he decides.
type rulingWords struct {
	Asked  string // what the unit wants
	Effect string // what follows when it is granted
	Reason string
	More   string // measures of a hold
}

func (x *offer) ruling(p request.Plea) (r rulingWords, err error) {
	if r.Reason, err = reasonOf(x.tx, p, "reason"); err != nil {
		return r, err
	}
	switch p.Kind {
	case request.PleaExtension:
		r.Asked = x.b.T("handling.asks_extension", p.UnitName, p.Days)
		r.Effect = x.b.T("handling.effect_extension", x.b.Short(x.s.extended(x.o.DueAt, x.tx.Now, p.Days)))
	case request.PleaHold:
		r.Asked = x.b.T("handling.asks_hold", p.UnitName, x.b.Date(p.Until))
		r.Effect = x.b.T("handling.effect_hold")
		r.More, err = reasonOf(x.tx, p, "measure")
	case request.PleaTermination:
		ground, e := groundName(x.tx, p.Proposed)
		r.Asked, r.Effect, err = x.b.T("handling.asks_termination", p.UnitName, ground), x.b.T("handling.effect_termination"), e
	}
	return r, err
}

// unitOptions are the units that may be named in a form: those of the place
// first, then all by kind.
func (s *Service) unitOptions(tx *sqldb.Tx, b page.Base, o *request.Order, not string) ([]page.Option, error) {
	units, err := actor.Units(tx)
	if err != nil {
		return nil, err
	}
	out := []page.Option{{Value: "", Label: b.T("handling.please_choose")}}
	here := func(u actor.Unit) bool {
		return u.Area != "" && len(u.Area) <= len(o.Area) && o.Area[:len(u.Area)] == u.Area
	}
	list := func(group string, want func(actor.Unit) bool) {
		for _, u := range units {
			if u.Active && u.ID != not && u.Kind != "city" && u.Kind != "hotline" && want(u) {
				out = append(out, page.Option{Value: u.ID, Label: u.Name, Group: group})
			}
		}
	}
	list(b.T("handling.units_here"), here)
	for _, kind := range []string{"department", "utility", "district", "street", "community", "contractor"} {
		list(b.T("actor.unit_"+kind), func(u actor.Unit) bool { return u.Kind == kind && !here(u) })
	}
	return out, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
