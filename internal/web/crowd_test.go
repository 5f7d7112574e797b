package web

import (
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

type fakeConn struct {
	net.Conn
	from   string
	closed bool
}

func (c *fakeConn) RemoteAddr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", c.from)
	return a
}

func (c *fakeConn) Close() error { c.closed = true; return nil }

func TestOneAddressHoldsOnlyItsShareOfConnections(t *testing.T) {
	c := &crowd{open: map[netip.Addr]int{}, most: 2, exempt: netip.Addr.IsLoopback}
	open := func(from string) *fakeConn {
		conn := &fakeConn{from: from}
		c.watch(conn, http.StateNew)
		return conn
	}
	first := open("203.0.113.1:1")
	open("203.0.113.1:2")
	if third := open("203.0.113.1:3"); !third.closed {
		t.Error("the third connection was kept")
	} else {
		c.watch(third, http.StateClosed)
	}
	c.watch(first, http.StateClosed)
	for _, from := range []string{"203.0.113.1:4", "203.0.113.2:1", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"} {
		if open(from).closed {
			t.Errorf("%s was refused", from)
		}
	}
}

// TestLimiterStaysSmall fills the table with strangers.
func TestLimiterStaysSmall(t *testing.T) {
	now := time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	l := NewLimiter(func() time.Time { return now })
	for i := range maxBuckets + 10 {
		var b [4]byte
		b[0], b[1], b[2] = byte(i), byte(i>>8), byte(i>>16)
		if err := l.Allow("x", string(b[:]), Rate{N: 1, Per: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(l.buckets))
	}
}
