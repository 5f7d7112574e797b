package dispatch

import (
	"context"
	"fmt"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Consult 派前会商 asks units for their view before a hard case is dispatched
// (北京市接诉即办工作条例 第十二条).
type Consult struct {
	On
	Units []string
	Text  string // what is to be settled
}

// talkedAbout are the requests of which a consultation has ended.
func talkedAbout(tx *sqldb.Tx, ids []matter.ID) (map[matter.ID]bool, error) {
	out := map[matter.ID]bool{}
	if len(ids) == 0 {
		return out, nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select distinct matter_id from matter_event where name = 'consult_ended' and matter_id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read consultations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id matter.ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out[id] = true
	}
	return out, rows.Err()
}

type consulted struct {
	Units []string `json:"units"`
}

// Consult is ConsultTx in a unit of work of its own.
func (s *Service) Consult(ctx context.Context, a actor.Actor, c Consult) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.ConsultTx(tx, a, o, c) })
}

// ConsultTx invites units. Each gets an assisting task until the consultation
// ends, so that it can read the request and write its view into the history.
func (s *Service) ConsultTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, c Consult) error {
	if err := actor.Can(a, "dispatch.rule"); err != nil {
		return err
	}
	p, err := s.proposer(tx, o)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "consult.text", c.Text, "dispatch.consult_text_missing")
	units := slices.Compact(slices.Sorted(slices.Values(c.Units)))
	if len(units) == 0 {
		f.Add("consult.unit1", "dispatch.consult_unit_missing")
	}
	for _, id := range units {
		if _, err := p.fit(o, id, false, "consult.unit1"); err != nil {
			f = append(f, fault.FieldsOf(err)...)
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedConsulted, Body: consulted{units}, Notes: []request.Note{{Kind: "instruction", Text: c.Text}}})
	if err != nil {
		return err
	}
	for _, id := range units { // a form offers five
		t := request.Task{Matter: o.ID, Unit: id, Round: o.Round, Limit: p.consultLimit(), Reason: say("dispatch.reason_consult"),
			DueAt: p.book.Calendar.Due(tx.Now, p.consultLimit())}
		if _, err := request.AddTask(tx, t); err != nil {
			return err
		}
	}
	return nil
}

// ConsultEnd 会商结束 brings the request back to the queue with the result.
type ConsultEnd struct {
	On
	Text string
}

// ConsultEnd is ConsultEndTx in a unit of work of its own.
func (s *Service) ConsultEnd(ctx context.Context, a actor.Actor, c ConsultEnd) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.ConsultEndTx(tx, a, o, c) })
}

// ConsultEndTx ends the consultation and the invited units' tasks.
func (s *Service) ConsultEndTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, c ConsultEnd) error {
	if err := actor.Can(a, "dispatch.rule"); err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "consult_end.text", c.Text, "dispatch.consult_result_missing")
	if err := f.Err(); err != nil {
		return err
	}
	err := o.Record(tx, a, request.Deed{Name: request.DeedConsultEnded, Notes: []request.Note{{Kind: "result", Text: c.Text}}})
	if err != nil {
		return err
	}
	return request.ReleaseTasks(tx, o.ID)
}

// sentence notes a text that is missing. Two characters are the least that can
// say anything.
func sentence(f *fault.Fields, name, text, key string) {
	if len([]rune(text)) < 2 {
		f.Add(name, key)
	}
}
