package dispatch_test

import (
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

func TestSaveAndDispatchTakesTheDutyListsChoice(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{})
		w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
			o, err := request.Load(tx, agent, o.ID, 0)
			if err != nil {
				return err
			}
			return w.SendTx(tx, agent, o, "", nil)
		}))
		got := w.now(lampClerk, o)
		due := w.Catalog.Book().Calendar.Due(w.DB.Now(), calendar.Limit{N: 5, Unit: "wd"})
		if got.State != request.ToAccept || got.Unit != "lamps" || !got.DueAt.Equal(due) {
			t.Errorf("state %s, unit %s, due %v; want to_accept, lamps, %v", got.State, got.Unit, got.DueAt, due)
		}
		tasks := w.tasks(o)
		lead, street := tasks["lamps"], tasks["s1"]
		if len(tasks) != 2 || !lead.Lead || lead.Reason != "市政道路照明归路灯管理所" || street.Lead || street.Limit.N != 1 {
			t.Errorf("tasks = %+v", tasks)
		}
		line := w.timeline(actor.Actor{}, got)
		last := line[len(line)-1]
		if text := last.Notes[0].Text; !strings.Contains(text, "路灯管理所") || !strings.Contains(text, "文昌街道") {
			t.Errorf("the resident reads %q", text)
		}
		if told := w.told(o); len(told) != 1 || !strings.Contains(told[0], "已派路灯管理所") {
			t.Errorf("told %q", told)
		}
	})
}

func TestLimitOnTheOrderOutlivesTheCatalogue(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{Category: "0102"})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Assists: []dispatch.Assist{{Unit: "water", Limit: calendar.Limit{N: 2, Unit: "h"}}}, Lead: "lamps"}))
		tasks := w.tasks(o)
		if d := tasks["lamps"].DueAt.Sub(w.DB.Now()); d.Hours() != 4 {
			t.Errorf("urgent category: lead due in %v, want 4 h", d)
		}
		if d := tasks["water"].DueAt.Sub(w.DB.Now()); d.Hours() != 2 {
			t.Errorf("assistant due in %v, want its own 2 h", d)
		}
	})
}

func TestStreetsDistrictUrgesAndCoordinates(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{Category: "1302"})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
		tasks := w.tasks(o)
		if tasks["s1"].Lead != true || !strings.Contains(tasks["d1"].Reason, "督促协调") || tasks["d1"].Lead {
			t.Errorf("tasks = %+v", tasks)
		}
		if got := w.now(district, o); got.Unit != "s1" {
			t.Errorf("the district sees unit %q, want the street", got.Unit)
		}
	})
}

func TestDispatchIsRefused(t *testing.T) {
	eachDB(t, func(w *world) {
		send := func(a actor.Actor, d request.Draft, c dispatch.Send) error {
			o := w.register(d)
			if c.Version == 0 {
				c.On = on(o)
			}
			c.Number = o.Number
			return w.Send(ctx(w), a, c)
		}
		w.wants(send(dispatcher, request.Draft{}, dispatch.Send{Lead: "c1"}), fault.Invalid, "catalog.community_not_on_list")
		w.wants(send(dispatcher, request.Draft{Category: "1301"}, dispatch.Send{Lead: "c1"}), fault.Invalid, "catalog.community_only_assists")
		w.wants(send(dispatcher, request.Draft{}, dispatch.Send{Lead: "lamps", Assists: []dispatch.Assist{{Unit: "c1"}}}), fault.Invalid, "catalog.community_not_on_list")
		w.wants(send(dispatcher, request.Draft{}, dispatch.Send{Lead: "nobody"}), fault.Invalid, "dispatch.unit_unknown")
		w.wants(send(dispatcher, request.Draft{}, dispatch.Send{Lead: "12345"}), fault.Invalid, "dispatch.unit_handles_nothing")
		w.wants(send(dispatcher, request.Draft{Category: "01"}, dispatch.Send{}), fault.Invalid, "dispatch.category_leaf")
		w.wants(send(dispatcher, request.Draft{}, dispatch.Send{On: dispatch.On{Version: 9}}), fault.Conflict, "request.changed_meanwhile")
		w.wants(send(lampClerk, request.Draft{}, dispatch.Send{}), fault.NotFound, "request.not_found")
		reviewer := actor.Actor{ID: "s-rev", Roles: []actor.Role{actor.Reviewer}}
		w.wants(send(reviewer, request.Draft{}, dispatch.Send{}), fault.Denied, "actor.denied")
		o := w.register(request.Draft{})
		w.must(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o)}))
		w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: dispatch.On{Number: o.Number}}), fault.Conflict, "matter.not_in_this_state")
		w.must(send(dispatcher, request.Draft{Category: "1301"}, dispatch.Send{Lead: "lamps", Assists: []dispatch.Assist{{Unit: "c1"}}}))
		w.must(send(dispatcher, request.Draft{Category: "01"}, dispatch.Send{Category: "0101"}))
	})
}

func TestAccusedUnitIsNeverOfferedTheCase(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{Title: "举报路灯所", Sealed: true, Subjects: []string{"lamps"}})
		_ = w.DB.View(ctx(w), func(tx *sqldb.Tx) error {
			p, err := w.Propose(tx, o)
			if err != nil || p.Lead.ID != "d1" || p.Certain() {
				t.Errorf("proposal = %s, certain %v, %v; want the district, uncertain", p.Lead.ID, p.Certain(), err)
			}
			return nil
		})
		w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "lamps"}), fault.Invalid, "dispatch.unit_accused")
		w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(o), Lead: "water", Assists: []dispatch.Assist{{Unit: "lamps"}}}), fault.Invalid, "dispatch.unit_accused")
		below := w.register(request.Draft{Subjects: []string{"d1"}})
		w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(below), Lead: "330101-housing"}), fault.Invalid, "dispatch.unit_accused")
		above := w.register(request.Draft{Category: "1302", Subjects: []string{"c1"}})
		w.wants(w.Send(ctx(w), dispatcher, dispatch.Send{On: on(above)}), fault.Invalid, "dispatch.no_lead")
	})
}

func TestProposalExplainsItself(t *testing.T) {
	eachDB(t, func(w *world) {
		o := w.register(request.Draft{})
		_ = w.DB.View(ctx(w), func(tx *sqldb.Tx) error {
			p, err := w.Propose(tx, o)
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, s := range p.Steps {
				keys = append(keys, strings.TrimPrefix(s.Key, "dispatch.step_"))
			}
			if got := strings.Join(keys, " "); !strings.HasPrefix(got, "category place no_street_list line due") || p.Rule != "D02" || p.Fallback {
				t.Errorf("steps %q by %q", got, p.Rule)
			}
			return nil
		})
	})
}
