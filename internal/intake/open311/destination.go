package open311

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/sqldb"
)

// Destination is another system that requests are handed to and that is asked
// what became of them.
type Destination struct {
	ID           string
	Name         string
	Discovery    string // address of its discovery document, "" the endpoint is named
	Endpoint     string
	JSON         bool
	Jurisdiction string
	Key          string // in the clear in memory only
	Switches     Switches
	Unit         string // the unit that it stands for: what is dispatched there is handed on by itself; "" none
	Lane         int64
	Active       bool
	RequestsTo   time.Time // up to where new requests were read
	UpdatesTo    time.Time
	Trouble      string
	Warned       time.Time
	Checked      time.Time
	Services     []georeport.Service // as of the last check
	Rev          int64
}

// Switches are what the systems in the field differ in.
type Switches struct {
	Photos   bool   `json:"photos"`   // several photos, as repeated media_url
	Upload   bool   `json:"upload"`   // photos as files, not as addresses
	Extended bool   `json:"extended"` // it has servicerequestupdates with the extended statuses; else its requests are looked at one by one
	Requests bool   `json:"requests"` // its new requests become ours
	All      bool   `json:"all"`      // it cannot list by dates: everything is fetched
	Contact  bool   `json:"contact"`  // the requester's name and number are handed on
	Mail     string `json:"mail"`     // it demands an e-mail address: this one, of the office
	Datum    string `json:"datum"`    // coordinate system that it wants: wgs84, gcj02, bd09
	Wait     int    `json:"wait"`     // seconds that a call may take; 0: 60
}

const destinationColumns = `d.id, d.name, d.discovery, d.endpoint, d.json, d.jurisdiction, d.api_key, d.switches, d.unit_id, d.lane, d.active, d.requests_to, d.updates_to, d.trouble,
	coalesce(d.warned_at, 0), coalesce(d.checked_at, 0), d.services, d.rev`

func scanDestination(scan func(...any) error) (Destination, error) {
	var d Destination
	var switches, services string
	var requests, updates, warned, checked int64
	err := scan(&d.ID, &d.Name, &d.Discovery, &d.Endpoint, &d.JSON, &d.Jurisdiction, &d.Key, &switches, &d.Unit, &d.Lane, &d.Active, &requests, &updates, &d.Trouble,
		&warned, &checked, &services, &d.Rev)
	if err != nil {
		return d, err
	}
	d.RequestsTo, d.UpdatesTo, d.Warned, d.Checked = sqldb.FromMicros(requests), sqldb.FromMicros(updates), sqldb.FromMicros(warned), sqldb.FromMicros(checked)
	return d, errors.Join(json.Unmarshal([]byte(switches), &d.Switches), json.Unmarshal([]byte(services), &d.Services))
}

// Destinations are all of them by name, their keys still sealed.
func Destinations(tx *sqldb.Tx) ([]Destination, error) {
	rows, err := tx.Query(`select ` + destinationColumns + ` from intake_open311_destination d order by d.name, d.id`)
	if err != nil {
		return nil, fmt.Errorf("destinations: %w", err)
	}
	defer rows.Close()
	var out []Destination
	for rows.Next() {
		d, err := scanDestination(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// destination is one of them with its key open.
func (s *Service) destination(tx *sqldb.Tx, name string) (Destination, error) {
	d, err := scanDestination(tx.QueryRow(`select `+destinationColumns+` from intake_open311_destination d where d.id = $1`, name).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fault.New(fault.NotFound, "georeport.no_destination", err)
	}
	if err != nil {
		return d, err
	}
	d.Key, err = s.Vault.Open(d.Key, d.row())
	return d, err
}

func (d Destination) row() string { return "intake_open311_destination/" + d.ID }

// check says what is wrong with a destination that is to be saved.
func (d *Destination) check() error {
	var wrong fault.Fields
	if n := len([]rune(d.Name)); n == 0 || n > 60 {
		wrong.Add("name", "georeport.destination_name")
	}
	d.Endpoint = strings.TrimRight(d.Endpoint, "/")
	for name, v := range map[string]string{"endpoint": d.Endpoint, "discovery": d.Discovery} {
		u, err := url.Parse(v)
		if v != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "") {
			wrong.Add(name, "georeport.destination_address")
		}
	}
	if d.Endpoint == "" && d.Discovery == "" {
		wrong.Add("endpoint", "georeport.destination_nowhere")
	}
	if !slices.Contains([]string{"", "wgs84", "gcj02", "bd09"}, d.Switches.Datum) {
		wrong.Add("datum", "georeport.destination_datum")
	}
	if d.Switches.Wait < 0 || d.Switches.Wait > 300 {
		wrong.Add("wait", "georeport.out_of_range", 0, 300)
	}
	if m := d.Switches.Mail; m != "" && !strings.Contains(m, "@") {
		wrong.Add("mail", "georeport.destination_mail")
	}
	return wrong.Err()
}

// SaveDestination creates or changes a destination. An empty key keeps the one
// there is.
func (s *Service) SaveDestination(ctx context.Context, a actor.Actor, d Destination) (name string, err error) {
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		name, err = s.SaveDestinationTx(tx, a, d)
		return err
	})
	return name, err
}

// SaveDestinationTx is SaveDestination inside a unit of work.
func (s *Service) SaveDestinationTx(tx *sqldb.Tx, a actor.Actor, d Destination) (string, error) {
	if err := actor.Can(a, "setup.city"); err != nil {
		return "", err
	}
	if err := d.check(); err != nil {
		return "", err
	}
	if err := tx.Lock("open311/destinations"); err != nil {
		return "", err
	}
	before := Destination{Lane: -1}
	var err error
	if d.ID == "" {
		d.ID = id.New(tx.Now)
	} else if before, err = s.destination(tx, d.ID); err != nil && fault.KindOf(err) != fault.NotFound {
		return "", err
	}
	if before.Rev != d.Rev {
		return "", fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	if d.Key == "" {
		d.Key = before.Key
	}
	if d.Lane = before.Lane; d.Lane < 0 || before.ID == "" {
		if err := tx.QueryRow(`select cast(count(*) as bigint) from intake_open311_destination`).Scan(&d.Lane); err != nil {
			return "", err
		}
		d.Lane %= lanes
	}
	if err := s.writeDestination(tx, d); err != nil {
		return "", err
	}
	before.Key, d.Key = "", "" // the revision tells that it changed, not what it is
	if err := revise(tx, a, "destination/"+d.ID, before, d); err != nil {
		return "", err
	}
	return d.ID, actor.Deed(tx, a, "open311.destination", d.ID, "")
}

func (s *Service) writeDestination(tx *sqldb.Tx, d Destination) error {
	key, err := s.Vault.Seal(d.Key, d.row())
	if err != nil {
		return err
	}
	switches, err := json.Marshal(d.Switches)
	if err != nil {
		return err
	}
	const q = `insert into intake_open311_destination(id, name, discovery, endpoint, json, jurisdiction, api_key, switches, unit_id, lane, active, requests_to, updates_to, trouble, services, rev)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '[]', $14)
		on conflict (id) do update set name = excluded.name, discovery = excluded.discovery, endpoint = excluded.endpoint, json = excluded.json, jurisdiction = excluded.jurisdiction,
		api_key = excluded.api_key, switches = excluded.switches, unit_id = excluded.unit_id, active = excluded.active, trouble = '', warned_at = null, rev = excluded.rev`
	err = tx.Exec(q, d.ID, d.Name, d.Discovery, d.Endpoint, d.JSON, d.Jurisdiction, key, string(switches), d.Unit, d.Lane, d.Active, tx.Now.UnixMicro(), tx.Now.UnixMicro(), d.Rev+1)
	if err != nil {
		return fmt.Errorf("save destination: %w", err)
	}
	return nil
}

// Mapping is one line of the table from our categories to a partner's services.
type Mapping struct{ Category, Service string }

// anyCategory stands for all categories that have no line of their own.
const anyCategory = "*"

// Mappings are the lines of a destination, by category.
func Mappings(tx *sqldb.Tx, destination string) ([]Mapping, error) {
	rows, err := tx.Query(`select category, service_code from intake_open311_mapping where destination_id = $1 order by category`, destination)
	if err != nil {
		return nil, fmt.Errorf("mapping of %s: %w", destination, err)
	}
	defer rows.Close()
	var out []Mapping
	for rows.Next() {
		var m Mapping
		if err := rows.Scan(&m.Category, &m.Service); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// SaveMapping sets the partner's service for a category; "" removes the line.
func (s *Service) SaveMapping(ctx context.Context, a actor.Actor, destination string, m Mapping) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	if _, ok := s.Catalog.Book().Tree.Find(m.Category); !ok && m.Category != anyCategory {
		return fault.Fields{{Name: "category", Key: "georeport.mapping_category"}}
	}
	if len(m.Service) > 100 {
		return fault.Fields{{Name: "service", Key: "georeport.too_long", Args: []any{100, len(m.Service)}}}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := s.destination(tx, destination); err != nil {
			return err
		}
		if err := s.SaveMappingTx(tx, destination, m); err != nil {
			return err
		}
		return revise(tx, a, "mapping/"+destination, nil, m)
	})
}

// SaveMappingTx is SaveMapping inside a unit of work, for who has checked.
func (s *Service) SaveMappingTx(tx *sqldb.Tx, destination string, m Mapping) error {
	if m.Service == "" {
		return tx.Exec(`delete from intake_open311_mapping where destination_id = $1 and category = $2`, destination, m.Category)
	}
	const q = `insert into intake_open311_mapping(destination_id, category, service_code) values ($1, $2, $3) on conflict (destination_id, category) do update set service_code = excluded.service_code`
	return tx.Exec(q, destination, m.Category, m.Service)
}

// serviceFor is the partner's service for a category: its own line, that of a
// category above it, or that for all; "" none.
func (s *Service) serviceFor(list []Mapping, category string) string {
	codes := s.Catalog.Book().Tree.Path(category)
	slices.Reverse(codes)
	for _, code := range append(codes, anyCategory) {
		if i := slices.IndexFunc(list, func(m Mapping) bool { return m.Category == code }); i >= 0 {
			return list[i].Service
		}
	}
	return ""
}

// categoryFor is our category for a partner's service, "" when the table does
// not say: then the dispatcher decides.
func (s *Service) categoryFor(list []Mapping, service string) string {
	for _, m := range list {
		if m.Service == service && s.Catalog.Book().Tree.Leaf(m.Category) {
			return m.Category
		}
	}
	return ""
}
