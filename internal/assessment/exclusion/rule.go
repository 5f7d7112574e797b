package exclusion

import (
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Rule decides on an application or on an appeal.
type Rule struct {
	ID        matter.ID
	Version   int64
	Exclusion string
	Grant     bool
	Reason    string
}

type ruleBody struct {
	Exclusion string `json:"exclusion"`
	Granted   bool   `json:"granted"`
	Appeal    bool   `json:"appeal,omitempty"`
	Late      bool   `json:"late,omitempty"`
}

// RuleTx decides, with a reason. Nobody decides on what he or his unit asked for,
// and nobody decides twice on the same thing.
func (s *Service) RuleTx(tx *sqldb.Tx, a actor.Actor, c Rule) error {
	o, err := load(tx, a, "assessment.exclusion_rule", c.ID, c.Version)
	if err != nil {
		return err
	}
	x, err := one(tx, o.ID, c.Exclusion)
	if err != nil {
		return err
	}
	if !x.Open {
		return fault.New(fault.Conflict, "exclusion.decided_already", nil)
	}
	if err := mayRule(tx, a, x); err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "exclusion_rule.reason", c.Reason, "exclusion.ruling_missing")
	if err := f.Err(); err != nil {
		return err
	}
	body := ruleBody{x.ID, c.Grant, x.State == Appealed, tx.Now.After(x.DueAt)}
	err = o.Record(tx, a, request.Deed{Name: request.DeedExclusionDecided, Body: body, Notes: []request.Note{{Kind: "ruling", Text: word(c.Grant) + "。" + c.Reason}}})
	if err != nil {
		return err
	}
	if err := x.decide(tx, a, c.Grant); err != nil || !c.Grant {
		return err
	}
	return request.Exclude(tx, o.ID, x.Unit, x.Rates)
}

// mayRule refuses those who are not free to decide.
func mayRule(tx *sqldb.Tx, a actor.Actor, x Exclusion) error {
	u, err := actor.FindUnit(tx, x.Unit)
	switch {
	case err != nil:
		return err
	case a.HistoryID() == x.AskedBy, a.UnitPath != "" && strings.HasPrefix(a.UnitPath, u.Path):
		return fault.New(fault.Denied, "exclusion.own", nil)
	case x.State == Appealed && a.HistoryID() == x.DecidedBy:
		return fault.New(fault.Denied, "exclusion.same_person", nil)
	}
	return nil
}

func (x Exclusion) decide(tx *sqldb.Tx, a actor.Actor, grant bool) error {
	state := Refused
	if grant {
		state = Granted
	}
	if x.State == Appealed {
		return tx.Exec(`update assessment_exclusion set state = $1, open = $2, final_at = $3, final_by = $4 where id = $5`, state, false, tx.Now.UnixMicro(), a.HistoryID(), x.ID)
	}
	const q = `update assessment_exclusion set state = $1, decided = $1, open = $2, decided_at = $3, decided_by = $4 where id = $5`
	return tx.Exec(q, state, false, tx.Now.UnixMicro(), a.HistoryID(), x.ID)
}

// Appeal is the unit's one appeal against a refusal.
type Appeal struct {
	ID        matter.ID
	Version   int64
	Exclusion string
	Reason    string
}

type appealBody struct {
	Exclusion string `json:"exclusion"`
	Appeal    bool   `json:"appeal"`
}

// AppealTx brings a refusal before another person, once, within a limit.
func (s *Service) AppealTx(tx *sqldb.Tx, a actor.Actor, c Appeal) error {
	o, err := load(tx, a, "assessment.exclusion_ask", c.ID, c.Version)
	if err != nil {
		return err
	}
	x, err := one(tx, o.ID, c.Exclusion)
	if err != nil {
		return err
	}
	if err := s.mayAppeal(tx, a, x); err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "exclusion_appeal.reason", c.Reason, "exclusion.reason_missing")
	if err := f.Err(); err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedExclusionAsked, Body: appealBody{x.ID, true}, Notes: []request.Note{{Kind: "reason", Text: c.Reason}}})
	if err != nil {
		return err
	}
	const q = `update assessment_exclusion set state = $1, open = $2, appealed_at = $3, appealed_by = $4, due_at = $5 where id = $6`
	return tx.Exec(q, Appealed, true, tx.Now.UnixMicro(), a.HistoryID(), s.limit(tx.Now, setDecide, usualDecide).UnixMicro(), x.ID)
}

func (s *Service) mayAppeal(tx *sqldb.Tx, a actor.Actor, x Exclusion) error {
	u, err := actor.FindUnit(tx, x.Unit)
	switch {
	case err != nil:
		return err
	case a.UnitID != x.Unit && !request.Within(a, u.Path):
		return fault.New(fault.Denied, "exclusion.not_yours", nil)
	case x.State != Refused:
		return fault.New(fault.Conflict, "exclusion.nothing_to_appeal", nil)
	case !x.AppealedAt.IsZero():
		return fault.New(fault.Conflict, "exclusion.appealed_already", nil)
	case tx.Now.After(s.limit(x.DecidedAt, setAppeal, usualAppeal)):
		return fault.New(fault.Conflict, "exclusion.appeal_late", nil, s.Catalog.Book().Settings.Int(setAppeal, usualAppeal))
	}
	return nil
}
