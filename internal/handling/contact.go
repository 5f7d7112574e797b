package handling

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Ways of reaching the requester, and what came of it.
var (
	ContactWays     = []string{"phone", "visit", "message"}
	ContactOutcomes = []string{"reached", "no_answer", "wrong_number", "declined"}
)

// Contact 联系诉求人 records that the unit spoke with the requester, or tried
// to. The number used is not kept: it stands in the contact data.
type Contact struct {
	ID      matter.ID
	Version int64
	Way     string
	Outcome string
	At      time.Time // zero: now
	Text    string
}

type contactBody struct {
	Way     string `json:"way"`
	Outcome string `json:"outcome"`
	At      int64  `json:"at"` // microseconds
}

// Contact is ContactTx in a unit of work of its own.
func (s *Service) Contact(ctx context.Context, a actor.Actor, c Contact) error {
	return update(ctx, s, a, c, s.ContactTx)
}

// ContactTx records a contact with the requester (北京条例 15(1)).
func (s *Service) ContactTx(tx *sqldb.Tx, a actor.Actor, c Contact) error {
	o, err := anyTask(tx, a, c.ID, c.Version)
	if err != nil {
		return err
	}
	var f fault.Fields
	if !request.Known(ContactWays, c.Way) {
		f.Add("contact.way", "handling.choose_one")
	}
	if !request.Known(ContactOutcomes, c.Outcome) {
		f.Add("contact.outcome", "handling.choose_one")
	}
	if c.At.IsZero() {
		c.At = tx.Now
	}
	if c.At.After(tx.Now.Add(time.Minute)) || c.At.Before(o.OpenedAt.Add(-time.Minute)) {
		f.Add("contact.at", "handling.contact_time")
	}
	if c.Outcome == "reached" {
		sentence(&f, "contact.text", c.Text, "handling.contact_text")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return o.Record(tx, a, request.Deed{Name: request.DeedContacted, Body: contactBody{c.Way, c.Outcome, sqldb.Micros(c.At)},
		Notes: []request.Note{{Kind: "contact", Text: c.Text}}})
}
