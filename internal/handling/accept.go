package handling

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Accept 签收: the lead unit takes the request on.
type Accept struct {
	ID      matter.ID
	Version int64
}

// taskBody names the task that a deed was about.
type taskBody struct {
	Task string `json:"task"`
}

// Accept is AcceptTx in a unit of work of its own.
func (s *Service) Accept(ctx context.Context, a actor.Actor, c Accept) error {
	return update(ctx, s, a, c, s.AcceptTx)
}

// AcceptTx lets the lead unit take the request on.
func (s *Service) AcceptTx(tx *sqldb.Tx, a actor.Actor, c Accept) error {
	o, t, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := o.Record(tx, a, request.Deed{Name: request.DeedAccepted, Body: taskBody{t.ID}}); err != nil {
		return err
	}
	if err := request.MoveTask(tx, t.ID, request.TaskWorking); err != nil {
		return err
	}
	return o.Tell(tx, "accepted", map[string]string{"承办单位": t.UnitName})
}
