package dispatch

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Recall 收回 takes a request back that the unit has not accepted yet, to dispatch
// it anew: whoever sent it, a person or the program.
type Recall struct {
	On
	Reason string // told to the unit and the resident
}

// Recall is RecallTx in a unit of work of its own.
func (s *Service) Recall(ctx context.Context, a actor.Actor, c Recall) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.RecallTx(tx, a, o, c.Reason) })
}

// RecallTx ends the tasks of all units. They keep the request in sight, with the
// reason in its history; the promised date stays.
func (s *Service) RecallTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, reason string) error {
	if err := actor.Can(a, "dispatch.rule"); err != nil {
		return err
	}
	if !request.Life.Allows(o.State, request.DeedRecalled) {
		return fault.New(fault.Conflict, "dispatch.recall_late", nil)
	}
	var f fault.Fields
	sentence(&f, "recall.text", reason, "dispatch.recall_reason_missing")
	if err := f.Err(); err != nil {
		return err
	}
	o.Unit, o.Ruled = "", false
	err := o.Record(tx, a, request.Deed{Name: request.DeedRecalled, Notes: []request.Note{{Kind: "reason", Audience: request.Resident, Text: reason}}})
	if err != nil {
		return err
	}
	if err := request.ReleaseTasks(tx, o.ID); err != nil {
		return err
	}
	return request.Unflag(tx, o.ID, request.FlagDirect)
}

func (s *Service) postRecall(p posted) error {
	c := Recall{p.on, p.v.Text("recall.text", longText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Recall(p.r.Context(), p.a, c)
}

func (x *offer) recall() error {
	if x.may("dispatch.rule", request.DeedRecalled) {
		x.add("recall", recallForm(x.form("recall")), nil)
	}
	return nil
}
