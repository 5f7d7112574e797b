package intake

import (
	"context"
	"fmt"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// claimSMS locks an SMS that waits, so that two agents do not settle it.
func (s *Service) claimSMS(tx *sqldb.Tx, sms string, more ...string) (SMS, error) {
	if err := tx.Lock(append([]string{"intake/sms/" + sms}, more...)...); err != nil {
		return SMS{}, err
	}
	x, err := s.findSMS(tx, sms)
	if err == nil && !x.Attention {
		err = fault.New(fault.Conflict, "intake.sms_settled", nil)
	}
	return x, err
}

func settleSMS(tx *sqldb.Tx, a actor.Actor, x SMS) error {
	const q = `update intake_sms set state = $1, attention = false, matter_id = $2, settled_by = $3, settled_at = $4, settled_note = $5 where id = $6`
	if err := tx.Exec(q, x.State, x.Matter, a.HistoryID(), tx.Now.UnixMicro(), x.Note, x.ID); err != nil {
		return fmt.Errorf("settle SMS %s: %w", x.ID, err)
	}
	return nil
}

// SMSToCase makes a request of an SMS, in the words an agent left of it, and in
// the name of who wrote it. It returns its number.
func (s *Service) SMSToCase(ctx context.Context, a actor.Actor, sms, text string) (string, error) {
	if err := actor.Can(a, "intake.desk"); err != nil {
		return "", err
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", fault.Fields{{Name: "case.text", Key: "intake.sms_text_missing"}}
	}
	number, err := s.Numbers.Next(ctx, s.DB.Now())
	if err != nil {
		return "", err
	}
	return number, s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		x, err := s.claimSMS(tx, sms)
		if err != nil {
			return err
		}
		phone, err := s.Vault.Open(x.phone, smsRow(x.ID, "phone"))
		if err != nil {
			return err
		}
		out, err := s.ReceiveTx(tx, a, Report{Draft: oncePrefix + "sms/act/" + x.ID, Number: number, Channel: "sms", Body: text, Phone: phone})
		if err != nil {
			return err
		}
		x.State, x.Matter = SMSCase, out.ID
		return settleSMS(tx, a, x)
	})
}

// SMSToRequest adds an SMS to a request that an agent names.
func (s *Service) SMSToRequest(ctx context.Context, a actor.Actor, sms, number, text string) error {
	if err := actor.Can(a, "intake.desk"); err != nil {
		return err
	}
	var o *request.Order
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		o, err = request.FindNumber(tx, a, id.CleanNumber(number))
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return fault.Fields{{Name: "add.number", Key: "intake.sms_number_unknown"}}
	case err != nil:
		return err
	case !request.Life.Allows(o.State, request.DeedSupplemented):
		return fault.Fields{{Name: "add.number", Key: "intake.sms_number_closed"}}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		x, err := s.claimSMS(tx, sms, string(o.ID))
		if err != nil {
			return err
		}
		if err := s.SupplementTx(tx, a, Supplement{ID: o.ID, Text: strings.TrimSpace(text)}); err != nil {
			return renamedFields("add.", err)
		}
		x.State, x.Matter = SMSAdded, o.ID
		return settleSMS(tx, a, x)
	})
}

// renamedFields puts a form's name before the names of fields of a verb.
func renamedFields(form string, err error) error {
	fields := fault.FieldsOf(err)
	for i := range fields {
		fields[i].Name = form + fields[i].Name
	}
	if fields != nil {
		return fields.Err()
	}
	return err
}

// DropSMS puts an SMS away, with what was done about it.
func (s *Service) DropSMS(ctx context.Context, a actor.Actor, sms, note string) error {
	if err := actor.Can(a, "intake.desk"); err != nil {
		return err
	}
	if note = strings.TrimSpace(note); len([]rune(note)) < 2 {
		return fault.Fields{{Name: "drop.note", Key: "intake.sms_note_missing"}}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		x, err := s.claimSMS(tx, sms)
		if err != nil {
			return err
		}
		x.State, x.Note = SMSDropped, note
		return settleSMS(tx, a, x)
	})
}
