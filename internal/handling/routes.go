package handling

import (
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// uploads is the largest form with photos: a dozen of the largest allowed.
const uploads = 64 << 20

// Routes lists this feature's ways in.
func (s *Service) Routes() []web.Route {
	list := []web.Route{
		{Method: "GET", Path: "/case/{number}", Policy: "request.show", Do: s.showCase},
		{Method: "GET", Path: "/case/{number}/print", Policy: "request.show", Do: s.print},
		{Method: "GET", Path: "/today", Policy: "handling.work", Do: s.today},
		{Method: "GET", Path: "/list", Policy: "request.list", Do: s.list},
		{Method: "POST", Path: "/list/view", Policy: "request.list", Do: s.saveView},
		{Method: "POST", Path: "/list/view/{id}/delete", Policy: "request.list", Do: s.dropView},
		{Method: "GET", Path: "/file/{id}", Policy: "request.show", Do: s.file},
		{Method: "GET", Path: "/file/{id}/thumb", Policy: "request.show", Do: s.thumb},
	}
	for _, x := range s.acts() {
		list = append(list, web.Route{Method: "POST", Path: "/case/{number}/" + x.id, Policy: x.policy, Do: show.Act(s.Case, x.id, s.do(x.take)), Body: x.body})
	}
	return list
}

// target is the request an act is about, as the person saw it.
type target struct {
	r       *http.Request
	id      matter.ID
	version int64
}

// taker reads one act's form and returns the verb, ready to run.
type taker func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error)

type way struct {
	id, policy string
	body       int64
	take       taker
}

// verb binds a command to its rule.
func verb[C any](rule func(*sqldb.Tx, actor.Actor, C) error, c C) func(*sqldb.Tx, actor.Actor) error {
	return func(tx *sqldb.Tx, a actor.Actor) error { return rule(tx, a, c) }
}

// do finds the request, reads the form, and takes the act in one unit of work.
func (s *Service) do(take taker) func(*http.Request, actor.Actor, string, int64, *web.Values) error {
	return func(r *http.Request, a actor.Actor, number string, version int64, v *web.Values) error {
		t := target{r: r, version: version}
		err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
			o, err := request.FindNumber(tx, a, number)
			if err == nil {
				t.id = o.ID
			}
			return err
		})
		if err != nil {
			return err
		}
		run, err := take(t, v)
		if err != nil {
			return err
		}
		if err := v.Err(); err != nil {
			return err
		}
		return s.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return run(tx, a) })
	}
}

func (s *Service) acts() []way {
	return []way{
		{id: "accept", policy: "handling.work", take: func(t target, _ *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.AcceptTx, Accept{t.id, t.version}), nil
		}},
		{id: "object", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.ObjectTx, Object{t.id, t.version, v.Text("object.reason", 2000), v.String("object.unit")}), nil
		}},
		{id: "assist", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.CallAssistTx, CallAssist{t.id, t.version, helpers(v), v.Text("assist.text", 2000)}), nil
		}},
		{id: "assist-accept", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.AssistAcceptTx, AssistAccept{t.id, t.version, v.String("task")}), nil
		}},
		{id: "assist-answer", policy: "handling.work", body: uploads, take: s.takeAssistAnswer},
		{id: "assist-object", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.AssistObjectTx, AssistObject{t.id, t.version, v.String("task"), v.Text("assist-object.reason", 2000)}), nil
		}},
		{id: "extension", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.AskExtensionTx, AskExtension{t.id, t.version, v.Int("extension.days"), v.Text("extension.reason", 2000)}), nil
		}},
		{id: "hold", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.AskHoldTx, AskHold{t.id, t.version, v.Text("hold.reason", 2000), v.Text("hold.measures", 2000), s.closing(v.Time("hold.until", s.zone()))}), nil
		}},
		{id: "termination", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.AskTerminationTx, AskTermination{t.id, t.version, v.String("termination.ground"), v.Text("termination.reason", 2000)}), nil
		}},
		{id: "contact", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.ContactTx, Contact{t.id, t.version, v.String("contact.way"), v.String("contact.outcome"), v.Time("contact.at", s.zone()), v.Text("contact.text", 2000)}), nil
		}},
		{id: "ask", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.AskTx, Ask{t.id, t.version, v.Text("ask.question", 500), v.Int("ask.days")}), nil
		}},
		{id: "resume", policy: "handling.work", take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
			return verb(s.ResumeTx, Resume{t.id, t.version, v.Text("resume.text", 2000)}), nil
		}},
		{id: "answer", policy: "handling.work", body: uploads, take: s.takeAnswer},
		{id: "note", policy: "handling.work", body: uploads, take: s.takeNote},
		s.ruling(request.PleaExtension, s.RuleExtensionTx),
		s.ruling(request.PleaHold, s.RuleHoldTx),
		s.ruling(request.PleaTermination, s.RuleTerminationTx),
	}
}

func (s *Service) ruling(kind string, rule func(*sqldb.Tx, actor.Actor, Ruling) error) way {
	id := "rule-" + kind
	return way{id: id, policy: "handling.rule_" + kind, take: func(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
		return verb(rule, Ruling{t.id, t.version, v.Bool("grant"), v.Text(id+".reason", 2000)}), nil
	}}
}

// takeAnswer reads the answer; with the button that only looks, the form comes
// back with what the reply check found in it, and nothing is done.
func (s *Service) takeAnswer(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
	if v.Bool("answer.look") {
		return nil, fault.New(fault.Invalid, LookAgain, nil)
	}
	before, err := s.keep(t.r.Context(), "before", v.Files("answer.before", mostPhotos))
	if err != nil {
		return nil, err
	}
	after, err := s.keep(t.r.Context(), "after", v.Files("answer.after", mostPhotos))
	c := Answer{ID: t.id, Version: t.version, Solved: v.String("answer.solved"), Why: v.Text("answer.why", 2000), Record: v.Text("answer.record"),
		Text: v.Text("answer.text", 2000), Contacted: v.Bool("answer.contacted"), Photos: append(before, after...)}
	c.Ask = !v.Bool("answer.anyway") || v.String("answer.read") != reading(c.Text)
	return verb(s.AnswerTx, c), err
}

func (s *Service) takeNote(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
	photos, err := s.keep(t.r.Context(), "evidence", v.Files("note.photos", mostPhotos))
	return verb(s.NoteTx, Note{t.id, t.version, v.Text("note.text"), photos}), err
}

func (s *Service) takeAssistAnswer(t target, v *web.Values) (func(*sqldb.Tx, actor.Actor) error, error) {
	photos, err := s.keep(t.r.Context(), "evidence", v.Files("assist-answer.photos", mostPhotos))
	return verb(s.AssistAnswerTx, AssistAnswer{t.id, t.version, v.String("task"), v.Text("assist-answer.text"), photos}), err
}

func helpers(v *web.Values) []Helper {
	var out []Helper
	for _, n := range []string{"", "2", "3"} {
		if unit := v.String("assist.unit" + n); unit != "" {
			out = append(out, Helper{unit, calendar.Limit{N: v.Int("assist.days" + n), Unit: v.String("assist.in" + n)}})
		}
	}
	return out
}

func (s *Service) zone() *time.Location { return s.Catalog.Book().Calendar.Zone }

// closing is the close of a day that a form names.
func (s *Service) closing(day time.Time) time.Time {
	if day.IsZero() {
		return day
	}
	return s.Catalog.Book().Calendar.Due(day, calendar.Limit{Unit: "cd"})
}
