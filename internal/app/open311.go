package app

import (
	"context"
	"time"

	"gongzhi/internal/intake/open311"
	"gongzhi/internal/job"
)

// openDoor builds the door of Open311 beside the features it stands on.
func (a *App) openDoor() {
	a.Open311 = &open311.Service{DB: a.DB, Vault: a.Vault, Blobs: a.Blobs, Catalog: a.Catalog, Atlas: a.Atlas, Numbers: a.Numbers, Intake: a.Intake,
		Out: a.Out, Base: a.base, Case: a.Handling.Case, BaseURL: a.Config.BaseURL, Demo: a.opt.Demo, Log: a.log}
	a.Handling.Panels = append(a.Handling.Panels, a.Open311.Panels)
}

// doorJobs is what the door does in the background.
func (a *App) doorJobs(q *job.Queue) {
	a.Open311.RegisterJobs(q)
	for _, s := range []sweep{{"open311/tidy", time.Hour, a.Open311.Sweep}, {"open311/pulse", 5 * time.Minute, a.Open311.Pulse}} {
		q.Register(s.name, func(ctx context.Context, _ job.Job) error { return s.do(ctx) }, job.Options{})
		q.Schedule(s.name, s.name, job.Every(s.every))
	}
}
