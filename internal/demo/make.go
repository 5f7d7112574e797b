package demo

import (
	"context"
	"time"

	"gongzhi/internal/advice"
	"gongzhi/internal/app"
	"gongzhi/internal/job"
	"gongzhi/internal/notice"
	"gongzhi/internal/outbox"
	"gongzhi/internal/sqldb"
)

// Plan says how much of a city to make.
type Plan struct {
	Seed     uint64
	Days     int // of history
	Requests int // in these days
	Until    time.Time
}

// Exists reports whether the database holds a city already.
func Exists(ctx context.Context, db *sqldb.DB) (there bool, err error) {
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select exists (select 1 from actor_unit)`).Scan(&there)
	})
	return there, err
}

// Make writes the city and its history. progress is told now and then how many
// requests are done.
func Make(ctx context.Context, a *app.App, p Plan, progress func(done, of int)) error {
	c, err := NewCity(p.Seed)
	if err != nil {
		return err
	}
	if err := a.DB.Update(ctx, c.Load); err != nil {
		return err
	}
	if err := a.DB.Update(ctx, a.Open311.Demonstrate); err != nil {
		return err
	}
	if err := a.Reload(ctx); err != nil {
		return err
	}
	if p.Requests > 0 {
		h, err := newHistory(ctx, c, a, p)
		if err != nil {
			return err
		}
		if err := h.run(ctx, progress); err != nil {
			return err
		}
		for _, more := range []func(context.Context) error{h.points, h.exclusions, h.signals} {
			if err := more(ctx); err != nil {
				return err
			}
		}
		if err := c.schemes(ctx, a, p); err != nil {
			return err
		}
		if err := c.connect(ctx, a, p); err != nil {
			return err
		}
		if err := c.write(ctx, a); err != nil {
			return err
		}
		if err := c.text(ctx, a); err != nil {
			return err
		}
	}
	recent := p.Until.Add(-15 * time.Minute) // these are sent before the visitor's eyes
	if err := a.DB.Update(ctx, func(tx *sqldb.Tx) error { return notice.Backdate(tx, recent, outbox.RehearsalVia) }); err != nil {
		return err
	}
	if err := a.Settle(ctx); err != nil {
		return err
	}
	// What came before the visitor is not told again.
	if err := a.Handling.SkipReminders(ctx, ""); err != nil {
		return err
	}
	// The city learns from its ninety days behind the people at work.
	if err := a.DB.Update(ctx, func(tx *sqldb.Tx) error { return job.Enqueue(tx, advice.TrainJob, "demo", struct{}{}, tx.Now) }); err != nil {
		return err
	}
	return a.DB.Analyze(ctx)
}
