package dispatch

import (
	"context"
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Urge 催办 reminds whoever has the request.
type Urge struct {
	On
	Text string // what the unit should heed, "" nothing
}

// insistent is the number of reminders from which a request is pushed to the
// unit's head, as 新都区 does.
const insistent = 3

// Urge is UrgeTx in a unit of work of its own.
func (s *Service) Urge(ctx context.Context, a actor.Actor, c Urge) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.UrgeTx(tx, a, o, c.Text) })
}

// UrgeTx writes the reminder into the history, where the unit reads it, and
// marks the request; the third reminder marks it for the unit's head.
func (s *Service) UrgeTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, text string) error {
	if err := actor.Can(a, "request.urge"); err != nil {
		return err
	}
	err := o.Record(tx, a, request.Deed{Name: request.DeedUrged, Notes: []request.Note{{Kind: "instruction", Text: text}}})
	if err != nil {
		return err
	}
	if err := request.Flag(tx, o.ID, "urged", a.HistoryID()); err != nil {
		return err
	}
	n, err := urgedTimes(tx, o)
	if err != nil {
		return err
	}
	if n >= insistent {
		if err := request.Flag(tx, o.ID, "pushed", a.HistoryID()); err != nil {
			return err
		}
	}
	unit, err := actor.UnitNames(tx, []string{o.Unit})
	if err != nil || unit[o.Unit] == "" {
		return err // nobody has it yet: nothing to tell
	}
	return o.Tell(tx, "reminded", map[string]string{"承办单位": unit[o.Unit]})
}

func urgedTimes(tx *sqldb.Tx, o *request.Order) (int64, error) {
	var n int64
	err := tx.QueryRow(`select cast(count(*) as bigint) from matter_event where matter_id = $1 and name = $2`, o.ID, request.DeedUrged).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("reminders of %s: %w", o.ID, err)
	}
	return n, nil
}
