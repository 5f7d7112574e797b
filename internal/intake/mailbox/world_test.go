package mailbox_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/blob"
	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/intake/mailbox"
	"gongzhi/internal/job"
	"gongzhi/internal/mail"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

const box = "云泽市12345 <12345@yunze.example>"

var (
	keys  = vault.Test()
	agent = actor.Actor{ID: "s-agent", Roles: []actor.Role{actor.Agent}, UnitID: "12345", UnitPath: "city/12345/"}
	clerk = actor.Actor{ID: "s-lamps", Roles: []actor.Role{actor.Clerk}, UnitID: "lamps", UnitPath: "city/lamps/"}
)

// city is a mailbox with its queue and a clock that the test moves.
type city struct {
	*mailbox.Service
	t     testing.TB
	queue *job.Queue
	clock *sqldbtest.Clock
}

func newCity(t testing.TB, db *sqldb.DB) *city {
	t.Helper()
	c := &city{t: t, clock: sqldbtest.ClockOf(db)}
	c.update(db, func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "12345", Parent: "city", Name: "热线", Kind: "hotline"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		x := catalog.Category{Code: "01", Name: "市政设施", Type: "help", Urgency: "normal", Active: true, Publicity: "public", Limit: calendar.Limit{N: 5, Unit: "wd"}}
		if err := catalog.SaveCategory(tx, "test", x, 0); err != nil {
			return err
		}
		return catalog.SaveText(tx, "test", catalog.Text{Code: "received", Kind: "notice", Title: "收到", Body: "“{事项}”已收到，编号{编号}", Active: true})
	})
	in := &intake.Service{DB: db, Vault: keys, Blobs: blob.NewMemory(db.Now), Catalog: &catalog.Shelf{DB: db}, Atlas: &place.Shelf{DB: db}}
	in.Advice = &advice.Advisor{DB: db, Catalog: in.Catalog}
	for _, reload := range []error{in.Catalog.Reload(t.Context()), in.Atlas.Reload(t.Context())} {
		if reload != nil {
			t.Fatal(reload)
		}
	}
	in.Numbers = &request.Numbers{DB: db, Zone: in.Catalog.Book().Calendar.Zone}
	c.Service = &mailbox.Service{DB: db, Vault: keys, Blobs: in.Blobs, Catalog: in.Catalog, Intake: in, Mailbox: box,
		Base: func(http.ResponseWriter, *http.Request, string, ...any) page.Base { return page.Base{} }}
	c.queue = job.New(db, slog.New(slog.DiscardHandler))
	c.queue.Register(mailbox.Job, c.Settle, job.Options{})
	return c
}

func (c *city) update(db *sqldb.DB, f func(*sqldb.Tx) error) {
	c.t.Helper()
	if err := db.Update(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

// arrive takes a message by SMTP, as its peer would see it.
func (c *city) arrive(from, raw string, to ...string) {
	c.t.Helper()
	if len(to) == 0 {
		to = []string{"12345@yunze.example"}
	}
	c.take(mail.Incoming{Via: "smtp", From: from, Null: from == "", To: to, Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n"))})
}

func (c *city) take(in mail.Incoming) {
	c.t.Helper()
	if err := c.Take(c.t.Context(), in); err != nil {
		c.t.Fatal(err)
	}
}

// work does all that is due.
func (c *city) work() {
	c.t.Helper()
	if _, err := c.queue.RunDue(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *city) count(q string, args ...any) (n int) {
	c.t.Helper()
	if err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(q, args...).Scan(&n) }); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *city) cases() int {
	c.t.Helper()
	return c.count(`select cast(count(*) as bigint) from request_order where channel = 'mail'`)
}

// states counts messages by state, and by reason where they are parked.
func (c *city) states() map[string]int {
	c.t.Helper()
	out := map[string]int{}
	err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select state, reason, cast(count(*) as bigint) from intake_mail group by state, reason`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var state, reason string
			var n int
			if err := rows.Scan(&state, &reason, &n); err != nil {
				return err
			}
			if reason != "" {
				state += " " + reason
			}
			out[state] += n
		}
		return rows.Err()
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// last is the newest request.
func (c *city) last() (o *request.Order) {
	c.t.Helper()
	err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error {
		var m matter.ID
		if err := tx.QueryRow(`select id from matter order by id desc limit 1`).Scan(&m); err != nil {
			return err
		}
		var err error
		o, err = request.Find(tx, actor.System, m)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

// texts are all notes of a request.
func (c *city) texts(m matter.ID) string {
	c.t.Helper()
	var all []string
	err := c.DB.View(c.t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select text from request_note where matter_id = $1 order by seq`, m)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			all = append(all, s)
		}
		return rows.Err()
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// letter is a plain message.
func letter(id, from, subject, text string, more ...string) string {
	return fmt.Sprintf("Message-ID: <%s>\nFrom: %s\nTo: 12345@yunze.example\nSubject: %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n%s\n%s\n", id, from, subject, strings.Join(more, ""), text)
}
