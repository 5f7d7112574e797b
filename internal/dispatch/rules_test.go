package dispatch_test

import (
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// list adds to the duty list of the world and puts it in force.
func (w *world) list(f func(tx *sqldb.Tx) error) {
	w.t.Helper()
	w.must(w.DB.Update(ctx(w), f))
	w.must(w.Catalog.Reload(ctx(w)))
}

func (w *world) duty(d catalog.Duty) {
	w.t.Helper()
	d.Active = true
	w.list(func(tx *sqldb.Tx) error { return catalog.SaveDuty(tx, "test", d, 0) })
}

func (w *world) proposal(o *request.Order) (p dispatch.Proposal) {
	w.t.Helper()
	w.must(w.DB.View(ctx(w), func(tx *sqldb.Tx) (err error) {
		p, err = w.Propose(tx, o)
		return err
	}))
	return p
}

// steps are the keys of a proposal's explanation.
func steps(p dispatch.Proposal) string {
	var keys []string
	for _, s := range p.Steps {
		keys = append(keys, strings.TrimPrefix(s.Key, "dispatch.step_"))
	}
	return strings.Join(keys, " ")
}

// The rules of dispatch by the numbers of the reference: each holds, and each
// is named in the explanation that goes with the order.
func TestRulesOfDispatch(t *testing.T) {
	nowhere := request.Draft{Area: " "} // neither district nor unit
	for _, rule := range []struct {
		name string
		try  func(w *world)
	}{
		{"D1 the duty list decides, with its revision", func(w *world) {
			p := w.proposal(w.register(request.Draft{}))
			if p.Lead.ID != "lamps" || p.Rule != "D02" || p.Line.Rev != 1 || !strings.Contains(steps(p), "line") {
				w.t.Errorf("%s by %s: %s", p.Lead.ID, p.Rule, steps(p))
			}
		}},
		{"D2 a street's district is told", func(w *world) {
			p := w.proposal(w.register(request.Draft{Category: "1302"}))
			if p.Lead.ID != "s1" || p.Copy.ID != "d1" || !strings.Contains(steps(p), "copy") {
				w.t.Errorf("%s, copy %s: %s", p.Lead.ID, p.Copy.ID, steps(p))
			}
		}},
		{"D3 unit unclear, district clear: the district", func(w *world) {
			p := w.proposal(w.register(request.Draft{Category: "1301"}))
			if p.Lead.ID != "d1" || !p.Fallback || p.Certain() || !strings.Contains(steps(p), "fallback") {
				w.t.Errorf("%s: %s", p.Lead.ID, steps(p))
			}
		}},
		{"D4 both unclear: units are asked, and the last resort when that ends without a result", func(w *world) {
			w.list(func(tx *sqldb.Tx) error {
				if err := catalog.SaveSetting(tx, "consult.days", "2"); err != nil {
					return err
				}
				return catalog.SaveSetting(tx, "duty.last", "d1")
			})
			d := nowhere
			d.Category = "1301"
			o := w.register(d)
			p := w.proposal(o)
			if p.Lead.ID != "" || len(p.Ask) == 0 || p.AskFor != (calendar.Limit{N: 2, Unit: "wd"}) || !strings.Contains(steps(p), "ask") {
				w.t.Fatalf("%s, ask %v for %v: %s", p.Lead.ID, p.Ask, p.AskFor, steps(p))
			}
			w.must(w.Consult(ctx(w), dispatcher, dispatch.Consult{On: on(o), Units: []string{p.Ask[0].ID}, Text: "是不是你们的事"}))
			if task := w.tasks(o)[p.Ask[0].ID]; task.Limit.N != 2 {
				w.t.Errorf("the consultation's limit is %+v", task.Limit)
			}
			o = w.now(dispatcher, o)
			w.must(w.ConsultEnd(ctx(w), dispatcher, dispatch.ConsultEnd{On: on(o), Text: "没有结果"}))
			if p = w.proposal(w.now(dispatcher, o)); p.Lead.ID != "d1" || !p.Last || !strings.Contains(steps(p), "last") {
				w.t.Errorf("afterwards %s: %s", p.Lead.ID, steps(p))
			}
		}},
		{"D5 the first receiver leads and others deliver to it earlier", func(w *world) {
			o := w.register(request.Draft{})
			w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
			tasks := w.tasks(o)
			if !tasks["lamps"].Lead || tasks["s1"].Lead || !tasks["s1"].DueAt.Before(tasks["lamps"].DueAt) || w.now(dispatcher, o).Unit != "lamps" {
				w.t.Errorf("tasks %+v", tasks)
			}
		}},
		{"D6 where city and district cross, the city department leads", func(w *world) {
			w.duty(catalog.Duty{ID: "D20", Category: "0101", Area: area[:6], Lead: "330101-housing"})
			o := w.register(request.Draft{})
			p := w.proposal(o)
			if p.Lead.ID != "lamps" || p.Crossed.ID != "D20" || len(p.Assists) == 0 || p.Assists[0].Unit.ID != "330101-housing" && p.Assists[len(p.Assists)-1].Unit.ID != "330101-housing" || !strings.Contains(steps(p), "crossed") {
				w.t.Errorf("%s over %s, helped by %+v: %s", p.Lead.ID, p.Crossed.ID, p.Assists, steps(p))
			}
		}},
		{"D6 what the city has handed down is the district's", func(w *world) {
			w.duty(catalog.Duty{ID: "D20", Category: "0101", Area: area[:6], Lead: "330101-housing", Ceded: true})
			if p := w.proposal(w.register(request.Draft{})); p.Lead.ID != "330101-housing" || p.Crossed.ID != "" {
				w.t.Errorf("%s, crossed %q", p.Lead.ID, p.Crossed.ID)
			}
		}},
		{"D7 a department's duty is not handed to a street", func(w *world) {
			o := w.register(request.Draft{})
			w.list(func(tx *sqldb.Tx) error {
				return catalog.SaveStreetItem(tx, catalog.StreetItem{Category: "13", Kind: "lead"})
			})
			w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "s1"}), fault.Invalid, "catalog.street_departments_duty")
			w.list(func(tx *sqldb.Tx) error {
				return catalog.SaveStreetItem(tx, catalog.StreetItem{Category: "0101", Kind: "assist"})
			})
			w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "s1"}), fault.Invalid, "catalog.street_only_assists")
			w.list(func(tx *sqldb.Tx) error {
				return catalog.SaveStreetItem(tx, catalog.StreetItem{Category: "1302", Kind: "none"})
			})
			if p := w.proposal(w.register(request.Draft{Category: "1302"})); p.Lead.ID != "d1" || !strings.Contains(steps(p), "passed_street") {
				w.t.Errorf("%s: %s", p.Lead.ID, steps(p))
			}
		}},
		{"D8 a community is asked only what its list allows", func(w *world) {
			o := w.register(request.Draft{})
			w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "c1"}), fault.Invalid, "catalog.community_not_on_list")
		}},
		{"D9 one lead, and assistants once each", func(w *world) {
			o := w.register(request.Draft{})
			w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "lamps", Assists: []dispatch.Assist{{Unit: "water"}, {Unit: "water"}, {Unit: "lamps"}}}))
			leads := 0
			for _, task := range w.tasks(o) {
				if task.Lead {
					leads++
				}
			}
			if n := len(w.tasks(o)); leads != 1 || n != 2 {
				w.t.Errorf("%d tasks, %d lead", n, leads)
			}
		}},
		{"D10 the accused is neither proposed, chosen, asked nor a helper", func(w *world) {
			o := w.register(request.Draft{Subjects: []string{"lamps"}})
			p := w.proposal(o)
			for _, x := range append(p.Ask, p.Lead) {
				if x.ID == "lamps" {
					w.t.Errorf("the accused is proposed: %s", steps(p))
				}
			}
			w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "lamps"}), fault.Invalid, "dispatch.unit_accused")
			w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "water", Assists: []dispatch.Assist{{Unit: "lamps"}}}), fault.Invalid, "dispatch.unit_accused")
			w.wants(w.Consult(ctx(w), dispatcher, dispatch.Consult{On: on(o), Units: []string{"lamps"}, Text: "问一下"}), fault.Invalid, "dispatch.unit_accused")
			d := nowhere
			d.Subjects = []string{"lamps"}
			for _, u := range w.proposal(w.register(d)).Ask {
				if u.ID == "lamps" {
					w.t.Error("the accused is to be asked before dispatch")
				}
			}
		}},
		{"D11 how long the dispatch took is kept with it", func(w *world) {
			o := w.register(request.Draft{})
			w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
			if said := w.steps(dispatcher, o); !strings.Contains(said, "分钟") {
				w.t.Errorf("kept: %q", said)
			}
		}},
	} {
		t.Run(rule.name, func(t *testing.T) {
			eachDB(t, func(w *world) { w.t = t; rule.try(w) })
		})
	}
}

// steps are the explanation that was kept when a request was sent.
func (w *world) steps(a actor.Actor, o *request.Order) (said string) {
	w.t.Helper()
	for _, l := range w.timeline(a, o) {
		for _, n := range l.Notes {
			if n.Kind == "steps" {
				said = n.Text
			}
		}
	}
	return said
}

func TestTheExplanationStaysAsItWasWhenTheListChanges(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
		before := w.steps(dispatcher, o)
		if !strings.Contains(before, "D02") || !strings.Contains(before, "路灯管理所") {
			t.Errorf("kept: %q", before)
		}
		w.list(func(tx *sqldb.Tx) error {
			d, err := catalog.FindDuty(tx, "D02")
			if err != nil {
				return err
			}
			d.Lead = "water"
			return catalog.SaveDuty(tx, "test", d, d.Rev)
		})
		if after := w.steps(lampClerk, o); after != before {
			t.Errorf("the unit that has it reads %q, was %q", after, before)
		}
		if resident := w.steps(actor.Actor{}, o); resident != "" {
			t.Errorf("a resident reads %q", resident)
		}
	})
}

func TestAListThatIsNotThereIsToldAndNotPassedInSilence(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{Category: "1302"}) // the street's
		if got := steps(w.proposal(o)); !strings.Contains(got, "no_street_list") {
			t.Errorf("without a list of the streets: %s", got)
		}
		w.list(func(tx *sqldb.Tx) error {
			return catalog.SaveStreetItem(tx, catalog.StreetItem{Category: "1302", Kind: "lead"})
		})
		if got := steps(w.proposal(o)); strings.Contains(got, "no_street_list") {
			t.Errorf("with a list of the streets: %s", got)
		}
		w.duty(catalog.Duty{ID: "D30", Category: "1301", Lead: "@community"})
		o = w.register(request.Draft{Category: "1301"})
		if got := steps(w.proposal(o)); strings.Contains(got, "no_community_list") || !strings.Contains(got, "passed_list") {
			t.Errorf("with a list of the communities: %s", got)
		}
		w.list(func(tx *sqldb.Tx) error { return catalog.RemoveCommunityItem(tx, "1301") })
		if got := steps(w.proposal(o)); !strings.Contains(got, "no_community_list") {
			t.Errorf("without a list of the communities: %s", got)
		}
		w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "c1"}), fault.Invalid, "catalog.community_no_list")
	})
}

// The unit complained about never gets the complaint, by whatever way others of
// the same matter would bring it there.
func TestAGroupOfOneMatterKeepsTheAccusedOff(t *testing.T) {
	eachDB(t, func(w *world) {
		main := w.register(request.Draft{})
		second := w.register(request.Draft{Subjects: []string{"lamps"}})
		w.must(w.MergeMany(ctx(w), dispatcher, dispatch.MergeMany{Into: main.Number, From: []dispatch.On{on(second)}}))
		main = w.now(dispatcher, main)
		if p := w.proposal(main); p.Lead.ID == "lamps" {
			t.Errorf("the accused is proposed for the group: %s", steps(p))
		}
		w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(main), Lead: "lamps"}), fault.Invalid, "dispatch.unit_accused")
		w.must(w.DB.View(ctx(w), func(tx *sqldb.Tx) error {
			for _, o := range []*request.Order{main, second} {
				if _, err := request.Find(tx, lampClerk, o.ID); fault.KindOf(err) != fault.NotFound {
					t.Errorf("the accused reads %s: %v", o.Number, err)
				}
			}
			return nil
		}))
		atWork := w.register(request.Draft{})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(atWork)}))
		third := w.register(request.Draft{Subjects: []string{"lamps"}})
		w.wants(w.MergeMany(ctx(w), dispatcher, dispatch.MergeMany{Into: atWork.Number, From: []dispatch.On{on(third)}}), fault.Invalid, "dispatch.merge_accused")
	})
}
