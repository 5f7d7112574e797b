package request

import (
	"cmp"
	"fmt"
	"slices"

	"gongzhi/internal/geo"
	"gongzhi/internal/sqldb"
)

// How the place of a request came about, beside "": somebody gave it.
const (
	FromWords    = "words"   // the program took it from the words: one place was certain
	DefaultPoint = "default" // the point is what a system gives to all that have none, and is not used
)

// Origin is what is kept of how a request got its place, so that staff can see
// it and nothing is converted twice.
type Origin struct {
	Placed   string    // "", FromWords, DefaultPoint
	Datum    geo.Datum // coordinate system of the point as it came, "" ours
	Lat, Lng float64   // the point as it came, when it is not the one in use
}

// Convert turns a point that came in the origin's datum into ours and keeps the
// pair as it came. It may be called again: what is kept was converted before.
func (o *Origin) Convert(p geo.Point) (geo.Point, error) {
	switch {
	case o.Datum == geo.WGS84, o.Datum == geo.CGCS2000:
		o.Datum = ""
		return p, nil
	case o.Datum == "" || p.Zero() || o.Lat != 0 || o.Lng != 0:
		return p, nil
	}
	q, err := geo.ToWGS84(p, o.Datum)
	if err == nil {
		o.Lat, o.Lng = p.Lat, p.Lng
	}
	return q, err
}

// Point is the point as it came, in our coordinate system.
func (o Origin) Point() geo.Point {
	p, err := geo.ToWGS84(geo.Point{Lat: o.Lat, Lng: o.Lng}, cmp.Or(o.Datum, geo.WGS84))
	if err != nil {
		return geo.Point{}
	}
	return p
}

// Given is the point of a request as it was given, and in which coordinate system,
// so that who reads both gets the very same point; "" without one.
func (o *Order) Given() (geo.Point, geo.Datum) {
	switch {
	case !o.HasPoint():
		return geo.Point{}, ""
	case o.Origin.Datum != "" && (o.Origin.Lat != 0 || o.Origin.Lng != 0):
		return geo.Point{Lat: o.Origin.Lat, Lng: o.Origin.Lng}, o.Origin.Datum
	}
	return geo.Point{Lat: o.Lat, Lng: o.Lng}, geo.WGS84
}

// coordinate is half of a point as it is stored: null while the point is unknown.
func coordinate(lat, lng, v float64) any {
	if lat == 0 && lng == 0 {
		return nil
	}
	return v
}

// Unplace takes a point that is a default of some system from all requests that
// have it. The point stays beside them as their origin.
func Unplace(tx *sqldb.Tx, p geo.Point) error {
	ids, err := idsOf(tx, openAt, p.Lat, p.Lng)
	if err != nil {
		return err
	}
	const q = `update request_order set placed = 'default', src_lat = coalesce(src_lat, lat), src_lng = coalesce(src_lng, lng), lat = null, lng = null
		where lat = $1 and lng = $2`
	if err := tx.Exec(q, p.Lat, p.Lng); err != nil {
		return fmt.Errorf("take a default point from requests: %w", err)
	}
	return remark(tx, ids)
}

const openAt = `select r.matter_id from request_order r join matter m on m.id = r.matter_id where r.lat = $1 and r.lng = $2 and m.open order by r.matter_id`

// remark gives open requests whose place has changed the marks of today, a
// thousand at once: a statement takes no more values than some ten thousand.
func remark(tx *sqldb.Tx, ids []string) error {
	for part := range slices.Chunk(ids, 1000) {
		if err := markAll(tx, part); err != nil {
			return err
		}
	}
	return nil
}

func idsOf(tx *sqldb.Tx, q string, args ...any) ([]string, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// Replace gives a point back to the requests that Unplace took it from.
func Replace(tx *sqldb.Tx, p geo.Point) error {
	const q = `update request_order set placed = '', lat = $1, lng = $2, src_lat = case when src_datum = '' then null else src_lat end,
		src_lng = case when src_datum = '' then null else src_lng end
		where placed = 'default' and src_datum = $3 and src_lat between $4 and $5 and src_lng between $6 and $7`
	for _, datum := range []geo.Datum{"", geo.GCJ02, geo.BD09} {
		from, err := geo.FromWGS84(p, cmp.Or(datum, geo.WGS84))
		if err != nil {
			return err
		}
		const d = 2e-6 // two tenths of a metre: what converting there and back may lose
		if err := tx.Exec(q, p.Lat, p.Lng, datum, from.Lat-d, from.Lat+d, from.Lng-d, from.Lng+d); err != nil {
			return fmt.Errorf("give a point back to requests: %w", err)
		}
	}
	ids, err := idsOf(tx, openAt, p.Lat, p.Lng)
	if err != nil {
		return err
	}
	return remark(tx, ids)
}
