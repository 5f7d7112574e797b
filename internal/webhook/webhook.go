// Package webhook tells other systems what happened to requests: a signed message
// to an address they gave, again and again until they have it, and never more than
// they may know.
//
// A watcher of history writes a delivery for each event that a subscription asks
// for; a job for each subscription sends what is due. So one target that hangs
// keeps a worker of its own for as long as one call may last, and no other target
// waits for it.
package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/outbound"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service offers the verbs, the work and the pages of webhooks.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Catalog *catalog.Shelf
	Base    page.Maker
	Call    func(*http.Request) (outbound.Answer, error) // the guarded way out
	Log     *slog.Logger                                 // of messages that cannot be made
	BaseURL string                                       // of this city, "" none: where events say they come from

	lanes lanes
}

// Subscription is a target and what it is told.
type Subscription struct {
	ID       string
	Name     string
	URL      string
	Deeds    []string // of request.Life; none: all
	Unit     string   // only requests that this unit or one below it has or had; "" the whole city
	Category string   // only this category and those below; "" all
	Private  bool     // also requests that are not published: number, state and time of them, no more
	Active   bool
	Since    time.Time // events before are not told
	Failures int64     // in a row
	Paused   time.Time // nothing is sent before; zero: goes on
	Rev      int64
}

// wants reports whether a deed is asked for.
func (x Subscription) wants(deed string) bool {
	return len(x.Deeds) == 0 || slices.Contains(x.Deeds, deed)
}

// Deeds are those that can be subscribed to, in the order of a request's life.
func Deeds() []string {
	var out []string
	for _, m := range request.Life.Moves {
		if !slices.Contains(out, m.Event) && m.Event != request.DeedImported {
			out = append(out, m.Event)
		}
	}
	return out
}

const subscriptionColumns = `id, name, url, deeds, unit, category, private, active, since, failures, paused_until, rev`

func scanSubscription(scan func(...any) error) (Subscription, error) {
	var x Subscription
	var deeds string
	var since, paused int64
	err := scan(&x.ID, &x.Name, &x.URL, &deeds, &x.Unit, &x.Category, &x.Private, &x.Active, &since, &x.Failures, &paused, &x.Rev)
	x.Deeds, x.Since, x.Paused = strings.Fields(deeds), sqldb.FromMicros(since), moment(paused)
	return x, err
}

// Subscriptions are all of them, by name.
func Subscriptions(tx *sqldb.Tx) ([]Subscription, error) {
	rows, err := tx.Query(`select ` + subscriptionColumns + ` from webhook_subscription order by name, id`)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	defer rows.Close()
	var out []Subscription
	for rows.Next() {
		x, err := scanSubscription(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// Find reads one subscription, or NotFound.
func Find(tx *sqldb.Tx, subscription string) (Subscription, error) {
	x, err := scanSubscription(tx.QueryRow(`select `+subscriptionColumns+` from webhook_subscription where id = $1`, subscription).Scan)
	return x, none(err)
}

// Save creates or changes a subscription and keeps the former state as a
// revision. What is wrong comes back as fields.
func (s *Service) Save(ctx context.Context, a actor.Actor, x Subscription) (Subscription, error) {
	if err := actor.Can(a, "webhook.edit"); err != nil {
		return x, err
	}
	if err := s.check(&x); err != nil {
		return x, err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		x, err = save(tx, a, x)
		return err
	})
	return x, err
}

func (s *Service) check(x *Subscription) error {
	var wrong fault.Fields
	if x.Name = strings.TrimSpace(x.Name); x.Name == "" {
		wrong.Add("name", "web.field_missing")
	}
	u, err := url.Parse(x.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "" || len(x.URL) > 500 {
		wrong.Add("url", "webhook.url_wrong")
	}
	for _, d := range x.Deeds {
		if !slices.Contains(Deeds(), d) {
			wrong.Add("deeds", "webhook.deed_unknown", d)
		}
	}
	if _, there := s.Catalog.Book().Tree.Find(x.Category); x.Category != "" && !there {
		wrong.Add("category", "webhook.category_unknown")
	}
	return wrong.Err()
}

func save(tx *sqldb.Tx, a actor.Actor, x Subscription) (Subscription, error) {
	var was Subscription
	if x.ID == "" {
		x.ID, x.Rev = id.New(tx.Now), 0
		if x.Since.IsZero() {
			x.Since = tx.Now
		}
	} else {
		var err error
		if was, err = Find(tx, x.ID); err != nil {
			return x, err
		}
		if was.Rev != x.Rev {
			return x, fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
		}
		x.Since = was.Since
	}
	x.Rev++
	const q = `insert into webhook_subscription(` + subscriptionColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10)
		on conflict (id) do update set name = excluded.name, url = excluded.url, deeds = excluded.deeds, unit = excluded.unit, category = excluded.category,
		private = excluded.private, active = excluded.active, failures = 0, paused_until = 0, rev = excluded.rev`
	err := tx.Exec(q, x.ID, x.Name, x.URL, strings.Join(x.Deeds, " "), x.Unit, x.Category, x.Private, x.Active, x.Since.UnixMicro(), x.Rev)
	if err != nil {
		return x, fmt.Errorf("save subscription %s: %w", x.Name, err)
	}
	return x, catalog.Revise(tx, a.HistoryID(), "webhook", x.ID, x.Rev, was, x)
}

// lanes let one worker at a time send to a target.
type lanes struct {
	mu   sync.Mutex
	busy map[string]bool // true: somebody came meanwhile, look once more
}

// enter reports whether the lane was free and is now taken.
func (l *lanes) enter(target string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy == nil {
		l.busy = map[string]bool{}
	}
	if _, taken := l.busy[target]; taken {
		l.busy[target] = true
		return false
	}
	l.busy[target] = false
	return true
}

// leave gives the lane back, unless somebody came meanwhile.
func (l *lanes) leave(target string) (gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy[target] {
		l.busy[target] = false
		return false
	}
	delete(l.busy, target)
	return true
}

// abandon gives the lane back whoever came.
func (l *lanes) abandon(target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, target)
}
