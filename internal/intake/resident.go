package intake

import (
	"context"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// What a resident does with his own request. He has no account: the ticket says
// which request is his, and history calls him the resident.

// Supplement adds words or photos to a request.
type Supplement struct {
	ID     matter.ID
	Text   string
	Photos []Photo

	Follower bool // from who joined it: for the office, not for who reported it
}

// Supplement records it, and starts the clock again when the unit had asked.
func (s *Service) Supplement(ctx context.Context, a actor.Actor, c Supplement) error {
	if err := mayReport(a); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.SupplementTx(tx, a, c) })
}

// SupplementTx is Supplement inside a unit of work.
func (s *Service) SupplementTx(tx *sqldb.Tx, a actor.Actor, c Supplement) error {
	var wrong fault.Fields
	if strings.TrimSpace(c.Text) == "" && len(c.Photos) == 0 {
		wrong.Add("text", "intake.supplement_missing")
	}
	long(&wrong, "text", c.Text, MaxBody)
	if err := wrong.Err(); err != nil {
		return err
	}
	o, err := request.Load(tx, actor.System, c.ID, 0)
	if err != nil {
		return err
	}
	readers := request.Resident
	if c.Follower {
		readers = request.Internal
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedSupplemented, Notes: []request.Note{{Kind: "supplement", Audience: readers, Text: c.Text}}})
	if err != nil {
		return err
	}
	for _, p := range c.Photos {
		f := request.File{Matter: o.ID, Seq: o.Version, Kind: "report", Audience: readers, Hash: p.Hash, Thumb: p.Thumb, Width: p.W, Height: p.H}
		if _, err := request.AddFile(tx, f); err != nil {
			return err
		}
	}
	if o.State == request.Waiting && s.Resumer != nil && !c.Follower {
		return s.Resumer.Supplemented(tx, o)
	}
	return nil
}

// Urge asks for haste, once a day.
func (s *Service) Urge(ctx context.Context, a actor.Actor, m matter.ID) error {
	if err := mayReport(a); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.UrgeTx(tx, a, m) })
}

// UrgeTx is Urge inside a unit of work.
func (s *Service) UrgeTx(tx *sqldb.Tx, a actor.Actor, m matter.ID) error {
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return err
	}
	cal := s.Catalog.Book().Calendar
	history, err := matter.History(tx, m)
	if err != nil {
		return err
	}
	for _, e := range history {
		if e.Name == request.DeedUrged && e.Actor == a.HistoryID() && cal.DayOf(e.At) == cal.DayOf(tx.Now) {
			return fault.New(fault.TooMany, "intake.urged_today", nil)
		}
	}
	if err := o.Record(tx, a, request.Deed{Name: request.DeedUrged}); err != nil {
		return err
	}
	return request.Flag(tx, m, "urged", a.HistoryID())
}

// Withdraw ends a request that its reporter no longer wants handled.
func (s *Service) Withdraw(ctx context.Context, a actor.Actor, m matter.ID, reason string) error {
	if err := mayReport(a); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.WithdrawTx(tx, a, m, reason) })
}

// WithdrawTx is Withdraw inside a unit of work.
func (s *Service) WithdrawTx(tx *sqldb.Tx, a actor.Actor, m matter.ID, reason string) error {
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return err
	}
	err = o.Record(tx, a, request.Deed{Name: request.DeedWithdrawn, Notes: []request.Note{{Kind: "reason", Audience: request.Resident, Text: reason}}})
	if err != nil {
		return err
	}
	return request.ReleaseTasks(tx, m)
}

// Rating is what a resident says at the end.
type Rating struct {
	ID     matter.ID
	Solved string // yes, partly, no
	Stars  int64  // 1 to 5
	Text   string
}

// Rate takes the resident's word. What is not solved is reopened, once; for a
// second time a person has to look at it.
func (s *Service) Rate(ctx context.Context, a actor.Actor, c Rating) error {
	if err := mayReport(a); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.RateTx(tx, a, c) })
}

// RateTx is Rate inside a unit of work.
func (s *Service) RateTx(tx *sqldb.Tx, a actor.Actor, c Rating) error {
	if err := c.check(); err != nil {
		return err
	}
	o, err := request.Load(tx, actor.System, c.ID, 0)
	if err != nil {
		return err
	}
	if !Rateable(o) {
		return fault.New(fault.Conflict, "intake.not_rateable", nil)
	}
	if c.Solved == "no" {
		return s.reopen(tx, a, o, c)
	}
	o.Solved, o.Rating = c.Solved, c.Stars
	d := request.Deed{Name: request.DeedNoted, Body: map[string]any{"solved": c.Solved, "rating": c.Stars},
		Notes: []request.Note{{Kind: "result", Audience: request.Resident, Text: c.Text}}}
	if o.State == request.ToCallback {
		d.Name = request.DeedClosed
	}
	return o.Record(tx, a, d)
}

// UnsolvedTx is "not solved", with words and without a grade: once, before the
// request is closed or after it, whatever was said before.
func (s *Service) UnsolvedTx(tx *sqldb.Tx, a actor.Actor, m matter.ID, text string) error {
	var wrong fault.Fields
	if len([]rune(strings.TrimSpace(text))) < 2 {
		wrong.Add("text", "intake.reopen_reason_missing")
	}
	long(&wrong, "text", text, MaxBody)
	if err := wrong.Err(); err != nil {
		return err
	}
	o, err := request.Load(tx, actor.System, m, 0)
	if err != nil {
		return err
	}
	if !Rateable(o) && !over(o) {
		return fault.New(fault.Conflict, "intake.not_rateable", nil)
	}
	return s.reopen(tx, a, o, Rating{ID: m, Solved: "no", Stars: o.Rating, Text: text})
}

// over reports whether the request has been answered, checked and closed.
func over(o *request.Order) bool { return o.State == request.Closed || o.State == request.Archived }

func (c Rating) check() error {
	var wrong fault.Fields
	if c.Solved != "yes" && c.Solved != "partly" && c.Solved != "no" {
		wrong.Add("solved", "intake.solved_missing")
	}
	if c.Stars < 1 || c.Stars > 5 {
		wrong.Add("stars", "intake.stars_missing")
	}
	if c.Solved == "no" && len([]rune(strings.TrimSpace(c.Text))) < 2 {
		wrong.Add("text", "intake.reopen_reason_missing")
	}
	long(&wrong, "text", c.Text, MaxBody)
	return wrong.Err()
}

// Rateable reports whether an answer has been given and checked, and the resident
// has not said yet what he thinks of it.
func Rateable(o *request.Order) bool {
	return o.State == request.ToCallback || over(o) && (o.Solved == "" || o.Solved != "no" && o.Rating == 0)
}

func (s *Service) reopen(tx *sqldb.Tx, a actor.Actor, o *request.Order, c Rating) error {
	history, err := matter.History(tx, o.ID)
	if err != nil {
		return err
	}
	for _, e := range history {
		if e.Name == request.DeedReopened && e.Actor == actor.ResidentID {
			return fault.New(fault.Conflict, "intake.reopened_before", nil)
		}
	}
	o.Rating = c.Stars
	return request.Reopen(tx, s.Catalog.Book().Calendar, a, o, c.Text)
}
