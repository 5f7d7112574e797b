// Package mqtttest is a small client of MQTT 3.1.1, written from the standard and
// not from the broker's own packets, so that both sides cannot share a mistake.
// Tests only.
package mqtttest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Options of a connection. ID is the client identifier, "" the name.
type Options struct {
	Name, Secret, ID string
	WillTopic        string // a retained will is left there
	KeepAlive        uint16 // seconds; 30
}

// Client is one connection.
type Client struct {
	conn     net.Conn
	mu       sync.Mutex // of writing
	id       uint16
	acks     chan packet
	messages chan Message
	gone     chan struct{}
}

// Message is what the broker sent.
type Message struct {
	Topic   string
	Payload string
	Retain  bool
}

// Refused is the return code of a connection that was turned away.
type Refused byte

func (r Refused) Error() string { return fmt.Sprintf("connection refused, code %d", byte(r)) }

// ErrGone says that the broker closed the connection.
var ErrGone = errors.New("the broker closed the connection")

// patience is how long the broker may take for an answer.
const patience = 10 * time.Second

// Dial connects; a refusal is an error of type Refused.
func Dial(t *testing.T, address string, o Options) (*Client, error) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	return Over(conn, o)
}

// Over speaks over a connection that exists.
func Over(conn net.Conn, o Options) (*Client, error) {
	c := &Client{conn: conn, acks: make(chan packet, 16), messages: make(chan Message, 1024), gone: make(chan struct{})}
	if err := c.write(0x10, o.connect()); err != nil {
		return nil, err
	}
	in := bufio.NewReader(conn)
	p, err := read(in)
	if err != nil {
		return nil, ErrGone
	}
	if p.kind>>4 != 2 || len(p.body) != 2 {
		return nil, fmt.Errorf("answer to CONNECT: %x %x", p.kind, p.body)
	}
	if p.body[1] != 0 {
		return nil, Refused(p.body[1])
	}
	go c.listen(in)
	return c, nil
}

func (o Options) connect() []byte {
	id, keep := o.ID, o.KeepAlive
	if id == "" {
		id = o.Name
	}
	if keep == 0 {
		keep = 30
	}
	flags := byte(0xc2) // name, secret, clean session
	if o.WillTopic != "" {
		flags |= 0x24 // will, retained
	}
	body := append(text("MQTT"), 4, flags, byte(keep>>8), byte(keep))
	body = append(body, text(id)...)
	if o.WillTopic != "" {
		body = append(append(body, text(o.WillTopic)...), text("gone")...)
	}
	return append(append(body, text(o.Name)...), text(o.Secret)...)
}

// Publish sends a message and waits for its acknowledgement unless qos is 0.
func (c *Client) Publish(topic, payload string, qos byte, retain bool) error {
	body := text(topic)
	if qos > 0 {
		c.id++
		body = binary.BigEndian.AppendUint16(body, c.id)
	}
	kind := 0x30 | qos<<1
	if retain {
		kind |= 1
	}
	if err := c.write(kind, append(body, payload...)); err != nil {
		return ErrGone
	}
	if qos == 0 {
		return nil
	}
	p, err := c.ack()
	if err == nil && (p.kind>>4 != 4 || binary.BigEndian.Uint16(p.body) != c.id) {
		err = fmt.Errorf("acknowledgement %x %x", p.kind, p.body)
	}
	return err
}

// Subscribe reports whether the broker granted a filter.
func (c *Client) Subscribe(filter string) (bool, error) {
	c.id++
	body := append(binary.BigEndian.AppendUint16(nil, c.id), text(filter)...)
	if err := c.write(0x82, append(body, 1)); err != nil {
		return false, ErrGone
	}
	p, err := c.ack()
	if err != nil {
		return false, err
	}
	return len(p.body) == 3 && p.body[2] <= 2, nil
}

// Ping waits until the broker has read everything sent before.
func (c *Client) Ping() error {
	if err := c.write(0xc0, nil); err != nil {
		return ErrGone
	}
	_, err := c.ack()
	return err
}

// Next is the next message of the broker.
func (c *Client) Next() (Message, error) {
	select {
	case m := <-c.messages:
		return m, nil
	case <-c.gone:
		return Message{}, ErrGone
	case <-time.After(patience):
		return Message{}, errors.New("no message")
	}
}

// Waiting is how many messages have arrived and were not read.
func (c *Client) Waiting() int { return len(c.messages) }

// Gone waits until the broker has closed the connection.
func (c *Client) Gone() error {
	select {
	case <-c.gone:
		return nil
	case <-time.After(patience):
		return errors.New("the connection stays open")
	}
}

// Close breaks the connection without saying goodbye.
func (c *Client) Close() { c.conn.Close() }

func (c *Client) ack() (packet, error) {
	select {
	case p := <-c.acks:
		return p, nil
	case <-c.gone:
		return packet{}, ErrGone
	case <-time.After(patience):
		return packet{}, errors.New("no acknowledgement")
	}
}

func (c *Client) listen(in *bufio.Reader) {
	defer close(c.gone)
	for {
		p, err := read(in)
		if err != nil {
			return
		}
		if p.kind>>4 != 3 {
			c.acks <- p
			continue
		}
		n := int(binary.BigEndian.Uint16(p.body))
		m := Message{Topic: string(p.body[2 : 2+n]), Retain: p.kind&1 == 1}
		rest := p.body[2+n:]
		if p.kind>>1&3 > 0 {
			_ = c.write(0x40, rest[:2])
			rest = rest[2:]
		}
		m.Payload = string(rest)
		c.messages <- m
	}
}

// packet is one control packet.
type packet struct {
	kind byte
	body []byte
}

func (c *Client) write(kind byte, body []byte) error {
	out := []byte{kind}
	for n := len(body); ; {
		b := byte(n % 128)
		if n /= 128; n > 0 {
			out = append(out, b|0x80)
			continue
		}
		out = append(out, b)
		break
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.conn.Write(append(out, body...))
	return err
}

func read(in *bufio.Reader) (p packet, err error) {
	if p.kind, err = in.ReadByte(); err != nil {
		return p, err
	}
	n, err := binary.ReadUvarint(in) // the standard's variable length is the same up to four bytes
	if err != nil {
		return p, err
	}
	p.body = make([]byte, n)
	_, err = io.ReadFull(in, p.body)
	return p, err
}

func text(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}
