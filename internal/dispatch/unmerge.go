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

// Unmerge 撤销并案 takes a merge back: the request waits for dispatch again, under
// its own number and with its own date, and whoever reported it is told.
type Unmerge struct {
	On
	Reason string
}

type parted struct {
	From matter.ID `json:"from"`
}

// Unmerge is UnmergeTx in a unit of work of its own.
func (s *Service) Unmerge(ctx context.Context, a actor.Actor, c Unmerge) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := actor.Can(a, "dispatch.merge"); err != nil {
			return err
		}
		o, into, err := s.lockMerged(tx, a, c.Number)
		if err != nil {
			return err
		}
		if c.Version != 0 && c.Version != o.Version {
			return fault.New(fault.Conflict, "request.changed_meanwhile", nil)
		}
		return s.UnmergeTx(tx, a, o, into, c.Reason)
	})
}

// lockMerged locks a request and those it was merged into before any is read.
func (s *Service) lockMerged(tx *sqldb.Tx, a actor.Actor, number string) (o *request.Order, into []string, err error) {
	if o, err = request.FindNumber(tx, a, number); err != nil {
		return nil, nil, err
	}
	links, err := matter.Linked(tx, o.ID, "merged")
	if err != nil {
		return nil, nil, err
	}
	for _, m := range links {
		into = append(into, string(m))
	}
	if !tx.Locked() {
		if err := tx.Lock(append([]string{string(o.ID)}, into...)...); err != nil {
			return nil, nil, err
		}
	}
	o, err = request.Load(tx, a, o.ID, 0)
	return o, into, err
}

// UnmergeTx takes a merge back inside a unit of work that has locked both. Who
// had been accused in either keeps off both: what was seen once cannot be unseen.
func (s *Service) UnmergeTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, locked []string, reason string) error {
	if !request.Life.Allows(o.State, request.DeedUnmerged) {
		return fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	into, err := matter.Unlink(tx, o.ID, "merged")
	if err != nil {
		return err
	}
	var first *request.Order
	for _, m := range into {
		if !slices.Contains(locked, string(m)) {
			return fault.New(fault.Conflict, "request.changed_meanwhile", nil)
		}
		main, err := request.Load(tx, actor.System, m, 0)
		if err != nil {
			return err
		}
		main.Followers = max(0, main.Followers-1-o.Followers)
		if err := main.Record(tx, a, request.Deed{Name: request.DeedParted, Body: parted{o.ID}}); err != nil {
			return err
		}
		if first == nil {
			first = main
		}
	}
	if first == nil {
		return fault.New(fault.Conflict, "matter.not_in_this_state", nil)
	}
	book := s.Catalog.Book()
	o.DueAt = book.Calendar.Due(tx.Now, (&proposer{book: book, now: tx.Now}).allowed(o).Limit)
	err = o.Record(tx, a, request.Deed{Name: request.DeedUnmerged, Notes: []request.Note{{Kind: "reason", Text: reason},
		{Kind: "result", Audience: request.Resident, Text: say("dispatch.unmerged_from", id.ShowNumber(first.Number))}}})
	if err != nil {
		return err
	}
	return o.Tell(tx, "unmerged", map[string]string{"主件编号": id.ShowNumber(first.Number), "截止日期": s.day(o.DueAt)})
}
