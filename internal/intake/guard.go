package intake

import (
	"net/netip"
	"sync"
	"time"

	"gongzhi/internal/fault"
)

// guard slows down who guesses query codes: by address, and by number with
// longer and longer waits. It counts misses only, and counts a number that does
// not exist like one that does, so that neither can be told from the other.
type guard struct {
	mu     sync.Mutex
	misses map[string]misses
}

type misses struct {
	n     int
	last  time.Time
	until time.Time
}

// free misses are what a person with a smudged receipt needs.
const free = 5

// mostGuards bounds the memory that somebody with many addresses can take.
const mostGuards = 50_000

// check refuses who has to wait, and says how long.
func (g *guard) check(number string, ip netip.Addr, now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, key := range guardKeys(number, ip) {
		if m := g.misses[key]; now.Before(m.until) {
			wait := m.until.Sub(now)
			return fault.New(fault.TooMany, "intake.guess_wait", nil, int(wait/time.Minute)+1)
		}
	}
	return nil
}

// missed counts a wrong pair of number and code.
func (g *guard) missed(number string, ip netip.Addr, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.misses == nil || len(g.misses) > mostGuards {
		g.misses = map[string]misses{}
	}
	for i, key := range guardKeys(number, ip) {
		m := g.misses[key]
		forget := [2]time.Duration{24 * time.Hour, time.Minute}[i]
		if now.Sub(m.last) > forget {
			m.n = 0
		}
		m.n, m.last = m.n+1, now
		switch {
		case m.n >= free && i == 0:
			m.until = now.Add(min(time.Hour, time.Minute<<min(m.n-free, 6)))
		case m.n >= free:
			m.until = now.Add(time.Minute)
		}
		g.misses[key] = m
	}
}

// guardKeys are the number and the address; the addresses of one household's
// IPv6 network are one.
func guardKeys(number string, ip netip.Addr) [2]string {
	who := ip.String()
	if p, err := ip.Prefix(64); err == nil && ip.Is6() {
		who = p.String()
	}
	return [2]string{"number " + number, "address " + who}
}
