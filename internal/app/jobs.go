package app

import (
	"context"
	"time"

	"gongzhi/internal/advice"
	"gongzhi/internal/datasecurity"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/wechat"
	"gongzhi/internal/job"
	"gongzhi/internal/webhook"
)

// sweep is work that comes round by itself: what has fallen due is done once,
// late if the program was away.
type sweep struct {
	name  string
	every time.Duration
	do    func(context.Context) error
}

// sweeps lists them, one line each.
func (a *App) sweeps() []sweep {
	return []sweep{
		{"advice/sweep", time.Hour, a.Advice.Sweep},
		{"dispatch/direct", time.Minute, a.Features.Dispatch.SendDirect},
		{"dispatch/consults", time.Minute, a.Features.Dispatch.SweepConsults},
		{"intake/drafts", time.Hour, a.Intake.Sweep},
		{"intake/imports", time.Hour, a.Intake.SweepImports},
		{"intake/devices", time.Minute, a.Devices.Sweep},
		{"webhook/due", time.Minute, a.Webhooks.Sweep},
		{"intake/mails", time.Hour, a.Mailbox.Sweep},
		{"intake/sms", time.Hour, a.Intake.SweepSMS},
		{"intake/wechat", time.Hour, a.WeChat.Sweep},
		{"handling/waits", time.Minute, a.Handling.Sweep},
		{"handling/recount", time.Minute, a.Handling.SweepRecount},
		{"handling/reminders", time.Minute, a.Handling.SweepReminders},
		{"api/answers", time.Hour, a.Ops.Sweep},
		{"assessment/archive", time.Hour, a.Assessment.Sweep},
		{"datasecurity/exports", time.Minute, a.DataSecurity.SweepExports},
		{"setup/points", 24 * time.Hour, a.Setup.SweepPoints},
		{"notice/sweep", time.Minute, a.Outbox.Office.Sweep},
	}
}

// Signals in the units' figures are reckoned at night.
const (
	signalsJob  = "assessment/signals"
	signalsTime = 3*time.Hour + 20*time.Minute
)

// queue builds the background work of the city.
func (a *App) queue() *job.Queue {
	q := job.New(a.DB, a.log)
	a.noticeJobs(q)
	for _, s := range a.sweeps() {
		q.Register(s.name, func(ctx context.Context, _ job.Job) error { return s.do(ctx) }, job.Options{})
		q.Schedule(s.name, s.name, job.Every(s.every))
	}
	a.doorJobs(q)
	q.Register(BackupJob, a.backUp, job.Options{Pool: "backup", Lease: 4 * time.Hour})
	q.Schedule(BackupJob, BackupJob, job.Daily(backupTime, a.Catalog.Book().Calendar.Zone))
	a.mailJobs(q)
	q.Register(advice.DropJob, func(ctx context.Context, _ job.Job) error { return a.Advice.DropDirect(ctx) }, job.Options{})
	q.Schedule(advice.DropJob, advice.DropJob, job.Daily(dropTime, a.Catalog.Book().Calendar.Zone))
	q.Register(signalsJob, func(ctx context.Context, _ job.Job) error { return a.Gaming.Sweep(ctx) }, job.Options{Lease: time.Hour})
	q.Schedule(signalsJob, signalsJob, job.Daily(signalsTime, a.Catalog.Book().Calendar.Zone))
	q.Register(advice.TrainJob, a.Advice.Train, job.Options{Pool: "learn", MaxAttempts: 2, Lease: time.Hour})
	q.Register(intake.ImportJob, a.Intake.RunImport, job.Options{Pool: "import"})
	q.Register(datasecurity.ExportJob, a.DataSecurity.RunExport, job.Options{Pool: "export", MaxAttempts: 1, Lease: 30 * time.Minute})
	q.Register(wechat.PhotoJob, a.WeChat.Fetch, job.Options{Pool: "wechat"})
	q.Register(webhook.SendJob, a.Webhooks.Send, job.Options{Pool: "webhook"})
	q.Pool("webhook", 16) // one for each target at a time
	return q
}
