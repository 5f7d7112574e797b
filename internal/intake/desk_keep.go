package intake

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// KeepCall saves what was typed so far; change takes over the form. A call that
// has its outcome stays as it is.
func (s *Service) KeepCall(ctx context.Context, a actor.Actor, call string, change func(*Fields)) (c *Call, err error) {
	if err := actor.Can(a, "intake.desk"); err != nil {
		return nil, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if c, err = s.findCall(tx, a, call); err != nil {
			return err
		}
		change(&c.Fields)
		return s.save(tx, c)
	})
	return c, err
}

// DiscardCall puts a draft away; for a while it can be taken back.
func (s *Service) DiscardCall(ctx context.Context, a actor.Actor, call string) error {
	return s.turnCall(ctx, a, call, callOpen, callDiscarded)
}

// RestoreCall takes a discarded draft back.
func (s *Service) RestoreCall(ctx context.Context, a actor.Actor, call string) error {
	return s.turnCall(ctx, a, call, callDiscarded, callOpen)
}

func (s *Service) turnCall(ctx context.Context, a actor.Actor, call, from, to string) error {
	if err := actor.Can(a, "intake.desk"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		c, err := s.findCall(tx, a, call)
		if err != nil {
			return err
		}
		if err := setCallState(tx, c, from, to); err != nil {
			return err
		}
		return forgetCalls(tx)
	})
}

// UrgeNumber urges a request that the caller asks about.
func (s *Service) UrgeNumber(ctx context.Context, a actor.Actor, number string) error {
	if err := actor.Can(a, "request.urge"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, a, id.CleanNumber(number))
		if err != nil {
			return err
		}
		if !o.Open {
			return fault.New(fault.Conflict, "desk.urge_closed", nil)
		}
		return s.UrgeTx(tx, a, o.ID)
	})
}
