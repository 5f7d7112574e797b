package mailbox

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/mail"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Mail is one message as the database knows it: what it says lies in the file.
type Mail struct {
	ID         string
	At         time.Time
	Via        string
	Key        string // its id, or the hash of all of it
	BodyHash   string
	Deliveries int64  // how often it came
	File       string // sealed, in the file store; "" forgotten
	Size       int64
	Cut        bool // only its beginning was fetched
	State      string
	Reason     string
	Attention  bool // a person should look at it
	Masked     string
	Subject    string
	Matter     matter.ID
	Number     string // of the request
	By         string // who settled it
	Settled    time.Time
	Note       string // why it was discarded
}

// insert keeps a new message. It reports false when the same one has just arrived
// by another way, which is then counted as a delivery of it.
func insert(tx *sqldb.Tx, m Mail) (fresh bool, err error) {
	const q = `insert into intake_mail(id, at, via, key, body_hash, file, size, cut, state, reason, attention, answered)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) on conflict (key) do nothing`
	n, err := tx.ExecN(q, m.ID, tx.Now.UnixMicro(), m.Via, m.Key, m.BodyHash, m.File, m.Size, m.Cut, m.State, m.Reason, false)
	if err != nil {
		return false, fmt.Errorf("insert mail: %w", err)
	}
	if n > 0 {
		return true, nil
	}
	return false, tx.Exec(`update intake_mail set deliveries = deliveries + 1 where key = $1`, m.Key)
}

// again counts one more delivery of a message that is known.
func again(tx *sqldb.Tx, id string) error {
	return tx.Exec(`update intake_mail set deliveries = deliveries + 1 where id = $1`, id)
}

const mailQuery = `select e.id, e.at, e.via, e.key, e.body_hash, e.deliveries, e.file, e.size, e.cut, e.state, e.reason, e.attention, e.masked, e.subject, e.matter_id,
	coalesce(m.number, ''), coalesce(s.name, ''), e.settled_at, e.settled_note
	from intake_mail e left join matter m on m.id = e.matter_id left join actor_staff s on s.id = e.settled_by`

func scan(from func(...any) error) (m Mail, err error) {
	var at, settled int64
	err = from(&m.ID, &at, &m.Via, &m.Key, &m.BodyHash, &m.Deliveries, &m.File, &m.Size, &m.Cut, &m.State, &m.Reason, &m.Attention, &m.Masked, &m.Subject, &m.Matter,
		&m.Number, &m.By, &settled, &m.Note)
	m.At = sqldb.FromMicros(at)
	if settled > 0 {
		m.Settled = sqldb.FromMicros(settled)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "mailbox.not_found", err)
	}
	return m, err
}

func find(tx *sqldb.Tx, id string) (Mail, error) {
	return scan(tx.QueryRow(mailQuery+` where e.id = $1`, id).Scan)
}

func byKey(tx *sqldb.Tx, key string) (Mail, error) {
	return scan(tx.QueryRow(mailQuery+` where e.key = $1`, key).Scan)
}

// load locks a message for change. In a unit of work that locks a request as well
// the message comes first.
func load(tx *sqldb.Tx, id string) (Mail, error) {
	if err := tx.Lock(row(id)); err != nil {
		return Mail{}, err
	}
	return find(tx, id)
}

// about is what the program found out about a message.
type about struct {
	sender  mail.Person
	subject string
}

// describe keeps who wrote and about what: sealed, with a token to find him by.
func (s *Service) describe(tx *sqldb.Tx, id string, a about) error {
	sealed, err := s.Vault.Seal(a.sender.Address, row(id))
	if err != nil {
		return err
	}
	const q = `update intake_mail set sender = $1, sender_token = $2, masked = $3, subject = $4 where id = $5`
	return tx.Exec(q, sealed, s.Vault.Token("email", a.sender.Address), masked(a.sender), a.subject, id)
}

// settle writes what became of a message.
func (m *Mail) settle(tx *sqldb.Tx, by string) error {
	const q = `update intake_mail set state = $1, reason = $2, attention = $3, matter_id = $4, settled_by = $5, settled_at = $6, settled_note = $7 where id = $8`
	if err := tx.Exec(q, m.State, m.Reason, m.Attention, m.Matter, by, tx.Now.UnixMicro(), m.Note, m.ID); err != nil {
		return fmt.Errorf("settle mail %s: %w", m.ID, err)
	}
	return nil
}

// since counts the messages of a sender since a time, and how many of them got an
// automatic answer.
func since(tx *sqldb.Tx, token string, from time.Time) (all, answered int, err error) {
	const q = `select cast(count(*) as bigint), cast(coalesce(sum(case when answered then 1 else 0 end), 0) as bigint)
		from intake_mail where sender_token = $1 and sender_token <> '' and at >= $2`
	err = tx.QueryRow(q, token, from.UnixMicro()).Scan(&all, &answered)
	return all, answered, err
}

// thread is the request that an earlier message of the same sender belongs to:
// one of those that this message answers. Without the sender it would be worth
// nothing, because anybody can write any id into a mail.
func thread(tx *sqldb.Tx, token string, ids []string) (matter.ID, error) {
	if token == "" || len(ids) == 0 {
		return "", nil
	}
	marks, args := sqldb.In(2, ids)
	var m matter.ID
	q := `select matter_id from intake_mail where sender_token = $1 and matter_id <> '' and key in (` + marks + `) order by at desc limit 1`
	err := tx.QueryRow(q, append([]any{token}, args...)...).Scan(&m)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return m, err
}

// Filter chooses messages for a list.
type Filter struct {
	Tab    string // wait, quiet, done
	Before string // id of the last one shown
}

// Tabs of the list.
const (
	TabWait  = "wait"
	TabQuiet = "quiet"
	TabDone  = "done"
)

var tabs = map[string]string{
	TabWait:  `e.attention`,
	TabQuiet: `e.state = 'parked' and not e.attention`,
	TabDone:  `e.state in ('case', 'supplement', 'discarded')`,
}

// List is a page of messages, newest first.
func List(tx *sqldb.Tx, f Filter, n int) (out []Mail, err error) {
	rows, err := tx.Query(mailQuery+` where `+tabs[f.Tab]+` and ($1 = '' or e.id < $1) order by e.id desc limit $2`, f.Before, n)
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		m, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// Waiting is how many messages wait for an agent.
func Waiting(tx *sqldb.Tx) (n int, err error) {
	err = tx.QueryRow(`select cast(count(*) as bigint) from intake_mail where attention`).Scan(&n)
	return n, err
}
