// Package mailtest is a real mail server on this machine for tests: it speaks
// SMTP, keeps what it is given, and refuses what it is told to refuse.
package mailtest

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is a message as the server got it.
type Mail struct {
	From string // of the envelope
	To   []string
	Raw  string
}

// Sink is the server. Its hooks may be set at any time before a message comes.
type Sink struct {
	Addr string
	User string // with Password: asked for when not empty
	Pass string

	// Rcpt and Data answer for one recipient and for the whole message; nil
	// takes all. An *smtp.SMTPError goes to the client as it is.
	Rcpt func(to string) error
	Data func(Mail) error

	mu    sync.Mutex
	mails []Mail
	came  chan struct{}
}

// New starts a server that ends with the test.
func New(t testing.TB) *Sink {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &Sink{Addr: ln.Addr().String(), came: make(chan struct{}, 1)}
	s := smtp.NewServer(k)
	s.Domain, s.AllowInsecureAuth, s.EnableSMTPUTF8 = "sink.example", true, true
	s.MaxMessageBytes = 32 << 20
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return k
}

// Mails are all messages taken so far.
func (k *Sink) Mails() []Mail {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]Mail(nil), k.mails...)
}

// Wait returns once n messages were taken or the test is over.
func (k *Sink) Wait(t testing.TB, n int) []Mail {
	t.Helper()
	for {
		if got := k.Mails(); len(got) >= n {
			return got
		}
		select {
		case <-k.came:
		case <-t.Context().Done():
			t.Fatalf("got %d messages, want %d", len(k.Mails()), n)
		}
	}
}

// NewSession is for the server.
func (k *Sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{k: k}, nil }

type session struct {
	k  *Sink
	m  Mail
	in bool
}

// AuthMechanisms offers a password when one is set.
func (s *session) AuthMechanisms() []string {
	if s.k.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth checks it.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if s.in = user == s.k.User && pass == s.k.Pass; !s.in {
			return errors.New("wrong password")
		}
		return nil
	}), nil
}

// Mail begins a message.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.k.User != "" && !s.in {
		return smtp.ErrAuthRequired
	}
	s.m = Mail{From: from}
	return nil
}

// Rcpt names a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.k.Rcpt != nil {
		if err := s.k.Rcpt(to); err != nil {
			return err
		}
	}
	s.m.To = append(s.m.To, to)
	return nil
}

// Data takes the message.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.m.Raw = string(raw)
	if s.k.Data != nil {
		if err := s.k.Data(s.m); err != nil {
			return err
		}
	}
	s.k.mu.Lock()
	s.k.mails = append(s.k.mails, s.m)
	s.k.mu.Unlock()
	select {
	case s.k.came <- struct{}{}:
	default:
	}
	return nil
}

// Reset forgets a message half given.
func (s *session) Reset() { s.m = Mail{} }

// Logout ends the session.
func (s *session) Logout() error { return nil }
