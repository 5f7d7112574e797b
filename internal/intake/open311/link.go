package open311

import (
	"context"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// States of handing a request on.
const (
	Queued    = "queued"    // waits for its turn
	Sent      = "sent"      // is with the partner, who has not given an id yet
	Confirmed = "confirmed" // the partner has given it an id
	Retried   = "retried"   // did not go through, and will be tried again
	Failed    = "failed"    // was refused, or tried too often
)

// Directions of a link.
const (
	outgoing = "out" // we handed it on
	fetched  = "in"  // it came from there
)

// link joins a request to what it is at a partner.
type link struct {
	ID, Destination, Direction, State, Service string
	Matter                                     matter.ID
	Number                                     string
	RemoteID, Token, RemoteStatus, Trouble     string
	RemoteAt, Created, Sent, Confirmed         time.Time
	Tries                                      int64
	By                                         string
	Name                                       string // of the destination
}

const linkQuery = `select l.id, l.destination_id, l.direction, l.state, l.service_code, l.matter_id, m.number, l.remote_id, l.token, l.remote_status, l.trouble, l.remote_at, l.created_at,
	coalesce(l.sent_at, 0), coalesce(l.confirmed_at, 0), l.tries, l.created_by, d.name
	from intake_open311_link l join matter m on m.id = l.matter_id join intake_open311_destination d on d.id = l.destination_id`

func scanLink(scan func(...any) error) (link, error) {
	var l link
	var remote, created, sent, confirmed int64
	err := scan(&l.ID, &l.Destination, &l.Direction, &l.State, &l.Service, &l.Matter, &l.Number, &l.RemoteID, &l.Token, &l.RemoteStatus, &l.Trouble, &remote, &created,
		&sent, &confirmed, &l.Tries, &l.By, &l.Name)
	l.RemoteAt, l.Created, l.Sent, l.Confirmed = sqldb.FromMicros(remote), sqldb.FromMicros(created), sqldb.FromMicros(sent), sqldb.FromMicros(confirmed)
	return l, err
}

func linkOf(tx *sqldb.Tx, m matter.ID, destination string) (link, error) {
	return scanLink(tx.QueryRow(linkQuery+` where l.matter_id = $1 and l.destination_id = $2`, m, destination).Scan)
}

func findLink(tx *sqldb.Tx, name string) (link, error) {
	return scanLink(tx.QueryRow(linkQuery+` where l.id = $1`, name).Scan)
}

// linksOf are the links of a request.
func linksOf(tx *sqldb.Tx, m matter.ID) ([]link, error) {
	return links(tx, linkQuery+` where l.matter_id = $1 order by l.created_at, l.id`, m)
}

// lastLinks are the newest links of a destination.
func lastLinks(tx *sqldb.Tx, destination string) ([]link, error) {
	return links(tx, linkQuery+` where l.destination_id = $1 and not m.sealed order by l.created_at desc, l.id desc limit 20`, destination)
}

func links(tx *sqldb.Tx, q string, args ...any) ([]link, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	defer rows.Close()
	var out []link
	for rows.Next() {
		l, err := scanLink(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// HandOn asks for a request to be handed to a partner.
type HandOn struct {
	Number      string
	Version     int64
	Destination string
	Service     string // the partner's code, "" as the table says
}

// HandOn queues a request for a partner. A second time it is asked for again if
// it failed.
func (s *Service) HandOn(ctx context.Context, a actor.Actor, c HandOn) error {
	if err := actor.Can(a, "open311.send"); err != nil {
		return err
	}
	var m matter.ID
	err := s.DB.View(ctx, func(tx *sqldb.Tx) error {
		o, err := request.FindNumber(tx, a, c.Number)
		if err == nil {
			m = o.ID
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, a, m, c.Version)
		if err != nil {
			return err
		}
		return s.HandOnTx(tx, a, o, c)
	})
}

// HandOnTx is HandOn inside a unit of work that has loaded the request.
func (s *Service) HandOnTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, c HandOn) error {
	if o.Sealed || o.Type == "report" {
		return fault.New(fault.Denied, "georeport.sealed_stays", nil)
	}
	d, err := s.destination(tx, c.Destination)
	if fault.KindOf(err) == fault.NotFound || err == nil && !d.Active {
		return fault.Fields{{Name: "handon.destination", Key: "georeport.no_destination"}}
	}
	if err != nil {
		return err
	}
	if c.Service == "" {
		list, err := Mappings(tx, d.ID)
		if err != nil {
			return err
		}
		if c.Service = s.serviceFor(list, o.Category); c.Service == "" {
			return fault.Fields{{Name: "handon.destination", Key: "georeport.no_mapping", Args: []any{d.Name}}}
		}
	}
	before, err := linkOf(tx, o.ID, d.ID)
	switch {
	case err == nil && before.State != Failed:
		return fault.Fields{{Name: "handon.destination", Key: "georeport.handed_on", Args: []any{d.Name}}}
	case err == nil:
		return s.again(tx, a, o, before, d)
	}
	row := id.New(tx.Now)
	const q = `insert into intake_open311_link(id, matter_id, destination_id, direction, state, service_code, remote_id, token, remote_status, remote_at, tries, trouble, created_by, created_at)
		values ($1, $2, $3, $4, $5, $6, '', '', '', 0, 0, '', $7, $8)`
	if err := o.Record(tx, a, handedOn(o, d, "georeport.handing_on")); err != nil {
		return err
	}
	if err := tx.Exec(q, row, o.ID, d.ID, outgoing, Queued, c.Service, a.HistoryID(), tx.Now.UnixMicro()); err != nil {
		return fmt.Errorf("hand on %s: %w", o.Number, err)
	}
	return job.Enqueue(tx, laneKind(d.Lane), "send/"+row, work{Destination: d.ID, Link: row}, tx.Now)
}

func handedOn(o *request.Order, d Destination, key string) request.Deed {
	body := struct {
		Partner string `json:"partner"`
	}{d.ID}
	return request.Deed{Name: request.DeedNoted, Body: body, Notes: []request.Note{{Kind: "record", Audience: request.Internal, Text: locale.T(locale.ZH, key, d.Name)}}}
}

// again queues what had failed.
func (s *Service) again(tx *sqldb.Tx, a actor.Actor, o *request.Order, l link, d Destination) error {
	if err := o.Record(tx, a, handedOn(o, d, "georeport.handing_on_again")); err != nil {
		return err
	}
	if err := tx.Exec(`update intake_open311_link set state = $1, trouble = '' where id = $2`, Queued, l.ID); err != nil {
		return err
	}
	return job.Enqueue(tx, laneKind(d.Lane), fmt.Sprintf("send/%s/%d", l.ID, o.Version), work{Destination: d.ID, Link: l.ID}, tx.Now)
}
