package handling

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// AskHold 申请挂账: what cannot be solved now stays on the books, with what is
// done meanwhile and a date (济南条例 24(3)).
type AskHold struct {
	ID       matter.ID
	Version  int64
	Reason   string
	Measures string
	Until    time.Time
}

// longestHold is how far off the date of a hold may lie. Longer is no date.
const longestHold = 366 * 24 * time.Hour

// AskHold is AskHoldTx in a unit of work of its own.
func (s *Service) AskHold(ctx context.Context, a actor.Actor, c AskHold) error {
	return update(ctx, s, a, c, s.AskHoldTx)
}

// AskHoldTx asks for a hold.
func (s *Service) AskHoldTx(tx *sqldb.Tx, a actor.Actor, c AskHold) error {
	o, t, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	var f fault.Fields
	sentence(&f, "hold.reason", c.Reason, "handling.reason_missing")
	sentence(&f, "hold.measures", c.Measures, "handling.measures_missing")
	if !c.Until.After(tx.Now) || c.Until.After(tx.Now.Add(longestHold)) {
		f.Add("hold.until", "handling.hold_until")
	}
	if err := f.Err(); err != nil {
		return err
	}
	d := request.Deed{Name: request.DeedHoldAsked, Body: pleaBody{Task: t.ID, Until: sqldb.Micros(c.Until)},
		Notes: []request.Note{{Kind: "reason", Text: c.Reason}, {Kind: "measure", Text: c.Measures}}}
	return plead(tx, a, o, d, request.Plea{Task: t.ID, Unit: t.Unit, Kind: request.PleaHold, Until: c.Until})
}

// RuleHold is RuleHoldTx in a unit of work of its own.
func (s *Service) RuleHold(ctx context.Context, a actor.Actor, c Ruling) error {
	return update(ctx, s, a, c, s.RuleHoldTx)
}

// RuleHoldTx rules on a hold. Granted, the clock stands still until the date,
// and the resident is told reason, measures and date.
func (s *Service) RuleHoldTx(tx *sqldb.Tx, a actor.Actor, c Ruling) error {
	o, p, err := judge(tx, a, c, request.PleaHold)
	if err != nil {
		return err
	}
	if !c.Grant {
		return s.refuse(tx, a, o, p, c, "hold", request.DeedHoldRefused)
	}
	why, err := reasonOf(tx, p, "reason")
	if err != nil {
		return err
	}
	measures, err := reasonOf(tx, p, "measure")
	if err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedHoldGranted, Body: untilBody{sqldb.Micros(p.Until)}, Notes: []request.Note{
		{Kind: "reason", Audience: request.Resident, Text: why}, {Kind: "measure", Audience: request.Resident, Text: measures}, {Kind: "ruling", Text: c.Reason}}})
	if err != nil {
		return err
	}
	if err := request.Rule(tx, p.ID, "granted", a.HistoryID()); err != nil {
		return err
	}
	if err := stop(tx, o, "hold", p.Until); err != nil {
		return err
	}
	return o.Tell(tx, "suspended", map[string]string{"原因": why, "措施": measures, "日期": s.day(p.Until)})
}
