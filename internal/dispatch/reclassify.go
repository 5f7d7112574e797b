package dispatch

import (
	"cmp"
	"context"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// Reclassify 更正登记 mends what was registered. Empty fields stay as they are.
type Reclassify struct {
	On
	Category  string
	Type      string
	Urgency   string
	Publicity string
	Place     *Place // nil as it is
	Subject   string // a unit the request turns out to be about
	Reason    string
}

// Place is where a request is, mended.
type Place struct {
	Address  string
	Area     string
	Lat, Lng float64
}

// changed is the body of the deed: codes before and after.
type changed struct {
	Was map[string]string `json:"was"`
	Now map[string]string `json:"now"`
	Due int64             `json:"due,omitempty"` // the new date
}

// Reclassify is ReclassifyTx in a unit of work of its own.
func (s *Service) Reclassify(ctx context.Context, a actor.Actor, c Reclassify) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.ReclassifyTx(tx, a, o, c) })
}

// ReclassifyTx changes what was registered and says in the history what became
// of the date: before the dispatch it is counted anew from the registration,
// afterwards the limit on the order stays.
func (s *Service) ReclassifyTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, c Reclassify) error {
	if err := actor.Can(a, "request.edit"); err != nil {
		return err
	}
	if err := s.checkChange(tx, c); err != nil {
		return err
	}
	was := codes(o)
	err := s.change(tx, a, o, c)
	if err != nil {
		return err
	}
	body := difference(was, codes(o))
	if len(body.Now) == 0 && c.Place == nil && c.Subject == "" {
		return fault.New(fault.Invalid, "dispatch.nothing_changed", nil)
	}
	notes := []request.Note{{Kind: "reason", Text: c.Reason}}
	if _, moved := body.Now["category"]; moved {
		var text string
		if text, body.Due, err = s.newDue(tx, o); err != nil {
			return err
		}
		notes = append(notes, request.Note{Kind: "remark", Text: text})
	}
	return o.Record(tx, a, request.Deed{Name: request.DeedReclassified, Body: body, Notes: notes})
}

func (s *Service) checkChange(tx *sqldb.Tx, c Reclassify) error {
	var f fault.Fields
	sentence(&f, "reclassify.reason", c.Reason, "dispatch.change_reason_missing")
	tree := s.Catalog.Book().Tree
	if c.Category != "" && !tree.Leaf(c.Category) {
		f.Add("reclassify.category", "dispatch.category_leaf")
	}
	known := func(name, v string, list []string) {
		if v != "" && !slices.Contains(list, v) {
			f.Add(name, "dispatch.choice_unknown")
		}
	}
	known("reclassify.type", c.Type, request.Types)
	known("reclassify.urgency", c.Urgency, []string{"normal", "urgent"})
	known("reclassify.publicity", c.Publicity, []string{"public", "masked", "private"})
	if c.Place != nil && c.Place.Area != "" {
		if _, ok := s.Atlas.Atlas().Find(c.Place.Area); !ok {
			f.Add("reclassify.area", "dispatch.area_unknown")
		}
	}
	if c.Subject != "" {
		if _, err := actor.FindUnit(tx, c.Subject); err != nil {
			f.Add("reclassify.subject", "dispatch.unit_unknown", c.Subject)
		}
	}
	return f.Err()
}

func (s *Service) change(tx *sqldb.Tx, a actor.Actor, o *request.Order, c Reclassify) error {
	if c.Urgency == "normal" && o.Urgency != "normal" {
		if err := request.EndAlarm(tx, a, o.ID); err != nil {
			return err
		}
	}
	if k, ok := s.Catalog.Book().Tree.Find(c.Category); ok {
		o.Category, o.Topic, o.CategoryRev = k.Code, k.Code, k.Rev
	}
	o.Type, o.Urgency, o.Publicity = cmp.Or(c.Type, o.Type), cmp.Or(c.Urgency, o.Urgency), cmp.Or(c.Publicity, o.Publicity)
	if c.Place != nil {
		o.Address, o.Area, o.Lat, o.Lng = c.Place.Address, c.Place.Area, c.Place.Lat, c.Place.Lng
		o.Origin = request.Origin{} // a person says where it is
	}
	if c.Subject != "" {
		if err := request.AddSubject(tx, o.ID, c.Subject); err != nil {
			return err
		}
	}
	if o.Type != "report" || o.Sealed {
		return nil
	}
	// What turns out to be a report of wrongdoing protects its reporter from now on.
	o.Publicity = "private"
	return request.Seal(tx, o)
}

// newDue counts the date of a request that is not dispatched yet anew, and says
// how.
func (s *Service) newDue(tx *sqldb.Tx, o *request.Order) (text string, due int64, err error) {
	if !slices.Contains([]string{request.Registered, request.ToDispatch, request.PreConsult}, o.State) {
		return say("dispatch.due_stays"), 0, nil
	}
	p := &proposer{book: s.Catalog.Book(), now: o.OpenedAt}
	if p.alarms, err = request.AlarmsOf(tx, o.ID); err != nil {
		return "", 0, err
	}
	limit := p.limitOf(o)
	o.DueAt = p.book.Calendar.Due(o.OpenedAt, limit)
	return say("dispatch.due_moves", show.Limit(locale.ZH, limit), s.day(o.DueAt)), sqldb.Micros(o.DueAt), nil
}

// codes is what is compared before and after; it holds no personal data.
func codes(o *request.Order) map[string]string {
	return map[string]string{"category": o.Category, "type": o.Type, "urgency": o.Urgency, "publicity": o.Publicity, "area": o.Area}
}

func difference(was, now map[string]string) changed {
	d := changed{Was: map[string]string{}, Now: map[string]string{}}
	for k, v := range now {
		if was[k] != v {
			d.Was[k], d.Now[k] = was[k], v
		}
	}
	return d
}
