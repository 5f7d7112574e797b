package notice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/sqldb"
)

// Report is what a gateway says later about a message it took.
type Report struct {
	Ref    string // its id of the message
	Key    string // or ours, Parcel.Key
	State  string // Delivered or Failed
	Reason string // its own words, "" none
}

// Report takes delivery reports of a gateway, in any order and as often as it
// sends them. One about a message that we do not know yet waits for a while.
func (o *Office) Report(ctx context.Context, via string, list []Report) error {
	for _, r := range list {
		if r.State != Delivered && r.State != Failed || r.Ref == "" && r.Key == "" {
			continue
		}
		if err := o.DB.Update(ctx, func(tx *sqldb.Tx) error { return o.report(tx, via, r) }); err != nil {
			return err
		}
	}
	return nil
}

func (o *Office) report(tx *sqldb.Tx, via string, r Report) error {
	message, err := reported(tx, via, r)
	if errors.Is(err, sql.ErrNoRows) {
		return keepReport(tx, via, r)
	}
	if err != nil {
		return err
	}
	m, err := find(tx, message)
	if err != nil {
		return err
	}
	return m.report(tx, r)
}

// reported is the message that a report is about. A report about an earlier round
// of one that was sent again says nothing about this one.
func reported(tx *sqldb.Tx, via string, r Report) (message string, err error) {
	if r.Ref != "" {
		return message, tx.QueryRow(`select id from notice_message where via = $1 and ref = $2`, via, r.Ref).Scan(&message)
	}
	message, round, _ := strings.Cut(r.Key, "-")
	return message, tx.QueryRow(`select id from notice_message where id = $1 and via = $2 and cast(round as text) = $3`, message, via, round).Scan(&message)
}

func keepReport(tx *sqldb.Tx, via string, r Report) error {
	if r.Ref == "" {
		return nil
	}
	const q = `insert into notice_report(via, ref, state, reason, at) values ($1, $2, $3, $4, $5)
		on conflict (via, ref) do update set state = excluded.state, reason = excluded.reason where notice_report.state <> 'delivered'`
	if err := tx.Exec(q, via, cut(r.Ref, 200), r.State, cut(r.Reason, 120), tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("keep report: %w", err)
	}
	return nil
}

// report moves an accepted message. Delivered is the last word: a network may
// report a failure of one try and the success of the next in any order.
func (m *Message) report(tx *sqldb.Tx, r Report) error {
	reason := ""
	if r.State == Failed {
		reason = ReasonUndeliver
		if r.Reason != "" {
			reason += ":" + cut(line(r.Reason), 120)
		}
	}
	const q = `update notice_message set state = $1, reason = $2, done_at = $3 where id = $4 and (state = 'accepted' or state = 'failed' and $1 = 'delivered')`
	n, err := tx.ExecN(q, r.State, reason, tx.Now.UnixMicro(), m.ID)
	if err != nil || n == 0 {
		return err
	}
	m.State, m.Reason, m.Done = r.State, reason, tx.Now
	return step(tx, *m, r.State, reason, actor.SystemID)
}

func cut(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}
