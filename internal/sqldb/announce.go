package sqldb

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Announce rings topic for the listeners of this process once the unit of work is
// durable; a rollback never tells anybody. It only saves waiting: whoever relies on
// it must also look by itself now and then, because other processes do not hear it.
func (tx *Tx) Announce(topic string) {
	if !slices.Contains(tx.topics, topic) {
		tx.topics = append(tx.topics, topic)
	}
}

// Listen gives a channel that holds something when topic was rung since it was last
// read. The listener calls stop when it is done.
func (db *DB) Listen(topic string) (rung <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	db.bells.mu.Lock()
	defer db.bells.mu.Unlock()
	if db.bells.listeners == nil {
		db.bells.listeners = map[string][]chan struct{}{}
	}
	db.bells.listeners[topic] = append(db.bells.listeners[topic], c)
	return c, func() { db.bells.remove(topic, c) }
}

type bells struct {
	mu        sync.Mutex
	listeners map[string][]chan struct{}
}

func (b *bells) ring(topics []string) {
	if len(topics) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range topics {
		for _, c := range b.listeners[topic] {
			select {
			case c <- struct{}{}:
			default: // it has not read the last one yet
			}
		}
	}
}

func (b *bells) remove(topic string, c chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listeners[topic] = slices.DeleteFunc(b.listeners[topic], func(x chan struct{}) bool { return x == c })
}

// Settled waits until a reader in Follow's order sees everything that was committed
// before the call. On PostgreSQL any writing transaction of the cluster that is
// still open holds readers back; tests that run side by side meet this often, and a
// program that stops may want its last events read.
func (db *DB) Settled(ctx context.Context) error {
	if db.dialect == SQLite {
		return nil
	}
	var next uint64
	// Each transaction up to now has a number below this one.
	if err := db.read.QueryRowContext(ctx, `select pg_snapshot_xmax(pg_current_snapshot())`).Scan(&next); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	for {
		var settled bool
		err := db.read.QueryRowContext(ctx, `select pg_snapshot_xmin(pg_current_snapshot()) >= $1`, next).Scan(&settled)
		if err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if settled {
			return nil
		}
		if _, err := db.read.ExecContext(ctx, `select pg_sleep(0.001)`); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
	}
}
