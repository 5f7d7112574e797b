// Package geo holds the geometry a city needs: points, distances, boxes, areas,
// coordinate systems and GeoJSON. Everything is kept as WGS-84 degrees, which a
// city may read as CGCS2000: the two differ by centimetres. Other systems are
// converted at the edge, once, and never stored in place of the original.
//
// The package keeps no state.
package geo

import "math"

// EarthRadius is the mean radius in metres that every distance and area uses.
const EarthRadius = 6371008.8

// Point is a place on the earth in WGS-84 degrees.
type Point struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

// Zero reports whether the point was never set. The gulf of Guinea is not a
// city's concern, while 0,0 is what broken sources send.
func (p Point) Zero() bool { return p.Lat == 0 && p.Lng == 0 }

// Check refuses a point that is not on the earth.
func (p Point) Check() error {
	switch {
	case !finite(p.Lat) || !finite(p.Lng):
		return invalid("geo.not_a_number")
	case p.Lat < -90 || p.Lat > 90:
		// Swapped columns are the commonest mistake in city lists, so the
		// message differs when swapping would mend it.
		if p.Lng >= -90 && p.Lng <= 90 && math.Abs(p.Lat) <= 180 {
			return invalid("geo.swapped", p.Lat, p.Lng)
		}
		return invalid("geo.latitude_range", p.Lat)
	case p.Lng < -180 || p.Lng > 180:
		return invalid("geo.longitude_range", p.Lng)
	}
	return nil
}

// Distance is the great-circle distance between two points in metres.
func (p Point) Distance(q Point) float64 {
	lat1, lat2 := radians(p.Lat), radians(q.Lat)
	s := math.Sin((lat2 - lat1) / 2)
	t := math.Sin(radians(q.Lng-p.Lng) / 2)
	h := s*s + math.Cos(lat1)*math.Cos(lat2)*t*t
	return 2 * EarthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// Offset is the point a number of metres to the east and to the north. It is
// exact to a few centimetres over the size of a city.
func (p Point) Offset(east, north float64) Point {
	lat := p.Lat + degrees(north/EarthRadius)
	return Point{Lat: lat, Lng: p.Lng + degrees(east/(EarthRadius*math.Cos(radians(p.Lat))))}
}

// Round keeps so many decimals of a degree; six are a tenth of a metre.
func (p Point) Round(decimals int) Point {
	f := math.Pow10(decimals)
	return Point{Lat: math.Round(p.Lat*f) / f, Lng: math.Round(p.Lng*f) / f}
}

// Grid100 moves a point to the middle of its cell of about 100 metres. It is
// what may be published of a request at somebody's home: neighbours share one
// point, and the same home always gives the same one, so that many reports
// cannot be averaged back to the door.
func Grid100(p Point) Point {
	const step = 0.0009 // degrees of latitude: 100 metres
	row := math.Floor(p.Lat/step) + 0.5
	lat := row * step
	wide := step / math.Max(0.01, math.Cos(radians(lat)))
	lng := (math.Floor(p.Lng/wide) + 0.5) * wide
	return Point{Lat: lat, Lng: lng}.Round(6)
}

// Box is a rectangle in degrees. The empty box is the zero value.
type Box struct {
	Min, Max Point
}

// BoxOf is the smallest box around the points.
func BoxOf(points ...Point) Box {
	var b Box
	for i, p := range points {
		if i == 0 {
			b = Box{p, p}
			continue
		}
		b.Min.Lat, b.Max.Lat = math.Min(b.Min.Lat, p.Lat), math.Max(b.Max.Lat, p.Lat)
		b.Min.Lng, b.Max.Lng = math.Min(b.Min.Lng, p.Lng), math.Max(b.Max.Lng, p.Lng)
	}
	return b
}

// Around is the box that reaches so many metres from the point to each side.
func Around(p Point, metres float64) Box {
	return Box{p.Offset(-metres, -metres), p.Offset(metres, metres)}
}

// Empty reports a box that was never set.
func (b Box) Empty() bool { return b == Box{} }

// Contains reports whether the point is inside or on the edge.
func (b Box) Contains(p Point) bool {
	return p.Lat >= b.Min.Lat && p.Lat <= b.Max.Lat && p.Lng >= b.Min.Lng && p.Lng <= b.Max.Lng
}

// Meets reports whether two boxes share at least a point.
func (b Box) Meets(c Box) bool {
	return b.Min.Lat <= c.Max.Lat && c.Min.Lat <= b.Max.Lat && b.Min.Lng <= c.Max.Lng && c.Min.Lng <= b.Max.Lng
}

// Union is the smallest box around both; an empty one adds nothing.
func (b Box) Union(c Box) Box {
	switch {
	case b.Empty():
		return c
	case c.Empty():
		return b
	}
	return BoxOf(b.Min, b.Max, c.Min, c.Max)
}

// Center is the middle of the box.
func (b Box) Center() Point {
	return Point{Lat: (b.Min.Lat + b.Max.Lat) / 2, Lng: (b.Min.Lng + b.Max.Lng) / 2}
}

// Grow adds a share of its size to each side; 0.1 makes it a fifth larger.
func (b Box) Grow(share float64) Box {
	lat, lng := (b.Max.Lat-b.Min.Lat)*share, (b.Max.Lng-b.Min.Lng)*share
	return Box{Point{b.Min.Lat - lat, b.Min.Lng - lng}, Point{b.Max.Lat + lat, b.Max.Lng + lng}}
}

func radians(deg float64) float64 { return deg * math.Pi / 180 }
func degrees(rad float64) float64 { return rad * 180 / math.Pi }
func finite(x float64) bool       { return !math.IsNaN(x) && !math.IsInf(x, 0) }
