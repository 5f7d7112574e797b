package handling

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Object 退单: the lead unit says that the request is not its duty. A
// dispatcher rules on it; until then the clock runs on.
type Object struct {
	ID       matter.ID
	Version  int64
	Reason   string
	Proposed string // the unit that should have it, "" none named
}

type objectBody struct {
	Task     string `json:"task"`
	Proposed string `json:"proposed,omitempty"`
}

// Object is ObjectTx in a unit of work of its own.
func (s *Service) Object(ctx context.Context, a actor.Actor, c Object) error {
	return update(ctx, s, a, c, s.ObjectTx)
}

// ObjectTx asks for the request to be taken back. After a ruling it may not be
// asked again (潍坊条例 22), and only in the first days (山东省办法: two working days).
func (s *Service) ObjectTx(tx *sqldb.Tx, a actor.Actor, c Object) error {
	o, t, err := lead(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	if err := s.mayObject(tx, o, t, c); err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedObjected, Body: objectBody{t.ID, c.Proposed},
		Notes: []request.Note{{Kind: "reason", Text: c.Reason}}})
	if err != nil {
		return err
	}
	_, err = request.Ask(tx, request.Plea{Matter: o.ID, Task: t.ID, Kind: request.PleaReturn, Unit: t.Unit, Proposed: c.Proposed, Seq: o.Version})
	return err
}

func (s *Service) mayObject(tx *sqldb.Tx, o *request.Order, t request.Task, c Object) error {
	if o.Ruled {
		return fault.New(fault.Invalid, "handling.ruled", nil)
	}
	book := s.Catalog.Book()
	days := book.Settings.Int("return.days", 2)
	if tx.Now.After(book.Calendar.Due(t.SentAt, calendar.Limit{N: days, Unit: "wd"})) {
		return fault.New(fault.Invalid, "handling.return_late", nil, days)
	}
	var f fault.Fields
	sentence(&f, "object.reason", c.Reason, "handling.reason_missing")
	if c.Proposed != "" {
		if _, err := actor.FindUnit(tx, c.Proposed); err != nil || c.Proposed == t.Unit {
			f.Add("object.unit", "handling.unit_unknown")
		}
	}
	return f.Err()
}
