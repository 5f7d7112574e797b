package outbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/notice"
	"gongzhi/internal/sms"
	"gongzhi/internal/sqldb"
)

// Gateway is one SMS gateway of the city.
type Gateway struct {
	ID      string // a short code, which never changes
	Name    string
	Is      sms.Gateway
	Secrets sms.Secrets
	Door    string // the secret in the address at which the gateway calls us
	Active  bool
	Rank    int64 // those in use are tried in this order
	Rev     int64
	Changed time.Time
	Trouble string // what was last amiss, as a reason of the notice package
	Since   time.Time
}

const gatewayQuery = `select id, name, description, secrets, door, active, rank, rev, changed_at, trouble, trouble_at from outbox_gateway`

func (s *Service) scanGateway(scan func(...any) error) (Gateway, error) {
	var g Gateway
	var description, secrets, door string
	var changed, since int64
	if err := scan(&g.ID, &g.Name, &description, &secrets, &door, &g.Active, &g.Rank, &g.Rev, &changed, &g.Trouble, &since); err != nil {
		return g, err
	}
	g.Changed, g.Since = sqldb.FromMicros(changed), sqldb.FromMicros(since)
	plain, err := s.Office.Vault.Open(secrets, sealRow(g.ID, "secrets"))
	if err == nil {
		g.Door, err = s.Office.Vault.Open(door, sealRow(g.ID, "door"))
	}
	if err != nil {
		return g, fmt.Errorf("secrets of gateway %s: %w", g.ID, err)
	}
	return g, errors.Join(json.Unmarshal([]byte(description), &g.Is), json.Unmarshal([]byte(plain), &g.Secrets))
}

func sealRow(id, what string) string { return "outbox_gateway/" + id + "/" + what }

// gateways are all of the city, in the order in which they are tried.
func (s *Service) gateways(tx *sqldb.Tx) ([]Gateway, error) {
	rows, err := tx.Query(gatewayQuery + ` order by rank, id`)
	if err != nil {
		return nil, fmt.Errorf("list gateways: %w", err)
	}
	defer rows.Close()
	var out []Gateway
	for rows.Next() {
		g, err := s.scanGateway(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, rows.Err()
}

func (s *Service) gateway(tx *sqldb.Tx, id string) (Gateway, error) {
	g, err := s.scanGateway(tx.QueryRow(gatewayQuery+` where id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return g, fault.New(fault.NotFound, "outbox.no_gateway", err)
	}
	return g, err
}

// Load reads the gateways anew, after an edit and now and then, because another
// process may have edited.
func (s *Service) Load(ctx context.Context) error {
	return s.DB.View(ctx, func(tx *sqldb.Tx) error {
		all, err := s.gateways(tx)
		if err == nil {
			s.known.Store(&all)
		}
		return err
	})
}

func (s *Service) inUse() []Gateway {
	var out []Gateway
	if all := s.known.Load(); all != nil {
		for _, g := range *all {
			if g.Active {
				out = append(out, g)
			}
		}
	}
	return out
}

var gatewayCode = regexp.MustCompile(`^[a-z][a-z0-9-]{1,19}$`)

// SaveGateway creates or changes a gateway. Rev is what the editor saw, 0 for a
// new one. Empty secrets stay as they were.
type SaveGateway struct{ Gateway }

// SaveGateway keeps the former description as a revision, without the secrets.
func (s *Service) SaveGateway(ctx context.Context, a actor.Actor, c SaveGateway) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("outbox.gateway"); err != nil {
			return err
		}
		was, err := s.gateway(tx, c.ID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if was.Rev != c.Rev {
			return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
		}
		g := c.Gateway
		if g.Rev, g.Door = was.Rev+1, was.Door; g.Door == "" {
			g.Door = rand.Text()
		}
		for _, x := range [][2]*string{{&g.Secrets.Secret, &was.Secrets.Secret}, {&g.Secrets.Second, &was.Secrets.Second}} {
			if *x[0] == "" {
				*x[0] = *x[1]
			}
		}
		if err := s.writeGateway(tx, g); err != nil {
			return err
		}
		if err := catalog.Revise(tx, a.HistoryID(), "gateway", g.ID, g.Rev, was.open(), g.open()); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.gateway", g.ID, "")
	})
	if err != nil {
		return err
	}
	return s.Load(ctx)
}

// open is what a revision keeps of a gateway.
func (g Gateway) open() any {
	return map[string]any{"name": g.Name, "active": g.Active, "rank": g.Rank, "is": g.Is, "account": g.Secrets.Account, "sender": g.Secrets.Sender}
}

func (c SaveGateway) check() error {
	var wrong fault.Fields
	if !gatewayCode.MatchString(c.ID) {
		wrong.Add("id", "outbox.gateway_code_wrong")
	}
	if c.Name == "" {
		wrong.Add("name", "web.field_missing")
	}
	wrong = append(wrong, fault.FieldsOf(c.Is.Check())...)
	return wrong.Err()
}

func (s *Service) writeGateway(tx *sqldb.Tx, g Gateway) error {
	description, err := json.Marshal(g.Is)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(g.Secrets)
	if err != nil {
		return err
	}
	secrets, err := s.Office.Vault.Seal(string(plain), sealRow(g.ID, "secrets"))
	if err != nil {
		return err
	}
	door, err := s.Office.Vault.Seal(g.Door, sealRow(g.ID, "door"))
	if err != nil {
		return err
	}
	const q = `insert into outbox_gateway(id, name, description, secrets, door, active, rank, rev, changed_at, trouble, trouble_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0)
		on conflict (id) do update set name = excluded.name, description = excluded.description, secrets = excluded.secrets, door = excluded.door, active = excluded.active,
		rank = excluded.rank, rev = excluded.rev, changed_at = excluded.changed_at, trouble = '', trouble_at = 0`
	return tx.Exec(q, g.ID, g.Name, string(description), secrets, door, g.Active, g.Rank, g.Rev, tx.Now.UnixMicro())
}

// NewDoor gives a gateway a new secret address; the old one is dead at once.
func (s *Service) NewDoor(ctx context.Context, a actor.Actor, id string) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("outbox.gateway"); err != nil {
			return err
		}
		g, err := s.gateway(tx, id)
		if err != nil {
			return err
		}
		g.Door, g.Rev = rand.Text(), g.Rev+1
		if err := s.writeGateway(tx, g); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.gateway_door", g.ID, "")
	})
	if err != nil {
		return err
	}
	return s.Load(ctx)
}

// note keeps what is amiss with a gateway for its page, and forgets it when it
// works again. It writes only when something changes.
func (s *Service) note(ctx context.Context, g Gateway, trouble string) {
	if g.Trouble == trouble {
		return
	}
	const q = `update outbox_gateway set trouble = $1, trouble_at = $2 where id = $3 and trouble <> $1`
	err := s.DB.Update(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error { return tx.Exec(q, trouble, tx.Now.UnixMicro(), g.ID) })
	if err == nil {
		_ = s.Load(context.WithoutCancel(ctx)) // only a remark: the next reading brings it
	}
}

// SMS is the channel over the city's gateways.
type SMS struct{ *Service }

// Open reports whether a gateway is in use.
func (c SMS) Open() bool { return len(c.inUse()) > 0 }

// Send gives the message to the first gateway that takes it. After one that may
// have taken it without saying so no other is asked: better late than twice.
func (c SMS) Send(ctx context.Context, p notice.Parcel) (notice.Outcome, error) {
	err := error(notice.Trouble{Reason: notice.ReasonNoChannel})
	for _, g := range c.inUse() {
		var ref string
		if ref, err = c.deliver(ctx, g, sms.Message{Key: p.Key, Phone: p.Phone, Text: p.Text}); err == nil {
			return notice.Outcome{State: notice.Accepted, Via: g.ID, Ref: ref}, nil
		}
		var t notice.Trouble
		if !errors.As(err, &t) || t.Reason == notice.ReasonTimeout {
			return notice.Outcome{}, err
		}
	}
	return notice.Outcome{}, err
}

// deliver asks one gateway and translates what it says.
func (s *Service) deliver(ctx context.Context, g Gateway, m sms.Message) (string, error) {
	ref, err := g.Is.Deliver(ctx, s.Out, g.Secrets, m, s.DB.Now())
	var r *sms.Refused
	var f *sms.Failed
	switch {
	case err == nil:
		s.note(ctx, g, "")
		return ref, nil
	case errors.As(err, &r):
		return "", notice.Refuse(worded(notice.ReasonRejected, r.Text), err)
	case errors.As(err, &f):
		reason := worded(troubles[f.Kind], f.Text)
		s.note(ctx, g, reason)
		return "", notice.Trouble{Reason: reason, Err: err}
	}
	return "", err
}

// troubles are the reasons for what a gateway fails by.
var troubles = map[string]string{"timeout": notice.ReasonTimeout, "down": notice.ReasonDown, "busy": notice.ReasonBusy, "answer": notice.ReasonBusy}

func worded(reason, words string) string {
	if words == "" {
		return reason
	}
	return reason + ":" + words
}

// knock finds the gateway that calls at an address with its secret.
func (s *Service) knock(id, door string) (Gateway, error) {
	if all := s.known.Load(); all != nil {
		for _, g := range *all {
			if g.ID == id && subtle.ConstantTimeCompare([]byte(g.Door), []byte(door)) == 1 {
				return g, nil
			}
		}
	}
	return Gateway{}, fault.New(fault.NotFound, "outbox.no_gateway", nil)
}
