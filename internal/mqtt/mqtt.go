// Package mqtt is a broker to which machines bring messages and from which nobody
// else can read them. Each client has a name and a secret of its own, publishes
// under its own topic and may listen to its own commands; there is no way from one
// client to another. A message is acknowledged when Receive has kept it.
//
// What MQTT offers beyond that is refused or ignored: wildcards and shared
// subscriptions, retained messages, wills, sessions that outlive a connection, and
// the use of another client's identifier.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Options of a broker. Zero numbers are good values.
type Options struct {
	// Known reports whether a client of this name has this secret.
	Known func(ctx context.Context, name, secret string) bool
	// Receive keeps a message. ErrBusy makes the client send it again; any other
	// error refuses it for good.
	Receive func(ctx context.Context, name string, payload []byte) error
	// Dropped is told of messages that were not given to Receive.
	Dropped func(name string, why Reason)

	Prefix  string           // of all topics: "devices" gives devices/NAME/events and devices/NAME/commands
	Payload int              // longest message in bytes; 16 KiB
	Rate    int              // messages a second of one client, as long as it lasts; 50
	Clients int              // connected at once; 20,000
	TLS     *tls.Config      // nil: in the clear, for a trusted network only
	Now     func() time.Time // the clock of rates and deadlines
	Log     *slog.Logger
}

// Reason says why a message was not received.
type Reason string

// Why messages are dropped.
const (
	TooMany  Reason = "rate"
	TooLarge Reason = "large"
)

// ErrBusy says that a message could not be kept now. The connection is closed
// without an acknowledgement, and the client sends it again.
var ErrBusy = errors.New("mqtt: cannot keep the message now")

// keepAlive is the longest silence of a client in seconds, so that one that has
// gone without a word is noticed.
const keepAlive = 300

// Broker serves clients.
type Broker struct {
	opt    Options
	server *broker.Server
	ctx    context.Context
	stop   context.CancelFunc
	mu     sync.Mutex
	full   map[string]time.Time // of each client: when its allowance is whole again
}

// Start serves on ln until Close. It takes over ln.
func Start(ln net.Listener, o Options) (*Broker, error) {
	b := &Broker{opt: withDefaults(o), full: map[string]time.Time{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.server = broker.New(&broker.Options{
		Capabilities:           b.capabilities(),
		InlineClient:           true,
		SysTopicResendInterval: 3600,
		Logger:                 slog.New(slog.DiscardHandler), // it would quote messages
	})
	if err := b.server.AddHook(&gate{b: b}, nil); err != nil {
		return nil, err
	}
	guarded := net.Listener(&door{Listener: ln, now: b.opt.Now, free: make(chan struct{}, 2*b.opt.Clients)})
	if o.TLS != nil {
		guarded = tls.NewListener(guarded, o.TLS)
	}
	if err := b.server.AddListener(listeners.NewNet("clients", guarded)); err != nil {
		return nil, err
	}
	return b, b.server.Serve()
}

func withDefaults(o Options) Options {
	set := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	set(&o.Payload, 16<<10)
	set(&o.Rate, 50)
	set(&o.Clients, 20_000)
	if o.Dropped == nil {
		o.Dropped = func(string, Reason) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// capabilities: what is ignored stays available here, because a client that asks
// for it would otherwise be turned away whole.
func (b *Broker) capabilities() *broker.Capabilities {
	c := broker.NewDefaultServerCapabilities()
	c.MaximumClients = int64(b.opt.Clients)
	c.MaximumPacketSize = uint32(b.opt.Payload) + 1024
	c.MaximumClientWritesPending = 16
	c.MaximumSessionExpiryInterval = 0
	c.MaximumInflight, c.ReceiveMaximum = 64, 64
	c.TopicAliasMaximum = 0
	c.SharedSubAvailable, c.WildcardSubAvailable, c.SubIDAvailable = 0, 0, 0
	return c
}

// Close disconnects everybody and waits for messages that are being kept.
func (b *Broker) Close() error {
	err := b.server.Close()
	b.stop()
	b.server.Listeners.ClientsWg.Wait()
	return err
}

// Connected reports whether the client is there now.
func (b *Broker) Connected(name string) bool {
	cl, ok := b.server.Clients.Get(name)
	return ok && !cl.Closed()
}

// Online is how many clients are there now.
func (b *Broker) Online() int { return len(b.server.Clients.GetByListener("clients")) }

// Command sends a client something on its command topic. Who is not there does
// not get it later.
func (b *Broker) Command(name string, payload []byte) error {
	if !b.Connected(name) {
		return fmt.Errorf("mqtt: %s is not connected", name)
	}
	return b.server.Publish(b.commands(name), payload, false, 1)
}

// Drop disconnects a client whose secret is no longer valid.
func (b *Broker) Drop(name string) {
	if cl, ok := b.server.Clients.Get(name); ok {
		_ = b.server.DisconnectClient(cl, packets.ErrNotAuthorized)
	}
}

func (b *Broker) events(name string) string   { return b.opt.Prefix + "/" + name + "/events" }
func (b *Broker) commands(name string) string { return b.opt.Prefix + "/" + name + "/commands" }

// plain reports a name that stands for nothing else inside a topic.
func plain(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsAny(name, "/+#$\x00")
}

// allow takes one message from the client's allowance: Rate a second, and three
// seconds' worth at once.
func (b *Broker) allow(name string) bool {
	now, cost := b.opt.Now(), time.Second/time.Duration(b.opt.Rate)
	b.mu.Lock()
	defer b.mu.Unlock()
	full := b.full[name]
	if full.Before(now) {
		full = now
	}
	if full = full.Add(cost); full.Sub(now) > 3*time.Second {
		return false
	}
	b.full[name] = full
	return true
}

// forget drops the allowance of who left and has it whole again.
func (b *Broker) forget(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full[name].Before(b.opt.Now()) {
		delete(b.full, name)
	}
}
