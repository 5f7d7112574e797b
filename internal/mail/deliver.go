package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// deliver speaks with the server and returns its last words.
func (s *Sender) deliver(ctx context.Context, e envelope, raw []byte) (string, error) {
	c, stop, err := s.dial(ctx)
	if err != nil {
		return "", err
	}
	defer stop()
	if err := s.signIn(c); err != nil {
		return "", failed("auth", err)
	}
	if err := c.Mail(e.back, &smtp.MailOptions{Size: int64(len(raw)), UTF8: e.utf8}); err != nil {
		f := failed("sender", err)
		f.Permanent = f.Permanent || e.utf8 && f.Code == "" // the server cannot write such an address
		return "", f
	}
	if err := c.Rcpt(e.to, nil); err != nil {
		return "", failed("recipient", err)
	}
	return give(c, raw)
}

// give hands over the message. From its last byte on, silence leaves it open
// whether the server has taken it.
func give(c *smtp.Client, raw []byte) (string, error) {
	w, err := c.Data()
	if err != nil {
		return "", failed("message", err)
	}
	if _, err := w.Write(raw); err != nil {
		return "", failed("message", err)
	}
	r, err := w.CloseWithResponse()
	if err != nil {
		f := failed("message", err)
		f.Unsure = f.Code == ""
		return "", f
	}
	_ = c.Quit() // the message is theirs; how they say goodbye changes nothing
	return r.StatusText, nil
}

// dial connects and protects the connection as configured. stop ends it.
func (s *Sender) dial(ctx context.Context) (*smtp.Client, func(), error) {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, nil, failed("connect", err)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, nil, failed("connect", err)
	}
	unhook := context.AfterFunc(ctx, func() { _ = conn.Close() })
	stop := func() { unhook(); _ = conn.Close() }
	c, err := s.protect(conn, host, port)
	if err != nil {
		stop()
		return nil, nil, failed("tls", err)
	}
	c.CommandTimeout, c.SubmissionTimeout = s.timeout(), s.timeout()
	if err := c.Hello(s.helo()); err != nil {
		stop()
		return nil, nil, failed("connect", err)
	}
	return c, stop, nil
}

func (s *Sender) protect(conn net.Conn, host, port string) (*smtp.Client, error) {
	how := s.TLS
	if how == Auto {
		how = protection(host, port)
	}
	config := &tls.Config{}
	if s.Roots != nil {
		config = s.Roots.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	switch how {
	case TLS:
		return smtp.NewClient(tls.Client(conn, config)), nil
	case Plain:
		return smtp.NewClient(conn), nil
	}
	return smtp.NewClientStartTLS(conn, config)
}

// protection is what Auto means for a server.
func protection(host, port string) string {
	if port == "465" {
		return TLS
	}
	if a, err := netip.ParseAddr(host); host == "localhost" || err == nil && a.IsLoopback() {
		return Plain
	}
	return StartTLS
}

// helo is our name in the greeting: the domain of the sender, which is ours.
func (s *Sender) helo() string {
	_, domain, _ := strings.Cut(strings.TrimRight(s.From, "> "), "@")
	if domain == "" || !ascii(domain) {
		return "localhost"
	}
	return domain
}

func (s *Sender) signIn(c *smtp.Client) error {
	if s.User == "" {
		return nil
	}
	if c.SupportsAuth(sasl.Plain) {
		return c.Auth(sasl.NewPlainClient("", s.User, s.Password))
	}
	if c.SupportsAuth(sasl.Login) {
		return c.Auth(sasl.NewLoginClient(s.User, s.Password))
	}
	return errors.New("the server offers no sign-in we know")
}

// failed tells what a server's answer, or its silence, means. A refused sign-in
// is never the message's fault: it is tried again when the settings are right.
func failed(step string, err error) *Failure {
	f := &Failure{Step: step, cause: err}
	var said *smtp.SMTPError
	if errors.As(err, &said) {
		f.Permanent = said.Code/100 == 5 && step != "auth" && step != "connect"
		f.Code, f.Said = code(said), said.Message
	}
	return f
}

func code(e *smtp.SMTPError) string {
	if e.EnhancedCode == smtp.NoEnhancedCode || e.EnhancedCode == smtp.EnhancedCodeNotSet {
		return fmt.Sprint(e.Code)
	}
	return fmt.Sprintf("%d %d.%d.%d", e.Code, e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2])
}

// queueName finds the server's own name of a message in its last words, such as
// "2.0.0 Ok: queued as 4A1F0".
func queueName(said string) string {
	for _, mark := range []string{"queued as ", "queued mail for delivery ", "id="} {
		if _, rest, ok := strings.Cut(said, mark); ok {
			name, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			return strings.Trim(name, "<>.,;")
		}
	}
	return ""
}
