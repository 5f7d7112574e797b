package dispatch

import (
	"context"
	"errors"
	"fmt"

	"gongzhi/internal/actor"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// SweepConsults ends the consultations whose limit is over, each in a unit of
// work of its own. The request goes back to the queue with what the units' views
// come to: a person still sends it.
func (s *Service) SweepConsults(ctx context.Context) error {
	var over []matter.ID
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		over, err = consultsOver(tx, "")
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range over {
		errs = append(errs, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.sweepConsult(tx, m) }))
	}
	return errors.Join(errs...)
}

// sweepConsult looks again under the lock: the dispatcher may have been quicker.
func (s *Service) sweepConsult(tx *sqldb.Tx, m matter.ID) error {
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return err
	}
	if still, err := consultsOver(tx, m); err != nil || len(still) == 0 {
		return err
	}
	p, err := s.proposer(tx, o)
	if err != nil {
		return err
	}
	v := p.verdict(o)
	v.Auto = true
	p.end(o, v)
	return endConsult(tx, actor.System, o, v, p.verdictWords(o, v, p.propose(o)))
}

// end lets proposals know of a verdict before it is recorded.
func (p *proposer) end(o *request.Order, v verdict) {
	if p.talks[o.ID] == nil {
		p.talks[o.ID] = &talk{}
	}
	p.talks[o.ID].ended, p.talks[o.ID].verdict = true, v
}

// consultsOver are the consultations whose limit is over, all or one. The
// tasks of a consultation are as old as the deed that gave them.
func consultsOver(tx *sqldb.Tx, one matter.ID) ([]matter.ID, error) {
	rows, err := tx.Query(consultsOverQuery, tx.Now.UnixMicro(), one)
	if err != nil {
		return nil, fmt.Errorf("consultations that are over: %w", err)
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

const consultsOverQuery = `select m.id from matter m join request_task t on t.matter_id = m.id
	where m.open and m.state = 'pre_consult' and m.kind = 'request' and ($2 = '' or m.id = $2)
	and t.sent_at >= (select max(e.at) from matter_event e where e.matter_id = m.id and e.name = 'consulted')
	group by m.id having max(t.due_at) <= $1 order by m.id limit 500`
