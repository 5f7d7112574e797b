package dispatch

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Recheck 人工复核 answers a resident who asked that a person looks at where his
// request went (个人信息保护法 第二十四条). If it went wrong, the dispatcher mends it
// with the acts there are for that.
type Recheck struct {
	On
	Text string // told to the resident
}

// Recheck is RecheckTx in a unit of work of its own.
func (s *Service) Recheck(ctx context.Context, a actor.Actor, c Recheck) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.RecheckTx(tx, a, o, c.Text) })
}

// RecheckTx writes the answer into the history, tells it, and takes the mark away.
func (s *Service) RecheckTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, text string) error {
	if err := actor.Can(a, "dispatch.rule"); err != nil {
		return err
	}
	asked, err := request.Flagged(tx, o.ID, request.FlagHuman)
	if err != nil {
		return err
	}
	if asked.IsZero() || !request.Life.Allows(o.State, request.DeedRechecked) {
		return fault.New(fault.Conflict, "dispatch.recheck_none", nil)
	}
	var f fault.Fields
	sentence(&f, "recheck.text", text, "dispatch.recheck_text_missing")
	if err := f.Err(); err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedRechecked, Notes: []request.Note{{Kind: "ruling", Audience: request.Resident, Text: text}}})
	if err != nil {
		return err
	}
	if err := request.Unflag(tx, o.ID, request.FlagHuman); err != nil {
		return err
	}
	return o.Tell(tx, "rechecked", map[string]string{"答复": text})
}

func (s *Service) postRecheck(p posted) error {
	c := Recheck{p.on, p.v.Text("recheck.text", longText)}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.Recheck(p.r.Context(), p.a, c)
}

func (x *offer) recheck() error {
	if !x.may("dispatch.rule", request.DeedRechecked) {
		return nil
	}
	asked, err := request.Flagged(x.tx, x.o.ID, request.FlagHuman)
	if err == nil && !asked.IsZero() {
		x.add("recheck", recheckForm(x.form("recheck"), x.b.Stamp(asked)), nil)
	}
	return err
}
