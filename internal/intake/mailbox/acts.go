package mailbox

import (
	"context"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// ToCase makes a request of a parked message, in the words an agent left of it.
type ToCase struct {
	Mail  string
	Title string
	Text  string
}

// ToCase returns the number of the request.
func (s *Service) ToCase(ctx context.Context, a actor.Actor, c ToCase) (string, error) {
	l, err := s.parked(ctx, a, c.Mail)
	if err != nil {
		return "", err
	}
	var wrong fault.Fields
	if c.Text = strings.TrimSpace(c.Text); c.Text == "" {
		wrong.Add("text", "mailbox.text_missing")
	}
	if err := wrong.Err(); err != nil {
		return "", err
	}
	var what content
	if l.msg != nil {
		if what, err = s.prepare(ctx, l); err != nil {
			return "", err
		}
	}
	number, err := s.Intake.Numbers.Next(ctx, s.DB.Now())
	if err != nil {
		return "", err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := l.claim(tx); err != nil {
			return err
		}
		r := intake.Report{Draft: "mail/" + l.ID, Number: number, Channel: "mail", Title: c.Title, Body: c.Text, Photos: what.photos}
		if !noBody[l.Reason] {
			r.Name, r.Email, r.Prefer = cut(l.sender.Name, intake.MaxName), l.sender.Address, "mail"
		}
		out, err := s.Intake.ReceiveTx(tx, a, r)
		if err != nil {
			return err
		}
		if err := s.leftOut(tx, out.ID, what.left, ""); err != nil {
			return err
		}
		l.State, l.Attention, l.Matter = Case, false, out.ID
		return l.settle(tx, a.HistoryID())
	})
	return number, err
}

// noBody are reasons of messages that nobody wrote: there is nobody to tell.
var noBody = map[string]bool{ReasonBounce: true, ReasonLoop: true}

// ToRequest adds a parked message to a request that an agent names.
type ToRequest struct {
	Mail   string
	Number string
	Text   string
}

// ToRequest adds it.
func (s *Service) ToRequest(ctx context.Context, a actor.Actor, c ToRequest) error {
	l, err := s.parked(ctx, a, c.Mail)
	if err != nil {
		return err
	}
	m, err := s.numbered(ctx, a, c.Number)
	if err != nil {
		return err
	}
	var what content
	if l.msg != nil {
		if what, err = s.prepare(ctx, l); err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := l.claim(tx, string(m)); err != nil {
			return err
		}
		if err := s.Intake.SupplementTx(tx, a, intake.Supplement{ID: m, Text: strings.TrimSpace(c.Text), Photos: what.photos}); err != nil {
			return err
		}
		if err := s.leftOut(tx, m, what.left, ""); err != nil {
			return err
		}
		l.State, l.Attention, l.Matter = Supplement, false, m
		return l.settle(tx, a.HistoryID())
	})
}

func (s *Service) numbered(ctx context.Context, a actor.Actor, number string) (m matter.ID, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, a, number)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			return fault.Fields{{Name: "number", Key: "mailbox.number_unknown"}}
		case err != nil:
			return err
		case closed(o):
			return fault.Fields{{Name: "number", Key: "mailbox.number_closed"}}
		}
		m = o.ID
		return nil
	})
	return m, err
}

// Discard puts a parked message away, with the reason why.
func (s *Service) Discard(ctx context.Context, a actor.Actor, id, reason string) error {
	if err := actor.Can(a, "intake.desk"); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); len([]rune(reason)) < 2 {
		return fault.Fields{{Name: "reason", Key: "mailbox.reason_missing"}}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		l := &letter{Mail: Mail{ID: id}}
		if err := l.claim(tx); err != nil {
			return err
		}
		l.State, l.Attention, l.Note = Discarded, false, reason
		return l.settle(tx, a.HistoryID())
	})
}

// claim locks a parked message, together with a request it is to be added to.
func (l *letter) claim(tx *sqldb.Tx, more ...string) error {
	if err := tx.Lock(append(more, row(l.ID))...); err != nil {
		return err
	}
	m, err := find(tx, l.ID)
	if err != nil {
		return err
	}
	if m.State != Parked {
		return fault.New(fault.Conflict, "mailbox.settled_before", nil)
	}
	l.Mail = m
	return nil
}

// parked reads a parked message for an act of an agent. One that cannot be read
// has no words of its own.
func (s *Service) parked(ctx context.Context, a actor.Actor, id string) (*letter, error) {
	if err := actor.Can(a, "intake.desk"); err != nil {
		return nil, err
	}
	return s.look(ctx, id)
}
