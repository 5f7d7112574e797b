package webhook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/outbound"
	"gongzhi/internal/signature"
	"gongzhi/internal/sqldb"
)

// Delivery is one event for one target, and what became of it.
type Delivery struct {
	ID           string
	Subscription string
	Matter       matter.ID
	Seq          int64
	Deed         string
	Happened     time.Time
	State        string
	Attempts     int64
	Next         time.Time
	Status       int64 // of the last answer, 0 none
	Took         time.Duration
	Trouble      string // key of its sentence
	Created      time.Time
	Tried        time.Time
}

// States of a delivery.
const (
	Queued   = "queued"
	Done     = "done"
	Dead     = "dead"     // given up; a person may send it again
	Withheld = "withheld" // the target may not know of it
)

// What goes wrong, as keys of sentences.
const (
	troubleStatus  = "webhook.trouble_status"
	troubleRefused = "webhook.trouble_refused"
	troubleSilent  = "webhook.trouble_silent"
	troubleLarge   = "webhook.trouble_large"
	troubleSecret  = "webhook.trouble_secret"
	troubleOurs    = "webhook.trouble_ours"
)

const (
	mostAttempts = 12            // over about two days
	hurdle       = 5             // failures in a row after which the target is left alone for a while
	shortPause   = time.Minute   // the first time
	longPause    = 2 * time.Hour // at most
	claimTime    = 2 * time.Minute
	claimed      = 8                // at once; at ten seconds a call less than a claim
	slice        = 90 * time.Second // how long one job works before others get its worker
)

// backoff is how long to wait after an attempt: 30 s doubling to 8 h, and up to a
// fifth more so that what failed together is not tried again together.
func backoff(attempt int64, name string) time.Duration {
	d := min(30*time.Second<<min(attempt-1, 12), 8*time.Hour)
	h := fnv.New32a()
	fmt.Fprint(h, name, attempt)
	return d + time.Duration(float64(d)/5*float64(h.Sum32()%1000)/1000)
}

// Send does what is due for one target, in the order of the events.
func (s *Service) Send(ctx context.Context, j job.Job) error {
	var args sendArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	if !s.lanes.enter(args.Subscription) {
		return nil // who is at it takes this along
	}
	held := true
	defer func() {
		if held {
			s.lanes.abandon(args.Subscription)
		}
	}()
	until := s.DB.Now().Add(slice)
	for {
		x, n, err := s.round(ctx, args.Subscription)
		if err != nil {
			return err
		}
		if n > 0 && s.DB.Now().Before(until) {
			continue
		}
		if n == 0 && !s.lanes.leave(args.Subscription) {
			continue
		}
		held = n > 0
		return s.later(ctx, x, held)
	}
}

// round sends the next few deliveries that are due, and says how many there were.
func (s *Service) round(ctx context.Context, subscription string) (x Subscription, n int, err error) {
	var list []Delivery
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		if x, err = Find(tx, subscription); err != nil || !x.Active || x.Paused.After(tx.Now) {
			return err
		}
		most := claimed
		if x.Failures >= hurdle {
			most = 1 // one call finds out whether the target is back
		}
		list, err = claim(tx, subscription, most)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return x, 0, job.Permanent(err)
	}
	if err != nil {
		return x, 0, err
	}
	for i, d := range list {
		if x, err = s.deliver(ctx, x, d); err != nil {
			return x, 0, err
		}
		if x.Paused.After(s.DB.Now()) {
			return x, 0, s.unclaim(ctx, list[i+1:])
		}
	}
	return x, len(list), nil
}

const deliveryColumns = `id, subscription, matter_id, seq, deed, happened_at, state, attempts, next_at, status, took_us, trouble, created_at, tried_at`

func scanDelivery(scan func(...any) error) (Delivery, error) {
	var d Delivery
	var happened, next, took, created, tried int64
	err := scan(&d.ID, &d.Subscription, &d.Matter, &d.Seq, &d.Deed, &happened, &d.State, &d.Attempts, &next, &d.Status, &took, &d.Trouble, &created, &tried)
	d.Happened, d.Next, d.Took, d.Created, d.Tried = sqldb.FromMicros(happened), sqldb.FromMicros(next), time.Duration(took)*time.Microsecond, sqldb.FromMicros(created), moment(tried)
	return d, err
}

// claim leases what is due to this process, so that another does not send the
// same at the same time.
func claim(tx *sqldb.Tx, subscription string, n int) ([]Delivery, error) {
	q := `with due as materialized (select id from webhook_delivery where subscription = $1 and state = 'queued' and next_at <= $2 and lease_until <= $2
		order by next_at, id limit $3` + tx.SkipLocked() + `) update webhook_delivery set lease_until = $4 where id in (select id from due) returning ` + deliveryColumns
	rows, err := tx.Query(q, subscription, tx.Now.UnixMicro(), n, tx.Now.Add(claimTime).UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	list, err := deliveries(rows)
	slices.SortFunc(list, func(a, b Delivery) int { // an update returns its rows in no order
		return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

func (s *Service) unclaim(ctx context.Context, list []Delivery) error {
	if len(list) == 0 {
		return nil
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		ids := make([]string, len(list))
		for i, d := range list {
			ids[i] = d.ID
		}
		marks, args := sqldb.In(1, ids)
		return tx.Exec(`update webhook_delivery set lease_until = 0 where id in (`+marks+`)`, args...)
	})
}

// deliver sends one delivery and writes what became of it.
func (s *Service) deliver(ctx context.Context, x Subscription, d Delivery) (Subscription, error) {
	var body []byte
	var secrets []string
	var may bool
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		if body, may, err = s.compose(tx, x, d); err != nil || !may {
			return err
		}
		secrets, err = s.secrets(tx, x.ID)
		return err
	})
	if fault.KindOf(err) == fault.Unavailable {
		return x, err
	}
	began := s.DB.Now()
	switch {
	case err != nil: // one message that cannot be made must not hold up the others
		s.Log.ErrorContext(ctx, "webhook", "delivery", d.ID, "err", err)
		if d.Attempts, d.Trouble = d.Attempts+1, troubleOurs; d.Attempts >= mostAttempts {
			d.State = Dead
		}
	case !may:
		d.State = Withheld
	case len(secrets) == 0:
		d.State, d.Trouble = Dead, troubleSecret
	default:
		s.call(ctx, x, &d, body, secrets)
	}
	if ctx.Err() != nil {
		return x, ctx.Err() // the program stops: the claim ends and it is sent again
	}
	d.Took = s.DB.Now().Sub(began)
	return s.settle(ctx, x, d)
}

// call makes one attempt. Only 2xx means that the target has it.
func (s *Service) call(ctx context.Context, x Subscription, d *Delivery, body []byte, secrets []string) {
	d.Attempts++
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, x.URL, bytes.NewReader(body))
	if err != nil {
		d.State, d.Trouble = Dead, troubleRefused
		return
	}
	r.Header.Set("Content-Type", Media)
	r.Header.Set("User-Agent", "gongzhi-webhook/1")
	r.Header.Set("Webhook-Id", d.EventID())
	r.Header.Set(signature.Header, signature.Sign(s.DB.Now(), body, secrets...))
	answer, err := s.Call(r)
	d.Status = int64(answer.Status)
	switch {
	case errors.Is(err, outbound.ErrRefused):
		d.State, d.Trouble = Dead, troubleRefused // trying again will not make it a public address
	case errors.Is(err, outbound.ErrTooLarge):
		d.Trouble = troubleLarge
	case err != nil:
		d.Trouble = troubleSilent
	case answer.OK():
		d.State, d.Trouble = Done, ""
	case answer.Status == http.StatusGone:
		d.State, d.Trouble = Dead, troubleStatus
	default:
		d.Trouble = troubleStatus
	}
	if d.State == Queued && d.Attempts >= mostAttempts {
		d.State = Dead
	}
}

// settle writes the outcome, and counts failures in a row: a target that fails
// again and again is left alone for a while.
func (s *Service) settle(ctx context.Context, x Subscription, d Delivery) (Subscription, error) {
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		d.Tried, d.Next = tx.Now, tx.Now
		if d.State == Queued {
			d.Next = tx.Now.Add(backoff(d.Attempts, d.ID))
		}
		const q = `update webhook_delivery set state = $1, attempts = $2, next_at = $3, lease_until = 0, status = $4, took_us = $5, trouble = $6, tried_at = $7 where id = $8`
		if err := tx.Exec(q, d.State, d.Attempts, d.Next.UnixMicro(), d.Status, d.Took.Microseconds(), d.Trouble, d.Tried.UnixMicro(), d.ID); err != nil {
			return fmt.Errorf("settle delivery %s: %w", d.ID, err)
		}
		return s.health(tx, &x, d)
	})
	return x, err
}

func (s *Service) health(tx *sqldb.Tx, x *Subscription, d Delivery) error {
	switch {
	case d.State == Done && x.Failures == 0, d.State == Withheld, d.Trouble == troubleSecret, d.Trouble == troubleOurs:
		return nil
	case d.State == Done:
		x.Failures, x.Paused = 0, time.Time{}
	default:
		if x.Failures++; x.Failures >= hurdle {
			x.Paused = tx.Now.Add(min(shortPause<<min(x.Failures-hurdle, 12), longPause))
		}
	}
	paused := int64(0)
	if !x.Paused.IsZero() {
		paused = x.Paused.UnixMicro()
	}
	return tx.Exec(`update webhook_subscription set failures = $1, paused_until = $2 where id = $3`, x.Failures, paused, x.ID)
}

// later enqueues the next look at a target, when something still waits for it.
func (s *Service) later(ctx context.Context, x Subscription, more bool) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		at := tx.Now
		if !more {
			var next int64
			const q = `select coalesce(min(case when lease_until > next_at then lease_until else next_at end), 0) from webhook_delivery where subscription = $1 and state = 'queued'`
			if err := tx.QueryRow(q, x.ID).Scan(&next); err != nil || next == 0 || !x.Active {
				return err
			}
			at = sqldb.FromMicros(next)
		}
		if x.Paused.After(at) {
			at = x.Paused
		}
		return job.Enqueue(tx, SendJob, fmt.Sprintf("%s@%d", x.ID, at.UnixMicro()), sendArgs{x.ID}, at)
	})
}
