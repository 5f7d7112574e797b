package notice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Parcel is a message ready to be handed over. It lives in memory only.
type Parcel struct {
	Key      string // the same at each try: who takes it twice can tell
	Matter   matter.ID
	Contact  string
	Number   string
	Template string
	Phone    string
	Email    string
	OpenID   string
	Subject  string
	Text     string
	Fields   []Field // of a WeChat template, whose id is Subject
	Link     string
	Urgent   bool
}

// Outcome is what a channel says about a parcel that it took.
type Outcome struct {
	State string // Accepted, or Delivered where the channel knows at once
	Via   string // name of the gateway
	Ref   string // id of the message there, for its report
}

// Channel is a way to people. Send may be called again with the same Key after
// it failed, or when nobody knows whether it did.
type Channel interface {
	Open() bool // whether it is connected
	Send(ctx context.Context, p Parcel) (Outcome, error)
}

// Refusal is an error that trying again does not mend: the number does not
// exist, the gateway rejects the text.
type Refusal struct {
	Reason string // code
	Err    error
}

func (r Refusal) Error() string { return "refused: " + r.Reason }

func (r Refusal) Unwrap() error { return r.Err }

// Refuse makes a Refusal.
func Refuse(reason string, err error) error { return Refusal{reason, err} }

// Trouble is an error that may pass, with a reason that pages can show.
type Trouble struct {
	Reason string
	Err    error
}

func (t Trouble) Error() string { return "trouble: " + t.Reason }

func (t Trouble) Unwrap() error { return t.Err }

// Reasons why a message waits, was given up, or was dropped. Gateways may add
// words of their own behind a colon.
const (
	ReasonNoChannel  = "no_channel"  // none that leads to him is connected
	ReasonNoAddress  = "no_address"  // every way to him was tried
	ReasonUnwanted   = "unwanted"    // he does not want to be told
	ReasonForgotten  = "forgotten"   // he is no longer a contact
	ReasonOver       = "over"        // the matter has moved on
	ReasonSuperseded = "superseded"  // a later message says more
	ReasonQuiet      = "quiet"       // quiet hours
	ReasonBudget     = "budget"      // enough messages for one day
	ReasonBadNumber  = "bad_number"  // the address is not one
	ReasonRejected   = "rejected"    // the gateway will not take it
	ReasonUndeliver  = "undelivered" // the gateway could not deliver
	ReasonTimeout    = "timeout"     // no answer in time: nobody knows
	ReasonDown       = "down"        // the gateway cannot be reached
	ReasonBusy       = "busy"        // it says later
	ReasonExpired    = "expired"     // tried for as long as the city allows
	ReasonBroken     = "broken"      // our own fault
	ReasonNoTemplate = "no_template" // the city has no text for this channel
)

// Nothing is a wish not to be told.
const Nothing = "none"

// Ways is by which channels a person can be reached, without saying where.
type Ways struct {
	Prefer string
	Person map[string]string // by channel: a token of the address, "" none
}

// Person is whom a message is for, when it is about to be sent.
type Person struct {
	Ways
	Phone, Email, OpenID string
	Urgent               bool
	Moot                 string // a reason why the message need not go any more
}

// People knows who can be reached and how.
type People interface {
	Ways(tx *sqldb.Tx, contacts []string) (map[string]Ways, error)
	Whom(tx *sqldb.Tx, m Message) (Person, error)
}

// Office sends what the deeds queued.
type Office struct {
	DB       *sqldb.DB
	Vault    Sealer
	People   People
	Channels map[string]Channel
	Settings func() catalog.Settings
	Link     string // where people look their request up, "" where the city has no address yet
}

func (o *Office) open(channel string) bool {
	c := o.Channels[channel]
	return c != nil && c.Open()
}

// Connected reports whether a channel is.
func (o *Office) Connected(channel string) bool { return o.open(channel) }

// JobKind is the kind of the jobs that send by a channel. Each channel has a pool
// of its own, so that one that hangs stops no other.
func JobKind(channel string) string { return "notice/" + channel }

// Register gives the queue the senders.
func (o *Office) Register(q *job.Queue) {
	for _, name := range ChannelNames {
		send := func(ctx context.Context, j job.Job) error { return o.send(ctx, name, j) }
		q.Register(JobKind(name), send, job.Options{Pool: JobKind(name), Lease: 2 * time.Minute})
	}
}

const routeLock = "notice/route"

// Watcher picks the channel of each message behind the deed that queued it.
func (o *Office) Watcher() matter.Watcher {
	return matter.Watcher{Name: routeLock, Batch: 200, Handle: func(tx *sqldb.Tx, _ []matter.Entry) error { return o.route(tx) }}
}

// Sweep picks the channel of messages that no deed announced, and forgets
// reports about messages that nobody asked for.
func (o *Office) Sweep(ctx context.Context) error {
	return o.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("watch/" + routeLock); err != nil {
			return err
		}
		if err := tx.Exec(`delete from notice_report where at < $1`, tx.Now.Add(-7*24*time.Hour).UnixMicro()); err != nil {
			return err
		}
		return o.route(tx)
	})
}

// route takes all messages without a channel, a few hundred at a time.
func (o *Office) route(tx *sqldb.Tx) error {
	const size = 400
	for {
		all, err := list(tx, ` where n.channel = '' and n.state = 'queued' order by n.created_at, n.id limit $1`, size)
		if err != nil || len(all) == 0 {
			return err
		}
		if err := o.assign(tx, all); err != nil || len(all) < size {
			return err
		}
	}
}

// fate is what routing decides about a message.
type fate struct{ channel, state, reason string }

func (o *Office) assign(tx *sqldb.Tx, all []Message) error {
	contacts := make([]string, len(all))
	for i, m := range all {
		contacts[i] = m.Contact
	}
	ways, err := o.People.Ways(tx, contacts)
	if err != nil {
		return err
	}
	rules := RulesOf(o.Settings())
	open := map[string]bool{}
	for _, c := range ChannelNames {
		open[c] = o.open(c)
	}
	same := map[fate][]string{}
	for _, m := range all {
		f := fateOf(rules, m, ways, func(c string) bool { return open[c] })
		same[f] = append(same[f], m.ID)
		if f.state != Queued {
			continue
		}
		if err := enqueue(tx, m.ID, f.channel, time.Time{}); err != nil {
			return err
		}
	}
	return settleAll(tx, same)
}

// fateOf picks the channel. Quiet hours are looked at when it is sent: only then
// is it read whether the matter is urgent.
func fateOf(rules Rules, m Message, ways map[string]Ways, open func(string) bool) fate {
	w, known := ways[m.Contact]
	if !known {
		return fate{"", Dropped, ReasonForgotten}
	}
	switch channel, why := rules.choose(w, open, nil); {
	case why == ReasonUnwanted:
		return fate{"", Dropped, why}
	case channel == "":
		return fate{"", Kept, why}
	default:
		return fate{channel, Queued, ""}
	}
}

func settleAll(tx *sqldb.Tx, same map[fate][]string) error {
	for f, ids := range same {
		var done any
		if f.state == Dropped {
			done = tx.Now.UnixMicro()
		}
		marks, args := sqldb.In(5, ids)
		q := `update notice_message set channel = $1, state = $2, reason = $3, done_at = $4 where id in (` + marks + `)`
		if err := tx.Exec(q, append([]any{f.channel, f.state, f.reason, done}, args...)...); err != nil {
			return fmt.Errorf("route notices: %w", err)
		}
	}
	return nil
}

type sendArgs struct {
	Message string `json:"message"`
}

func enqueue(tx *sqldb.Tx, message, channel string, at time.Time) error {
	return job.Enqueue(tx, JobKind(channel), "", sendArgs{message}, at)
}

// step notes one more thing that became of a message.
func step(tx *sqldb.Tx, m Message, state, reason, actor string) error {
	const q = `insert into notice_step(message_id, n, at, state, channel, reason, actor)
		select $1, coalesce(max(n), 0) + 1, $2, $3, $4, $5, $6 from notice_step where message_id = $1`
	return tx.Exec(q, m.ID, tx.Now.UnixMicro(), state, m.Channel, reason, actor)
}

// reasonOf is the code of an error for pages, and whether trying again may help.
func reasonOf(err error) (reason string, again bool) {
	var r Refusal
	var t Trouble
	switch {
	case errors.As(err, &r):
		return r.Reason, false
	case errors.As(err, &t):
		return t.Reason, true
	case errors.Is(err, context.DeadlineExceeded):
		return ReasonTimeout, true
	}
	return ReasonDown, true
}
