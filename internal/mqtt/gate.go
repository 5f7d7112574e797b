package mqtt

import (
	"bytes"
	"errors"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// gate is every decision about a client.
type gate struct {
	broker.HookBase
	b *Broker
}

func (g *gate) ID() string { return "gate" }

func (g *gate) Provides(what byte) bool {
	return bytes.Contains([]byte{broker.OnConnect, broker.OnConnectAuthenticate, broker.OnACLCheck, broker.OnPublish, broker.OnDisconnect}, []byte{what})
}

// OnConnect refuses who comes under another name than his own: the identifier of
// a connection must be the name that the secret belongs to. So nobody can end or
// inherit the session of somebody else; the rightful client may come back before
// its old connection has been missed.
func (g *gate) OnConnect(cl *broker.Client, pk packets.Packet) error {
	if name := string(pk.Connect.Username); !plain(name) || pk.Connect.ClientIdentifier != name {
		_ = g.b.server.SendConnack(cl, packets.ErrClientIdentifierNotValid, false, nil)
		return packets.ErrClientIdentifierNotValid
	}
	cl.Properties.Will = broker.Will{}
	cl.Properties.Clean = true // nothing is kept for who is away
	cl.Properties.Props.SessionExpiryInterval = 0
	if cl.State.Keepalive == 0 || cl.State.Keepalive > keepAlive {
		cl.State.Keepalive, cl.State.ServerKeepalive = keepAlive, true
	}
	return nil
}

func (g *gate) OnConnectAuthenticate(cl *broker.Client, pk packets.Packet) bool {
	return g.b.opt.Known(g.b.ctx, string(pk.Connect.Username), string(pk.Connect.Password))
}

// OnACLCheck compares whole topics, so that no pattern can match.
func (g *gate) OnACLCheck(cl *broker.Client, topic string, write bool) bool {
	if write {
		return topic == g.b.events(cl.ID)
	}
	return topic == g.b.commands(cl.ID)
}

// OnPublish keeps a message before it is acknowledged. It is never passed on.
func (g *gate) OnPublish(cl *broker.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	switch {
	case len(pk.Payload) > g.b.opt.Payload:
		g.b.opt.Dropped(cl.ID, TooLarge)
		return pk, refuse(cl, pk)
	case !g.b.allow(cl.ID):
		g.b.opt.Dropped(cl.ID, TooMany)
		return pk, packets.CodeSuccessIgnore
	}
	err := g.b.opt.Receive(g.b.ctx, cl.ID, pk.Payload)
	switch {
	case err == nil:
		return pk, packets.CodeSuccessIgnore
	case errors.Is(err, ErrBusy):
		cl.Stop(err)
		return pk, packets.ErrRejectPacket
	}
	g.b.opt.Log.InfoContext(g.b.ctx, "message refused", "client", cl.ID, "err", err)
	return pk, refuse(cl, pk)
}

// refuse says that a message will never be taken where the protocol has a word for
// it. Elsewhere it is acknowledged, or it would come again for ever.
func refuse(cl *broker.Client, pk packets.Packet) error {
	if cl.Properties.ProtocolVersion == 5 && pk.FixedHeader.Qos == 1 {
		return packets.ErrPayloadFormatInvalid
	}
	return packets.CodeSuccessIgnore
}

func (g *gate) OnDisconnect(cl *broker.Client, err error, _ bool) {
	if errors.Is(err, packets.ErrPacketTooLarge) {
		g.b.opt.Dropped(cl.ID, TooLarge)
	}
	g.b.forget(cl.ID)
}
