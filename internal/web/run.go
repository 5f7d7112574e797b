package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// grace is how long answers under way may take to finish when we stop.
const grace = 15 * time.Second

// perAddress is how many connections one address may hold open. A whole office
// behind one address needs some dozens; ten thousand idle ones are an attack.
const perAddress = 512

// Run serves on ln until ctx ends, then stops taking requests, finishes those
// under way and returns. Times are bounded, so that slow or silent clients
// cannot hold connections: 10 s for the headers, Options.Timeout for a body and
// for an answer, two minutes between requests.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	hs := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       s.opt.Timeout,
		WriteTimeout:      2 * s.opt.Timeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelDebug), // quotes what strangers send
		ConnState:         (&crowd{open: map[netip.Addr]int{}, most: perAddress, exempt: s.ours}).watch,
	}
	ended := make(chan error, 1)
	go func() { ended <- hs.Serve(ln) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := hs.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("stop within %s: %w", grace, err), hs.Close())
	}
	<-ended
	return err
}

// ours reports addresses that many people share by our own arrangement.
func (s *Server) ours(a netip.Addr) bool { return a.IsLoopback() || s.trusted(a) }

// crowd closes what one address opens beyond its share.
type crowd struct {
	mu     sync.Mutex
	open   map[netip.Addr]int
	most   int
	exempt func(netip.Addr) bool
}

func (c *crowd) watch(conn net.Conn, state http.ConnState) {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil || c.exempt(ap.Addr().Unmap()) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	addr := ap.Addr().Unmap()
	switch state {
	case http.StateNew:
		if c.open[addr]++; c.open[addr] > c.most {
			conn.Close() // the server then reports it closed, which takes it off the count
		}
	case http.StateClosed, http.StateHijacked:
		if c.open[addr]--; c.open[addr] <= 0 {
			delete(c.open, addr)
		}
	}
}
