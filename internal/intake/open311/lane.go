package open311

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// lanes is how many partners are worked with side by side, each by one worker:
// one that hangs stops nobody else. Partners are data and workers are not, so
// lanes are there from the start and each partner keeps its own.
const lanes = 16

// work is what is to be done with a partner: a request to be sent, or, without
// one, what is new there to be read.
type work struct {
	Destination string `json:"destination"`
	Link        string `json:"link,omitempty"`
	Matter      string `json:"matter,omitempty"` // dispatched to the unit that the partner stands for
}

func laneKind(lane int64) string { return fmt.Sprintf("open311/partner-%02d", lane) }

// sendAttempts is how often a request is tried: with the pauses of the queue
// about two days.
const sendAttempts = 16

// RegisterJobs tells the queue what this door does in the background.
func (s *Service) RegisterJobs(q *job.Queue) {
	q.Register(MediaJob, s.RunMedia, MediaOptions)
	q.Register(BatchJob, s.RunBatch, job.Options{})
	for lane := range int64(lanes) {
		kind := laneKind(lane)
		q.Pool(kind, 1)
		q.Register(kind, s.RunLane, job.Options{Pool: kind, MaxAttempts: sendAttempts, Lease: 15 * time.Minute})
	}
}

// RunLane works with one partner.
func (s *Service) RunLane(ctx context.Context, j job.Job) error {
	var w work
	if err := j.Decode(&w); err != nil {
		return err
	}
	switch {
	case w.Link != "":
		return s.send311(ctx, w.Link, j.Attempt)
	case w.Matter != "":
		return s.handOnDispatched(ctx, w)
	}
	return s.pull(ctx, w.Destination)
}

// pulse is how often partners are asked what is new.
const pulse = 5 * time.Minute

// Pulse asks for a look at every partner that is in use.
func (s *Service) Pulse(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		list, err := Destinations(tx)
		if err != nil {
			return err
		}
		for _, d := range list {
			if !d.Active {
				continue
			}
			key := fmt.Sprintf("pull/%s/%d", d.ID, tx.Now.Truncate(pulse).Unix())
			if err := job.Enqueue(tx, laneKind(d.Lane), key, work{Destination: d.ID}, tx.Now); err != nil {
				return err
			}
		}
		return nil
	})
}

// Watcher hands on by itself what was dispatched to a unit that a partner stands
// for: the duty list then decides, as it does for every other unit.
func (s *Service) Watcher() matter.Watcher {
	return matter.Watcher{Name: "open311", Batch: 500, Handle: s.dispatched}
}

func (s *Service) dispatched(tx *sqldb.Tx, events []matter.Entry) error {
	var ids []string
	for _, e := range events {
		if e.Name == request.DeedDispatched {
			ids = append(ids, string(e.Matter))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select m.id, m.version, d.id, d.lane from matter m join intake_open311_destination d on d.unit_id = m.unit and d.active where m.unit <> '' and not m.sealed and m.id in (`+marks+`)`, args...)
	if err != nil {
		return fmt.Errorf("dispatched to partners: %w", err)
	}
	defer rows.Close()
	type pair struct {
		w       work
		lane    int64
		version int64
	}
	var found []pair
	for rows.Next() {
		var p pair
		if err := rows.Scan(&p.w.Matter, &p.version, &p.w.Destination, &p.lane); err != nil {
			return err
		}
		found = append(found, p)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, p := range found {
		key := fmt.Sprintf("handon/%s/%s/%d", p.w.Matter, p.w.Destination, p.version)
		if err := job.Enqueue(tx, laneKind(p.lane), key, p.w, tx.Now); err != nil {
			return err
		}
	}
	return nil
}

// handOnDispatched hands a request to the partner it was dispatched to. Where
// the partner has it, or has no service for it, the office sees that on the
// request and nothing is to be done.
func (s *Service) handOnDispatched(ctx context.Context, w work) error {
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, actor.System, matter.ID(w.Matter), 0)
		if err != nil || !takesNotes(o) {
			return err
		}
		return s.HandOnTx(tx, actor.System, o, HandOn{Destination: w.Destination})
	})
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Denied:
		s.log().LogAttrs(ctx, slog.LevelInfo, "open311", slog.String("destination", w.Destination), slog.String("not_handed_on", err.Error()))
		return nil
	}
	return err
}
