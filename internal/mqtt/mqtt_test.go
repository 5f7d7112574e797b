package mqtt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/mqtt"
	"gongzhi/internal/mqtt/mqtttest"
)

// kept is what a broker under test was given.
type kept struct {
	mu       sync.Mutex
	messages []string // name and payload
	dropped  map[string]int
	fail     error
}

func (k *kept) receive(_ context.Context, name string, payload []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	k.messages = append(k.messages, name+" "+string(payload))
	return nil
}

func (k *kept) all() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return strings.Join(k.messages, "|")
}

func start(t *testing.T, o mqtt.Options) (address string, b *mqtt.Broker, k *kept) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k = &kept{dropped: map[string]int{}}
	o.Prefix, o.Receive = "devices", k.receive
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Known = func(_ context.Context, name, secret string) bool { return secret == "secret of "+name }
	o.Dropped = func(name string, why mqtt.Reason) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.dropped[name+" "+string(why)]++
	}
	b, err = mqtt.Start(ln, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return ln.Addr().String(), b, k
}

func dial(t *testing.T, address, name string) *mqtttest.Client {
	t.Helper()
	c, err := mqtttest.Dial(t, address, mqtttest.Options{Name: name, Secret: "secret of " + name})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAMessageIsKeptBeforeItIsAcknowledged(t *testing.T) {
	address, _, k := start(t, mqtt.Options{})
	c := dial(t, address, "A")
	if err := c.Publish("devices/A/events", "1", 1, false); err != nil {
		t.Fatal(err)
	}
	if got := k.all(); got != "A 1" {
		t.Errorf("kept %q", got)
	}
}

// What could not be kept is not acknowledged: the client hears it by the end of
// the connection, and sends it again.
func TestWhatCannotBeKeptIsNotAcknowledged(t *testing.T) {
	address, _, k := start(t, mqtt.Options{})
	k.fail = mqtt.ErrBusy
	c := dial(t, address, "A")
	if err := c.Publish("devices/A/events", "1", 1, false); !errors.Is(err, mqtttest.ErrGone) {
		t.Errorf("acknowledgement: %v", err)
	}
	k.mu.Lock()
	k.fail = nil
	k.mu.Unlock()
	if err := dial(t, address, "A").Publish("devices/A/events", "1", 1, false); err != nil || k.all() != "A 1" {
		t.Errorf("sent again: %v, kept %q", err, k.all())
	}
}

func TestAMessageThatIsNoUseDoesNotComeForEver(t *testing.T) {
	address, _, k := start(t, mqtt.Options{})
	k.fail = errors.New("not JSON")
	if err := dial(t, address, "A").Publish("devices/A/events", "x", 1, false); err != nil {
		t.Errorf("a message that is refused for good: %v", err)
	}
}

func TestNobodyPublishesAsAnother(t *testing.T) {
	address, _, k := start(t, mqtt.Options{})
	for _, topic := range []string{"devices/B/events", "devices/A/commands", "devices/A/events/more", "devices/A/event", "$SYS/broker/version", "devices//events", "A"} {
		// A system topic is ignored without an answer, which would take long to miss.
		if topic[0] != '$' && dial(t, address, "A").Publish(topic, "forged", 1, false) == nil {
			t.Errorf("%s was acknowledged", topic)
		}
		c := dial(t, address, "A")
		if err := c.Publish(topic, "forged", 0, false); err != nil || c.Ping() != nil {
			t.Errorf("%s: %v", topic, err)
		}
	}
	if k.all() != "" {
		t.Errorf("kept %q", k.all())
	}
}

func TestOnlyOnesOwnCommandsCanBeHeard(t *testing.T) {
	address, b, _ := start(t, mqtt.Options{})
	c, other := dial(t, address, "A"), dial(t, address, "B")
	for _, filter := range []string{"#", "+/+/+", "devices/#", "devices/+/events", "devices/A/#", "devices/B/events", "devices/B/commands", "devices/A/events", "$SYS/#", "$share/g/devices/A/commands"} {
		if granted, err := c.Subscribe(filter); err != nil || granted {
			t.Errorf("%s: granted %v, %v", filter, granted, err)
		}
	}
	if granted, err := c.Subscribe("devices/A/commands"); err != nil || !granted {
		t.Fatalf("own commands: %v, %v", granted, err)
	}
	if err := other.Publish("devices/B/events", "private", 1, true); err != nil {
		t.Fatal(err)
	}
	if err := b.Command("A", []byte("report")); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Next(); err != nil || m.Topic != "devices/A/commands" || m.Payload != "report" || m.Retain {
		t.Errorf("command %+v, %v", m, err)
	}
	if c.Ping() != nil || c.Waiting() > 0 || other.Waiting() > 0 {
		t.Error("something else was heard")
	}
	if b.Command("C", nil) == nil {
		t.Error("a command went to who is not there")
	}
}

func TestStrangersAndWrongSecretsAreTurnedAway(t *testing.T) {
	address, b, _ := start(t, mqtt.Options{})
	for _, o := range []mqtttest.Options{{Name: "A", Secret: "wrong"}, {Name: "A", Secret: "secret of B"}, {Name: "A"}} {
		if _, err := mqtttest.Dial(t, address, o); !errors.As(err, new(mqtttest.Refused)) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []mqtttest.Options{{Name: "", Secret: "secret of ", ID: "x"}, {Name: "a/b", Secret: "secret of a/b"}, {Name: "+", Secret: "secret of +"}, {Name: "#", Secret: "secret of #"}} {
		if _, err := mqtttest.Dial(t, address, o); err == nil {
			t.Errorf("%+v is in", o)
		}
	}
	if b.Online() != 0 {
		t.Errorf("%d online", b.Online())
	}
}

// Who uses another's identifier would end the other's session.
func TestAnIdentifierCannotBeTakenOver(t *testing.T) {
	address, b, _ := start(t, mqtt.Options{})
	victim := dial(t, address, "B")
	if _, err := mqtttest.Dial(t, address, mqtttest.Options{Name: "A", Secret: "secret of A", ID: "B"}); err != mqtttest.Refused(2) {
		t.Errorf("takeover: %v, want code 2", err)
	}
	if err := victim.Publish("devices/B/events", "still here", 1, false); err != nil || !b.Connected("B") {
		t.Errorf("the victim: %v", err)
	}
	// Its own power cut must not lock a device out until the old connection is missed.
	if err := dial(t, address, "B").Publish("devices/B/events", "again", 1, false); err != nil {
		t.Error(err)
	}
	if err := victim.Gone(); err != nil {
		t.Error(err)
	}
}

func TestRetainedMessagesAndWillsAreIgnored(t *testing.T) {
	address, b, k := start(t, mqtt.Options{})
	c, err := mqtttest.Dial(t, address, mqtttest.Options{Name: "A", Secret: "secret of A", WillTopic: "devices/B/commands"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Publish("devices/A/events", "kept once", 1, true); err != nil {
		t.Fatal(err)
	}
	other := dial(t, address, "B")
	if granted, err := other.Subscribe("devices/B/commands"); !granted || err != nil {
		t.Fatal(err)
	}
	c.Close()
	for b.Connected("A") {
		if err := other.Ping(); err != nil {
			t.Fatal(err)
		}
	}
	if other.Ping() != nil || other.Waiting() > 0 || k.all() != "A kept once" {
		t.Errorf("%d messages, kept %q", other.Waiting(), k.all())
	}
}

func TestLargeMessagesAreNotRead(t *testing.T) {
	address, _, k := start(t, mqtt.Options{Payload: 4096})
	c := dial(t, address, "A")
	if err := c.Publish("devices/A/events", strings.Repeat("x", 1<<20), 1, false); err == nil {
		t.Error("a message of 1 MiB was acknowledged")
	}
	if err := c.Gone(); err != nil {
		t.Error(err)
	}
	if err := dial(t, address, "A").Publish("devices/A/events", strings.Repeat("x", 4500), 1, false); err != nil {
		t.Error(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.messages) > 0 || k.dropped["A large"] != 2 {
		t.Errorf("kept %d, dropped %v", len(k.messages), k.dropped)
	}
}

func TestAFloodOfOneClientLeavesTheOthers(t *testing.T) {
	address, _, k := start(t, mqtt.Options{Rate: 10})
	flood, quiet := dial(t, address, "A"), dial(t, address, "B")
	const n = 10_000
	for range n {
		if err := flood.Publish("devices/A/events", "1", 0, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := flood.Ping(); err != nil {
		t.Fatal(err)
	}
	if err := quiet.Publish("devices/B/events", "mine", 1, false); err != nil {
		t.Fatal(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.messages)+k.dropped["A rate"] != n+1 || len(k.messages) > 200 {
		t.Errorf("kept %d, dropped %v: every message is one or the other", len(k.messages), k.dropped)
	}
	if k.messages[len(k.messages)-1] != "B mine" {
		t.Error("the quiet client was not heard")
	}
}

func TestARevokedClientIsPutOut(t *testing.T) {
	address, b, _ := start(t, mqtt.Options{})
	c := dial(t, address, "A")
	b.Drop("A")
	if err := c.Gone(); err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plate := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, plate, plate, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	address, _, k := start(t, mqtt.Options{TLS: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}})
	pool := x509.NewCertPool()
	cert, _ := x509.ParseCertificate(der)
	pool.AddCert(cert)
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c, err := mqtttest.Over(conn, mqtttest.Options{Name: "A", Secret: "secret of A"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Publish("devices/A/events", "1", 1, false); err != nil || k.all() != "A 1" {
		t.Errorf("%v, kept %q", err, k.all())
	}
	if _, err := mqtttest.Dial(t, address, mqtttest.Options{Name: "A", Secret: "secret of A"}); err == nil {
		t.Error("a connection in the clear was taken")
	}
}

func TestAConnectionThatSaysNothingEnds(t *testing.T) {
	// To this clock ten seconds have passed when the connection comes.
	address, _, _ := start(t, mqtt.Options{Now: func() time.Time { return time.Now().Add(-10 * time.Second) }})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(8 * time.Second))
	var slow net.Error
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil || errors.As(err, &slow) && slow.Timeout() {
		t.Errorf("read %d, %v", n, err)
	}
}
