package request

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Clock is an open request with all that its date came from.
type Clock struct {
	matter.Matter
	Type, Category, Urgency string
	Alarm                   Alarm
	Tasks                   []Task // open ones
	Moves                   []Shift
}

// Shift is a moved date as history holds it, so that a page can explain it years
// later. Times are microseconds.
type Shift struct {
	Reason string    `json:"reason"` // waiting, hold, extension, recount
	Cause  string    `json:"cause,omitempty"`
	From   int64     `json:"from,omitempty"` // of the pause
	To     int64     `json:"to,omitempty"`
	Days   int64     `json:"days"` // by which the date moved, 0 when the limit runs on the clock
	Was    int64     `json:"was"`
	Due    int64     `json:"due"`
	At     time.Time `json:"-"`
}

// Stop is the span in which the clock stood still, of one that was moved by that.
func (s Shift) Stop() calendar.Stop {
	return calendar.Stop{From: sqldb.FromMicros(s.From), To: sqldb.FromMicros(s.To)}
}

// ClockAt is a place in the list of open requests: the next one is opened later.
type ClockAt struct {
	Opened int64
	ID     matter.ID
}

// ClockIDs are the next n open requests with a date, and the place behind them.
func ClockIDs(tx *sqldb.Tx, after ClockAt, n int) (ids []matter.ID, last ClockAt, err error) {
	rows, err := tx.Query(`select id, opened_at, kind = 'request' and due_at is not null from matter where open and (opened_at, id) > ($1, $2) order by opened_at, id limit $3`, after.Opened, after.ID, n)
	if err != nil {
		return nil, after, fmt.Errorf("open requests: %w", err)
	}
	defer rows.Close()
	last = after
	for rows.Next() {
		var dated bool
		if err := rows.Scan(&last.ID, &last.Opened, &dated); err != nil {
			return nil, after, err
		}
		if dated {
			ids = append(ids, last.ID)
		}
	}
	return ids, last, rows.Err()
}

// Clocks reads the open requests among ids.
func Clocks(tx *sqldb.Tx, ids []matter.ID) ([]*Clock, error) {
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select `+matter.Columns+`, r.type, r.category, r.urgency from matter m join request_order r on r.matter_id = m.id
		where m.open and m.due_at is not null and m.id in (`+marks+`) order by m.opened_at, m.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read clocks: %w", err)
	}
	defer rows.Close()
	var out []*Clock
	by := map[matter.ID]*Clock{}
	for rows.Next() {
		c := &Clock{}
		if c.Matter, err = matter.Scan(rows.Scan, &c.Type, &c.Category, &c.Urgency); err != nil {
			return nil, fmt.Errorf("read clocks: %w", err)
		}
		out, by[c.ID] = append(out, c), c
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	alarms, err := AlarmsOf(tx, ids...)
	if err != nil {
		return nil, err
	}
	for id, a := range alarms {
		if c := by[id]; c != nil {
			c.Alarm = a
		}
	}
	if err := clockTasks(tx, by, marks, args); err != nil {
		return nil, err
	}
	return out, clockMoves(tx, by, marks, args)
}

func clockTasks(tx *sqldb.Tx, by map[matter.ID]*Clock, marks string, args []any) error {
	rows, err := tx.Query(taskQuery+` where t.open and t.matter_id in (`+marks+`) order by t.sent_at, t.role desc, t.id`, args...)
	if err != nil {
		return fmt.Errorf("tasks of clocks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		t, err := scanTask(rows.Scan)
		if err != nil {
			return err
		}
		if c := by[t.Matter]; c != nil {
			c.Tasks = append(c.Tasks, t)
		}
	}
	return rows.Err()
}

func clockMoves(tx *sqldb.Tx, by map[matter.ID]*Clock, marks string, args []any) error {
	rows, err := tx.Query(`select matter_id, at, body from matter_event where name in ('`+DeedResumed+`', '`+DeedExtensionGranted+`') and matter_id in (`+marks+`) order by matter_id, seq`, args...)
	if err != nil {
		return fmt.Errorf("moves of clocks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id matter.ID
		var at int64
		var body string
		if err := rows.Scan(&id, &at, &body); err != nil {
			return err
		}
		s := Shift{At: sqldb.FromMicros(at)}
		if err := json.Unmarshal([]byte(body), &s); err != nil {
			return fmt.Errorf("move of %s: %w", id, err)
		}
		if c := by[id]; c != nil && s.Was != 0 {
			c.Moves = append(c.Moves, s)
		}
	}
	return rows.Err()
}

// Recounted gives a request the date that is right now, and keeps the old one in
// history with the reason, which the resident reads too.
func (c *Clock) Recounted(tx *sqldb.Tx, due time.Time, reason string) error {
	s := Shift{Reason: "recount", Was: sqldb.Micros(c.DueAt), Due: sqldb.Micros(due)}
	c.DueAt = due
	return c.Record(tx, DeedRecounted, s, Note{Kind: "reason", Audience: Resident, Text: reason})
}

// Record writes a deed of the program itself that leaves the request as it is. The
// caller has read the clock after it locked the request.
func (c *Clock) Record(tx *sqldb.Tx, deed string, body any, n Note) error {
	if err := matter.AppendLater(tx, &Life, &c.Matter, matter.Event{Name: deed, Actor: actor.SystemID, Body: body}, ""); err != nil {
		return err
	}
	return tx.Later(insertNote+`$1, $2, $3, $4, $5)`, n.row(c.ID, c.Version)...)
}

// Stops are the spans in which the clock stood still and runs again.
func (c *Clock) Stops() []calendar.Stop {
	var out []calendar.Stop
	for _, m := range c.Moves {
		if m.From != 0 {
			out = append(out, m.Stop())
		}
	}
	return out
}

// Stopped reports whether nobody owes the resident an answer now.
func (c *Clock) Stopped() bool { return strings.Contains(clockStopped, "'"+c.State+"'") }
