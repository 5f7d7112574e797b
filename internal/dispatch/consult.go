package dispatch

import (
	"context"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
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

type consulted struct {
	Units []string `json:"units"`
}

// Consult is ConsultTx in a unit of work of its own.
func (s *Service) Consult(ctx context.Context, a actor.Actor, c Consult) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.ConsultTx(tx, a, o, c) })
}

// ConsultTx invites units. Each gets an assisting task until it has said its
// view or the consultation ends, so that it can read the request.
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
	Lead string // whom it was settled on, "" what the units' views come to
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
	p, err := s.proposer(tx, o)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "consult_end.text", c.Text, "dispatch.consult_result_missing")
	if c.Lead != "" {
		if _, err := p.fit(o, c.Lead, true, "consult_end.lead"); err != nil {
			f = append(f, fault.FieldsOf(err)...)
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	v := p.verdict(o)
	if c.Lead != "" {
		v.Lead, v.Why = c.Lead, whyChosen
		v.Assists = slices.DeleteFunc(v.Assists, func(id string) bool { return id == c.Lead })
	}
	return endConsult(tx, a, o, v, c.Text)
}

// endConsult records what the consultation came to, and ends its tasks.
func endConsult(tx *sqldb.Tx, a actor.Actor, o *request.Order, v verdict, text string) error {
	err := o.Record(tx, a, request.Deed{Name: request.DeedConsultEnded, Body: v, Notes: []request.Note{{Kind: "result", Text: text}}})
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
