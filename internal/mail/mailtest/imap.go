package mailtest

import (
	"bytes"
	"io"
	"log"
	"net"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// IMAP is a mailbox that is polled, of user u with password p.
type IMAP struct {
	Addr string
	t    testing.TB
	user *imapmemserver.User
}

// NewIMAP starts a server with an empty INBOX and a folder Done.
func NewIMAP(t testing.TB) *IMAP {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mem, m := imapmemserver.New(), &IMAP{Addr: ln.Addr().String(), t: t, user: imapmemserver.NewUser("u", "p")}
	mem.AddUser(m.user)
	m.create("INBOX")
	m.create("Done")
	s := imapserver.New(&imapserver.Options{InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}},
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return m
}

func (m *IMAP) create(name string) {
	m.t.Helper()
	if err := m.user.Create(name, nil); err != nil {
		m.t.Fatal(err)
	}
}

// Put lays a message into the INBOX.
func (m *IMAP) Put(raw string) {
	m.t.Helper()
	if _, err := m.user.Append("INBOX", literal{bytes.NewReader([]byte(raw))}, &imap.AppendOptions{}); err != nil {
		m.t.Fatal(err)
	}
}

// Renumber makes the INBOX anew, as a server does after a repair: the messages are
// to be put again, under numbers of another validity.
func (m *IMAP) Renumber() {
	m.t.Helper()
	if err := m.user.Delete("INBOX"); err != nil {
		m.t.Fatal(err)
	}
	m.create("INBOX")
}

// Count is how many messages of a folder are unseen, and how many there are.
func (m *IMAP) Count(folder string) (unseen, all int) {
	m.t.Helper()
	s, err := m.user.Status(folder, &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		m.t.Fatal(err)
	}
	return int(*s.NumUnseen), int(*s.NumMessages)
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return int64(l.Len()) }
