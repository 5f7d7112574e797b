package handling

import (
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// stop stops the request's clock until a date at the latest.
func stop(tx *sqldb.Tx, o *request.Order, reason string, until time.Time) error {
	if err := request.StartPause(tx, o.ID, reason); err != nil {
		return err
	}
	const q = `insert into handling_wait(matter_id, reason, until_at) values ($1, $2, $3)
		on conflict (matter_id) do update set reason = excluded.reason, until_at = excluded.until_at`
	return tx.Exec(q, o.ID, reason, sqldb.Micros(until))
}

// start lets the clock run again: the request's date and those of all open
// tasks move by the time it stood still. It records the deed.
func (s *Service) start(tx *sqldb.Tx, a actor.Actor, o *request.Order, cause string, notes ...request.Note) error {
	reason := "waiting"
	if o.State == request.OnHold {
		reason = "hold"
	}
	stood, err := request.EndPause(tx, o.ID)
	if err != nil {
		return err
	}
	tasks, err := request.Tasks(tx, o.ID)
	if err != nil {
		return err
	}
	cal, from := s.Catalog.Book().Calendar, tx.Now.Add(-stood)
	body := request.Shift{Reason: reason, Cause: cause, From: sqldb.Micros(from), To: sqldb.Micros(tx.Now), Was: sqldb.Micros(o.DueAt)}
	pause := calendar.Stop{From: from, To: tx.Now}
	o.DueAt, body.Days = shift(cal, o.OpenedAt, o.DueAt, leadLimit(tasks), pause)
	body.Due = sqldb.Micros(o.DueAt)
	if err := o.Record(tx, a, request.Deed{Name: request.DeedResumed, Body: body, Notes: notes}); err != nil {
		return err
	}
	for _, t := range tasks { // one lead and a few assistants
		if !t.Open {
			continue
		}
		due, _ := shift(cal, t.SentAt, t.DueAt, t.Limit, pause)
		if err := request.MoveTaskDue(tx, t.ID, due); err != nil {
			return err
		}
	}
	return forget(tx, o)
}

func forget(tx *sqldb.Tx, o *request.Order) error {
	return tx.Exec(`delete from handling_wait where matter_id = $1`, o.ID)
}

// shift moves a date by a pause. A limit in days moves by the days at whose close
// the clock stood still, one in hours by the hours.
func shift(cal *calendar.Calendar, start, due time.Time, l calendar.Limit, pause calendar.Stop) (time.Time, int64) {
	moved, days := cal.Shift(start, due, l, pause)
	return moved, int64(days)
}

// leadLimit is the limit by which the open lead task counts.
func leadLimit(tasks []request.Task) calendar.Limit {
	for _, t := range tasks {
		if t.Open && t.Lead && t.Limit.Unit != "" {
			return t.Limit
		}
	}
	return calendar.Limit{Unit: calendar.WorkingDays}
}
