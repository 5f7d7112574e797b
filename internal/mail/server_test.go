package mail_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/mail"
)

// serve starts a server for 12345@yunze.example and remembers what it took.
func serve(t *testing.T, s *mail.Server) (addr string, taken func() []mail.Incoming) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var list []mail.Incoming
	s.Mailbox, s.Now = "热线 <12345@yunze.example>", noon
	if s.Take == nil {
		s.Take = func(_ context.Context, in mail.Incoming) error {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, in)
			return nil
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String(), func() []mail.Incoming {
		mu.Lock()
		defer mu.Unlock()
		return append([]mail.Incoming(nil), list...)
	}
}

// talk says lines one by one and returns the answers, once the server has let go
// of the connection: the next one is not counted beside it.
func talk(t *testing.T, addr string, lines ...string) (answers []string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	answer := func() string {
		for {
			s, err := r.ReadString('\n')
			if err != nil || len(s) > 3 && s[3] == ' ' {
				return strings.TrimSpace(s)
			}
		}
	}
	answers = append(answers, answer())
	for _, l := range lines {
		if _, err := io.WriteString(c, l+"\r\n"); err != nil {
			return answers
		}
		answers = append(answers, answer())
	}
	if err := c.(*net.TCPConn).CloseWrite(); err == nil {
		_, _ = io.Copy(io.Discard, r)
	}
	return answers
}

func TestTheServerTakesMailForItsMailboxOnly(t *testing.T) {
	addr, taken := serve(t, &mail.Server{})
	got := talk(t, addr, "EHLO x", "MAIL FROM:<li@b.cn>", "RCPT TO:<victim@other.example>", "RCPT TO:<12346@yunze.example>", "RCPT TO:<12345+c-1-2@YUNZE.example>", "RCPT TO:<12345@yunze.example>",
		"DATA", "Subject: x\r\n\r\n..文字\r\n.", "MAIL FROM:<>", "RCPT TO:<12345@yunze.example>", "DATA", "x\r\n.", "VRFY 12345", "QUIT")
	want := []string{"220", "250", "250", "550", "550", "250", "250", "354", "250", "250", "250", "354", "250", "252", "221"}
	for i, w := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], w) {
			t.Fatalf("answers %q, want %q", got, want)
		}
	}
	in := taken()
	if len(in) != 2 || in[0].From != "li@b.cn" || len(in[0].To) != 2 || string(in[0].Raw) != "Subject: x\r\n\r\n.文字\r\n" || !in[1].Null {
		t.Errorf("taken %+v", in)
	}
}

func TestTheServerSaysWhenItCannotKeepAMessage(t *testing.T) {
	addr, _ := serve(t, &mail.Server{Take: func(context.Context, mail.Incoming) error { return errors.New("the disk is full at /secret/path") }})
	got := talk(t, addr, "EHLO x", "MAIL FROM:<li@b.cn>", "RCPT TO:<12345@yunze.example>", "DATA", "x\r\n.")
	if last := got[len(got)-1]; !strings.HasPrefix(last, "451") || strings.Contains(last, "secret") {
		t.Errorf("answer %q, want a 451 that tells nothing", last)
	}
}

func TestTheServerHoldsItsLimits(t *testing.T) {
	addr, taken := serve(t, &mail.Server{Bytes: 1000, PerPeer: 2, PerHour: 2})
	send := func(body string) string {
		got := talk(t, addr, "EHLO x", "MAIL FROM:<li@b.cn>", "RCPT TO:<12345@yunze.example>", "DATA", body+"\r\n.")
		return got[len(got)-1]
	}
	if got := send(strings.Repeat("x", 900)); !strings.HasPrefix(got, "250") {
		t.Errorf("900 bytes: %q", got)
	}
	if got := send(strings.Repeat("x\r\n", 1000)); !strings.HasPrefix(got, "552") {
		t.Errorf("3,000 bytes: %q", got)
	}
	if got := send("x"); !strings.HasPrefix(got, "450") {
		t.Errorf("the third within an hour: %q", got)
	}
	if n := len(taken()); n != 1 {
		t.Errorf("%d taken", n)
	}
	got := talk(t, addr, "EHLO x", "MAIL FROM:<li@b.cn> SIZE=5000")
	if !strings.HasPrefix(got[2], "552") {
		t.Errorf("a size told in advance: %q", got)
	}
	var open []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := bufio.NewReader(c).ReadString('\n'); err != nil { // it was let in
			t.Fatal(err)
		}
		open = append(open, c)
	}
	if got := talk(t, addr); !strings.HasPrefix(got[0], "421") {
		t.Errorf("the third connection of one address: %q (%d open)", got, len(open))
	}
}

func TestTheServerOffersSTARTTLSAndOurSenderUsesIt(t *testing.T) {
	cert, pool := selfSigned(t)
	addr, taken := serve(t, &mail.Server{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
	s := &mail.Sender{Addr: addr, From: "a@b.cn", TLS: mail.StartTLS, Roots: &tls.Config{RootCAs: pool}, Now: noon}
	if _, err := s.Send(t.Context(), mail.Out{To: "12345@yunze.example", Subject: "路灯", Text: "不亮"}); err != nil {
		t.Fatal(err)
	}
	in := taken()
	if len(in) != 1 || read(t, string(in[0].Raw)).Text != "不亮" {
		t.Errorf("taken %+v", in)
	}
	s.Roots = nil // a certificate nobody vouches for
	if _, err := s.Send(t.Context(), mail.Out{To: "12345@yunze.example"}); err == nil || mail.IsPermanent(err) {
		t.Errorf("unknown certificate: %v", err)
	}
	plain, _ := serve(t, &mail.Server{})
	s.Addr = plain
	if _, err := s.Send(t.Context(), mail.Out{To: "12345@yunze.example"}); err == nil {
		t.Error("a server without STARTTLS was believed")
	}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// TestAFloodOfConnectionsLeavesRoomForOthers opens and leaves many connections and
// then still delivers.
func TestAFloodOfConnectionsLeavesRoomForOthers(t *testing.T) {
	addr, taken := serve(t, &mail.Server{PerPeer: 5})
	for range 50 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = bufio.NewReader(c).ReadString('\n')
		_ = c.Close()
	}
	for range 100 { // the server may still be closing some
		got := talk(t, addr, "EHLO x", "MAIL FROM:<li@b.cn>", "RCPT TO:<12345@yunze.example>", "DATA", "x\r\n.")
		if strings.HasPrefix(got[len(got)-1], "250") {
			break
		}
	}
	if n := len(taken()); n != 1 {
		t.Error(fmt.Sprintf("%d taken, want 1", n))
	}
}
