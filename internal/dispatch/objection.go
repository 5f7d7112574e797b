package dispatch

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// RuleObjection 退单裁定 decides on a unit's wish to return a request.
type RuleObjection struct {
	On
	Uphold bool
	Unit   string // upheld: who should have it instead, "" nobody named
	Reason string // told to the unit and the resident
}

type objectionRuling struct {
	Plea     string `json:"plea"`
	Task     string `json:"task"`
	Proposed string `json:"proposed,omitempty"`
}

// RuleObjection is RuleObjectionTx in a unit of work of its own.
func (s *Service) RuleObjection(ctx context.Context, a actor.Actor, c RuleObjection) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.RuleObjectionTx(tx, a, o, c) })
}

// RuleObjectionTx upholds or rejects a return. After a rejection the unit is
// fixed: it accepts anew and may not return the request a second time
// (潍坊市12345政务服务便民热线条例 第二十二条).
func (s *Service) RuleObjectionTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, c RuleObjection) error {
	if err := actor.Can(a, "dispatch.rule"); err != nil {
		return err
	}
	if o.State != request.ObjectionReview {
		return fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	plea, err := request.OpenPlea(tx, o.ID, request.PleaReturn)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "objection.reason", c.Reason, "dispatch.ruling_reason_missing")
	if c.Uphold && c.Unit != "" {
		p, err := s.proposer(tx, o)
		if err != nil {
			return err
		}
		if _, err := p.fit(o, c.Unit, true, "objection.unit"); err != nil {
			f = append(f, fault.FieldsOf(err)...)
		}
		if c.Unit == plea.Unit {
			f.Add("objection.unit", "dispatch.unit_returned_it")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	if c.Uphold {
		return uphold(tx, a, o, plea, c)
	}
	return reject(tx, a, o, plea, c)
}

func uphold(tx *sqldb.Tx, a actor.Actor, o *request.Order, plea request.Plea, c RuleObjection) error {
	o.Unit = ""
	if err := ruled(tx, a, o, plea, request.DeedObjectionUpheld, c); err != nil {
		return err
	}
	if err := request.Redirect(tx, plea.ID, c.Unit); err != nil {
		return err
	}
	if err := request.MoveTask(tx, plea.Task, request.TaskReturned); err != nil {
		return err
	}
	if err := request.ReleaseTasks(tx, o.ID); err != nil {
		return err
	}
	return request.Rule(tx, plea.ID, "granted", a.HistoryID())
}

func reject(tx *sqldb.Tx, a actor.Actor, o *request.Order, plea request.Plea, c RuleObjection) error {
	o.Ruled = true
	c.Unit = ""
	if err := ruled(tx, a, o, plea, request.DeedObjectionRejected, c); err != nil {
		return err
	}
	if err := request.MoveTask(tx, plea.Task, request.TaskToAccept); err != nil {
		return err
	}
	return request.Rule(tx, plea.ID, "refused", a.HistoryID())
}

func ruled(tx *sqldb.Tx, a actor.Actor, o *request.Order, plea request.Plea, deed string, c RuleObjection) error {
	return o.Record(tx, a, request.Deed{Name: deed, Body: objectionRuling{plea.ID, plea.Task, c.Unit},
		Notes: []request.Note{{Kind: "ruling", Audience: request.Resident, Text: c.Reason}}})
}
