package app

import (
	"context"
	"errors"

	"gongzhi/internal/mail"
	"gongzhi/internal/notice"
	"gongzhi/internal/request"
	"gongzhi/internal/vault"
)

// post gives notices to the city's mail server. An answer to one arrives as what
// the resident adds, and a bounce comes back to the notice.
type post struct {
	sender  *mail.Sender
	vault   *vault.Vault
	mailbox string
}

// Open reports whether a mail server is configured.
func (p post) Open() bool { return p.sender.Ready() }

// Send gives one mail to the server. Its id follows from the notice, so that a
// mailbox that gets it twice can tell.
func (p post) Send(ctx context.Context, x notice.Parcel) (notice.Outcome, error) {
	out := mail.Out{To: x.Email, Subject: x.Subject, Text: x.Text, Auto: true, ReplyTo: request.ReplyTo(p.vault, p.mailbox, x.Matter),
		ReturnTo: mail.Tagged(p.vault, p.mailbox, mail.NoticeTag, x.Key), MessageID: mail.TaggedID(p.vault, p.mailbox, mail.NoticeTag, x.Key)}
	got, err := p.sender.Send(ctx, out)
	var f *mail.Failure
	switch {
	case err == nil:
		return notice.Outcome{State: notice.Accepted, Via: p.sender.Addr, Ref: got.MessageID}, nil
	case !errors.As(err, &f):
		return notice.Outcome{}, err
	case f.Permanent && f.Step == "address":
		return notice.Outcome{}, notice.Refuse(notice.ReasonBadNumber, err)
	case f.Permanent:
		return notice.Outcome{}, notice.Refuse(notice.ReasonRejected+":"+f.Code, err)
	case f.Unsure:
		return notice.Outcome{}, notice.Trouble{Reason: notice.ReasonTimeout, Err: err}
	case f.Code != "":
		return notice.Outcome{}, notice.Trouble{Reason: notice.ReasonBusy + ":" + f.Code, Err: err}
	}
	return notice.Outcome{}, notice.Trouble{Reason: notice.ReasonDown, Err: err}
}
