// Package notice tells people what happened to a matter: in the words of the
// city's own template, to each who left a way to be reached, once per deed.
// What it says about delivery is true: a message that no channel has taken is
// shown as kept, never as sent.
package notice

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

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
	body, words := filled(values, 8)
	for _, c := range contacts {
		// The template is read where it is used: who only writes need not wait for an answer.
		q := `insert into notice_message(id, matter_id, seq, contact_id, channel, template, body, state, created_at)
			select $1, $2, $3, $4, 'sms', x.code, ` + body + `, $6, $7 from catalog_text x where x.code = $5 and x.kind = 'notice' and x.active
			on conflict do nothing`
		args := append([]any{id.New(tx.Now), m, seq, c, template, Kept, tx.Now.UnixMicro()}, words...)
		if err := tx.Later(q, args...); err != nil {
			return fmt.Errorf("notice %s: %w", template, err)
		}
	}
	return nil
}

// filled is the expression for the body of catalog_text x with its placeholders
// filled, and the arguments, numbered from n. The longest value goes in last: it is
// what a resident wrote, and what looks like a placeholder in it stays.
func filled(values map[string]string, n int) (string, []any) {
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(values[a]), len(values[b])), cmp.Compare(a, b))
	})
	body, args := `x.body`, []any{}
	for _, name := range names {
		body = fmt.Sprintf(`replace(%s, $%d, $%d)`, body, n+len(args), n+len(args)+1)
		args = append(args, "{"+name+"}", values[name])
	}
	return body, args
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
