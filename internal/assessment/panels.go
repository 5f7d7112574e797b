package assessment

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
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
	next string // where the person comes from, "" the request's page
}

func (x act) name(field string) string { return x.id + "." + field }

// field is a field with label, value and error of this form.
func (x act) field(name, label string) page.Field {
	return x.other(x.name(name), label)
}

// other is a field whose name is not the panel's own: two panels share a verb.
func (x act) other(name, label string) page.Field {
	return page.Field{Name: name, Label: x.T(label), Value: x.f.Value(x.id, name, ""), Error: x.f.Error(x.Base, name)}
}

func (x act) options(prefix string, codes ...string) []page.Option {
	var out []page.Option
	for _, c := range codes {
		out = append(out, page.Option{Value: c, Label: x.T(prefix + c)})
	}
	return out
}

func (x act) version() string { return strconv.FormatInt(x.o.Version, 10) }

// problems are what is wrong with the form; a change by somebody else is said
// by the page itself.
func (x act) problems() page.Problems {
	if x.f == nil || x.f.Panel != x.id || fault.KindOf(x.f.Err) == fault.Conflict {
		return nil
	}
	return x.Problems(x.f.Err)
}

// offer makes the panels of one request for one person.
type offer struct {
	b    page.Base
	a    actor.Actor
	o    *request.Order
	f    *show.Failed
	next string
	list []show.Panel

	found answered // in the answer to be reviewed, where the panel stands alone
}

func (f *offer) act(id string) act { return act{f.b, f.o, id, f.f, f.next} }

// may reports whether the person may take the deed now.
func (f *offer) may(action actor.Action, deed string) bool {
	return actor.Allowed(f.a, action) && request.Life.Allows(f.o.State, deed)
}

func (f *offer) add(id string, body func(act) templ.Component, p show.Panel) {
	p.ID, p.Label, p.Body = id, f.b.T("assessment.act_"+id), body(f.act(id))
	f.list = append(f.list, p)
}

// Panels are the acts of this feature on the page of a request.
func (s *Service) Panels(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed) ([]show.Panel, error) {
	x := &offer{b: b, a: a, o: o, f: f}
	if x.may("assessment.review", request.DeedReviewPassed) {
		var err error
		if x.found, err = s.latestAnswer(tx, a, o); err != nil {
			return nil, err
		}
	}
	x.judge()
	return x.list, s.offerSupervision(tx, x)
}

// judge offers review and call-back.
func (f *offer) judge() {
	if f.may("assessment.review", request.DeedReviewPassed) {
		f.add("review_pass", func(x act) templ.Component { return reviewPassForm(x, f.found) }, show.Panel{Primary: true})
	}
	if f.may("assessment.review", request.DeedReviewFailed) {
		f.add("review_fail", reviewFailForm, show.Panel{Danger: true})
	}
	switch {
	case f.may("assessment.callback", request.DeedCallbackTried):
		f.add("callback", callbackForm, show.Panel{Primary: true})
	case f.may("assessment.callback", request.DeedReopened):
		f.add("reopen", reopenForm, show.Panel{Danger: true})
	}
}

func (s *Service) offerSupervision(tx *sqldb.Tx, f *offer) error {
	if !actor.Allowed(f.a, "assessment.supervise") {
		return nil
	}
	if f.may("assessment.supervise", request.DeedSupervised) {
		units, err := leadUnits(tx, f.o)
		if err != nil {
			return err
		}
		f.add("supervise", func(x act) templ.Component { return superviseForm(x, units) }, show.Panel{})
		f.add("escalate", escalateForm, show.Panel{})
	}
	marked, err := supervised(tx, f.o.ID)
	if err != nil || !marked {
		return err
	}
	f.add("release", releaseForm, show.Panel{})
	return nil
}

// leadUnits are the units with a task, the lead first: of them something can be
// demanded.
func leadUnits(tx *sqldb.Tx, o *request.Order) ([]page.Option, error) {
	tasks, err := request.Tasks(tx, o.ID)
	if err != nil {
		return nil, err
	}
	var out []page.Option
	for _, t := range tasks {
		known := slices.ContainsFunc(out, func(p page.Option) bool { return p.Value == t.Unit })
		if !known && t.State != request.TaskReturned {
			out = append(out, page.Option{Value: t.Unit, Label: t.UnitName, Selected: t.Unit == o.Unit})
		}
	}
	return out, nil
}
