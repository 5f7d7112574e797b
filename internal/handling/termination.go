package handling

import (
	"context"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// NoCooperation is the ground that the catalogue's refusals do not hold: the
// requester keeps the unit from handling the request (潍坊条例 21).
const NoCooperation = "no_cooperation"

// AskTermination 申请终止.
type AskTermination struct {
	ID      matter.ID
	Version int64
	Ground  string // code of a refusal of the catalogue, or NoCooperation
	Reason  string
}

// AskTermination is AskTerminationTx in a unit of work of its own.
func (s *Service) AskTermination(ctx context.Context, a actor.Actor, c AskTermination) error {
	return update(ctx, s, a, c, s.AskTerminationTx)
}

// AskTerminationTx asks to end a request on one of the lawful grounds.
func (s *Service) AskTerminationTx(tx *sqldb.Tx, a actor.Actor, c AskTermination) error {
	o, t, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	grounds, err := catalog.Refusals(tx)
	if err != nil {
		return err
	}
	var f fault.Fields
	if c.Ground != NoCooperation && !slices.ContainsFunc(grounds, func(r catalog.Refusal) bool { return r.Code == c.Ground }) {
		f.Add("termination.ground", "handling.choose_one")
	}
	sentence(&f, "termination.reason", c.Reason, "handling.reason_missing")
	if err := f.Err(); err != nil {
		return err
	}
	d := request.Deed{Name: request.DeedTerminationAsked, Body: pleaBody{Task: t.ID, Ground: c.Ground}, Notes: []request.Note{{Kind: "reason", Text: c.Reason}}}
	return plead(tx, a, o, d, request.Plea{Task: t.ID, Unit: t.Unit, Kind: request.PleaTermination, Proposed: c.Ground})
}

// RuleTermination is RuleTerminationTx in a unit of work of its own.
func (s *Service) RuleTermination(ctx context.Context, a actor.Actor, c Ruling) error {
	return update(ctx, s, a, c, s.RuleTerminationTx)
}

// RuleTerminationTx rules on a termination. Granted, the request ends, and the
// resident is told the reason and the ground.
func (s *Service) RuleTerminationTx(tx *sqldb.Tx, a actor.Actor, c Ruling) error {
	o, p, err := judge(tx, a, c, request.PleaTermination)
	if err != nil {
		return err
	}
	if !c.Grant {
		return s.refuse(tx, a, o, p, c, "termination", request.DeedTerminationRefused)
	}
	why, err := reasonOf(tx, p, "reason")
	if err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedTerminationGranted, Body: pleaBody{Task: p.Task, Ground: p.Proposed},
		Notes: []request.Note{{Kind: "reason", Audience: request.Resident, Text: why}, {Kind: "ruling", Text: c.Reason}}})
	if err != nil {
		return err
	}
	if err := request.Rule(tx, p.ID, "granted", a.HistoryID()); err != nil {
		return err
	}
	if err := request.ReleaseTasks(tx, o.ID); err != nil {
		return err
	}
	ground, err := groundName(tx, p.Proposed)
	if err != nil {
		return err
	}
	return o.Tell(tx, "terminated", map[string]string{"原因": why, "依据": ground, "链接": s.track()})
}

// groundName is a ground in the words of the catalogue; residents are written
// to in Chinese.
func groundName(tx *sqldb.Tx, code string) (string, error) {
	if code == NoCooperation {
		return "诉求人不配合，无法办理", nil
	}
	all, err := catalog.Refusals(tx)
	for _, r := range all {
		if r.Code == code {
			return r.Name, err
		}
	}
	return code, err
}
