package intake

import (
	"regexp"
	"strconv"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/place/mention"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// named are the places that words name, for a person to choose from: house
// numbers that the city knows first, then each thing that a name may mean. Of
// several with one name all are there.
func (s *Service) named(tx *sqldb.Tx, text string) ([]place.Hit, error) {
	var hits, roads []place.Hit
	var houses []string
	seen := map[string]bool{}
	for _, p := range mention.Places(text, s.Atlas.Find(text)) {
		to := &hits
		if p.Head.Number != "" {
			to, houses = &roads, append(houses, p.Head.Name+p.Head.Number)
		}
		for _, e := range candidates(p) {
			h := place.Hit{Text: e.Name, Kind: hitKind(e), Area: e.Code, Lat: e.Point.Lat, Lng: e.Point.Lng}
			if _, known := s.Atlas.Atlas().Find(e.Code); known && !seen[h.Text+h.Area] {
				seen[h.Text+h.Area] = true
				*to = append(*to, h)
			}
		}
	}
	known, err := place.ExactAll(tx, houses[:min(len(houses), mostPlaces)])
	if len(known) == 0 {
		hits = append(roads, hits...)
	}
	for _, a := range known {
		hits = append([]place.Hit{{Text: a.Text, Kind: "address", Area: a.Area, Lat: a.Lat, Lng: a.Lng}}, hits...)
	}
	return hits[:min(len(hits), mostPlaces)], err
}

// candidates are what a place may mean: its head, or what is around a head that
// the gazetteer does not know.
func candidates(p mention.Place) []mention.Entry {
	for i := len(p.Within); i >= 0; i-- {
		m := p.Head
		if i < len(p.Within) {
			m = p.Within[i]
		}
		if m.Known {
			return m.Candidates
		}
	}
	return nil
}

// hitKind is the kind of a place to choose: an area's middle, and a road, are
// not where anything happened.
func hitKind(e mention.Entry) string {
	if e.Kind == mention.Facility {
		return e.Kind
	}
	return "area"
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
