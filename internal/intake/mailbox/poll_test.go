package mailbox_test

import (
	"strings"
	"testing"
	"time"

	"gongzhi/internal/mail"
	"gongzhi/internal/mail/mailtest"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestAPolledMailboxThatIsRenumberedGivesNoSecondRequest(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c, m := newCity(t, db), mailtest.NewIMAP(t)
		c.Poller = &mail.Poller{Addr: m.Addr, User: "u", Password: "p", Most: 1}
		all := []string{letter("a@x", li, "路灯", "路灯不亮。"), letter("b@x", "son@example.cn", "井盖", "井盖松动。"),
			strings.ReplaceAll(letter("c@x", li, "别人的", "收件人不是我们。"), "To: 12345@yunze.example", "To: somebody@else.example")}
		play := func() {
			for _, raw := range all {
				m.Put(strings.ReplaceAll(raw, "\n", "\r\n"))
			}
			if err := c.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.work()
		}
		play()
		m.Renumber()
		play()
		c.arrive("li@example.cn", all[0]) // and by the other door
		c.work()
		if got := c.states(); c.cases() != 2 || got["parked not_ours"] != 1 {
			t.Errorf("%d requests, states %v", c.cases(), got)
		}
	})
}

func TestAMailboxServerThatIsAwayIsShownAndTriedAgain(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c, m := newCity(t, db), mailtest.NewIMAP(t)
		c.Poller = &mail.Poller{Addr: m.Addr, User: "u", Password: "wrong"}
		if err := c.Poll(t.Context()); err != nil {
			t.Fatalf("a server that refuses is no failed job: %v", err)
		}
		if n := c.count(`select cast(count(*) as bigint) from intake_mail_poll where trouble <> '' and trouble_at > 0 and polled_at = 0`); n != 1 {
			t.Error("the trouble is not kept")
		}
		m.Put(strings.ReplaceAll(letter("a@x", li, "路灯", "路灯不亮。"), "\n", "\r\n"))
		c.Poller.Password = "p"
		c.clock.Add(time.Minute)
		if err := c.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.work()
		if n := c.count(`select cast(count(*) as bigint) from intake_mail_poll where trouble = '' and polled_at > 0`); n != 1 || c.cases() != 1 {
			t.Errorf("%d requests; the trouble is still shown", c.cases())
		}
	})
}
