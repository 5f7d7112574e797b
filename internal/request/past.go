package request

import (
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Past is a request that was registered elsewhere and brought here, perhaps
// with what had become of it there.
type Past struct {
	Draft
	Received time.Time
	Unit     string // that settled it, "" not known

	Settled time.Time // zero: it is still open, and waits to be dispatched here
	To      string    // Replied or Closed
	Answer  []Note
}

// settledBody is what history keeps of how a request was settled elsewhere.
type settledBody struct {
	Source string `json:"source"`
}

// CreateAll registers many requests at once, each at the time when it was
// received, as Create and then the deed DeedSettled would. The caller holds a
// lock that keeps others from bringing the same.
func CreateAll(tx *sqldb.Tx, v Sealer, a actor.Actor, list []Past) error {
	var matters []*matter.Past
	var orders, notes, contacts, alarms [][]any
	for _, p := range list {
		o, lived := p.order(a)
		row, err := o.row(v, p.Code)
		if err != nil {
			return err
		}
		matters, orders = append(matters, lived), append(orders, row)
		notes = append(notes, p.notes()...)
		if p.Alarm != nil {
			alarms = append(alarms, p.Alarm.row(p.ID, tx.Now))
		}
		if p.Contact.Empty() {
			continue
		}
		p.Contact.Kind = "requester"
		if row, err = p.Contact.row(v, id.New(p.Received), p.ID, p.Received); err != nil {
			return err
		}
		contacts = append(contacts, row)
	}
	if err := matter.OpenAll(tx, &Life, matters); err != nil {
		return err
	}
	for _, x := range []struct {
		into string
		rows [][]any
	}{{insertOrder, orders}, {insertNote, notes}, {insertContact, contacts}, {insertAlarm, alarms}} {
		if err := tx.InsertRows(x.into, x.rows); err != nil {
			return fmt.Errorf("register %d requests: %w", len(list), err)
		}
	}
	return nil
}

// order is the record, and the matter with its one event or two.
func (p Past) order(a actor.Actor) (*Order, *matter.Past) {
	o, birth := p.Draft.order(a, p.Received)
	o.Unit = p.Unit
	lived := &matter.Past{Matter: o.Matter, Events: []matter.Dated{{Event: birth, To: ToDispatch, At: p.Received}}}
	if p.Settled.IsZero() {
		return o, lived
	}
	if len(p.Answer) > 0 {
		o.Replies = 1
	}
	e := matter.Event{Name: DeedSettled, Actor: a.HistoryID(), Unit: a.UnitID, Body: settledBody{p.Source}}
	lived.Events = append(lived.Events, matter.Dated{Event: e, To: p.To, At: p.Settled})
	return o, lived
}

func (p Past) notes() (rows [][]any) {
	for _, n := range p.Notes {
		rows = append(rows, n.row(p.ID, 1))
	}
	for _, n := range p.Answer {
		rows = append(rows, n.row(p.ID, 2))
	}
	return rows
}
