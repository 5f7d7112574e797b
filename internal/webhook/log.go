package webhook

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
)

func deliveries(rows *sql.Rows) ([]Delivery, error) {
	defer rows.Close()
	var out []Delivery
	for rows.Next() {
		d, err := scanDelivery(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// onPage is how many deliveries a page shows.
const onPage = 50

// Log is the newest deliveries of a subscription before one, "" from the newest.
func Log(tx *sqldb.Tx, subscription, before string) ([]Delivery, error) {
	const q = `select ` + deliveryColumns + ` from webhook_delivery where subscription = $1 and (id < $2 or $2 = '') order by id desc limit $3`
	rows, err := tx.Query(q, subscription, before, onPage)
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return deliveries(rows)
}

// DeadLetters are the deliveries that were given up, the newest first.
func DeadLetters(tx *sqldb.Tx, before string) ([]Delivery, error) {
	const q = `select ` + deliveryColumns + ` from webhook_delivery where state = 'dead' and (id < $1 or $1 = '') order by id desc limit $2`
	rows, err := tx.Query(q, before, onPage)
	if err != nil {
		return nil, fmt.Errorf("dead deliveries: %w", err)
	}
	return deliveries(rows)
}

// Counts is how many deliveries of each subscription are in each state.
func Counts(tx *sqldb.Tx) (map[string]map[string]int64, error) {
	rows, err := tx.Query(`select subscription, state, cast(count(*) as bigint) from webhook_delivery group by subscription, state`)
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	defer rows.Close()
	out := map[string]map[string]int64{}
	for rows.Next() {
		var x, state string
		var n int64
		if err := rows.Scan(&x, &state, &n); err != nil {
			return nil, err
		}
		if out[x] == nil {
			out[x] = map[string]int64{}
		}
		out[x][state] = n
	}
	return out, rows.Err()
}

// Replay sends dead letters again with all their attempts: one, or all of one
// subscription, or all. It says how many.
func (s *Service) Replay(ctx context.Context, a actor.Actor, delivery, subscription string) (n int64, err error) {
	if err := actor.Can(a, "webhook.edit"); err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		n, err = s.replay(tx, delivery, subscription)
		if err != nil {
			return err
		}
		return actor.Deed(tx, a, "webhook.replay", delivery+subscription, fmt.Sprint(n))
	})
	return n, err
}

func (s *Service) replay(tx *sqldb.Tx, delivery, subscription string) (int64, error) {
	const targets = `select distinct subscription from webhook_delivery where state = 'dead' and (id = $1 or $1 = '') and (subscription = $2 or $2 = '')`
	rows, err := tx.Query(targets, delivery, subscription)
	if err != nil {
		return 0, fmt.Errorf("targets of dead deliveries: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var x string
		if err := rows.Scan(&x); err != nil {
			return 0, err
		}
		list = append(list, x)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	const again = `update webhook_delivery set state = 'queued', attempts = 0, next_at = $1, lease_until = 0 where state = 'dead' and (id = $2 or $2 = '') and (subscription = $3 or $3 = '')`
	n, err := tx.ExecN(again, tx.Now.UnixMicro(), delivery, subscription)
	if err != nil {
		return 0, fmt.Errorf("send again: %w", err)
	}
	for _, x := range list { // a handful of targets
		if err := tx.Exec(`update webhook_subscription set failures = 0, paused_until = 0 where id = $1`, x); err != nil {
			return 0, err
		}
		if err := job.Enqueue(tx, SendJob, x+"@"+id.New(tx.Now), sendArgs{x}, time.Time{}); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// keep is how long the log remembers what was delivered.
const keep = 30 * 24 * time.Hour

// Sweep wakes targets with something due that nobody looks after, such as after a
// power cut, and forgets old deliveries. Dead letters stay.
func (s *Service) Sweep(ctx context.Context) error {
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		const q = `select distinct d.subscription from webhook_delivery d join webhook_subscription x on x.id = d.subscription
			where d.state = 'queued' and d.next_at <= $1 and d.lease_until <= $1 and x.active and x.paused_until <= $1`
		rows, err := tx.Query(q, tx.Now.UnixMicro())
		if err != nil {
			return fmt.Errorf("targets that wait: %w", err)
		}
		defer rows.Close()
		woken := map[string]bool{}
		for rows.Next() {
			var x string
			if err := rows.Scan(&x); err != nil {
				return err
			}
			woken[x] = true
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for x := range woken { // a handful of targets
			if err := job.Enqueue(tx, SendJob, x+"@"+id.New(tx.Now), sendArgs{x}, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	for n := int64(500); err == nil && n == 500; {
		err = s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
			const old = `delete from webhook_delivery where id in (select id from webhook_delivery where state in ('done', 'withheld') and tried_at <= $1 order by tried_at limit 500)`
			n, err = tx.ExecN(old, tx.Now.Add(-keep).UnixMicro())
			return err
		})
	}
	return err
}
