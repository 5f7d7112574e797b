package request

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// States of a task.
const (
	TaskToAccept = "to_accept"
	TaskWorking  = "working"
	TaskDone     = "done"
	TaskReturned = "returned"
	TaskReleased = "released" // no longer needed: the request was merged, withdrawn, re-dispatched
)

// Task is what one unit has to do with one request, as lead or as assistant,
// with its own limit.
type Task struct {
	ID       string
	Matter   matter.ID
	Unit     string
	UnitName string
	Lead     bool
	State    string
	Open     bool
	Round    int64
	Limit    calendar.Limit
	Reason   string // why this unit: the duty list's or the dispatcher's sentence
	SentAt   time.Time
	DueAt    time.Time
	Accepted time.Time
	DoneAt   time.Time
}

const taskQuery = `select t.id, t.matter_id, t.unit_id, u.name, t.role, t.state, t.open, t.round, t.limit_n, t.limit_unit, t.reason, t.sent_at, t.due_at, t.accepted_at, t.done_at
	from request_task t join actor_unit u on u.id = t.unit_id`

func scanTask(scan func(...any) error) (Task, error) {
	var t Task
	var role string
	var sent, due int64
	var accepted, done sql.NullInt64
	err := scan(&t.ID, &t.Matter, &t.Unit, &t.UnitName, &role, &t.State, &t.Open, &t.Round, &t.Limit.N, &t.Limit.Unit, &t.Reason, &sent, &due, &accepted, &done)
	t.Lead, t.SentAt, t.DueAt = role == "lead", sqldb.FromMicros(sent), sqldb.FromMicros(due)
	t.Accepted, t.DoneAt = sqldb.FromMicros(accepted.Int64), sqldb.FromMicros(done.Int64)
	return t, err
}

// Tasks are all tasks of a request, oldest first.
func Tasks(tx *sqldb.Tx, m matter.ID) ([]Task, error) {
	rows, err := tx.Query(taskQuery+` where t.matter_id = $1 order by t.sent_at, t.role desc, t.id`, m)
	if err != nil {
		return nil, fmt.Errorf("tasks of %s: %w", m, err)
	}
	defer rows.Close()
	var out []Task
	for rows.Next() {
		t, err := scanTask(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// OpenLead is the lead unit's open task, or NotFound.
func OpenLead(tx *sqldb.Tx, m matter.ID) (Task, error) {
	t, err := scanTask(tx.QueryRow(taskQuery+` where t.matter_id = $1 and t.role = 'lead' and t.open order by t.sent_at desc limit 1`, m).Scan)
	return t, notFound(err)
}

// LastLead is the latest task of a lead unit, open or not, or NotFound.
func LastLead(tx *sqldb.Tx, m matter.ID) (Task, error) {
	t, err := scanTask(tx.QueryRow(taskQuery+` where t.matter_id = $1 and t.role = 'lead' order by t.sent_at desc, t.id desc limit 1`, m).Scan)
	return t, notFound(err)
}

// FindTask reads one task of a request, or NotFound.
func FindTask(tx *sqldb.Tx, m matter.ID, task string) (Task, error) {
	t, err := scanTask(tx.QueryRow(taskQuery+` where t.id = $1 and t.matter_id = $2`, task, m).Scan)
	return t, notFound(err)
}

// AddTask gives a unit a task. It returns the task's id.
func AddTask(tx *sqldb.Tx, t Task) (string, error) {
	t.ID = id.New(tx.Now)
	const q = `insert into request_task(id, matter_id, unit_id, role, state, open, round, limit_n, limit_unit, reason, sent_at, due_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	err := tx.Exec(q, t.ID, t.Matter, t.Unit, role(t.Lead), or(t.State, TaskToAccept), true, t.Round, t.Limit.N, t.Limit.Unit, t.Reason,
		tx.Now.UnixMicro(), t.DueAt.UnixMicro())
	if err != nil {
		return "", fmt.Errorf("task for %s: %w", t.Unit, err)
	}
	return t.ID, nil
}

// MoveTask sets a task's state. A state other than to_accept and working ends it.
func MoveTask(tx *sqldb.Tx, task, state string) error {
	open := state == TaskToAccept || state == TaskWorking
	var done any
	if !open {
		done = tx.Now.UnixMicro()
	}
	const q = `update request_task set state = $1, open = $2, done_at = $3, accepted_at = case when $1 = 'working' and accepted_at is null then cast($4 as bigint) else accepted_at end where id = $5`
	return tx.Exec(q, state, open, done, tx.Now.UnixMicro(), task)
}

// MoveTaskDue sets a new date for a task.
func MoveTaskDue(tx *sqldb.Tx, task string, due time.Time) error {
	return tx.Later(`update request_task set due_at = $1 where id = $2`, due.UnixMicro(), task)
}

// ReleaseTasks ends all open tasks of a request.
func ReleaseTasks(tx *sqldb.Tx, m matter.ID) error {
	const q = `update request_task set state = $1, open = $2, done_at = $3 where matter_id = $4 and open`
	return tx.Exec(q, TaskReleased, false, tx.Now.UnixMicro(), m)
}

func role(lead bool) string {
	if lead {
		return "lead"
	}
	return "assist"
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "request.not_found", err)
	}
	return err
}
