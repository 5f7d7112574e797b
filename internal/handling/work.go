package handling

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// lead is how the lead unit's verbs begin: it locks the request and finds the
// open task that the actor answers for.
func lead(tx *sqldb.Tx, a actor.Actor, id matter.ID, version int64) (*request.Order, request.Task, error) {
	if err := actor.Can(a, "handling.work"); err != nil {
		return nil, request.Task{}, err
	}
	o, err := request.Load(tx, a, id, version)
	if err != nil {
		return nil, request.Task{}, err
	}
	t, err := request.OpenLead(tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil, t, fault.New(fault.Conflict, "handling.no_open_task", err)
	}
	if err == nil {
		err = answersFor(tx, a, t)
	}
	return o, t, err
}

// assistant is how an assisting unit's verbs begin.
func assistant(tx *sqldb.Tx, a actor.Actor, id matter.ID, version int64, task string) (*request.Order, request.Task, error) {
	if err := actor.Can(a, "handling.work"); err != nil {
		return nil, request.Task{}, err
	}
	o, err := request.Load(tx, a, id, version)
	if err != nil {
		return nil, request.Task{}, err
	}
	t, err := request.FindTask(tx, id, task)
	switch {
	case fault.KindOf(err) == fault.NotFound || err == nil && (t.Lead || !t.Open):
		return nil, t, fault.New(fault.Conflict, "handling.no_open_task", err)
	case err != nil:
		return nil, t, err
	}
	return o, t, answersFor(tx, a, t)
}

// anyTask is how the verbs begin that the lead and the assistants share.
func anyTask(tx *sqldb.Tx, a actor.Actor, id matter.ID, version int64) (*request.Order, error) {
	if err := actor.Can(a, "handling.work"); err != nil {
		return nil, err
	}
	o, err := request.Load(tx, a, id, version)
	if err != nil {
		return nil, err
	}
	tasks, err := request.Tasks(tx, id)
	if err != nil {
		return nil, err
	}
	mine := func(t request.Task) bool { return answersFor(tx, a, t) == nil }
	if !slices.ContainsFunc(tasks, mine) {
		return nil, fault.New(fault.Denied, "handling.not_your_task", nil)
	}
	return o, nil
}

// answersFor refuses to act on the task of another unit. A unit acts for those
// below it too: not every community has somebody at a computer.
func answersFor(tx *sqldb.Tx, a actor.Actor, t request.Task) error {
	if a.ID == actor.SystemID || a.UnitID == t.Unit {
		return nil
	}
	u, err := actor.FindUnit(tx, t.Unit)
	if err != nil {
		return err
	}
	if !request.Within(a, u.Path) {
		return fault.New(fault.Denied, "handling.not_your_task", nil)
	}
	return nil
}

// update runs one verb as a unit of work of its own.
func update[C any](ctx context.Context, s *Service, a actor.Actor, c C, verb func(*sqldb.Tx, actor.Actor, C) error) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return verb(tx, a, c) })
}

// sentence notes a text that says too little, or nothing.
func sentence(f *fault.Fields, field, text, key string) {
	if len([]rune(strings.TrimSpace(text))) < 2 {
		f.Add(field, key)
	}
}

// reasonOf is the text that a unit gave with a plea.
func reasonOf(tx *sqldb.Tx, p request.Plea, kind string) (string, error) {
	var text string
	const q = `select coalesce(max(n.text), '') from request_note n where n.matter_id = $1 and n.seq = $2 and n.kind = $3`
	if err := tx.QueryRow(q, p.Matter, p.Seq, kind).Scan(&text); err != nil {
		return "", fmt.Errorf("reason of plea %s: %w", p.ID, err)
	}
	return text, nil
}
