package dispatch

import (
	"context"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Merge 并案 puts a request into another about the same thing. Everybody who
// reported either is told of what happens to the one that goes on.
type Merge struct {
	On
	Into   string // number of the one that goes on
	Reason string
}

type merged struct {
	Into matter.ID `json:"into"`
}

type absorbed struct {
	From matter.ID `json:"from"`
}

// Merge is MergeTx in a unit of work of its own.
func (s *Service) Merge(ctx context.Context, a actor.Actor, c Merge) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.MergeTx(tx, a, c) })
}

// MergeTx locks both requests in one call, so that two merges in opposite
// directions cannot wait for each other.
func (s *Service) MergeTx(tx *sqldb.Tx, a actor.Actor, c Merge) error {
	if err := actor.Can(a, "dispatch.merge"); err != nil {
		return err
	}
	from, err := request.FindNumber(tx, a, c.Number)
	if err != nil {
		return err
	}
	into, err := request.FindNumber(tx, a, c.Into)
	if fault.KindOf(err) == fault.NotFound {
		return fault.Fields{{Name: "merge.into", Key: "dispatch.merge_unknown"}}
	}
	if err != nil {
		return err
	}
	if !tx.Locked() {
		if err := tx.Lock(string(from.ID), string(into.ID)); err != nil {
			return err
		}
	}
	if from, err = request.Load(tx, a, from.ID, c.Version); err != nil {
		return err
	}
	if into, err = request.Load(tx, a, into.ID, 0); err != nil {
		return err
	}
	if err := mergeable(tx, from, into); err != nil {
		return err
	}
	return s.merge(tx, a, from, into, c.Reason)
}

func mergeable(tx *sqldb.Tx, from, into *request.Order) error {
	no := func(key string) error { return fault.Fields{{Name: "merge.into", Key: key}} }
	switch {
	case from.ID == into.ID:
		return no("dispatch.merge_itself")
	case !into.Open:
		return no("dispatch.merge_closed")
	case from.Sealed != into.Sealed:
		return no("dispatch.merge_sealed")
	case !request.Life.Allows(from.State, request.DeedMerged):
		return fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	subjects, err := request.SubjectsOf(tx, from.ID)
	if err != nil || len(subjects) == 0 {
		return err
	}
	working, err := unitsAtWork(tx, into.ID)
	if err != nil {
		return err
	}
	for _, s := range subjects[from.ID] {
		if slices.ContainsFunc(working, s.Bars) {
			return no("dispatch.merge_accused")
		}
	}
	return nil
}

// unitsAtWork are the units with an open task for a request.
func unitsAtWork(tx *sqldb.Tx, m matter.ID) ([]actor.Unit, error) {
	tasks, err := request.Tasks(tx, m)
	if err != nil {
		return nil, err
	}
	all, err := actor.Units(tx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(u actor.Unit) bool {
		return !slices.ContainsFunc(tasks, func(t request.Task) bool { return t.Open && t.Unit == u.ID })
	}), nil
}

func (s *Service) merge(tx *sqldb.Tx, a actor.Actor, from, into *request.Order, reason string) error {
	subjects, err := request.SubjectsOf(tx, from.ID)
	if err != nil {
		return err
	}
	for _, x := range subjects[from.ID] { // whoever is accused in either keeps off both
		if err := request.AddSubject(tx, into.ID, x.Unit); err != nil {
			return err
		}
	}
	if err := matter.Link(tx, from.ID, "merged", into.ID); err != nil {
		return err
	}
	if err := matter.Inherit(tx, "merged", from.ID, into.ID); err != nil {
		return err
	}
	if err := request.ReleaseTasks(tx, from.ID); err != nil {
		return err
	}
	err = from.Record(tx, a, request.Deed{Name: request.DeedMerged, Body: merged{into.ID}, Notes: []request.Note{{Kind: "reason", Text: reason},
		{Kind: "result", Audience: request.Resident, Text: say("dispatch.merged_into", id.ShowNumber(into.Number))}}})
	if err != nil {
		return err
	}
	if err := from.Tell(tx, "merged", map[string]string{"主件编号": id.ShowNumber(into.Number)}); err != nil {
		return err
	}
	into.Followers += 1 + from.Followers
	return into.Record(tx, a, request.Deed{Name: request.DeedAbsorbed, Body: absorbed{from.ID}})
}
