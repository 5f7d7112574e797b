package request

import (
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Alarm is why a request was received as urgent: the signal that its words
// gave. It keeps the signal's own words, never more of the text.
type Alarm struct {
	Matter  matter.ID
	Signal  string
	Rev     int64
	Name    string
	Found   []string
	Phone   string
	Service string
	Advice  string
	Limit   calendar.Limit
	At      time.Time
	Ended   time.Time // zero: in force
	EndedBy string
}

// AtIntake is who took back an alarm that an agent had checked with the caller.
const AtIntake = "intake"

// Live reports whether nobody has taken it back.
func (a Alarm) Live() bool { return a.Signal != "" && a.Ended.IsZero() }

const insertAlarm = `insert into request_alarm(matter_id, signal, rev, name, found, phone, service, advice, limit_n, limit_unit, at, ended_at, ended_by) values (`

func (a Alarm) row(id matter.ID, at time.Time) []any {
	ended := int64(0)
	if !a.Ended.IsZero() {
		ended = a.Ended.UnixMicro()
	}
	return []any{id, a.Signal, a.Rev, a.Name, strings.Join(a.Found, "、"), a.Phone, a.Service, a.Advice, a.Limit.N, a.Limit.Unit, at.UnixMicro(), ended, a.EndedBy}
}

// keepAlarm writes it with a new request.
func keepAlarm(tx *sqldb.Tx, id matter.ID, a *Alarm) error {
	if a == nil {
		return nil
	}
	if err := tx.Later(insertAlarm+`$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, a.row(id, tx.Now)...); err != nil {
		return fmt.Errorf("keep the alarm of %s: %w", id, err)
	}
	return nil
}

// AlarmsOf are the alarms of requests that the caller may see, also those that
// were taken back.
func AlarmsOf(tx *sqldb.Tx, ids ...matter.ID) (map[matter.ID]Alarm, error) {
	out := map[matter.ID]Alarm{}
	if len(ids) == 0 {
		return out, nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select matter_id, signal, rev, name, found, phone, service, advice, limit_n, limit_unit, at, ended_at, ended_by
		from request_alarm where matter_id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Alarm
		var found string
		var at, ended int64
		if err := rows.Scan(&a.Matter, &a.Signal, &a.Rev, &a.Name, &found, &a.Phone, &a.Service, &a.Advice, &a.Limit.N, &a.Limit.Unit, &at, &ended, &a.EndedBy); err != nil {
			return nil, err
		}
		a.Found, a.At = strings.Split(found, "、"), sqldb.FromMicros(at)
		if ended > 0 {
			a.Ended = sqldb.FromMicros(ended)
		}
		out[a.Matter] = a
	}
	return out, rows.Err()
}

// EndAlarm takes an alarm back. The caller records the deed.
func EndAlarm(tx *sqldb.Tx, a actor.Actor, id matter.ID) error {
	const q = `update request_alarm set ended_at = $1, ended_by = $2 where matter_id = $3 and ended_at = 0`
	if err := tx.Exec(q, tx.Now.UnixMicro(), a.HistoryID(), id); err != nil {
		return fmt.Errorf("end the alarm of %s: %w", id, err)
	}
	return nil
}
