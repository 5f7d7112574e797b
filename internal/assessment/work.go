package assessment

import (
	"context"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// update runs one verb as a unit of work of its own.
func update[C any](ctx context.Context, s *Service, a actor.Actor, c C, verb func(*sqldb.Tx, actor.Actor, C) error) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return verb(tx, a, c) })
}

// load is how each verb begins: may the actor, and is the request as he saw it.
func load(tx *sqldb.Tx, a actor.Actor, action actor.Action, m matter.ID, version int64) (*request.Order, error) {
	if err := actor.Can(a, action); err != nil {
		return nil, err
	}
	return request.Load(tx, a, m, version)
}

// in refuses a deed that does not fit the state before anything is written.
func in(o *request.Order, deed string) error {
	if request.Life.Allows(o.State, deed) {
		return nil
	}
	return fault.New(fault.Conflict, "matter.not_in_this_state", nil)
}

// sentence notes a text that says too little, or nothing.
func sentence(f *fault.Fields, field, text, key string) {
	if len([]rune(strings.TrimSpace(text))) < 2 {
		f.Add(field, key)
	}
}
