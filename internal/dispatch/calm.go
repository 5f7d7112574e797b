package dispatch

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Calm 取消紧急 takes back that a request is urgent because of its words: it was
// looked at, and there is no danger.
type Calm struct {
	On
	Reason string
}

// Calm is CalmTx in a unit of work of its own.
func (s *Service) Calm(ctx context.Context, a actor.Actor, c Calm) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.CalmTx(tx, a, o, c) })
}

// CalmTx gives the request the urgency of its category again. Before the
// dispatch its date is counted anew; afterwards the limit on the order stays.
func (s *Service) CalmTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, c Calm) error {
	if err := actor.Can(a, "request.edit"); err != nil {
		return err
	}
	alarms, err := request.AlarmsOf(tx, o.ID)
	if err != nil {
		return err
	}
	if !alarms[o.ID].Live() || !request.Life.Allows(o.State, request.DeedReclassified) {
		return fault.New(fault.Conflict, "dispatch.no_alarm", nil)
	}
	var f fault.Fields
	sentence(&f, "calm.reason", c.Reason, "dispatch.change_reason_missing")
	if err = f.Err(); err != nil {
		return err
	}
	was := codes(o)
	o.Urgency = "normal"
	if k, ok := s.Catalog.Book().Tree.Find(o.Category); ok && k.Urgency != "" {
		o.Urgency = k.Urgency
	}
	if err := request.EndAlarm(tx, a, o.ID); err != nil {
		return err
	}
	body := difference(was, codes(o))
	notes := []request.Note{{Kind: "reason", Text: c.Reason}}
	text, due, err := s.newDue(tx, o)
	if err != nil {
		return err
	}
	body.Due = due
	notes = append(notes, request.Note{Kind: "remark", Text: say("dispatch.calmed", alarms[o.ID].Name) + text})
	return o.Record(tx, a, request.Deed{Name: request.DeedReclassified, Body: body, Notes: notes})
}

// calmReasons are the sentences that the form offers.
var calmReasons = []string{"dispatch.calm_safe", "dispatch.calm_handled", "dispatch.calm_mistaken"}

func (x *offer) calm() error {
	if !x.may("request.edit", request.DeedReclassified) {
		return nil
	}
	alarms, err := request.AlarmsOf(x.tx, x.o.ID)
	if err != nil || !alarms[x.o.ID].Live() {
		return err
	}
	x.add("calm", calmForm(x.form("calm"), alarms[x.o.ID]), nil)
	return nil
}
