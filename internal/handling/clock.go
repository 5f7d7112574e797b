package handling

import (
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// shiftBody is what an event keeps of a moved date, so that the page can
// explain it years later. Times are microseconds.
type shiftBody struct {
	Reason string `json:"reason"` // waiting, hold, extension
	Cause  string `json:"cause,omitempty"`
	From   int64  `json:"from,omitempty"` // of the pause
	To     int64  `json:"to,omitempty"`
	Days   int64  `json:"days"` // by which the date moved, 0 when the limit runs on the clock
	Was    int64  `json:"was"`
	Due    int64  `json:"due"`
}

// after is the date that due becomes when the clock stood still between from
// and to. A limit in days moves by the days whose begin lay in the pause, and
// still ends at the close of a day; a limit in hours moves by the clock.
func after(cal *calendar.Calendar, unit string, due, from, to time.Time) (time.Time, int64) {
	if due.IsZero() || !to.After(from) {
		return due, 0
	}
	if unit == "h" {
		return due.Add(to.Sub(from)), 0
	}
	worked, skipped := cal.Between(from, to)
	if unit == "cd" {
		worked += skipped
	}
	if worked == 0 {
		return due, 0
	}
	return cal.Due(due, calendar.Limit{N: worked, Unit: unit}), int64(worked)
}

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
	body := shiftBody{Reason: reason, Cause: cause, From: sqldb.Micros(from), To: sqldb.Micros(tx.Now), Was: sqldb.Micros(o.DueAt)}
	o.DueAt, body.Days = after(cal, leadUnit(tasks), o.DueAt, from, tx.Now)
	body.Due = sqldb.Micros(o.DueAt)
	if err := o.Record(tx, a, request.Deed{Name: request.DeedResumed, Body: body, Notes: notes}); err != nil {
		return err
	}
	for _, t := range tasks { // one lead and a few assistants
		if !t.Open {
			continue
		}
		due, _ := after(cal, t.Limit.Unit, t.DueAt, from, tx.Now)
		if err := request.MoveTaskDue(tx, t.ID, due); err != nil {
			return err
		}
	}
	return forget(tx, o)
}

func forget(tx *sqldb.Tx, o *request.Order) error {
	return tx.Exec(`delete from handling_wait where matter_id = $1`, o.ID)
}

// leadUnit is the unit of time in which the open lead task counts.
func leadUnit(tasks []request.Task) string {
	for _, t := range tasks {
		if t.Open && t.Lead && t.Limit.Unit != "" {
			return t.Limit.Unit
		}
	}
	return "wd"
}
