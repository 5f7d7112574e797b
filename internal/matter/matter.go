// Package matter keeps the one object with a history that every procedure of
// the city shares: a request, later a consultation, a meeting or a project. It
// holds the current state, the append-only history and the readers of that
// history. It knows nothing of any one procedure: what states there are and
// how they follow one another is a Lifecycle given to it.
package matter

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// ID names a matter. It is a sortable id of package id.
type ID string

// Matter is the current truth about one matter.
type Matter struct {
	ID       ID
	Kind     string // name of its Lifecycle
	Number   string // public number
	State    string
	Open     bool  // its state is not final
	Version  int64 // number of events so far
	Title    string
	Topic    string // category code
	Area     string // area code, "" unknown
	Unit     string // the unit responsible now, "" none
	Sealed   bool   // confidential: shown only where the procedure's rules allow
	OpenedAt time.Time
	DueAt    time.Time // zero: no date
	ClosedAt time.Time // zero: open
	Changed  time.Time
}

// Event is one deed. Body must marshal to JSON and must hold no personal data
// and no free text: history is never rewritten, and a person may ask to be
// forgotten. Texts are kept by their owner under (matter, seq).
type Event struct {
	Name  string
	Actor string // staff id, "resident" or "system"
	Unit  string // unit of the actor, "" none
	Body  any
}

const (
	insertMatter = `insert into matter(id, kind, number, state, open, version, title, topic, area, unit, sealed, opened_at, due_at, closed_at, changed_at) values (`
	insertEvent  = `insert into matter_event(matter_id, seq, name, actor, unit, at, body) values (`
)

// Open creates a matter in the first state of its lifecycle and writes its
// first event. The caller has locked m.ID.
func Open(tx *sqldb.Tx, life *Lifecycle, m Matter, e Event) error {
	to, err := life.next("", e.Name, m.State)
	if err != nil {
		return err
	}
	m.State, m.Open = to, !life.Final(to)
	const q = insertMatter + `$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	err = tx.Later(q, m.ID, life.Kind, m.Number, m.State, m.Open, 1, m.Title, m.Topic, m.Area, m.Unit, m.Sealed,
		tx.Now.UnixMicro(), micros(m.DueAt), closedAt(m.Open, tx.Now), tx.Now.UnixMicro())
	if err != nil {
		return fmt.Errorf("open matter %s: %w", m.ID, err)
	}
	return write(tx, m.ID, 1, e)
}

// Append adds one event to m and moves it to the state the lifecycle names, or
// to to when the lifecycle leaves a choice. m must carry the version its
// caller read; when somebody else was first the answer is a Conflict and
// nothing is written. On success m holds the new state and version.
func Append(tx *sqldb.Tx, life *Lifecycle, m *Matter, e Event, to string) error {
	return appendBy(tx, life, m, e, to, func(q string, args ...any) error {
		n, err := tx.ExecN(q, args...)
		if err != nil {
			return fmt.Errorf("append %s to %s: %w", e.Name, m.ID, err)
		}
		if n == 0 {
			return fault.New(fault.Conflict, "matter.changed_meanwhile", nil)
		}
		return nil
	})
}

// AppendLater is Append for machine work that has locked many matters and read
// them after that: nobody can have been first, so that what is written need not
// be waited for one by one.
func AppendLater(tx *sqldb.Tx, life *Lifecycle, m *Matter, e Event, to string) error {
	return appendBy(tx, life, m, e, to, tx.Later)
}

func appendBy(tx *sqldb.Tx, life *Lifecycle, m *Matter, e Event, to string, run func(q string, args ...any) error) error {
	if !tx.Locked() {
		return fmt.Errorf("append %s to %s: the unit of work has not locked it", e.Name, m.ID)
	}
	next, err := life.next(m.State, e.Name, to)
	if err != nil {
		return err
	}
	open := !life.Final(next)
	if m.ClosedAt.IsZero() || open {
		m.ClosedAt = tx.Now // of the deed that closed it: later ones, such as filing, leave it
	}
	const q = `update matter set version = version + 1, state = $1, open = $2, unit = $3, title = $4, topic = $5, area = $6,
		due_at = $7, closed_at = $8, changed_at = $9 where id = $10 and version = $11`
	err = run(q, next, open, m.Unit, m.Title, m.Topic, m.Area, micros(m.DueAt), closedAt(open, m.ClosedAt), tx.Now.UnixMicro(), m.ID, m.Version)
	if err != nil {
		return err
	}
	m.State, m.Open, m.Version, m.Changed = next, open, m.Version+1, tx.Now
	if open {
		m.ClosedAt = time.Time{}
	}
	return write(tx, m.ID, m.Version, e)
}

func write(tx *sqldb.Tx, id ID, seq int64, e Event) error {
	row, err := eventRow(id, seq, e, tx.Now)
	if err != nil {
		return err
	}
	if err := tx.Later(insertEvent+`$1, $2, $3, $4, $5, $6, $7)`, row...); err != nil {
		return fmt.Errorf("append %s to %s: %w", e.Name, id, err)
	}
	return nil
}

func eventRow(id ID, seq int64, e Event, at time.Time) ([]any, error) {
	if e.Body == nil {
		e.Body = struct{}{}
	}
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("append %s to %s: %w", e.Name, id, err)
	}
	return []any{id, seq, e.Name, e.Actor, e.Unit, at.UnixMicro(), string(body)}, nil
}

// Columns are those that Scan reads, for queries of other packages over the
// table matter under the alias m.
const Columns = `m.id, m.kind, m.number, m.state, m.open, m.version, m.title, m.topic, m.area, m.unit, m.sealed, m.opened_at, m.due_at, m.closed_at, m.changed_at`

// Scan reads Columns, and whatever follows them into rest.
func Scan(scan func(...any) error, rest ...any) (Matter, error) {
	var m Matter
	var opened, changed int64
	var due, closed sql.NullInt64
	dst := []any{&m.ID, &m.Kind, &m.Number, &m.State, &m.Open, &m.Version, &m.Title, &m.Topic, &m.Area, &m.Unit, &m.Sealed, &opened, &due, &closed, &changed}
	if err := scan(append(dst, rest...)...); err != nil {
		return Matter{}, err
	}
	m.OpenedAt, m.Changed = sqldb.FromMicros(opened), sqldb.FromMicros(changed)
	m.DueAt, m.ClosedAt = sqldb.FromMicros(due.Int64), sqldb.FromMicros(closed.Int64)
	return m, nil
}

// Find reads one matter by id, or NotFound.
func Find(tx *sqldb.Tx, id ID) (Matter, error) {
	const q = `select ` + Columns + ` from matter m where m.id = $1`
	m, err := Scan(tx.QueryRow(q, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return m, fault.New(fault.NotFound, "matter.not_found", err)
	}
	if err != nil {
		return m, fmt.Errorf("find matter %s: %w", id, err)
	}
	return m, nil
}

// Link records that two matters belong together, once.
func Link(tx *sqldb.Tx, from ID, kind string, to ID) error {
	const q = `insert into matter_link(from_id, kind, to_id, at) values ($1, $2, $3, $4) on conflict do nothing`
	if err := tx.Exec(q, from, kind, to, tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("link %s %s %s: %w", from, kind, to, err)
	}
	return nil
}

// Inherit gives to all links of a kind that led to from, so that what was
// joined to one matter stays joined when that one is joined to another.
func Inherit(tx *sqldb.Tx, kind string, from, to ID) error {
	const q = `insert into matter_link(from_id, kind, to_id, at) select from_id, kind, $1, at from matter_link
		where to_id = $2 and kind = $3 and from_id <> $1 on conflict do nothing`
	if err := tx.Exec(q, to, from, kind); err != nil {
		return fmt.Errorf("inherit links of %s: %w", from, err)
	}
	return nil
}

// Unlink takes back the links of a kind that lead from a matter, with those that
// it handed on by Inherit, and tells where they led.
func Unlink(tx *sqldb.Tx, from ID, kind string) ([]ID, error) {
	to, err := Linked(tx, from, kind)
	if err != nil || len(to) == 0 {
		return nil, err
	}
	const q = `delete from matter_link where kind = $2 and (from_id = $1
		or from_id in (select j.from_id from matter_link j where j.to_id = $1 and j.kind = $2) and to_id in (select j.to_id from matter_link j where j.from_id = $1 and j.kind = $2))`
	if err := tx.Exec(q, from, kind); err != nil {
		return nil, fmt.Errorf("unlink %s: %w", from, err)
	}
	return to, nil
}

// Linked is where links of a kind lead from a matter, the oldest first.
func Linked(tx *sqldb.Tx, from ID, kind string) (to []ID, err error) {
	rows, err := tx.Query(`select to_id from matter_link where from_id = $1 and kind = $2 order by at, to_id`, from, kind)
	if err != nil {
		return nil, fmt.Errorf("links of %s: %w", from, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		to = append(to, id)
	}
	return to, rows.Err()
}

// Seal makes a matter confidential. There is no way back: who was promised
// protection keeps it. The caller appends the event that says why.
func Seal(tx *sqldb.Tx, m *Matter) error {
	m.Sealed = true
	return tx.Exec(`update matter set sealed = $1 where id = $2`, true, m.ID)
}

func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func closedAt(open bool, now time.Time) any {
	if open {
		return nil
	}
	return now.UnixMicro()
}
