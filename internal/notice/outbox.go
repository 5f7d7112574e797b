package notice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Filter narrows the outbox. Empty fields do not.
type Filter struct {
	State, Channel, Template string
	Before                   string // a place in the list: "time/id" of the last one shown
	Size                     int
}

// Find lists messages, newest first, and the place after them, "" at the end.
func (f Filter) Find(tx *sqldb.Tx) (out []Message, next string, err error) {
	tail, args := f.where()
	out, err = list(tx, tail+fmt.Sprintf(` order by n.created_at desc, n.id desc limit %d`, f.Size+1), args...)
	if len(out) > f.Size {
		out = out[:f.Size]
		last := out[f.Size-1]
		next = fmt.Sprintf("%d/%s", last.At.UnixMicro(), last.ID)
	}
	return out, next, err
}

// Count is how many messages the filter lets through.
func (f Filter) Count(tx *sqldb.Tx) (n int64, err error) {
	f.Before = ""
	tail, args := f.where()
	if err := tx.QueryRow(`select cast(count(*) as bigint) from notice_message n`+tail, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count notices: %w", err)
	}
	return n, nil
}

// where is the filter as a condition on notice_message n.
func (f Filter) where() (tail string, args []any) {
	var where []string
	add := func(cond string, v ...any) {
		for _, x := range v {
			args = append(args, x)
			cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, cond)
	}
	for _, c := range [][2]string{{"state", f.State}, {"channel", f.Channel}, {"template", f.Template}} {
		if c[1] != "" {
			add(`n.`+c[0]+` = ?`, c[1])
		}
	}
	if at, message, ok := parsePlace(f.Before); ok {
		add(`(n.created_at, n.id) < (?, ?)`, at, message)
	}
	if len(where) > 0 {
		tail = ` where ` + strings.Join(where, ` and `)
	}
	return tail, args
}

func parsePlace(s string) (at int64, message string, ok bool) {
	n, message, ok := strings.Cut(s, "/")
	if !ok {
		return 0, "", false
	}
	_, err := fmt.Sscan(n, &at)
	return at, message, err == nil
}

// Get is one message, or NotFound.
func Get(tx *sqldb.Tx, message string) (Message, error) {
	m, err := find(tx, message)
	if errors.Is(err, sql.ErrNoRows) {
		return m, fault.New(fault.NotFound, "notice.not_found", err)
	}
	return m, err
}

// Step is one thing that became of a message.
type Step struct {
	At      time.Time
	State   string // "trying" a try, "again" sent again by a person, else a state
	Channel string
	Reason  string
	Actor   string
}

// Steps is the history of a message, oldest first.
func Steps(tx *sqldb.Tx, message string) ([]Step, error) {
	rows, err := tx.Query(`select at, state, channel, reason, actor from notice_step where message_id = $1 order by n`, message)
	if err != nil {
		return nil, fmt.Errorf("steps of a notice: %w", err)
	}
	defer rows.Close()
	var out []Step
	for rows.Next() {
		var s Step
		var at int64
		if err := rows.Scan(&at, &s.State, &s.Channel, &s.Reason, &s.Actor); err != nil {
			return nil, err
		}
		s.At = sqldb.FromMicros(at)
		out = append(out, s)
	}
	return out, rows.Err()
}

// Counts says how the outbox stands since a time.
func Counts(tx *sqldb.Tx, since time.Time) (map[string]int64, error) {
	rows, err := tx.Query(`select state, cast(count(*) as bigint) from notice_message where created_at >= $1 group by state`, since.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("count notices: %w", err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var state string
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		out[state] = n
	}
	return out, rows.Err()
}

// Again sends a message once more, because somebody has a reason to.
type Again struct {
	ID     string
	Reason string
}

// Resend queues it anew. Its channel is chosen anew too, and whoever has asked to
// be forgotten meanwhile stays so.
func (o *Office) Resend(ctx context.Context, a actor.Actor, c Again) error {
	if err := actor.Can(a, "notice.resend"); err != nil {
		return err
	}
	if n := len([]rune(strings.TrimSpace(c.Reason))); n < 2 || n > 200 {
		return fault.Fields{{Name: "reason", Key: "notice.reason_missing"}}
	}
	return o.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("notice/"+c.ID, "watch/"+routeLock); err != nil {
			return err
		}
		m, err := Get(tx, c.ID)
		if err != nil {
			return err
		}
		if m.State == Queued {
			return fault.New(fault.Conflict, "notice.queued_already", nil)
		}
		const q = `update notice_message set state = 'queued', channel = '', reason = '', ref = '', round = round + 1, tries = 0, begun_at = $1, due_at = null, sent_at = null, done_at = null where id = $2`
		if err := tx.Exec(q, tx.Now.UnixMicro(), m.ID); err != nil {
			return err
		}
		if err := step(tx, m, "again", c.Reason, a.HistoryID()); err != nil {
			return err
		}
		if err := actor.Deed(tx, a, "notice.resend", m.ID, c.Reason); err != nil {
			return err
		}
		return o.route(tx)
	})
}
