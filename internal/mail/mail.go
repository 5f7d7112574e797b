// Package mail sends and receives e-mail: one message out by SMTP with the true
// outcome, messages in by an SMTP server or from an IMAP mailbox, and a reader of
// MIME that meets anything with limits. It knows addresses and bytes; what a
// message means is its callers' business.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Out is one message to one person.
type Out struct {
	To         string // one address and nothing else
	Subject    string
	Text       string // plain; a plain HTML copy is made of it
	ReplyTo    string // "" the sender's
	ReturnTo   string // where bounces go, see Tagged; "" the sender's
	MessageID  string // without brackets; give one that stays the same when the message is tried again; "" made
	InReplyTo  string
	References []string
	Auto       bool   // written by the program: asks other programs not to answer
	Lang       string // of the text, such as zh or en; "" zh
}

// Receipt is what the mail server said when it took the message.
type Receipt struct {
	MessageID string // without brackets
	Queue     string // the server's own name of the message, "" it told none
}

// Failure says that a message was not taken. Its text holds no address.
type Failure struct {
	Permanent bool   // trying again is useless
	Unsure    bool   // the whole message was given and no answer came: it may have been taken
	Code      string // of the server, such as "550 5.1.1"; "" none
	Step      string // connect, tls, auth, sender, recipient, message, address
	Said      string // the server's words: may name the recipient, so not for logs
	cause     error
}

// Error tells step and code.
func (f *Failure) Error() string {
	kind := "for now"
	if f.Permanent {
		kind = "for good"
	}
	text := fmt.Sprintf("mail refused %s at %s", kind, f.Step)
	if f.Code != "" {
		return text + ": " + f.Code
	}
	return text
}

func (f *Failure) Unwrap() error { return f.cause }

// IsPermanent reports whether err says that trying again is useless.
func IsPermanent(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Permanent
}

// IsUnsure reports whether the message may have been taken although err came.
func IsUnsure(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Unsure
}

// Ways to protect the connection to a mail server.
const (
	Auto     = ""         // port 465 TLS, this machine Plain, else STARTTLS
	TLS      = "tls"      // from the first byte
	StartTLS = "starttls" // a server that does not offer it is refused
	Plain    = "none"     // for a server in the same room
)

// Sender gives messages to one mail server.
type Sender struct {
	Addr     string // host:port
	User     string // "" no sign-in
	Password string
	From     string // 12345@city.example, with or without a name before it
	TLS      string
	Roots    *tls.Config   // nil the system's
	Timeout  time.Duration // of the whole exchange; 60 s
	Now      func() time.Time
}

// Ready reports whether a server and a sender are configured.
func (s *Sender) Ready() bool { return s != nil && s.Addr != "" && s.From != "" }

// Check says what is wrong with the settings of a sender that is to be used.
func (s *Sender) Check() error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return fmt.Errorf("mail server %q: want host:port", s.Addr)
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		return fmt.Errorf("sender %q is not an address", s.From)
	}
	switch s.TLS {
	case Auto, TLS, StartTLS, Plain:
		return nil
	}
	return fmt.Errorf("mail protection %q: want tls, starttls or none", s.TLS)
}

// Send gives a message to the server. nil means the server has taken it and
// answers for it; an error is always a *Failure.
func (s *Sender) Send(ctx context.Context, m Out) (Receipt, error) {
	e, err := s.envelope(m)
	if err != nil {
		return Receipt{}, &Failure{Permanent: true, Step: "address", cause: err}
	}
	raw, err := s.compose(&m, e)
	if err != nil {
		return Receipt{}, &Failure{Permanent: true, Step: "message", cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	said, err := s.deliver(ctx, e, raw)
	return Receipt{MessageID: m.MessageID, Queue: queueName(said)}, err
}

func (s *Sender) timeout() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return time.Minute
}

// envelope is who sends to whom, in the form the protocol wants.
type envelope struct {
	from     *mail.Address
	back, to string
	utf8     bool // a local part is not ASCII
}

func (s *Sender) envelope(m Out) (e envelope, err error) {
	if e.from, err = mail.ParseAddress(s.From); err != nil {
		return e, fmt.Errorf("sender: %w", err)
	}
	if e.from.Address, err = Clean(e.from.Address); err != nil {
		return e, fmt.Errorf("sender: %w", err)
	}
	if e.to, err = Clean(m.To); err != nil {
		return e, err
	}
	e.back = e.from.Address
	if m.ReturnTo != "" {
		if e.back, err = Clean(m.ReturnTo); err != nil {
			return e, fmt.Errorf("return path: %w", err)
		}
	}
	e.utf8 = !ascii(e.to) || !ascii(e.back)
	return e, nil
}

var errAddress = errors.New("not one mail address")

// Clean returns the one address that text is, with its domain in ASCII. A list,
// a name, a comment, a quoted local part or a line break are refused: such things
// have only ever been used to reach more people than was meant.
func Clean(text string) (string, error) {
	at := strings.LastIndexByte(text, '@')
	if at < 1 || len(text) > 254 || strings.ContainsAny(text, " \t\r\n\x00,;:<>()[]\\\"") {
		return "", errAddress
	}
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
		return "", errAddress
	}
	domain, err := idna.Lookup.ToASCII(text[at+1:])
	if err != nil || domain == "" {
		return "", errAddress
	}
	return text[:at] + "@" + domain, nil
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
