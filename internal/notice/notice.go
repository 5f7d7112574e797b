// Package notice tells people what happened to a matter: in the words of the
// city's own template, to each who left a way to be reached, once per deed.
// What it says about delivery is true: a message that no channel has taken is
// shown as kept, never as sent.
package notice

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// States of a message.
const (
	Kept      = "kept"      // no channel is connected: kept to be read in the outbox
	Queued    = "queued"    // waits for its channel
	Delivered = "delivered" // the channel confirmed
	Failed    = "failed"
)

// Message is one notice to one contact.
type Message struct {
	ID       string
	Matter   matter.ID
	Number   string
	Contact  string // contact id
	Channel  string // sms
	Template string // code of the text
	Body     string
	State    string
	At       time.Time
}

// Tell writes one message per contact in the words of the template, with its
// placeholders filled. contacts are ids of people who left a telephone number.
// A template the city has not written, or has switched off, tells nobody.
func Tell(tx *sqldb.Tx, m matter.ID, seq int64, template string, values map[string]string, contacts []string) error {
	if len(contacts) == 0 {
		return nil
	}
	var body string
	err := tx.QueryRow(`select body from catalog_text where code = $1 and kind = 'notice' and active`, template).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("notice %s: %w", template, err)
	}
	body = catalog.Fill(body, values)
	for _, c := range contacts {
		const q = `insert into notice_message(id, matter_id, seq, contact_id, channel, template, body, state, created_at)
			values ($1, $2, $3, $4, 'sms', $5, $6, $7, $8) on conflict do nothing`
		if err := tx.Exec(q, id.New(tx.Now), m, seq, c, template, body, Kept, tx.Now.UnixMicro()); err != nil {
			return fmt.Errorf("notice %s: %w", template, err)
		}
	}
	return nil
}

// Of are the messages about one matter, oldest first.
func Of(tx *sqldb.Tx, m matter.ID) ([]Message, error) {
	return list(tx, ` where n.matter_id = $1 order by n.created_at, n.id`, m)
}

// Newest are the latest messages before a time, newest first.
func Newest(tx *sqldb.Tx, before time.Time, n int) ([]Message, error) {
	return list(tx, ` where n.created_at < $1 order by n.created_at desc, n.id desc limit $2`, before.UnixMicro(), n)
}

func list(tx *sqldb.Tx, tail string, args ...any) ([]Message, error) {
	rows, err := tx.Query(`select n.id, n.matter_id, m.number, n.contact_id, n.channel, n.template, n.body, n.state, n.created_at
		from notice_message n join matter m on m.id = n.matter_id`+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	defer rows.Close()
	var out []Message
	for rows.Next() {
		var x Message
		var at int64
		if err := rows.Scan(&x.ID, &x.Matter, &x.Number, &x.Contact, &x.Channel, &x.Template, &x.Body, &x.State, &at); err != nil {
			return nil, err
		}
		x.At = sqldb.FromMicros(at)
		out = append(out, x)
	}
	return out, rows.Err()
}
