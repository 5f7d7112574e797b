package handling

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// AskExtension 申请延期.
type AskExtension struct {
	ID      matter.ID
	Version int64
	Days    int // working days
	Reason  string
}

type pleaBody struct {
	Task   string `json:"task"`
	Days   int    `json:"days,omitempty"`
	Until  int64  `json:"until,omitempty"`
	Ground string `json:"ground,omitempty"`
}

// AskExtension is AskExtensionTx in a unit of work of its own.
func (s *Service) AskExtension(ctx context.Context, a actor.Actor, c AskExtension) error {
	return update(ctx, s, a, c, s.AskExtensionTx)
}

// AskExtensionTx asks for more days (北京条例 15(2)); at most ten working days unless
// the city sets otherwise, and before the hour it sets, if any (西宁: 17:00).
func (s *Service) AskExtensionTx(tx *sqldb.Tx, a actor.Actor, c AskExtension) error {
	o, t, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	book := s.Catalog.Book()
	hour := book.Settings.Int("extension.hour", 0)
	if hour > 0 && tx.Now.In(book.Calendar.Zone).Hour() >= hour {
		return fault.New(fault.Invalid, "handling.extension_hour", nil, hour)
	}
	most := book.Settings.Int("extension.days", 10)
	var f fault.Fields
	if c.Days < 1 || c.Days > most {
		f.Add("extension.days", "handling.days_between", 1, most)
	}
	sentence(&f, "extension.reason", c.Reason, "handling.reason_missing")
	if err := f.Err(); err != nil {
		return err
	}
	d := request.Deed{Name: request.DeedExtensionAsked, Body: pleaBody{Task: t.ID, Days: c.Days}, Notes: []request.Note{{Kind: "reason", Text: c.Reason}}}
	return plead(tx, a, o, d, request.Plea{Task: t.ID, Unit: t.Unit, Kind: request.PleaExtension, Days: int64(c.Days)})
}

// plead records a deed that asks for a ruling, and the plea with it.
func plead(tx *sqldb.Tx, a actor.Actor, o *request.Order, d request.Deed, p request.Plea) error {
	if err := o.Record(tx, a, d); err != nil {
		return err
	}
	p.Matter, p.Seq = o.ID, o.Version
	_, err := request.Ask(tx, p)
	return err
}

// Ruling grants or refuses what a unit asked for.
type Ruling struct {
	ID      matter.ID
	Version int64
	Grant   bool
	Reason  string // required when refused
}

// judge is how rulings begin: it finds the plea that the actor may rule on.
// Dispatchers rule on extensions; holds and terminations, which leave a promise
// open or end it, are the supervisor's.
func judge(tx *sqldb.Tx, a actor.Actor, c Ruling, kind string) (*request.Order, request.Plea, error) {
	if err := actor.Can(a, actor.Action("handling.rule_"+kind)); err != nil {
		return nil, request.Plea{}, err
	}
	o, err := request.Load(tx, a, c.ID, c.Version)
	if err != nil {
		return nil, request.Plea{}, err
	}
	p, err := request.OpenPlea(tx, o.ID, kind)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(fault.Conflict, "request.plea_ruled", err)
	}
	return o, p, err
}

// RuleExtension is RuleExtensionTx in a unit of work of its own.
func (s *Service) RuleExtension(ctx context.Context, a actor.Actor, c Ruling) error {
	return update(ctx, s, a, c, s.RuleExtensionTx)
}

// RuleExtensionTx rules on an extension. Granted, the request and the lead's
// task get the new date and the resident is told it with the reason; the
// assistants keep their own dates.
func (s *Service) RuleExtensionTx(tx *sqldb.Tx, a actor.Actor, c Ruling) error {
	o, p, err := judge(tx, a, c, request.PleaExtension)
	if err != nil {
		return err
	}
	if !c.Grant {
		return s.refuse(tx, a, o, p, c, "extension", request.DeedExtensionRefused)
	}
	why, err := reasonOf(tx, p, "reason")
	if err != nil {
		return err
	}
	was := o.DueAt
	o.DueAt = s.extended(was, tx.Now, p.Days)
	body := request.Shift{Reason: "extension", Days: p.Days, Was: sqldb.Micros(was), Due: sqldb.Micros(o.DueAt)}
	err = o.Record(tx, a, request.Deed{Name: request.DeedExtensionGranted, Body: body,
		Notes: []request.Note{{Kind: "reason", Audience: request.Resident, Text: why}, {Kind: "ruling", Text: c.Reason}}})
	if err != nil {
		return err
	}
	if err := request.MoveTaskDue(tx, p.Task, o.DueAt); err != nil {
		return err
	}
	if err := request.Rule(tx, p.ID, "granted", a.HistoryID()); err != nil {
		return err
	}
	return o.Tell(tx, "extended", map[string]string{"原因": why, "截止日期": s.day(was), "新截止日期": s.day(o.DueAt)})
}

// extended counts the days from the old date, or from now when the request has
// none.
func (s *Service) extended(due, now time.Time, days int64) time.Time {
	if due.IsZero() {
		due = now
	}
	return s.Catalog.Book().Calendar.Extend(due, calendar.Limit{N: int(days), Unit: calendar.WorkingDays})
}

// refuse is the ruling against the unit: the request goes on as before. form
// is the panel whose field a missing reason is told at.
func (s *Service) refuse(tx *sqldb.Tx, a actor.Actor, o *request.Order, p request.Plea, c Ruling, form, deed string) error {
	var f fault.Fields
	sentence(&f, "rule-"+form+".reason", c.Reason, "handling.refusal_reason_missing")
	if err := f.Err(); err != nil {
		return err
	}
	err := o.Record(tx, a, request.Deed{Name: deed, Body: pleaBody{Task: p.Task}, Notes: []request.Note{{Kind: "ruling", Text: c.Reason}}})
	if err != nil {
		return err
	}
	return request.Rule(tx, p.ID, "refused", a.HistoryID())
}
