package mailbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/mail"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// tries is how often one message is tried before a person has to look at it.
const tries = 3

// Settle makes of one message what it is. Whatever is wrong with it, the job ends
// and the next message has its turn.
func (s *Service) Settle(ctx context.Context, j job.Job) error {
	var args jobArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	if j.Attempt > tries { // it has brought the program down before
		return s.park(ctx, args.Mail, ReasonBroken)
	}
	err := s.safely(ctx, args.Mail)
	if err != nil && j.Attempt == tries && ctx.Err() == nil {
		return errors.Join(s.park(ctx, args.Mail, ReasonBroken), job.Permanent(err))
	}
	return err
}

func (s *Service) safely(ctx context.Context, id string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return s.settle(ctx, id)
}

// letter is a message that was read.
type letter struct {
	Mail
	env    envelope
	msg    *mail.Message
	sender mail.Person
}

func (s *Service) settle(ctx context.Context, id string) error {
	var m Mail
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		m, err = find(tx, id)
		return err
	})
	if err != nil || m.State != New {
		return err
	}
	l, err := s.read(ctx, m)
	if reason := mail.Reason(err); reason != "" {
		return s.park(ctx, id, reasonOf(reason))
	}
	if err != nil {
		return err
	}
	if b := l.msg.Bounce; b != nil || l.env.Null {
		return s.bounced(ctx, l)
	}
	return s.decide(ctx, l)
}

// read opens a message and keeps who wrote it before anything else can fail.
func (s *Service) read(ctx context.Context, m Mail) (*letter, error) {
	env, raw, err := s.open(m)
	if err != nil {
		return nil, err
	}
	l := &letter{Mail: m, env: env}
	if l.msg, err = mail.Read(ctx, raw, mail.Limits{}); err != nil {
		return nil, err
	}
	l.sender = l.msg.From
	if a, e := mail.Clean(env.From); l.sender.Address == "" && e == nil {
		l.sender.Address = a
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return s.describe(tx, m.ID, about{l.sender, request.Hide(cut(trimSubject(l.msg.Subject), 80))})
	})
	return l, err
}

// reasonOf is the word for people: which of the limits it was matters to nobody.
func reasonOf(limit string) string {
	if limit == mail.TooLarge {
		return ReasonTooLarge
	}
	return ReasonBomb
}

// decide parks a message that needs no request, and makes one of any other.
func (s *Service) decide(ctx context.Context, l *letter) error {
	reason, err := s.why(ctx, l)
	if err != nil {
		return err
	}
	if reason != "" {
		return s.park(ctx, l.ID, reason)
	}
	err = s.admit(ctx, l)
	if fault.KindOf(err) == fault.Invalid { // a rule of intake that we did not foresee
		return s.park(ctx, l.ID, ReasonRefused)
	}
	return err
}

// why is the reason to park a message, "" none.
func (s *Service) why(ctx context.Context, l *letter) (string, error) {
	switch auto := l.msg.AutoKind(); {
	case s.ours(l.sender.Address) || l.msg.Hops() > 40:
		return ReasonLoop, nil
	case auto != "":
		return auto, nil
	case l.Cut:
		return ReasonTooLarge, nil
	case l.Reason == ReasonSameID:
		return ReasonSameID, nil
	case isYes(l.msg.Header("X-Spam-Flag")):
		return ReasonSpam, nil
	case !s.addressed(l):
		return ReasonNotOurs, nil
	case l.sender.Address == "":
		return ReasonNoSender, nil
	case words(l) == "" && len(pictures(l.msg)) == 0:
		return ReasonEmpty, nil
	}
	flood := false
	err := s.DB.View(ctx, func(tx *sqldb.Tx) error {
		n, _, err := since(tx, s.Vault.Token("email", l.sender.Address), l.At.Add(-hour))
		flood = n > s.flood()
		return err
	})
	if flood {
		return ReasonFlood, err
	}
	return "", err
}

// addressed reports that a message is for us: over SMTP nothing else is accepted;
// what lies in a polled mailbox may have been sent to anybody.
func (s *Service) addressed(l *letter) bool {
	for _, list := range [][]string{l.env.To, l.msg.To} {
		for _, a := range list {
			if s.ours(a) {
				return true
			}
		}
	}
	return s.Mailbox == "" && l.env.Via != "smtp"
}

// park keeps a message for a person, or only for the record.
func (s *Service) park(ctx context.Context, id, reason string) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		m, err := load(tx, id)
		if err != nil || m.State != New {
			return err
		}
		m.State, m.Reason, m.Attention = Parked, reason, !quietly[reason]
		return m.settle(tx, actor.SystemID)
	})
}

// bounced tells who sent a mail of ours that it did not arrive. Only a report that
// carries our own proof is believed: anybody can write a bounce.
func (s *Service) bounced(ctx context.Context, l *letter) error {
	key, b := s.noticeOf(l), l.msg.Bounce
	failed := b == nil || b.Permanent && !b.Delayed && !b.Good()
	if key != "" && failed && s.Failed != nil {
		status := ""
		if b != nil {
			status = b.Status
		}
		if err := s.Failed(ctx, key, status); err != nil {
			return err
		}
	}
	return s.park(ctx, l.ID, ReasonBounce)
}

// noticeOf is the key of our mail that a report is about.
func (s *Service) noticeOf(l *letter) string {
	for _, list := range [][]string{l.env.To, l.msg.To} {
		for _, a := range list {
			if kind, key, ok := mail.Untag(s.Vault, s.Mailbox, a); ok && kind == mail.NoticeTag {
				return key
			}
		}
	}
	if l.msg.Bounce == nil {
		return ""
	}
	if kind, key, ok := mail.UntagID(s.Vault, l.msg.Bounce.MessageID); ok && kind == mail.NoticeTag {
		return key
	}
	return ""
}

// caseOf is the request that a message answers, "" none. A proof of ours decides;
// ids of other mails count only for the sender who wrote them.
func (s *Service) caseOf(tx *sqldb.Tx, l *letter) (m matter.ID, proven bool, err error) {
	for _, list := range [][]string{l.env.To, l.msg.To} {
		for _, a := range list {
			if kind, key, ok := mail.Untag(s.Vault, s.Mailbox, a); ok && kind == mail.CaseTag {
				return matter.ID(key), true, nil
			}
		}
	}
	m, err = thread(tx, s.Vault.Token("email", l.sender.Address), append(l.msg.InReplyTo, l.msg.References...))
	return m, false, err
}

// closed reports that nothing can be added to a request any more.
func closed(o *request.Order) bool { return request.Life.Final(o.State) }
