package mqtt

import (
	"net"
	"sync"
	"time"
)

// introduction is how long a connection may take to say who it is.
const introduction = 10 * time.Second

// door bounds what those can hold who have not said who they are: how many
// connections, and for how long.
type door struct {
	net.Listener
	now  func() time.Time
	free chan struct{}
}

func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case d.free <- struct{}{}:
			_ = conn.SetDeadline(d.now().Add(introduction))
			return &visit{Conn: conn, leave: func() { <-d.free }}, nil
		default:
			_ = conn.Close()
		}
	}
}

// visit is an accepted connection, counted until it is closed.
type visit struct {
	net.Conn
	once  sync.Once
	leave func()
}

func (v *visit) Close() error {
	v.once.Do(v.leave)
	return v.Conn.Close()
}
