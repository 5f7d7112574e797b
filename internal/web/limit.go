package web

import (
	"net/http"
	"sync"
	"time"

	"gongzhi/internal/fault"
)

// Rate is how often: N times in Per, with all N allowed at once.
type Rate struct {
	N   int
	Per time.Duration
}

// Limiter counts in memory how often somebody did something. After a restart
// everybody starts afresh; limits that must survive one belong in the database.
type Limiter struct {
	now     func() time.Time
	mu      sync.Mutex
	buckets map[bucketKey]bucket
}

type bucketKey struct{ name, who string }

// bucket is full at time full; it holds N − (full − now)·N/Per tokens until then.
type bucket struct{ full time.Time }

// maxBuckets bounds the memory an attacker with many addresses can take: about
// 20 MB.
const maxBuckets = 100_000

// NewLimiter returns an empty limiter that reads the time from now.
func NewLimiter(now func() time.Time) *Limiter {
	return &Limiter{now: now, buckets: map[bucketKey]bucket{}}
}

// Allow takes one token from who's bucket under name, or returns a TooMany that
// says when the next one will be there. A zero rate allows everything.
func (l *Limiter) Allow(name, who string, rate Rate) error {
	if rate.N <= 0 || rate.Per <= 0 {
		return nil
	}
	cost := rate.Per / time.Duration(rate.N)
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	key := bucketKey{name, who}
	b, known := l.buckets[key]
	if !known && len(l.buckets) >= maxBuckets {
		l.sweep(now)
	}
	if b.full.Before(now) {
		b.full = now
	}
	next := b.full.Add(cost)
	if wait := next.Sub(now) - rate.Per; wait > 0 {
		return throttled{fault.New(fault.TooMany, "web.too_many", nil, int(wait.Seconds())+1), wait}
	}
	l.buckets[key] = bucket{next}
	return nil
}

// sweep drops the buckets that are full again, and when an attack has filled
// the table with others, all of them: being lenient for a moment is better than
// stopping for everybody.
func (l *Limiter) sweep(now time.Time) {
	for key, b := range l.buckets {
		if b.full.Before(now) {
			delete(l.buckets, key)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}

// Limit counts one use of name by who against the server's limiter, for limits
// by account or number rather than by address.
func Limit(r *http.Request, name, who string, rate Rate) error {
	st := stateOf(r)
	if st == nil {
		return nil
	}
	return st.srv.limits.Allow(name, who, rate)
}

// LimitAddress is Limit by the visitor's address.
func LimitAddress(r *http.Request, name string, rate Rate) error {
	return Limit(r, name, addressKey(ClientIP(r)), rate)
}
