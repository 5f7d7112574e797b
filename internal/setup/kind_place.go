package setup

import (
	"fmt"
	"strings"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
)

func areaKind() *kind {
	return &kind{name: "areas", what: "area", change: "setup.city", key: "code", parent: "parent",
		columns: []column{
			{name: "code", sort: code, required: true, max: 20},
			{name: "name", required: true, max: 40, list: true},
			{name: "level", sort: choice, options: place.Levels, labels: "setup.level_", required: true, list: true},
			{name: "parent", sort: area},
			{name: "aliases", sort: words, max: 200},
			{name: "lat", row: "point", sort: degree, lo: -90, hi: 90},
			{name: "lng", row: "point", sort: degree, lo: -180, hi: 180},
			{name: "population", sort: count, hi: 100_000_000, list: true},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: allAreas, save: saveArea, check: checkArea, order: parentsFirst("code", "parent")}
}

func allAreas(tx *sqldb.Tx) ([]record, error) {
	list, err := place.Areas(tx)
	out := make([]record, len(list))
	for i, a := range list {
		out[i] = record{"code": a.Code, "name": a.Name, "level": a.Level, "parent": a.Parent, "aliases": a.Aliases, "lat": degrees(a.Lat), "lng": degrees(a.Lng),
			"population": number(a.Population), "active": yes(a.Active)}
	}
	return out, err
}

// saveArea leaves the border as it is: place.SaveArea keeps it.
func saveArea(tx *sqldb.Tx, _ string, r, _ record) error {
	return place.SaveArea(tx, place.Area{Code: r["code"], Name: r["name"], Level: r["level"], Parent: r["parent"], Aliases: r["aliases"],
		Lat: float(r["lat"]), Lng: float(r["lng"]), Population: whole(r["population"]), Active: r["active"] == "1"})
}

// digits of the code of each level; a grid has two or three more than its
// community (CJ/T 213, GB/T 30428.1).
var codeDigits = map[string]int{place.District: 6, place.Street: 9, place.Community: 12}

func checkArea(_ *world, now, _ record, add problem) {
	n, fixed := codeDigits[now["level"]]
	switch {
	case fixed && len(now["code"]) != n:
		add("code", "setup.areas_digits", n)
	case now["level"] == place.Grid && len(now["code"]) < 13:
		add("code", "setup.areas_grid_digits")
	case now["level"] == place.District && now["parent"] != "":
		add("parent", "setup.areas_no_parent")
	case now["level"] != place.District && (now["parent"] == "" || !strings.HasPrefix(now["code"], now["parent"]) || now["code"] == now["parent"]):
		add("parent", "setup.areas_parent", now["code"])
	}
}

func addressKind() *kind {
	return &kind{name: "addresses", what: "address", change: "setup.city", key: "id",
		columns: []column{
			{name: "id", sort: code, required: true, max: 40},
			{name: "text", required: true, max: 120, list: true},
			{name: "area", sort: area, required: true, list: true},
			{name: "estate", max: 60, list: true},
			{name: "lat", row: "point", sort: degree, lo: -90, hi: 90},
			{name: "lng", row: "point", sort: degree, lo: -180, hi: 180},
			datumColumn,
		},
		some: someAddresses, find: findAddresses, save: saveAddress, remove: place.RemoveAddress, check: checkPoint,
		size: `select cast(count(*) as bigint) from place_address`}
}

const addressColumns = `select id, text, area, estate, lat, lng from place_address`

func someAddresses(tx *sqldb.Tx, words, after string, n int) ([]record, error) {
	return addresses(tx, addressColumns+` where id > $1 and folded like $2 order by id limit $3`, after, "%"+place.Fold(words)+"%", n)
}

func findAddresses(tx *sqldb.Tx, keys []string) ([]record, error) {
	marks, args := sqldb.In(1, keys)
	return addresses(tx, addressColumns+` where id in (`+marks+`)`, args...)
}

func addresses(tx *sqldb.Tx, q string, args ...any) ([]record, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	defer rows.Close()
	var out []record
	for rows.Next() {
		var a place.Address
		if err := rows.Scan(&a.ID, &a.Text, &a.Area, &a.Estate, &a.Lat, &a.Lng); err != nil {
			return nil, fmt.Errorf("list addresses: %w", err)
		}
		out = append(out, record{"id": a.ID, "text": a.Text, "area": a.Area, "estate": a.Estate, "lat": degrees(a.Lat), "lng": degrees(a.Lng), "datum": string(geo.WGS84)})
	}
	return out, rows.Err()
}

func saveAddress(tx *sqldb.Tx, _ string, r, _ record) error {
	p, err := point(r)
	if err != nil {
		return err
	}
	return place.SaveAddress(tx, place.Address{ID: r["id"], Text: r["text"], Area: r["area"], Estate: r["estate"], Lat: p.Lat, Lng: p.Lng})
}

// datumColumn says in which coordinate system the two columns beside it are. What
// is kept, shown and exported is always WGS 84, so that a table that comes back
// is not converted again.
var datumColumn = column{name: "datum", row: "point", sort: choice, options: []string{string(geo.WGS84), string(geo.GCJ02), string(geo.BD09)}, labels: "setup.datum_", blank: string(geo.WGS84)}

// point is the position that a table or a form gives, in WGS 84.
func point(r record) (geo.Point, error) {
	p := geo.Point{Lat: float(r["lat"]), Lng: float(r["lng"])}
	if p.Zero() || r["datum"] == "" {
		return p, nil
	}
	q, err := geo.ToWGS84(p, geo.Datum(r["datum"]))
	return q.Round(7), err
}

// checkPoint wants both halves of a position or none.
func checkPoint(_ *world, now, _ record, add problem) {
	if (now["lat"] == "") != (now["lng"] == "") {
		add("lat", "setup.half_point")
	}
}

func facilityKind() *kind {
	return &kind{name: "facilities", what: "facility", change: "setup.city", key: "id",
		columns: []column{
			{name: "id", sort: code, required: true, max: 40},
			{name: "kind", sort: code, required: true, max: 20, list: true},
			{name: "code", max: 40},
			{name: "name", required: true, max: 60, list: true},
			{name: "area", sort: area, required: true, list: true},
			{name: "lat", row: "point", sort: degree, lo: -90, hi: 90},
			{name: "lng", row: "point", sort: degree, lo: -180, hi: 180},
			datumColumn,
			{name: "active", sort: truth, blank: "1", list: true},
		},
		some: someFacilities, find: findFacilities, save: saveFacility, check: checkPoint,
		size: `select cast(count(*) as bigint) from place_facility`}
}

const facilityColumns = `select id, kind, code, name, area, lat, lng, active from place_facility`

func someFacilities(tx *sqldb.Tx, words, after string, n int) ([]record, error) {
	return facilities(tx, facilityColumns+` where id > $1 and folded like $2 order by id limit $3`, after, "%"+place.Fold(words)+"%", n)
}

func findFacilities(tx *sqldb.Tx, keys []string) ([]record, error) {
	marks, args := sqldb.In(1, keys)
	return facilities(tx, facilityColumns+` where id in (`+marks+`)`, args...)
}

func facilities(tx *sqldb.Tx, q string, args ...any) ([]record, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("list facilities: %w", err)
	}
	defer rows.Close()
	var out []record
	for rows.Next() {
		var f place.Facility
		if err := rows.Scan(&f.ID, &f.Kind, &f.Code, &f.Name, &f.Area, &f.Lat, &f.Lng, &f.Active); err != nil {
			return nil, fmt.Errorf("list facilities: %w", err)
		}
		out = append(out, record{"id": f.ID, "kind": f.Kind, "code": f.Code, "name": f.Name, "area": f.Area, "lat": degrees(f.Lat), "lng": degrees(f.Lng), "datum": string(geo.WGS84), "active": yes(f.Active)})
	}
	return out, rows.Err()
}

func saveFacility(tx *sqldb.Tx, _ string, r, _ record) error {
	p, err := point(r)
	if err != nil {
		return err
	}
	return place.SaveFacility(tx, place.Facility{ID: r["id"], Kind: r["kind"], Code: r["code"], Name: r["name"], Area: r["area"],
		Lat: p.Lat, Lng: p.Lng, Active: r["active"] == "1"})
}
