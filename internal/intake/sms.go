package intake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// What became of an SMS.
const (
	SMSDone    = "done"    // what it asked for
	SMSAsked   = "asked"   // its writer was asked which request he means
	SMSRefused = "refused" // the rules do not allow it now, and its writer was told
	SMSCase    = "case"    // a request of its own
	SMSUnread  = "unread"  // nobody's words that we understand
	SMSAdded   = "added"   // by an agent, to a request
	SMSDropped = "dropped" // by an agent, with a reason
)

// SMS is one that somebody wrote to the city's number. Number and words are sealed;
// Words is in the clear on the page of one, numbers in it hidden.
type SMS struct {
	ID         string
	At         time.Time
	Deliveries int64 // how often the gateway brought it
	Masked     string
	Words      string
	State      string
	Deed       string // of notice.Answers, as it was read
	Why        string // key of a sentence, "" none
	Attention  bool   // a person should look at it
	Matter     matter.ID
	Number     string // of the request
	Hidden     bool   // the request is sealed: it is read on its own page only
	By         string // who settled it
	Settled    time.Time
	Note       string

	person, phone, words string
}

// deliveredBefore reports, and counts, an SMS that is known. It keeps others from
// taking the same one meanwhile.
func deliveredBefore(tx *sqldb.Tx, via, ref string) (bool, error) {
	if err := tx.Lock("intake/sms/" + via + "/" + ref); err != nil {
		return false, err
	}
	var known string
	err := tx.QueryRow(`select id from intake_sms where via = $1 and ref = $2`, via, ref).Scan(&known)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find SMS: %w", err)
	}
	return true, tx.Exec(`update intake_sms set deliveries = deliveries + 1 where id = $1`, known)
}

func (s *Service) keepSMS(tx *sqldb.Tx, via string, r Reply, became SMS) error {
	row := id.New(tx.Now)
	phone, err := s.Vault.Seal(r.Phone, smsRow(row, "phone"))
	if err != nil {
		return err
	}
	words, err := s.Vault.Seal(r.Words, smsRow(row, "words"))
	if err != nil {
		return err
	}
	const q = `insert into intake_sms(id, at, via, ref, person, phone, masked, words, state, deed, why, attention, matter_id)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
	err = tx.Exec(q, row, tx.Now.UnixMicro(), via, r.ID, s.Vault.Token("phone", r.Phone), phone, vault.MaskPhone(r.Phone), words, became.State, became.Deed, became.Why, became.Attention, became.Matter)
	if err != nil {
		return fmt.Errorf("keep SMS: %w", err)
	}
	return nil
}

func smsRow(row, what string) string { return "intake_sms/" + row + "/" + what }

const smsQuery = `select x.id, x.at, x.deliveries, x.person, x.phone, x.masked, x.words, x.state, x.deed, x.why, x.attention, x.matter_id,
	coalesce(m.number, ''), coalesce(m.sealed, false), coalesce(s.name, ''), x.settled_at, x.settled_note
	from intake_sms x left join matter m on m.id = x.matter_id left join actor_staff s on s.id = x.settled_by`

func (s *Service) scanSMS(scan func(...any) error) (x SMS, err error) {
	var at, settled int64
	err = scan(&x.ID, &at, &x.Deliveries, &x.person, &x.phone, &x.Masked, &x.words, &x.State, &x.Deed, &x.Why, &x.Attention, &x.Matter,
		&x.Number, &x.Hidden, &x.By, &settled, &x.Note)
	if errors.Is(err, sql.ErrNoRows) {
		return x, fault.New(fault.NotFound, "intake.sms_not_found", err)
	}
	if err != nil {
		return x, err
	}
	x.At, x.Settled = sqldb.FromMicros(at), sqldb.FromMicros(settled)
	if x.Hidden {
		x.Number = ""
	} else if x.words != "" {
		x.Words, err = s.Vault.Open(x.words, smsRow(x.ID, "words"))
		x.Words = Hide(x.Words)
	}
	return x, err
}

func (s *Service) findSMS(tx *sqldb.Tx, id string) (SMS, error) {
	return s.scanSMS(tx.QueryRow(smsQuery+` where x.id = $1`, id).Scan)
}

// Tabs of the list of SMS.
const (
	SMSWait = "wait"
	SMSRest = "rest"
)

// SMSList is a page of those that wait for a person, or of the others, behind one,
// the newest first.
func (s *Service) SMSList(tx *sqldb.Tx, tab, before string, n int) ([]SMS, error) {
	rows, err := tx.Query(smsQuery+` where x.attention = $1 and ($2 = '' or x.id < $2) order by x.id desc limit $3`, tab == SMSWait, before, n)
	if err != nil {
		return nil, fmt.Errorf("list SMS: %w", err)
	}
	defer rows.Close()
	var out []SMS
	for rows.Next() {
		x, err := s.scanSMS(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list SMS: %w", err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// smsCount is how many stand in a tab.
func smsCount(tx *sqldb.Tx, tab string) (n int64, err error) {
	err = tx.QueryRow(`select cast(count(*) as bigint) from intake_sms where attention = $1`, tab == SMSWait).Scan(&n)
	return n, err
}

// SweepSMS forgets what old SMS said and who wrote them. One that waits is kept.
func (s *Service) SweepSMS(ctx context.Context) error {
	days := time.Duration(s.Catalog.Book().Settings.Int("sms.keep_days", 180))
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		const q = `update intake_sms set words = '', phone = '', person = '', masked = '' where words <> '' and at < $1 and not attention`
		return tx.Exec(q, tx.Now.Add(-days*24*time.Hour).UnixMicro())
	})
}
