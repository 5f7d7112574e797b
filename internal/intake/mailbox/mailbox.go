// Package mailbox 来信 is the city's door for e-mail. Every message is kept, sealed,
// before anything is made of it; then it becomes a request, adds to one, or is
// parked with its reason for an agent to look at. No message stops the next, and
// none is answered that a program has written.
package mailbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/mail"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// States of a message.
const (
	New        = "new"        // kept, nothing made of it yet
	Case       = "case"       // it became a request
	Supplement = "supplement" // it adds to a request
	Parked     = "parked"     // it waits, or is only kept, with its reason
	Discarded  = "discarded"  // an agent read it and put it away
)

// Reasons to park a message. Those in quietly need nobody's eyes.
const (
	ReasonBounce    = "bounce"
	ReasonAutoReply = "auto_reply"
	ReasonBulk      = "bulk"
	ReasonLoop      = "loop"
	ReasonSpam      = "spam"
	ReasonTooLarge  = "too_large"
	ReasonBomb      = "bomb"
	ReasonEmpty     = "empty"
	ReasonNoSender  = "no_sender"
	ReasonNotOurs   = "not_ours"
	ReasonFlood     = "flood"
	ReasonSameID    = "same_id"
	ReasonRefused   = "refused"
	ReasonBroken    = "broken"
)

var quietly = map[string]bool{ReasonBounce: true, ReasonAutoReply: true, ReasonBulk: true, ReasonLoop: true, ReasonSpam: true}

// Service receives mail and offers its pages.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Blobs   blob.Store
	Catalog *catalog.Shelf
	Intake  *intake.Service
	Base    page.Maker
	Mailbox string       // the city's address, with or without a name before it; "" no mail
	Listen  string       // where the SMTP server listens; "" it does not
	Poller  *mail.Poller // nil no mailbox is polled
	Sender  *mail.Sender // for the test of the way out

	// Failed is told that a mail of ours did not arrive, by the key under which
	// it was sent. nil tells nobody.
	Failed func(ctx context.Context, key, status string) error
}

// envelope is what is known of a message beside itself. It is kept in front of it.
type envelope struct {
	Via  string   `json:"via"`
	From string   `json:"from,omitempty"`
	Null bool     `json:"null,omitempty"`
	To   []string `json:"to,omitempty"`
}

// keyOf tells a message from others: by its id, or by all of it.
func keyOf(in mail.Incoming) (key, bodyHash string) {
	id, body := mail.Identify(in.Raw)
	if id == "" {
		return "sha256:" + digest(in.Raw), digest(body)
	}
	if len(id) > 200 {
		id = digest([]byte(id))
	}
	return id, digest(body)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// pack puts the envelope before the message.
func pack(in mail.Incoming) ([]byte, error) {
	head, err := json.Marshal(envelope{Via: in.Via, From: in.From, Null: in.Null, To: in.To})
	if err != nil {
		return nil, err
	}
	return append(append(head, '\n'), in.Raw...), nil
}

func unpack(data []byte) (e envelope, raw []byte, err error) {
	for i, c := range data {
		if c == '\n' {
			return e, data[i+1:], json.Unmarshal(data[:i], &e)
		}
	}
	return e, nil, fmt.Errorf("a kept mail has no envelope")
}

// row is where a kept message is sealed to.
func row(id string) string { return "intake_mail/" + id }

// address is the city's own without a name.
func (s *Service) address() string { return mail.Bare(s.Mailbox) }

// ours reports an address that is the city's: the mailbox, or what it sends from.
func (s *Service) ours(addr string) bool {
	return mail.Ours(s.Mailbox, addr) || s.Sender != nil && mail.Ours(s.Sender.From, addr)
}

func (s *Service) flood() int { return s.Catalog.Book().Settings.Int("mail.flood", 20) }

func (s *Service) keepDays() int { return s.Catalog.Book().Settings.Int("mail.keep_days", 180) }

// answersPerHour is how many automatic answers one sender gets in an hour.
const answersPerHour = 3

const hour = time.Hour

func trimSubject(s string) string {
	for {
		head, rest, ok := strings.Cut(s, ":")
		if !ok {
			head, rest, ok = strings.Cut(s, "：")
		}
		if !ok || !prefixes[strings.ToLower(strings.TrimSpace(head))] {
			return strings.TrimSpace(s)
		}
		s = rest
	}
}

// prefixes are what mail programs put before the subject of an answer.
var prefixes = map[string]bool{"re": true, "fw": true, "fwd": true, "aw": true, "回复": true, "答复": true, "转发": true, "回覆": true, "轉寄": true, "re[2]": true}
