package app_test

import (
	"context"
	"fmt"
	"net"
	stdmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"gongzhi/internal/app"
	"gongzhi/internal/blob"
	"gongzhi/internal/config"
	"gongzhi/internal/demo"
	"gongzhi/internal/mail"
	"gongzhi/internal/mail/mailtest"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// correspondent is a whole program that receives mail for an address and sends by
// a server.
type correspondent struct {
	*app.App
	t testing.TB
}

func newCorrespondent(t *testing.T, address, server string, clock *sqldbtest.Clock) *correspondent {
	t.Helper()
	c := &config.Config{Data: t.TempDir(), DB: sqldbtest.Address(t, sqldb.SQLite), City: "云泽市", MailAddress: address, MailFrom: "云泽市12345 <" + address + ">", SMTPAddr: server}
	a, err := app.Open(t.Context(), c, app.Options{Now: clock.Now, Vault: keys, Blobs: blob.NewMemory(clock.Now)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	city, err := demo.NewCity(1)
	if err != nil {
		t.Fatal(err)
	}
	land := &city.Land
	land.Buildings, land.Blocks, land.Roads, land.Parks, land.Addresses, land.Facilities, land.Estates = nil, nil, nil, nil, nil, nil, nil
	if err := a.DB.Update(t.Context(), city.Load); err != nil {
		t.Fatal(err)
	}
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &correspondent{a, t}
}

// listen receives mail on ln until the test ends.
func (c *correspondent) listen(ln net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.ServeMail(ctx, ln); err != nil {
			c.t.Error(err)
		}
	}()
	c.t.Cleanup(func() {
		stop()
		<-done
	})
}

func (c *correspondent) take(from string, to string, raw string) {
	c.t.Helper()
	in := mail.Incoming{Via: "smtp", From: from, Null: from == "", To: []string{to}, Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n"))}
	if err := c.Mailbox.Take(c.t.Context(), in); err != nil {
		c.t.Fatal(err)
	}
}

func (c *correspondent) settle() {
	c.t.Helper()
	if err := c.Settle(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// tell lists rows of one text column.
func (c *correspondent) tell(q string) (out []string) {
	c.t.Helper()
	err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(q)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			out = append(out, s)
		}
		return rows.Err()
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func (c *correspondent) mails() []string {
	return c.tell(`select state || ' ' || reason from intake_mail order by id`)
}

func (c *correspondent) notices() []string {
	return c.tell(`select channel || ' ' || state from notice_message order by id`)
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// TestTwoProgramsWiredToEachOtherFallSilent counts the mails that two whole
// programs send each other in ten minutes, after one was given the other's
// address as that of a resident.
func TestTwoProgramsWiredToEachOtherFallSilent(t *testing.T) {
	clock, lnA, lnB := sqldbtest.NewClock(sqldbtest.Start), listener(t), listener(t)
	a := newCorrespondent(t, "12345@a.example", lnB.Addr().String(), clock)
	b := newCorrespondent(t, "12345@b.example", lnA.Addr().String(), clock)
	a.listen(lnA)
	b.listen(lnB)
	a.take("12345@b.example", "12345@a.example", "Message-ID: <1@x>\nFrom: 12345@b.example\nTo: 12345@a.example\nSubject: 路灯\nContent-Type: text/plain; charset=utf-8\n\n路灯不亮。\n")
	for range 60 {
		a.settle()
		b.settle()
		clock.Add(10 * time.Second)
	}
	sent := len(b.mails()) + len(a.mails()) - 1
	t.Logf("mails sent in 10 minutes: %d; at A %q, notices %q; at B %q, notices %q", sent, a.mails(), a.notices(), b.mails(), b.notices())
	if sent != 1 || !slices.Equal(b.mails(), []string{"parked auto_reply"}) || !slices.Equal(a.notices(), []string{"mail accepted"}) {
		t.Errorf("want one mail, parked as automatic")
	}
}

// TestAResidentHearsByMailAnswersAndABounceIsSeen goes the whole way: in, out, the
// answer in again, and a mail that comes back.
func TestAResidentHearsByMailAnswersAndABounceIsSeen(t *testing.T) {
	clock, sink := sqldbtest.NewClock(sqldbtest.Start), mailtest.New(t)
	a := newCorrespondent(t, "12345@a.example", sink.Addr, clock)
	a.take("li@example.cn", "12345@a.example", "Message-ID: <1@x>\nFrom: 李女士 <li@example.cn>\nTo: 12345@a.example\nSubject: 路灯不亮\nContent-Type: text/plain; charset=utf-8\n\n梧桐路路灯不亮。\n")
	a.settle()
	got := sink.Mails()
	if len(got) != 1 || !slices.Equal(got[0].To, []string{"li@example.cn"}) || !slices.Equal(a.notices(), []string{"mail accepted"}) {
		t.Fatalf("mails %+v, notices %q", got, a.notices())
	}
	m, err := stdmail.ReadMessage(strings.NewReader(got[0].Raw))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := stdmail.ParseAddress(m.Header.Get("Reply-To"))
	if err != nil {
		t.Fatal(err)
	}
	a.take("li@example.cn", reply.Address, "Message-ID: <2@x>\nFrom: li@example.cn\nSubject: Re\nContent-Type: text/plain; charset=utf-8\n\n灯杆编号 WT-0032。\n")
	a.settle()
	if want := []string{"case ", "supplement "}; !slices.Equal(a.mails(), want) {
		t.Errorf("mails = %q, want %q", a.mails(), want)
	}
	if notes := a.tell(`select text from request_note where kind = 'supplement'`); !slices.Equal(notes, []string{"灯杆编号 WT-0032。"}) {
		t.Errorf("supplements = %q", notes)
	}
	a.take("", got[0].From, fmt.Sprintf("Message-ID: <3@mx>\nFrom: MAILER-DAEMON@mx.example\nTo: %s\nSubject: failure\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n\n--b--\n", got[0].From))
	a.settle()
	if !slices.Equal(a.notices(), []string{"mail failed"}) {
		t.Errorf("notices after the bounce = %q", a.notices())
	}
	if n := len(a.tell(`select id from matter`)); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}
