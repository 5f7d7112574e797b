// Package notice tells people what happened to a matter: in the words of the
// city's own template, to each who left a way to be reached, once per deed.
//
// What it says about delivery is true. A deed queues a message in its own unit of
// work. After the commit the Office picks the channel, reads who it is for at the
// last moment, and hands it over. "Accepted" means that a gateway or mail server
// took it, "delivered" that it said so itself; nothing that waits is called sent.
//
// The package knows no transport: the program gives it Channels. The address of a
// person is in memory between reading and sending, and nowhere else.
package notice

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// States of a message.
const (
	Queued    = "queued"    // waits for its channel, or for the end of the quiet hours
	Kept      = "kept"      // no channel that is connected leads to the person
	Accepted  = "accepted"  // the gateway or mail server took it; not confirmed
	Delivered = "delivered" // confirmed
	Failed    = "failed"    // given up, with the reason
	Dropped   = "dropped"   // no longer to be sent when its turn came, with the reason
)

// States in the order of a message's life.
var States = []string{Queued, Kept, Accepted, Delivered, Failed, Dropped}

// Channels by which people are told.
const (
	SMS    = "sms"
	Mail   = "mail"
	WeChat = "wechat"
)

// ChannelNames are the channels in the order in which pages list them.
var ChannelNames = []string{SMS, Mail, WeChat}

// Message is one notice to one contact.
type Message struct {
	ID       string
	Matter   matter.ID
	Number   string
	Seq      int64
	Contact  string // contact id
	Channel  string // "" not chosen yet
	Template string // code of the text
	Subject  string // as the template has it, for mail
	Body     string // as the template has it
	Given    map[string]string
	State    string
	Via      string // name of the gateway that took it
	Ref      string // its id there
	Reason   string // why it waits, failed or was dropped
	Tries    int64
	Round    int64 // how often a person had it sent again
	At       time.Time
	Begun    time.Time // since when it is tried
	Due      time.Time // of the next try; zero when none is planned
	Sent     time.Time // accepted by the gateway
	Done     time.Time // delivered, failed or dropped
}

// Words is what the message says, as pages may show it: filled in one pass, the
// query code hidden.
func (m Message) Words() string { return Fill(m.Body, m.hidden()) }

// Title is the filled subject.
func (m Message) Title() string { return Fill(m.Subject, m.hidden()) }

// Held reports whether the message waits for a time that is still to come.
func (m Message) Held(now time.Time) bool { return m.State == Queued && m.Due.After(now) }

func (m Message) hidden() map[string]string {
	out := make(map[string]string, len(m.Given))
	for k, v := range m.Given {
		if k == QueryCode && v != "" {
			v = "****-*****-****"
		}
		out[k] = v
	}
	return out
}

// QueryCode is the one placeholder whose value is kept sealed: it opens a request
// to whoever reads it. See SealCode.
const QueryCode = "查询码"

// Sealer is what keeps the query code unreadable until it is sent. *vault.Vault is one.
type Sealer interface {
	Seal(plain, context string) (string, error)
	Open(sealed, context string) (string, error)
}

// SealCode is the value of QueryCode for Tell.
func SealCode(v Sealer, m matter.ID, code string) (string, error) {
	return v.Seal(code, codeRow(m))
}

func codeRow(m matter.ID) string { return "notice_message/" + string(m) + "/code" }

// Fill puts values into the placeholders of a text, in one pass: what looks like a
// placeholder in a value stays as it is. A placeholder nobody gave a value for
// becomes nothing: no message shows braces to a resident.
func Fill(text string, given map[string]string) string {
	all := make(map[string]string, len(Holes))
	for _, h := range Holes {
		all[h] = given[h]
	}
	return catalog.Fill(text, all)
}

const insertMessage = `insert into notice_message(id, matter_id, seq, contact_id, channel, template, subject, body, given, state, created_at, begun_at)
	select $1, $2, $3, $4, '', x.code, x.title, x.body, $5, 'queued', $6, $6 from catalog_text x where x.code = $7 and x.kind = 'notice' and x.active
	on conflict do nothing`

// Tell queues one message per contact in the words of the template. contacts are
// ids of people who left a way to be reached. A template the city has not
// written, or has switched off, tells nobody.
//
// The template is read where it is written down: who only writes need not wait
// for an answer.
func Tell(tx *sqldb.Tx, m matter.ID, seq int64, template string, given map[string]string, contacts []string) error {
	if len(contacts) == 0 {
		return nil
	}
	values, err := json.Marshal(given)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		if err := tx.Later(insertMessage, id.New(tx.Now), m, seq, c, string(values), tx.Now.UnixMicro(), template); err != nil {
			return fmt.Errorf("notice %s: %w", template, err)
		}
	}
	return nil
}

const columns = `n.id, n.matter_id, m.number, n.seq, n.contact_id, n.channel, n.template, n.subject, n.body, n.given, n.state, n.via, n.ref, n.reason,
	n.tries, n.round, n.created_at, n.begun_at, coalesce(n.due_at, 0), coalesce(n.sent_at, 0), coalesce(n.done_at, 0)`

const from = ` from notice_message n join matter m on m.id = n.matter_id`

func scan(row func(...any) error) (Message, error) {
	var m Message
	var given string
	var at [5]int64
	err := row(&m.ID, &m.Matter, &m.Number, &m.Seq, &m.Contact, &m.Channel, &m.Template, &m.Subject, &m.Body, &given, &m.State, &m.Via, &m.Ref, &m.Reason,
		&m.Tries, &m.Round, &at[0], &at[1], &at[2], &at[3], &at[4])
	if err != nil {
		return m, err
	}
	for i, t := range []*time.Time{&m.At, &m.Begun, &m.Due, &m.Sent, &m.Done} {
		if at[i] != 0 {
			*t = sqldb.FromMicros(at[i])
		}
	}
	return m, json.Unmarshal([]byte(given), &m.Given)
}

func list(tx *sqldb.Tx, tail string, args ...any) ([]Message, error) {
	rows, err := tx.Query(`select `+columns+from+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	defer rows.Close()
	var out []Message
	for rows.Next() {
		m, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// Of are the messages about one matter, oldest first.
func Of(tx *sqldb.Tx, m matter.ID) ([]Message, error) {
	return list(tx, ` where n.matter_id = $1 order by n.created_at, n.id`, m)
}

// To are the messages about a matter to one contact, newest first.
func To(tx *sqldb.Tx, m matter.ID, contact string) ([]Message, error) {
	return list(tx, ` where n.matter_id = $1 and n.contact_id = $2 order by n.created_at desc, n.id desc`, m, contact)
}

// Last is the newest message about each of the matters.
func Last(tx *sqldb.Tx, matters []matter.ID) (map[matter.ID]Message, error) {
	marks, args := sqldb.In(1, matters)
	all, err := list(tx, ` where n.matter_id in (`+marks+`) order by n.created_at, n.id`, args...)
	out := map[matter.ID]Message{}
	for _, m := range all {
		out[m.Matter] = m
	}
	return out, err
}

// line makes one line of a text: a subject, a field of a template.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }
