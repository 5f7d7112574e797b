package webhook

import (
	"fmt"
	"slices"
	"time"

	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// SendJob is the kind of the work that sends to one target.
const SendJob = "webhook/send"

type sendArgs struct {
	Subscription string `json:"subscription"`
}

// Watcher writes a delivery for each event that somebody asked for. What may be
// told is decided when it is sent: a request may be sealed in between.
func Watcher() matter.Watcher {
	return matter.Watcher{Name: "webhook", Batch: 200, Rest: 1, Handle: handle}
}

func handle(tx *sqldb.Tx, events []matter.Entry) error {
	list, err := Subscriptions(tx)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x Subscription) bool { return !x.Active })
	if len(list) == 0 {
		return nil
	}
	about, err := mattersOf(tx, list, events)
	if err != nil {
		return err
	}
	woken := map[string]bool{}
	for _, e := range events {
		for _, x := range list {
			if e.At.Before(x.Since) || !x.wants(e.Name) || !about[e.Matter].fits(x) {
				continue
			}
			if err := queue(tx, x.ID, e); err != nil {
				return err
			}
			woken[x.ID] = true
		}
	}
	return wake(tx, woken, events[len(events)-1])
}

// topic is what the filters of subscriptions look at.
type topic struct {
	request  bool
	sealed   bool
	category string
}

// fits is the first look: unit and publicity are asked when the message is sent.
func (t topic) fits(x Subscription) bool {
	return t.request && !t.sealed && (x.Category == "" || len(t.category) >= len(x.Category) && t.category[:len(x.Category)] == x.Category)
}

// mattersOf reads what the events are about, when any of them is asked for at all.
func mattersOf(tx *sqldb.Tx, list []Subscription, events []matter.Entry) (map[matter.ID]topic, error) {
	var ids []matter.ID
	for _, e := range events {
		asked := slices.ContainsFunc(list, func(x Subscription) bool { return !e.At.Before(x.Since) && x.wants(e.Name) })
		if asked && !slices.Contains(ids, e.Matter) {
			ids = append(ids, e.Matter)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select m.id, m.sealed, r.category from matter m join request_order r on r.matter_id = m.id where m.id in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("requests of events: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID]topic{}
	for rows.Next() {
		var m matter.ID
		t := topic{request: true}
		if err := rows.Scan(&m, &t.sealed, &t.category); err != nil {
			return nil, err
		}
		out[m] = t
	}
	return out, rows.Err()
}

const queueDelivery = `insert into webhook_delivery(id, subscription, matter_id, seq, deed, happened_at, state, attempts, next_at, lease_until, status, took_us, trouble, created_at, tried_at)
	values ($1, $2, $3, $4, $5, $6, 'queued', 0, $7, 0, 0, 0, '', $7, 0) on conflict (subscription, matter_id, seq) do nothing`

func queue(tx *sqldb.Tx, subscription string, e matter.Entry) error {
	if err := tx.Exec(queueDelivery, id.New(tx.Now), subscription, e.Matter, e.Seq, e.Name, e.At.UnixMicro(), tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("queue delivery: %w", err)
	}
	return nil
}

func wake(tx *sqldb.Tx, woken map[string]bool, last matter.Entry) error {
	for subscription := range woken { // one job for each target
		key := fmt.Sprintf("%s@%s/%d", subscription, last.Matter, last.Seq)
		if err := job.Enqueue(tx, SendJob, key, sendArgs{subscription}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
