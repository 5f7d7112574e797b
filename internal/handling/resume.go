package handling

import (
	"context"
	"errors"
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Why a clock runs again.
const (
	CauseSupplement = "supplement" // the requester answered
	CauseTime       = "time"       // the date was reached
	CauseUnit       = "unit"       // the unit can go on
)

// Resume 恢复办理: the lead unit goes on before the date it waits for.
type Resume struct {
	ID      matter.ID
	Version int64
	Text    string
}

// Resume is ResumeTx in a unit of work of its own.
func (s *Service) Resume(ctx context.Context, a actor.Actor, c Resume) error {
	return update(ctx, s, a, c, s.ResumeTx)
}

// ResumeTx lets the lead unit start the clock again.
func (s *Service) ResumeTx(tx *sqldb.Tx, a actor.Actor, c Resume) error {
	o, t, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	if o.State != request.Waiting && o.State != request.OnHold {
		return fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	return s.goOn(tx, a, o, t.UnitName, CauseUnit, request.Note{Kind: "record", Text: c.Text})
}

// Supplemented starts the clock of a request that waited for its requester,
// who has just answered. The caller has locked the request and recorded the
// answer; nothing happens when the clock was running.
func (s *Service) Supplemented(tx *sqldb.Tx, o *request.Order) error {
	if o.State != request.Waiting {
		return nil
	}
	return s.goOn(tx, actor.System, o, "", CauseSupplement)
}

func (s *Service) goOn(tx *sqldb.Tx, a actor.Actor, o *request.Order, unit, cause string, notes ...request.Note) error {
	if unit == "" {
		t, err := request.OpenLead(tx, o.ID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		unit = t.UnitName
	}
	if err := s.start(tx, a, o, cause, notes...); err != nil {
		return err
	}
	return o.Tell(tx, "resumed", map[string]string{"承办单位": unit, "新截止日期": s.day(o.DueAt)})
}

// Sweep lets the clocks run again whose date is reached. One request that
// fails does not keep the others waiting.
func (s *Service) Sweep(ctx context.Context) error {
	var due []matter.ID
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		due, err = waitsOver(tx)
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range due {
		errs = append(errs, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.sweepTx(tx, m) }))
	}
	return errors.Join(errs...)
}

func waitsOver(tx *sqldb.Tx) ([]matter.ID, error) {
	rows, err := tx.Query(`select matter_id from handling_wait where until_at <= $1 order by until_at, matter_id limit 500`, sqldb.Micros(tx.Now))
	if err != nil {
		return nil, fmt.Errorf("waits that are over: %w", err)
	}
	defer rows.Close()
	var out []matter.ID
	for rows.Next() {
		var m matter.ID
		if err := rows.Scan(&m); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// sweepTx looks again under the lock: the requester may have answered since.
func (s *Service) sweepTx(tx *sqldb.Tx, m matter.ID) error {
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return err
	}
	if o.State != request.Waiting && o.State != request.OnHold {
		return forget(tx, o)
	}
	var until int64
	err = tx.QueryRow(`select coalesce(max(until_at), 0) from handling_wait where matter_id = $1`, m).Scan(&until)
	if err != nil || until == 0 || until > sqldb.Micros(tx.Now) {
		return err
	}
	return s.goOn(tx, actor.System, o, "", CauseTime)
}
