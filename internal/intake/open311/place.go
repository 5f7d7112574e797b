package open311

import (
	"gongzhi/internal/geo"
)

// place is the point of a call, the zero point when none was sent. A point
// outside of the city is a mistake that a person can mend, so it is said. Zero
// is a number like any other, and lies outside.
func (s *Service) place(c *call) (geo.Point, error) {
	p := &c.params
	lat, has := p.number("lat")
	lng, also := p.number("long")
	point := geo.Point{Lat: lat, Lng: lng}
	atlas := s.Atlas.Atlas()
	switch {
	case !has && !also:
	case !has && p.get("lat") == "":
		p.note("lat", "georeport.missing")
	case !also && p.get("long") == "":
		p.note("long", "georeport.missing")
	case !has || !also: // not numbers, which was said
	case point.Check() != nil:
		p.note("lat", "georeport.point_wrong")
	case len(atlas.Areas) > 0 && atlas.Locate(point) == "":
		p.note("lat", "georeport.outside")
	}
	return point, nil
}
