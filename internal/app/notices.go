package app

import (
	"context"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/wechat"
	"gongzhi/internal/job"
	"gongzhi/internal/notice"
	"gongzhi/internal/outbox"
	"gongzhi/internal/request"
	"gongzhi/internal/sms"
)

// rehearsalEvery is how soon the demonstration's messages are confirmed.
const rehearsalEvery = 10 * time.Second

// tellers wires the notice office to the channels that the city has.
func (a *App) tellers() {
	office := &notice.Office{DB: a.DB, Vault: a.Vault, People: request.People{Vault: a.Vault}, Channels: map[string]notice.Channel{},
		Settings: func() catalog.Settings { return a.Catalog.Book().Settings }}
	if a.Config.BaseURL != "" {
		office.Link = a.Config.BaseURL + "/track"
	}
	office.Channels[notice.Mail] = post{a.Sender(), a.Vault, mailAddress(a.Config)}
	office.Channels[notice.WeChat] = wechat.Notices{Service: a.WeChat}
	a.Mailbox.Failed = func(ctx context.Context, key, status string) error {
		return office.Report(ctx, a.Config.SMTPAddr, []notice.Report{{Key: key, State: notice.Failed, Reason: status}})
	}
	a.WeChat.Delivered = func(ctx context.Context, ref string, delivered bool, reason string) error {
		r := notice.Report{Ref: ref, State: notice.Failed, Reason: reason}
		if delivered {
			r.State, r.Reason = notice.Delivered, ""
		}
		return office.Report(ctx, notice.WeChat, []notice.Report{r})
	}
	a.Outbox = &outbox.Service{DB: a.DB, Office: office, Catalog: a.Catalog, Base: a.base, Reload: a.Reload, Out: a.Out, BaseURL: a.Config.BaseURL, Demo: a.opt.Demo}
	office.Channels[notice.SMS] = outbox.SMS{Service: a.Outbox}
	a.Outbox.Inbound = func(ctx context.Context, via string, list []sms.Text) error {
		replies := make([]intake.Reply, len(list))
		for i, t := range list {
			replies[i] = intake.Reply{ID: t.ID, Phone: t.Phone, Words: t.Words}
		}
		return a.Intake.TakeReplies(ctx, via, replies)
	}
	if a.opt.Demo {
		for name, real := range office.Channels {
			if name != notice.WeChat || a.opt.WeChat == nil { // its own stand-in shows them in a chat
				office.Channels[name] = outbox.Rehearsal{Real: real}
			}
		}
	}
}

// noticeJobs are the senders, one pool for each channel.
func (a *App) noticeJobs(q *job.Queue) {
	a.Outbox.Office.Register(q)
	q.Register("notice/ask", func(ctx context.Context, _ job.Job) error { return a.Outbox.Ask(ctx) }, job.Options{Pool: "notice/ask", MaxAttempts: 1})
	q.Schedule("notice/ask", "notice/ask", job.Every(time.Minute))
	if a.opt.Demo {
		q.Register("notice/rehearsal", func(ctx context.Context, _ job.Job) error { return a.Outbox.Rehearse(ctx) }, job.Options{})
		q.Schedule("notice/rehearsal", "notice/rehearsal", job.Every(rehearsalEvery))
	}
}
