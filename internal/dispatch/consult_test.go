package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

var (
	waterClerk   = actor.Actor{ID: "s-water", Roles: []actor.Role{actor.Clerk}, UnitID: "water", UnitPath: "city/water/"}
	housingClerk = actor.Actor{ID: "s-house", Roles: []actor.Role{actor.Clerk}, UnitID: "330101-housing", UnitPath: "city/d1/330101-housing/"}
)

// consulted brings a request into a consultation of three units.
func (w *world) consulted(category string) *request.Order {
	w.t.Helper()
	o := w.register(request.Draft{Category: category})
	w.must(w.Consult(ctx(w), dispatcher, dispatch.Consult{On: on(o), Text: "归谁管", Units: []string{"lamps", "water", "330101-housing"}}))
	return w.now(dispatcher, o)
}

func (w *world) says(a actor.Actor, o *request.Order, view, other string) *request.Order {
	w.t.Helper()
	w.must(w.ConsultSay(ctx(w), a, dispatch.ConsultSay{On: on(o), View: view, Other: other, Text: "依据三定规定"}))
	return w.now(dispatcher, o)
}

// later is the request after the sweep of two days later.
func (w *world) later(o *request.Order) *request.Order {
	w.t.Helper()
	sqldbtest.ClockOf(w.DB).Add(48 * time.Hour)
	w.must(w.SweepConsults(ctx(w)))
	return w.now(dispatcher, o)
}

func TestConsultationEndsByItselfWithWhatTheUnitsSaid(t *testing.T) {
	for _, c := range []struct {
		name, category string
		said           map[string]string // unit: view
		lead, assists  string
		certain        bool
		step           string
	}{
		{"one claims it", "1301", map[string]string{"lamps": "no", "water": "lead"}, "water", "", true, "claimed"},
		{"one claims it, one helps", "1301", map[string]string{"lamps": "assist", "water": "lead"}, "water", "lamps", true, "claimed"},
		{"several: the one that the list names", "0101", map[string]string{"lamps": "lead", "water": "lead"}, "lamps", "s1 water", true, "listed"},
		{"several: the city department before the district's", "1301", map[string]string{"lamps": "lead", "330101-housing": "lead"}, "lamps", "330101-housing", true, "city"},
		{"several and no rule: the district, and they help", "1301", map[string]string{"water": "lead", "330101-housing": "lead"}, "d1", "water 330101-housing", false, "several"},
		{"nobody claims it: the district", "1301", map[string]string{"lamps": "no"}, "d1", "", false, "none"},
		{"nobody answers: the duty list stands", "0101", nil, "lamps", "s1", true, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachDB(t, func(w *world) {
				w.t = t
				o := w.consulted(c.category)
				for unit, clerk := range map[string]actor.Actor{"lamps": lampClerk, "water": waterClerk, "330101-housing": housingClerk} {
					if v := c.said[unit]; v != "" {
						o = w.says(clerk, o, v, "")
					}
				}
				w.must(w.SweepConsults(ctx(w)))
				if got := w.now(dispatcher, o); got.State != request.PreConsult {
					t.Fatalf("before its limit: %s", got.State)
				}
				o = w.later(o)
				p := w.proposal(o)
				var assists []string
				for _, a := range p.Assists {
					assists = append(assists, a.Unit.ID)
				}
				if o.State != request.ToDispatch || p.Lead.ID != c.lead || len(assists) != len(strings.Fields(c.assists)) || p.Certain() != c.certain || !strings.Contains(steps(p), "talked_"+c.step) || !strings.Contains(steps(p), "talked_auto") {
					t.Errorf("%s: %s helped by %v, certain %v: %s", o.State, p.Lead.ID, assists, p.Certain(), steps(p))
				}
				for _, want := range strings.Fields(c.assists) {
					if !strings.Contains(strings.Join(assists, " "), want) {
						t.Errorf("helped by %v, want %s", assists, want)
					}
				}
				for unit, task := range w.tasks(o) {
					if task.Open {
						t.Errorf("the task of %s stays open", unit)
					}
				}
				last := w.timeline(dispatcher, o)
				end := last[len(last)-1]
				if end.Name != request.DeedConsultEnded || end.Actor != actor.SystemID || len(end.Notes) != 1 || !strings.Contains(end.Notes[0].Text, p.Lead.Name) {
					t.Errorf("the history ends with %+v", end)
				}
				w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
			})
		})
	}
}

func TestConsultationWithoutAPlaceEndsWithTheLastResort(t *testing.T) {
	eachDB(t, func(w *world) {
		w.list(func(tx *sqldb.Tx) error { return catalog.SaveSetting(tx, "duty.last", "d1") })
		d := request.Draft{Area: " "}
		d.Category = "1301"
		o := w.register(d)
		w.must(w.Consult(ctx(w), dispatcher, dispatch.Consult{On: on(o), Text: "归谁管", Units: []string{"lamps"}}))
		if p := w.proposal(w.later(o)); p.Lead.ID != "d1" || !p.Last {
			t.Errorf("%s: %s", p.Lead.ID, steps(p))
		}
	})
}

func TestOnlyInvitedUnitsSayTheirViewAndOnce(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{})
		w.must(w.Consult(ctx(w), dispatcher, dispatch.Consult{On: on(o), Text: "归谁管", Units: []string{"lamps", "330101-housing"}}))
		o = w.now(dispatcher, o)
		say := dispatch.ConsultSay{On: on(o), View: "no", Other: "water", Text: "供水管线"}
		if err := w.ConsultSay(ctx(w), waterClerk, say); err == nil {
			t.Error("one that was not asked has answered")
		}
		w.wants(w.ConsultSay(ctx(w), dispatcher, say), fault.Denied, "actor.denied")
		bad := say
		bad.View = "perhaps"
		w.wants(w.ConsultSay(ctx(w), lampClerk, bad), fault.Invalid, "dispatch.view_missing")
		bad = say
		bad.Text = ""
		w.wants(w.ConsultSay(ctx(w), lampClerk, bad), fault.Invalid, "dispatch.view_text_missing")
		bad = say
		bad.Other = "nobody"
		w.wants(w.ConsultSay(ctx(w), lampClerk, bad), fault.Invalid, "dispatch.unit_unknown")
		bad.Other = "lamps"
		w.wants(w.ConsultSay(ctx(w), lampClerk, bad), fault.Invalid, "dispatch.view_other_self")
		w.must(w.ConsultSay(ctx(w), lampClerk, say))
		o = w.now(dispatcher, o)
		say.On = on(o)
		w.wants(w.ConsultSay(ctx(w), lampClerk, say), fault.Denied, "dispatch.not_invited")
		w.must(w.ConsultSay(ctx(w), district, dispatch.ConsultSay{On: on(o), View: "assist", Text: "区里代答"})) // one above speaks for it
		lines := w.timeline(dispatcher, o)
		if n := lines[len(lines)-2].Notes; len(n) != 2 || !strings.Contains(n[0].Text+n[1].Text, "应归水务集团") {
			t.Errorf("the history shows %+v", n)
		}
	})
}

func TestDispatcherSettlesAConsultation(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.says(lampClerk, w.consulted("1301"), "lead", "")
		w.wants(w.ConsultEnd(ctx(w), dispatcher, dispatch.ConsultEnd{On: on(o), Lead: "nobody", Text: "水务主办"}), fault.Invalid, "dispatch.unit_unknown")
		w.must(w.ConsultEnd(ctx(w), dispatcher, dispatch.ConsultEnd{On: on(o), Lead: "water", Text: "水务主办"}))
		o = w.now(dispatcher, o)
		if p := w.proposal(o); p.Lead.ID != "water" || !p.Certain() || !strings.Contains(steps(p), "talked_chosen") {
			t.Errorf("%s: %s", p.Lead.ID, steps(p))
		}
		w.must(w.SweepConsults(ctx(w)))
		if got := w.now(dispatcher, o); got.Version != o.Version {
			t.Error("the sweep touched a consultation that had ended")
		}
	})
}
