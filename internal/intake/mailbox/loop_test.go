package mailbox_test

import (
	"context"
	"net"
	"regexp"
	"testing"
	"time"

	"gongzhi/internal/mail"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// town is a city that answers by mail: it speaks SMTP with the other one.
type town struct {
	*city
	addr  string
	sends *mail.Sender
	seen  map[string]bool
	sent  int
}

// newTown listens for the mail of a city with an address of its own. rewrite is
// what servers on the way do to the messages.
func newTown(t *testing.T, d sqldb.Dialect, mailbox string, rewrite func([]byte) []byte) *town {
	t.Helper()
	w := &town{city: newCity(t, sqldbtest.New(t, d)), seen: map[string]bool{}}
	w.Mailbox = mailbox
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mail.Server{Mailbox: mailbox, Now: w.clock.Now, Take: func(ctx context.Context, in mail.Incoming) error {
		in.Raw = rewrite(in.Raw)
		return w.Take(ctx, in)
	}}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	w.addr = ln.Addr().String()
	return w
}

// deliver sends each new notice to whom it is for, as the notices' mail channel
// does.
func (w *town) deliver() {
	w.t.Helper()
	type owed struct {
		id, text string
		m        matter.ID
	}
	var list []owed
	err := w.DB.View(w.t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select id, matter_id, body from notice_message order by id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var o owed
			if err := rows.Scan(&o.id, &o.m, &o.text); err != nil {
				return err
			}
			list = append(list, o)
		}
		return rows.Err()
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range list {
		if w.seen[o.id] {
			continue
		}
		w.seen[o.id] = true
		_, err := w.sends.Send(w.t.Context(), mail.Out{To: w.sender(o.m), Subject: "受理通知", Text: o.text, Auto: true, ReplyTo: request.ReplyTo(keys, w.Mailbox, o.m),
			ReturnTo: mail.Tagged(keys, w.Mailbox, mail.NoticeTag, o.id), MessageID: mail.TaggedID(keys, w.Mailbox, mail.NoticeTag, o.id)})
		if err != nil {
			w.t.Fatal(err)
		}
		w.sent++
	}
}

// sender is who wrote the mail that a request was made of.
func (w *town) sender(m matter.ID) (addr string) {
	w.t.Helper()
	err := w.DB.View(w.t.Context(), func(tx *sqldb.Tx) error {
		var id, sealed string
		if err := tx.QueryRow(`select id, sender from intake_mail where matter_id = $1 order by id limit 1`, m).Scan(&id, &sealed); err != nil {
			return err
		}
		var err error
		addr, err = keys.Open(sealed, "intake_mail/"+id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return addr
}

// TestTwoInstancesWiredToEachOtherFallSilent is M01: ten minutes, and the mails
// counted. In the worst case nothing marks a mail as written by a program.
func TestTwoInstancesWiredToEachOtherFallSilent(t *testing.T) {
	marks := regexp.MustCompile(`(?im)^(?:auto-submitted|x-auto-response-suppress|reply-to|message-id):.*\r\n(?:[ \t].*\r\n)*`)
	for _, c := range []struct {
		name    string
		rewrite func([]byte) []byte
		most    int
	}{
		{"as we send", func(raw []byte) []byte { return raw }, 1},
		{"all marks stripped on the way", func(raw []byte) []byte { return marks.ReplaceAll(raw, nil) }, 6},
	} {
		for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
			t.Run(c.name+"/"+d.String(), func(t *testing.T) {
				a := newTown(t, d, "甲市 <12345@a.example>", c.rewrite)
				b := newTown(t, d, "乙市 <12345@b.example>", c.rewrite)
				a.sends = &mail.Sender{Addr: b.addr, From: a.Mailbox, Now: a.clock.Now}
				b.sends = &mail.Sender{Addr: a.addr, From: b.Mailbox, Now: b.clock.Now}
				// Somebody gives city B's address as his own.
				a.take(mail.Incoming{Via: "smtp", From: "12345@b.example", To: []string{"12345@a.example"}, Raw: []byte(letter("x@x", "12345@b.example", "路灯", "路灯不亮。"))})
				for range 60 {
					for _, w := range []*town{a, b} {
						w.work()
						w.deliver()
						w.clock.Add(10 * time.Second)
					}
				}
				t.Logf("mails sent in 10 minutes: %d by A, %d by B; requests %d and %d; %v %v", a.sent, b.sent, a.cases(), b.cases(), a.states(), b.states())
				if a.sent+b.sent == 0 || a.sent+b.sent > c.most {
					t.Errorf("%d mails in 10 minutes, want 1 to %d", a.sent+b.sent, c.most)
				}
			})
		}
	}
}
