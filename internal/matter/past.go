package matter

import (
	"fmt"
	"time"

	"gongzhi/internal/sqldb"
)

// Past is a matter that began elsewhere, with what has happened to it so far.
type Past struct {
	Matter // number, title, dates; state, version and times follow from the events
	Events []Dated
}

// Dated is an event at its own time. To is needed where the lifecycle leaves a
// choice.
type Dated struct {
	Event
	To string
	At time.Time
}

// OpenAll opens many matters at once, as Open and then Append would open each.
// Nobody else knows them yet, so that no lock on each is needed; the caller has
// locked what keeps a second one from opening the same.
func OpenAll(tx *sqldb.Tx, life *Lifecycle, list []*Past) error {
	if !tx.Locked() {
		return fmt.Errorf("open %d matters: the unit of work has locked nothing", len(list))
	}
	var matters, events [][]any
	for _, p := range list {
		if err := p.live(life); err != nil {
			return err
		}
		m := &p.Matter
		matters = append(matters, []any{m.ID, life.Kind, m.Number, m.State, m.Open, m.Version, m.Title, m.Topic, m.Area, m.Unit, m.Sealed,
			m.OpenedAt.UnixMicro(), micros(m.DueAt), micros(m.ClosedAt), m.Changed.UnixMicro()})
		for i, e := range p.Events {
			row, err := eventRow(m.ID, int64(i+1), e.Event, e.At)
			if err != nil {
				return err
			}
			events = append(events, row)
		}
	}
	if err := tx.InsertRows(insertMatter, matters); err != nil {
		return fmt.Errorf("open %d matters: %w", len(list), err)
	}
	if err := tx.InsertRows(insertEvent, events); err != nil {
		return fmt.Errorf("first events of %d matters: %w", len(list), err)
	}
	return nil
}

// live takes the matter through its events.
func (p *Past) live(life *Lifecycle) error {
	m := &p.Matter
	m.State = ""
	for i, e := range p.Events {
		to, err := life.next(m.State, e.Name, e.To)
		if err != nil {
			return fmt.Errorf("open matter %s: %w", m.ID, err)
		}
		if m.State, m.Open, m.Changed = to, !life.Final(to), e.At; i == 0 {
			m.OpenedAt = e.At
		}
		switch {
		case m.Open:
			m.ClosedAt = time.Time{}
		case m.ClosedAt.IsZero():
			m.ClosedAt = e.At
		}
	}
	m.Kind, m.Version = life.Kind, int64(len(p.Events))
	return nil
}
