package device

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

const deviceColumns = `d.code, d.name, d.kind, d.facility, d.address, d.area, d.lat, d.lng, d.source, d.per_minute, d.active, d.rev, d.src_datum, d.src_lat, d.src_lng`

func scanDevice(scan func(...any) error, more ...any) (Device, error) {
	var d Device
	err := scan(append([]any{&d.Code, &d.Name, &d.Kind, &d.Facility, &d.Address, &d.Area, &d.Lat, &d.Lng, &d.Source, &d.PerMinute, &d.Active, &d.Rev,
		&d.Origin.Datum, &d.Origin.Lat, &d.Origin.Lng}, more...)...)
	return d, err
}

// Find reads one device, or NotFound.
func Find(tx *sqldb.Tx, code string) (Device, error) {
	d, err := scanDevice(tx.QueryRow(`select `+deviceColumns+` from intake_device d where d.code = $1`, code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fault.New(fault.NotFound, "device.unknown", err, code)
	}
	return d, err
}

// Save creates or changes a device and keeps the former state as a revision.
// d.Rev is the revision the editor saw, 0 for a new one.
func Save(tx *sqldb.Tx, by string, d Device) error {
	was, err := Find(tx, d.Code)
	if err = seen(err, was.Rev, d.Rev); err != nil {
		return err
	}
	if d.Origin == (request.Origin{}) && d.Lat == was.Lat && d.Lng == was.Lng {
		d.Origin = was.Origin // the point is still the one that was given so
	}
	d.Rev++
	const q = `insert into intake_device(code, name, kind, facility, address, area, lat, lng, source, per_minute, active, rev, src_datum, src_lat, src_lng)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (code) do update set name = excluded.name, kind = excluded.kind,
		facility = excluded.facility, address = excluded.address, area = excluded.area, lat = excluded.lat, lng = excluded.lng,
		source = excluded.source, per_minute = excluded.per_minute, active = excluded.active, rev = excluded.rev,
		src_datum = excluded.src_datum, src_lat = excluded.src_lat, src_lng = excluded.src_lng`
	if err := tx.Exec(q, d.Code, d.Name, d.Kind, d.Facility, d.Address, d.Area, d.Lat, d.Lng, d.Source, d.PerMinute, d.Active, d.Rev,
		d.Origin.Datum, d.Origin.Lat, d.Origin.Lng); err != nil {
		return fmt.Errorf("save device %s: %w", d.Code, err)
	}
	return catalog.Revise(tx, by, "device", d.Code, d.Rev, was, d)
}

// seen refuses to save what somebody else has changed since it was read. err is
// that of reading the present state.
func seen(err error, now, rev int64) error {
	switch {
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return err
	case now != rev:
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	return nil
}

const ruleColumns = `id, kind, name, metric, unit, below, trip, clear, times, minutes, category, urgency, redo_hours, advice, active, rev`

func scanRule(scan func(...any) error) (Rule, error) {
	var r Rule
	err := scan(&r.ID, &r.Kind, &r.Name, &r.Metric, &r.Unit, &r.Below, &r.Trip, &r.Clear, &r.Times, &r.Minutes, &r.Category, &r.Urgency, &r.RedoHours,
		&r.Advice, &r.Active, &r.Rev)
	return r, err
}

func rules(tx *sqldb.Tx, where string, args ...any) ([]Rule, error) {
	rows, err := tx.Query(`select `+ruleColumns+` from intake_device_rule `+where+` order by kind, name, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("rules of devices: %w", err)
	}
	defer rows.Close()
	var out []Rule
	for rows.Next() {
		r, err := scanRule(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Rules are all rules, by kind.
func Rules(tx *sqldb.Tx) ([]Rule, error) { return rules(tx, ``) }

// FindRule reads one rule, or NotFound.
func FindRule(tx *sqldb.Tx, rule string) (Rule, error) {
	list, err := rules(tx, `where id = $1`, rule)
	if err != nil || len(list) == 1 {
		return append(list, Rule{})[0], err
	}
	return Rule{}, fault.New(fault.NotFound, "device.no_rule", nil)
}

// SaveRule is Save for a rule; one without an id is new. It gives the id.
func SaveRule(tx *sqldb.Tx, by string, r Rule) (string, error) {
	var was Rule
	if r.ID == "" {
		r.ID, r.Rev = id.New(tx.Now), 0
	} else {
		var err error
		was, err = FindRule(tx, r.ID)
		if err = seen(err, was.Rev, r.Rev); err != nil {
			return "", err
		}
	}
	r.Rev++
	const q = `insert into intake_device_rule(` + ruleColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		on conflict (id) do update set kind = excluded.kind, name = excluded.name, metric = excluded.metric, unit = excluded.unit, below = excluded.below,
		trip = excluded.trip, clear = excluded.clear, times = excluded.times, minutes = excluded.minutes, category = excluded.category,
		urgency = excluded.urgency, redo_hours = excluded.redo_hours, advice = excluded.advice, active = excluded.active, rev = excluded.rev`
	err := tx.Exec(q, r.ID, r.Kind, r.Name, r.Metric, r.Unit, r.Below, r.Trip, r.Clear, r.Times, r.Minutes, r.Category, r.Urgency, r.RedoHours, r.Advice, r.Active, r.Rev)
	if err != nil {
		return "", fmt.Errorf("save rule %s: %w", r.Name, err)
	}
	return r.ID, catalog.Revise(tx, by, "device_rule", r.ID, r.Rev, was, r)
}

// Kinds are the kinds that have rules or devices.
func Kinds(tx *sqldb.Tx) ([]string, error) {
	rows, err := tx.Query(`select kind from intake_device_rule union select kind from intake_device order by 1`)
	if err != nil {
		return nil, fmt.Errorf("kinds of devices: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var k string
		if err := rows.Scan(&k); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// Sources are all systems that speak for devices.
func Sources(tx *sqldb.Tx) ([]Source, error) {
	rows, err := tx.Query(`select code, name, active from intake_device_source order by code`)
	if err != nil {
		return nil, fmt.Errorf("sources of devices: %w", err)
	}
	defer rows.Close()
	var out []Source
	for rows.Next() {
		var x Source
		if err := rows.Scan(&x.Code, &x.Name, &x.Active); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// SaveSource creates or changes a system that speaks for devices.
func SaveSource(tx *sqldb.Tx, x Source) error {
	const q = `insert into intake_device_source(code, name, active) values ($1, $2, $3) on conflict (code) do update set name = excluded.name, active = excluded.active`
	if err := tx.Exec(q, x.Code, x.Name, x.Active); err != nil {
		return fmt.Errorf("save source %s: %w", x.Code, err)
	}
	return nil
}

// plainCode reports a code that can stand in a topic, an address and a table.
func plainCode(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == "" && s[0] != '.'
}
