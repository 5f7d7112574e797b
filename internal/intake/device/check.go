package device

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// ground is what devices are checked against.
type ground struct {
	sources    []Source
	facilities map[string]place.Facility
	atlas      *place.Atlas
}

// groundOf reads what the devices refer to.
func (s *Service) groundOf(tx *sqldb.Tx, list []Device) (g ground, err error) {
	g = ground{facilities: map[string]place.Facility{}, atlas: s.Atlas.Atlas()}
	if g.sources, err = Sources(tx); err != nil {
		return g, err
	}
	var ids []string
	for _, d := range list {
		if d.Facility != "" && !slices.Contains(ids, d.Facility) {
			ids = append(ids, d.Facility)
		}
	}
	for part := range slices.Chunk(ids, 400) { // both engines bound the places of a statement
		if err := g.read(tx, part); err != nil {
			return g, err
		}
	}
	return g, nil
}

func (g ground) read(tx *sqldb.Tx, ids []string) error {
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select id, name, area, lat, lng from place_facility where id in (`+marks+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var f place.Facility
		if err := rows.Scan(&f.ID, &f.Name, &f.Area, &f.Lat, &f.Lng); err != nil {
			return err
		}
		g.facilities[f.ID] = f
	}
	return rows.Err()
}

// check says what is wrong with a device, and takes from its facility what was
// left out.
func (g ground) check(d *Device) error {
	var wrong fault.Fields
	if !plainCode(d.Code) {
		wrong.Add("code", "device.code_wrong")
	}
	required(&wrong, "name", d.Name, 60)
	required(&wrong, "kind", d.Kind, 20)
	if utf8.RuneCountInString(d.Address) > 200 {
		wrong.Add("address", "web.field_long", 200)
	}
	f, there := g.facilities[d.Facility]
	switch {
	case d.Facility != "" && !there:
		wrong.Add("facility", "device.facility_unknown", d.Facility)
	case there:
		d.Address, d.Area = first(d.Address, f.Name), first(d.Area, f.Area)
		if d.Lat == 0 && d.Lng == 0 {
			d.Lat, d.Lng, d.Origin = f.Lat, f.Lng, request.Origin{}
		}
	}
	if _, known := g.atlas.Find(d.Area); d.Area != "" && !known {
		wrong.Add("area", "device.area_unknown", d.Area)
	}
	if p, err := d.Origin.Convert(geo.Point{Lat: d.Lat, Lng: d.Lng}); err != nil {
		wrong.Add("datum", "geo.datum_unknown", string(d.Origin.Datum))
	} else if d.Lat, d.Lng = p.Lat, p.Lng; p.Zero() {
		d.Origin = request.Origin{}
	}
	if (d.Lat == 0) != (d.Lng == 0) || d.Lat < -90 || d.Lat > 90 || d.Lng < -180 || d.Lng > 180 {
		wrong.Add("lat", "device.point_wrong")
	}
	if d.Source != "" && !slices.ContainsFunc(g.sources, func(x Source) bool { return x.Code == d.Source }) {
		wrong.Add("source", "device.source_unknown", d.Source)
	}
	if d.PerMinute < 0 || d.PerMinute > 6000 {
		wrong.Add("per_minute", "device.per_minute_wrong")
	}
	return wrong.Err()
}

func required(wrong *fault.Fields, name, value string, most int) {
	switch {
	case strings.TrimSpace(value) == "":
		wrong.Add(name, "web.field_missing")
	case utf8.RuneCountInString(value) > most:
		wrong.Add(name, "web.field_long", most)
	}
}

// check says what is wrong with a rule.
func (r Rule) check(tree *catalog.Tree) error {
	var wrong fault.Fields
	required(&wrong, "kind", r.Kind, 20)
	required(&wrong, "name", r.Name, 30)
	required(&wrong, "metric", r.Metric, 40)
	if utf8.RuneCountInString(r.Unit) > 10 {
		wrong.Add("unit", "web.field_long", 10)
	}
	if !r.Below && r.Clear > r.Trip || r.Below && r.Clear < r.Trip {
		wrong.Add("clear", "device.clear_wrong")
	}
	if r.Times < 1 || r.Times > 100 {
		wrong.Add("times", "device.times_wrong")
	}
	if r.Minutes < 1 || r.Minutes > 1440 {
		wrong.Add("minutes", "device.minutes_wrong")
	}
	if !tree.Leaf(r.Category) {
		wrong.Add("category", "device.category_unknown")
	}
	if r.Urgency != "normal" && r.Urgency != "urgent" {
		wrong.Add("urgency", "device.urgency_wrong")
	}
	if r.RedoHours < 0 || r.RedoHours > 24*60 {
		wrong.Add("redo_hours", "device.redo_wrong")
	}
	if utf8.RuneCountInString(r.Advice) > 200 {
		wrong.Add("advice", "web.field_long", 200)
	}
	return wrong.Err()
}
