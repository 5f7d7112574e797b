package intake

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// States of a call.
const (
	callOpen      = "open"
	callDone      = "done"
	callDiscarded = "discarded"
)

// Outcomes of a call: exactly one of them ends it.
const (
	Dispatched = "dispatched"
	Registered = "registered" // for the dispatcher
	Answered   = "answered"
	Diverted   = "diverted"
	Joined     = "joined" // to a request that was there already
)

// undoTime is how long a discarded call can be taken back.
const undoTime = 15 * time.Minute

// Call is one telephone call on an agent's desk, from the first word to its
// outcome. What was typed is sealed in the database, because it says who calls
// and about what before it is a request.
type Call struct {
	ID      string
	Staff   string
	State   string
	Fields  Fields
	Outcome string
	Matter  matter.ID
	Began   time.Time
	Changed time.Time
	Closed  time.Time

	stored bool // the database knows it
}

// Fields are what the agent has typed and chosen so far.
type Fields struct {
	What      string           `json:"what,omitempty"`
	Address   string           `json:"address,omitempty"`
	Spot      string           `json:"spot,omitempty"` // the address as chosen, to which area and point belong
	Area      string           `json:"area,omitempty"`
	Lat       float64          `json:"lat,omitempty"`
	Lng       float64          `json:"lng,omitempty"`
	Origin    request.Origin   `json:"origin,omitzero"`
	Type      string           `json:"type,omitempty"` // "" the category's
	Find      string           `json:"find,omitempty"` // words with which a category is looked for
	Category  string           `json:"category,omitempty"`
	Answers   []request.Answer `json:"answers,omitempty"`
	Phone     string           `json:"phone,omitempty"`
	Email     string           `json:"email,omitempty"`
	Prefer    string           `json:"prefer,omitempty"`
	Name      string           `json:"name,omitempty"`
	NoReply   bool             `json:"no_reply,omitempty"`
	Secret    bool             `json:"secret,omitempty"`
	Calm      bool             `json:"calm,omitempty"`    // the agent has made sure that there is no danger
	Subject   string           `json:"subject,omitempty"` // the unit a report of wrongdoing is about
	Answer    string           `json:"answer,omitempty"`
	Knowledge string           `json:"knowledge,omitempty"` // entry the answer was taken from
	Refusal   string           `json:"refusal,omitempty"`
	Reason    string           `json:"reason,omitempty"`
}

// Empty reports whether nothing was typed that would be missed.
func (f Fields) Empty() bool {
	return f.What == "" && f.Address == "" && f.Phone == "" && f.Name == "" && f.Category == "" && f.Answer == "" && f.Reason == ""
}

// Masked is the caller's number as it may be shown, "" while none is known.
func (f Fields) Masked() string { return vault.MaskPhone(f.KnownPhone()) }

// KnownPhone is the caller's number in its normal form once it can be one.
func (f Fields) KnownPhone() string {
	if p := vault.NormalPhone(f.Phone); len(p) >= 7 {
		return p
	}
	return ""
}

const callQuery = `select id, staff_id, state, fields, outcome, coalesce(matter_id, ''), created_at, changed_at, coalesce(closed_at, 0) from intake_call`

func (s *Service) scanCall(scan func(...any) error) (*Call, error) {
	c := &Call{stored: true}
	var sealed string
	var began, changed, closed int64
	if err := scan(&c.ID, &c.Staff, &c.State, &sealed, &c.Outcome, &c.Matter, &began, &changed, &closed); err != nil {
		return nil, err
	}
	c.Began, c.Changed, c.Closed = sqldb.FromMicros(began), sqldb.FromMicros(changed), sqldb.FromMicros(closed)
	if sealed == "" {
		return c, nil
	}
	plain, err := s.Vault.Open(sealed, c.ID)
	if err != nil {
		return nil, fmt.Errorf("open call %s: %w", c.ID, err)
	}
	return c, json.Unmarshal([]byte(plain), &c.Fields)
}

// findCall reads a call of the agent's own. One that is not there yet is new;
// somebody else's is not found.
func (s *Service) findCall(tx *sqldb.Tx, a actor.Actor, call string) (*Call, error) {
	if len(call) != 26 || strings.Trim(call, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
		return nil, fault.New(fault.NotFound, "desk.call_not_found", nil)
	}
	c, err := s.scanCall(tx.QueryRow(callQuery+` where id = $1`, call).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return &Call{ID: call, Staff: a.ID, State: callOpen, Began: tx.Now}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find call: %w", err)
	}
	if c.Staff != a.ID {
		return nil, fault.New(fault.NotFound, "desk.call_not_found", nil)
	}
	return c, nil
}

// mostCalls bounds what an agent keeps open: more than anybody can remember.
const mostCalls = 12

// openCalls are the agent's calls that have no outcome yet, oldest first, and
// the newest discarded one that can still be taken back, or nil.
func (s *Service) openCalls(tx *sqldb.Tx, a actor.Actor) (list []*Call, discarded *Call, err error) {
	const q = callQuery + ` where staff_id = $1 and (state = 'open' or state = 'discarded' and changed_at > $2) order by created_at, id limit $3`
	rows, err := tx.Query(q, a.ID, tx.Now.Add(-undoTime).UnixMicro(), 2*mostCalls)
	if err != nil {
		return nil, nil, fmt.Errorf("open calls: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		c, err := s.scanCall(rows.Scan)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case c.State == callOpen:
			list = append(list, c)
		case discarded == nil || c.Changed.After(discarded.Changed):
			discarded = c
		}
	}
	return list, discarded, rows.Err()
}

// save keeps what was typed. A call that has its outcome, or was discarded,
// stays as it is: the last words of a form may arrive after its button did.
func (s *Service) save(tx *sqldb.Tx, c *Call) error {
	if !c.stored && c.Fields.Empty() {
		return nil
	}
	plain, err := json.Marshal(c.Fields)
	if err != nil {
		return err
	}
	sealed, err := s.Vault.Seal(string(plain), c.ID)
	if err != nil {
		return fmt.Errorf("seal call: %w", err)
	}
	const q = `insert into intake_call(id, staff_id, state, fields, outcome, created_at, changed_at) values ($1, $2, 'open', $3, '', $4, $5)
		on conflict (id) do update set fields = excluded.fields, changed_at = excluded.changed_at
		where intake_call.staff_id = excluded.staff_id and intake_call.state = 'open'`
	if err := tx.Exec(q, c.ID, c.Staff, sealed, c.Began.UnixMicro(), tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("save call: %w", err)
	}
	c.stored, c.Changed = true, tx.Now
	return nil
}

// closeCall writes the outcome and forgets what was typed: from now on the
// request holds it.
func closeCall(tx *sqldb.Tx, c *Call, outcome string, m matter.ID) error {
	const q = `insert into intake_call(id, staff_id, state, fields, outcome, matter_id, created_at, changed_at, closed_at) values ($1, $2, 'done', '', $3, $4, $5, $6, $6)
		on conflict (id) do update set state = 'done', fields = '', outcome = excluded.outcome, matter_id = excluded.matter_id,
		changed_at = excluded.changed_at, closed_at = excluded.closed_at where intake_call.state <> 'done'`
	if err := tx.Exec(q, c.ID, c.Staff, outcome, m, c.Began.UnixMicro(), tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("close call: %w", err)
	}
	c.State, c.Outcome, c.Matter, c.Closed = callDone, outcome, m, tx.Now
	return nil
}

// setCallState discards an open call, or takes a discarded one back.
func setCallState(tx *sqldb.Tx, c *Call, from, to string) error {
	n, err := tx.ExecN(`update intake_call set state = $1, changed_at = $2 where id = $3 and staff_id = $4 and state = $5`, to, tx.Now.UnixMicro(), c.ID, c.Staff, from)
	if err != nil {
		return fmt.Errorf("set state of call: %w", err)
	}
	if n > 0 {
		c.State = to
	}
	return nil
}

// forgetCalls deletes what was discarded and can no longer be taken back, and
// drafts that nobody has touched for a week.
func forgetCalls(tx *sqldb.Tx) error {
	const q = `delete from intake_call where state = 'discarded' and changed_at < $1 or state = 'open' and changed_at < $2`
	return tx.Exec(q, tx.Now.Add(-undoTime).UnixMicro(), tx.Now.AddDate(0, 0, -7).UnixMicro())
}

// tally is an agent's day: calls with an outcome, and how long one took.
type tally struct {
	Calls int
	Mean  time.Duration
}

func callsToday(tx *sqldb.Tx, a actor.Actor, zone *time.Location) (tally, error) {
	y, m, d := tx.Now.In(zone).Date()
	const q = `select cast(count(*) as bigint), cast(coalesce(avg(closed_at - created_at), 0) as bigint) from intake_call
		where staff_id = $1 and closed_at >= $2`
	var out tally
	var mean int64
	err := tx.QueryRow(q, a.ID, time.Date(y, m, d, 0, 0, 0, 0, zone).UnixMicro()).Scan(&out.Calls, &mean)
	if err != nil {
		return out, fmt.Errorf("calls today: %w", err)
	}
	out.Mean = time.Duration(mean) * time.Microsecond
	return out, nil
}
