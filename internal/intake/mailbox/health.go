package mailbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/mail"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// healthPage says how the ways in and out stand.
type healthPage struct {
	page.Base
	Can      bool
	Reads    bool // the reader may open the list of messages
	Mailbox  string
	Listen   string
	Polls    string // host of the polled mailbox, "" none
	Out      string // mail server, "" none
	Polled   Polled
	Last     time.Time // of the newest message, zero never
	Counts   map[string]int
	Wait     int
	To       string
	Problems page.Problems
	Sent     *mail.Receipt // of the test that has just gone out
	Refused  *mail.Failure
}

func (s *Service) showHealth(w http.ResponseWriter, r *http.Request) error {
	return s.drawHealth(w, r, http.StatusOK, healthPage{})
}

func (s *Service) drawHealth(w http.ResponseWriter, r *http.Request, status int, typed healthPage) error {
	p, err := s.health(r.Context())
	if err != nil {
		return err
	}
	p.Base, p.To, p.Problems, p.Sent, p.Refused = s.Base(w, r, "mailbox.health"), typed.To, typed.Problems, typed.Sent, typed.Refused
	who := actor.From(r.Context())
	p.Can, p.Reads = actor.Allowed(who, "setup.city"), actor.Allowed(who, "intake.desk")
	return page.View{}.Render(w, r, status, healthView(p))
}

// health reads how the ways in and out stand.
func (s *Service) health(ctx context.Context) (p healthPage, err error) {
	p.Mailbox, p.Listen = s.address(), s.Listen
	if s.Poller != nil {
		p.Polls = s.Poller.Addr
	}
	if s.Sender.Ready() {
		p.Out = s.Sender.Addr
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		if p.Polled, err = lastPoll(tx); err != nil {
			return err
		}
		if p.Counts, err = counts(tx); err != nil {
			return err
		}
		if p.Last, err = newest(tx); err != nil {
			return err
		}
		p.Wait, err = Waiting(tx)
		return err
	})
	return p, err
}

// counts are how many messages are in each state.
func counts(tx *sqldb.Tx) (map[string]int, error) {
	rows, err := tx.Query(`select state, cast(count(*) as bigint) from intake_mail group by state`)
	if err != nil {
		return nil, fmt.Errorf("count mails: %w", err)
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		out[state] = n
	}
	return out, rows.Err()
}

func newest(tx *sqldb.Tx) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`select coalesce(max(at), 0) from intake_mail where file <> ''`).Scan(&at)
	if at == 0 {
		return time.Time{}, err
	}
	return sqldb.FromMicros(at), err
}

// Try sends one mail and tells what the server said about it.
func (s *Service) Try(ctx context.Context, a actor.Actor, to string, b page.Base) (sent *mail.Receipt, refused *mail.Failure, err error) {
	if err := actor.Can(a, "setup.city"); err != nil {
		return nil, nil, err
	}
	if _, err := mail.Clean(to); err != nil {
		return nil, nil, fault.Fields{{Name: "to", Key: "intake.email_wrong"}}
	}
	if !s.Sender.Ready() {
		return nil, nil, fault.New(fault.Conflict, "mailbox.no_sender", nil)
	}
	got, err := s.Sender.Send(ctx, mail.Out{To: to, Subject: b.T("mailbox.test_subject", b.City), Text: b.T("mailbox.test_text", b.City), Auto: true, Lang: string(b.Lang)})
	if err == nil {
		return &got, nil, nil
	}
	if errors.As(err, &refused) {
		return nil, refused, nil
	}
	return nil, nil, err
}

func (s *Service) postTest(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := healthPage{To: v.String("to", 254)}
	p.Sent, p.Refused, err = s.Try(r.Context(), actor.From(r.Context()), p.To, s.Base(w, r, "mailbox.health"))
	if fault.KindOf(err) == fault.Invalid {
		p.Problems = s.Base(w, r, "mailbox.health").Problems(err)
		return s.drawHealth(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.drawHealth(w, r, http.StatusOK, p)
}

// said is what the mail server answered, for who tests it.
func said(refused *mail.Failure) string {
	if refused.Said == "" {
		return refused.Error()
	}
	return refused.Code + " " + refused.Said
}

func (p healthPage) in() []page.Pair {
	polled := page.Pair{Term: p.T("mailbox.health_poll"), Text: p.T("mailbox.health_off")}
	switch {
	case p.Polls != "" && p.Polled.Trouble != "":
		polled.Content = trouble(p)
	case p.Polls != "" && p.Polled.At.IsZero():
		polled.Text = p.T("mailbox.poll_never", p.Polls)
	case p.Polls != "":
		polled.Text = p.T("mailbox.poll_last", p.Polls, p.DateTime(p.Polled.At))
	}
	last := p.T("mailbox.health_none")
	if !p.Last.IsZero() {
		last = p.DateTime(p.Last)
	}
	made := p.T("mailbox.health_counts", p.Counts[Case], p.Counts[Supplement], p.Counts[Parked], p.Counts[Discarded], p.Counts[New])
	return []page.Pair{
		{Term: p.T("mailbox.health_address"), Text: or(p.Mailbox, p.T("mailbox.health_off"))},
		{Term: p.T("mailbox.health_listen"), Text: or(p.Listen, p.T("mailbox.health_off"))},
		polled,
		{Term: p.T("mailbox.health_last"), Text: last},
		{Term: p.T("mailbox.health_made"), Text: made},
		{Term: p.T("mailbox.health_wait"), Content: waiting(p)},
	}
}

func (p healthPage) out() []page.Pair {
	return []page.Pair{{Term: p.T("mailbox.health_server"), Text: or(p.Out, p.T("mailbox.health_off"))}}
}
