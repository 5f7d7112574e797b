package intake

import (
	"regexp"
	"strconv"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// named are the places that words name, for a person to choose from.
func (s *Service) named(tx *sqldb.Tx, text string) ([]place.Hit, error) {
	return s.Atlas.Named(tx, text, mostPlaces)
}

// pair is two numbers with a point in each and the name of a coordinate system.
var pair = regexp.MustCompile(`^\s*(\d{1,3}\.\d{2,})\s*[,，、\s]\s*(\d{1,3}\.\d{2,})\s*(\S*)\s*$`)

// coordinates reads a point that was typed as an address, in either order, as
// people copy it from a map: 28.19409,112.98228 高德.
func coordinates(typed string) (geo.Point, geo.Datum, bool) {
	m := pair.FindStringSubmatch(typed)
	if m == nil {
		return geo.Point{}, "", false
	}
	datum, known := geo.Datum(""), m[3] == ""
	if d, ok := datumWords()[m[3]]; ok && m[3] != "*" {
		datum, known = geo.Datum(d), true
	}
	a, _ := strconv.ParseFloat(m[1], 64)
	b, _ := strconv.ParseFloat(m[2], 64)
	if a > b { // the longitudes of the country are larger than its latitudes
		a, b = b, a
	}
	p := geo.Point{Lat: a, Lng: b}
	return p, datum, known && p.Check() == nil
}

// locate puts a call to a point that came in a coordinate system.
func (f *Fields) locate(p geo.Point, datum geo.Datum) {
	f.Origin = request.Origin{Datum: datum}
	if q, err := f.Origin.Convert(p); err == nil {
		f.Lat, f.Lng = q.Lat, q.Lng
	}
}

// putTo takes typed coordinates as the place of the call, with the name of the
// nearest address. Outside of the city they are left as they were typed.
func (s *Service) putTo(tx *sqldb.Tx, f *Fields, p geo.Point, datum geo.Datum) error {
	g := *f
	g.locate(p, datum)
	area := s.Atlas.Atlas().Locate(g.point())
	if area == "" {
		return nil
	}
	g.Area, g.Spot = area, g.Address
	a, ok, err := place.Nearest(tx, g.Lat, g.Lng)
	if ok && err == nil {
		g.Address, g.Spot = a.Text, a.Text
	}
	*f = g
	return err
}
