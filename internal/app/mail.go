package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	stdmail "net/mail"
	"time"

	"gongzhi/internal/config"
	"gongzhi/internal/intake/mailbox"
	"gongzhi/internal/job"
	"gongzhi/internal/mail"
)

// checkMail says at the start what would otherwise be found out by a mail that
// does not arrive.
func checkMail(c *config.Config) error {
	if c.SMTPAddr != "" {
		if err := (&mail.Sender{Addr: c.SMTPAddr, From: c.MailFrom, TLS: c.SMTPTLS}).Check(); err != nil {
			return fmt.Errorf("smtp_addr, mail_from, smtp_tls: %w", err)
		}
	}
	if c.MailListen == "" && c.IMAPAddr == "" {
		return nil
	}
	if _, err := stdmail.ParseAddress(mailAddress(c)); err != nil {
		return fmt.Errorf("mail_address: %q is not an address: mail is received for it", mailAddress(c))
	}
	if (c.MailCert == "") != (c.MailCertKey == "") {
		return errors.New("mail_cert and mail_cert_key go together")
	}
	_, err := mailCertificate(c)
	return err
}

func mailAddress(c *config.Config) string {
	if c.MailAddress != "" {
		return c.MailAddress
	}
	return c.MailFrom
}

// Sender gives mails to the city's mail server, if there is one.
func (a *App) Sender() *mail.Sender {
	c := a.Config
	return &mail.Sender{Addr: c.SMTPAddr, User: c.SMTPUser, Password: c.SMTPPassword, From: c.MailFrom, TLS: c.SMTPTLS, Now: a.opt.Now}
}

// mailbox is the city's door for e-mail.
func (a *App) mailbox() *mailbox.Service {
	c := a.Config
	s := &mailbox.Service{DB: a.DB, Vault: a.Vault, Blobs: a.Blobs, Catalog: a.Catalog, Intake: a.Intake, Base: a.base,
		Mailbox: mailAddress(c), Listen: c.MailListen, Sender: a.Sender()}
	if c.IMAPAddr != "" {
		s.Poller = &mail.Poller{Addr: c.IMAPAddr, User: c.IMAPUser, Password: c.IMAPPassword, TLS: c.IMAPTLS, Folder: c.IMAPFolder, Done: c.IMAPDone}
	}
	return s
}

// mailJobs are the work on messages, and fetching them. One mailbox is polled by
// one worker.
func (a *App) mailJobs(q *job.Queue) {
	q.Register(mailbox.Job, a.Mailbox.Settle, job.Options{})
	if a.Mailbox.Poller == nil {
		return
	}
	q.Pool(mailbox.PollJob, 1)
	q.Register(mailbox.PollJob, func(ctx context.Context, _ job.Job) error { return a.Mailbox.Poll(ctx) }, job.Options{Pool: mailbox.PollJob})
	q.Schedule(mailbox.PollJob, mailbox.PollJob, job.Every(cmp.Or(a.Config.IMAPEvery, time.Minute)))
}

// receiveMail begins to listen for mail. done is closed when it has ended.
func (a *App) receiveMail(ctx context.Context) (done chan struct{}, err error) {
	done = make(chan struct{})
	if a.Config.MailListen == "" {
		close(done)
		return done, nil
	}
	ln, err := net.Listen("tcp", a.Config.MailListen)
	if err != nil {
		close(done)
		return done, fmt.Errorf("mail_listen: %w", err)
	}
	a.log.InfoContext(ctx, "receiving mail", "addr", ln.Addr().String())
	go func() {
		defer close(done)
		if err := a.ServeMail(ctx, ln); err != nil {
			a.log.ErrorContext(ctx, "mail server", "err", err)
		}
	}()
	return done, nil
}

// ServeMail receives mail on ln until ctx ends.
func (a *App) ServeMail(ctx context.Context, ln net.Listener) error {
	s := &mail.Server{Mailbox: a.Mailbox.Mailbox, Take: a.Mailbox.Take, Log: a.log, Now: a.opt.Now}
	var err error
	if s.TLS, err = mailCertificate(a.Config); err != nil {
		return errors.Join(err, ln.Close())
	}
	return s.Serve(ctx, ln)
}

// mailCertificate is what STARTTLS is offered with, nil when none is set.
func mailCertificate(c *config.Config) (*tls.Config, error) {
	if c.MailCert == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(c.MailCert, c.MailCertKey)
	if err != nil {
		return nil, fmt.Errorf("mail_cert: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}
