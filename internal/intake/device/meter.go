package device

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gongzhi/internal/sqldb"
)

// Reasons why a reading is not kept.
const (
	DropRate      = "rate"      // its device sends too often
	DropAll       = "all"       // all devices together send too often
	DropLarge     = "large"     // too long
	DropMalformed = "malformed" // cannot be read
	DropUnknown   = "unknown"   // of a device that is not registered, is switched off or belongs to somebody else
	DropOld       = "old"       // older than the city accepts
	DropFailed    = "failed"    // failed again and again, for a reason of ours
)

// meter counts how often readings come, in memory, so that a flood is turned away
// before it reaches the database. What it turned away it remembers until flush.
type meter struct {
	mu      sync.Mutex
	full    map[string]time.Time // of each device: when its allowance is whole again
	limit   map[string]int64     // of devices with a limit of their own
	drops   map[dropKey]dropped
	flushed time.Time
}

type dropKey struct{ device, reason string }

type dropped struct {
	n           int64
	first, last time.Time
	sample      string
}

// mostMetered bounds the memory of the meter.
const mostMetered = 100_000

// allow takes a reading from the allowance of its device and of all, or says
// which is used up.
func (m *meter) allow(device string, perMinute, perSecond int, now time.Time) (reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full == nil || len(m.full) > mostMetered {
		m.full = map[string]time.Time{}
	}
	if own := m.limit[device]; own > 0 {
		perMinute = int(own)
	}
	if !m.take(device, perMinute, time.Minute, now) {
		return DropRate
	}
	if !m.take("", perSecond, time.Second, now) {
		return DropAll
	}
	return ""
}

// take allows n in a span, all at once if need be.
func (m *meter) take(key string, n int, span time.Duration, now time.Time) bool {
	full := m.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(span / time.Duration(max(n, 1)))
	if full.Sub(now) > span {
		return false
	}
	m.full[key] = full
	return true
}

// learn keeps the limit of a device that has one of its own.
func (m *meter) learn(device string, perMinute int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.limit == nil {
		m.limit = map[string]int64{}
	}
	if m.limit[device] == perMinute {
		return
	}
	if m.limit[device] = perMinute; perMinute == 0 {
		delete(m.limit, device)
	}
}

// drop counts a reading that is not kept, and reports whether it is time to write
// the counts down.
func (m *meter) drop(device, reason, sample string, now time.Time) (due bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drops == nil {
		m.drops = map[dropKey]dropped{}
	}
	key := dropKey{device, reason}
	d := m.drops[key]
	if d.n == 0 {
		d.first = now
	}
	d.n, d.last = d.n+1, now
	if sample != "" {
		d.sample = sample
	}
	m.drops[key] = d
	if now.Sub(m.flushed) < time.Second {
		return false
	}
	m.flushed = now
	return true
}

// collect takes the counts away.
func (m *meter) collect() map[dropKey]dropped {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.drops
	m.drops = nil
	return out
}

// giveBack adds counts that could not be written.
func (m *meter) giveBack(list map[dropKey]dropped) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drops == nil {
		m.drops = map[dropKey]dropped{}
	}
	for key, d := range list {
		if now, there := m.drops[key]; there {
			d.n, d.last = d.n+now.n, now.last
		}
		m.drops[key] = d
	}
}

// Drop counts a reading that is not kept. Its beginning is kept as a sample, so
// that somebody can see what came.
func (s *Service) Drop(ctx context.Context, device, reason string, payload []byte) error {
	if !s.meter.drop(device, reason, excerpt(payload), s.DB.Now()) {
		return nil
	}
	return s.Flush(ctx)
}

// excerpt is the readable beginning of what was sent.
func excerpt(payload []byte) string {
	const most = 300
	var out []rune
	for _, c := range string(payload[:min(len(payload), 4*most)]) {
		if len(out) == most {
			break
		}
		if c < ' ' || c == 0xfffd || c == 0x7f {
			c = '·'
		}
		out = append(out, c)
	}
	return string(out)
}

// Flush writes the counts of what was not kept. What is counted in the last
// second before the program ends without warning may be missing.
func (s *Service) Flush(ctx context.Context) error {
	list := s.meter.collect()
	if len(list) == 0 {
		return nil
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("device/drops"); err != nil {
			return err
		}
		for key, d := range list { // one row for each device that sent too much since the last second
			if err := keepDrop(tx, key, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.meter.giveBack(list)
	}
	return err
}

func keepDrop(tx *sqldb.Tx, key dropKey, d dropped) error {
	const q = `insert into intake_device_drop(hour, device, reason, n, first_at, last_at, sample) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (hour, device, reason) do update set n = intake_device_drop.n + excluded.n, last_at = excluded.last_at,
		sample = case when excluded.sample = '' then intake_device_drop.sample else excluded.sample end`
	hour := d.last.Truncate(time.Hour).UnixMicro()
	if err := tx.Exec(q, hour, key.device, key.reason, d.n, d.first.UnixMicro(), d.last.UnixMicro(), d.sample); err != nil {
		return fmt.Errorf("count dropped readings of %s: %w", key.device, err)
	}
	if key.reason != DropRate && key.reason != DropAll {
		return nil
	}
	return tx.Exec(`update intake_device_fault set dropped = dropped + $1 where device = $2 and closed_at = 0`, d.n, key.device)
}

// tries counts how often one message has failed for a reason of ours.
type tries struct {
	mu sync.Mutex
	n  map[string]int
}

// patience is how often a message that fails may come again before it is put
// aside: the others behind it shall not wait for ever.
const patience = 5

func (t *tries) again(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil || len(t.n) > 10_000 {
		t.n = map[string]int{}
	}
	if t.n[key]++; t.n[key] < patience {
		return true
	}
	delete(t.n, key)
	return false
}
