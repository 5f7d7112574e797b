package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Incoming is a message as it arrived.
type Incoming struct {
	Via   string // smtp, imap
	From  string // of the envelope; "" is the empty return path of bounces, or not known
	Null  bool   // the return path was empty
	To    []string
	Raw   []byte
	Large bool // Raw is only its beginning
}

// Taker keeps a message. When it returns nil the message survives a power cut.
type Taker func(context.Context, Incoming) error

// Server receives messages for one mailbox by SMTP. Zero limits stand for the
// defaults.
type Server struct {
	Mailbox string // only it, with any tag, is accepted as recipient
	Take    Taker
	TLS     *tls.Config // offers STARTTLS; nil none
	Log     *slog.Logger
	Now     func() time.Time
	Bytes   int64 // of a message; 25 MiB
	Conns   int   // at the same time; 100
	PerPeer int   // of one address at the same time; 10
	PerHour int   // messages of one address; 600

	mu    sync.Mutex
	open  map[string]int
	taken map[string][]time.Time
	all   int
}

func (s *Server) defaults() {
	if s.Bytes == 0 {
		s.Bytes = 25 << 20
	}
	if s.Conns == 0 {
		s.Conns = 100
	}
	if s.PerPeer == 0 {
		s.PerPeer = 10
	}
	if s.PerHour == 0 {
		s.PerHour = 600
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.open, s.taken = map[string]int{}, map[string][]time.Time{}
}

// Serve answers on ln until ctx ends; messages that are being taken are finished.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	s.defaults()
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return s.session(ctx, c) }))
	srv.Domain, srv.TLSConfig, srv.EnableSMTPUTF8 = domain(s.Mailbox), s.TLS, true
	// Lines may be far longer than the protocol allows: programs that write HTML do not care.
	srv.MaxMessageBytes, srv.MaxRecipients, srv.MaxLineLength = s.Bytes, 20, 1<<20
	srv.ReadTimeout, srv.WriteTimeout = 3*time.Minute, time.Minute
	srv.ErrorLog = quiet{s.Log}
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if srv.Shutdown(end) != nil {
			_ = srv.Close()
		}
	})
	defer stop()
	err := srv.Serve(&limited{Listener: ln, s: s})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// quiet takes what the library would write to the standard error. Its texts may
// hold what a stranger sent, so only the first words are kept.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, _ ...any) { q.log.Debug("smtp server", "what", format) }
func (q quiet) Println(...any)                 { q.log.Debug("smtp server") }

// limited refuses connections beyond the limits before a word is spoken, and
// ends each after a quarter of an hour however slowly it speaks.
type limited struct {
	net.Listener
	s *Server
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := host(c.RemoteAddr())
		if !l.s.enter(peer) {
			_, _ = io.WriteString(c, "421 4.7.0 too many connections, try again later\r\n")
			_ = c.Close()
			continue
		}
		return &counted{Conn: c, leave: sync.OnceFunc(func() { l.s.leave(peer) }), timer: time.AfterFunc(15*time.Minute, func() { _ = c.Close() })}, nil
	}
}

type counted struct {
	net.Conn
	leave func()
	timer *time.Timer
}

func (c *counted) Close() error {
	c.timer.Stop()
	c.leave()
	return c.Conn.Close()
}

func host(a net.Addr) string {
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return h
}

func (s *Server) enter(peer string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= s.Conns || s.open[peer] >= s.PerPeer {
		return false
	}
	s.all++
	s.open[peer]++
	return true
}

func (s *Server) leave(peer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.open[peer]--; s.open[peer] == 0 {
		delete(s.open, peer)
	}
}

// hurry reports that a peer has sent enough for this hour; otherwise it counts.
func (s *Server) hurry(peer string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	hour := s.Now().Add(-time.Hour)
	if len(s.taken) > 10_000 { // those of whom nothing was heard for an hour
		for p, at := range s.taken {
			if at[len(at)-1].Before(hour) {
				delete(s.taken, p)
			}
		}
	}
	list := s.taken[peer]
	for len(list) > 0 && list[0].Before(hour) {
		list = list[1:]
	}
	if len(list) >= s.PerHour {
		s.taken[peer] = list
		return true
	}
	s.taken[peer] = append(list, s.Now())
	return false
}

type session struct {
	ctx  context.Context
	s    *Server
	peer string
	in   Incoming
}

func (s *Server) session(ctx context.Context, c *smtp.Conn) (smtp.Session, error) {
	return &session{ctx: context.WithoutCancel(ctx), s: s, peer: host(c.Conn().RemoteAddr())}, nil
}

// Mail begins a message.
func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	x.in = Incoming{Via: "smtp", From: from, Null: from == ""}
	return nil
}

// Rcpt accepts our address and no other: nobody relays through us.
func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !Ours(x.s.Mailbox, to) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox here"}
	}
	x.in.To = append(x.in.To, to)
	return nil
}

// Data takes the message; only when it is kept the peer hears that it is.
func (x *session) Data(r io.Reader) error {
	if x.s.hurry(x.peer) {
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "too many messages from your address, try again in an hour"}
	}
	raw, err := io.ReadAll(r)
	if errors.Is(err, smtp.ErrDataTooLarge) {
		return err // refused in the open: the sender learns it from his own server
	}
	if err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "the message did not arrive whole"}
	}
	x.in.Raw = raw
	if err := x.s.Take(x.ctx, x.in); err != nil {
		x.s.Log.ErrorContext(x.ctx, "mail not taken", "err", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "cannot keep your message now, try again"}
	}
	return nil
}

// Reset forgets a message half given.
func (x *session) Reset() { x.in = Incoming{} }

// Logout ends the session.
func (x *session) Logout() error { return nil }
