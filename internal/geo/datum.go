package geo

import "math"

// Datum names a coordinate system that sources in China send.
type Datum string

// The systems. An unknown one is never guessed: a wrong guess moves a manhole by
// half a kilometre.
const (
	WGS84    Datum = "wgs84"
	CGCS2000 Datum = "cgcs2000" // the national one: WGS 84 to within centimetres
	GCJ02    Datum = "gcj02"    // internet maps
	BD09     Datum = "bd09"     // Baidu
)

// ToWGS84 converts a point of the datum for storing.
func ToWGS84(p Point, from Datum) (Point, error) {
	switch from {
	case WGS84, CGCS2000:
		return p, nil
	case GCJ02:
		return unshift(p), nil
	case BD09:
		return unshift(fromBaidu(p)), nil
	}
	return Point{}, invalid("geo.datum_unknown", string(from))
}

// FromWGS84 converts a stored point for showing on a map of the datum.
func FromWGS84(p Point, to Datum) (Point, error) {
	switch to {
	case WGS84, CGCS2000:
		return p, nil
	case GCJ02:
		return shift(p), nil
	case BD09:
		return toBaidu(shift(p)), nil
	}
	return Point{}, invalid("geo.datum_unknown", string(to))
}

// The published approximation works on the Krasovsky ellipsoid.
const (
	krasovskyAxis = 6378245.0
	krasovskyEcc  = 0.00669342162296594323
)

// shift moves WGS-84 to GCJ-02. Outside China the two are the same.
func shift(p Point) Point {
	if !inChina(p) {
		return p
	}
	x, y := p.Lng-105, p.Lat-35
	common := 0.1*x*y + waves(x, 20, 1.0/6, 20, 1.0/2)
	north := -100 + 2*x + 3*y + 0.2*y*y + 0.2*math.Sqrt(math.Abs(x)) + common +
		waves(y, 20, 1, 40, 3) + waves(y, 160, 12, 320, 30)
	east := 300 + x + 2*y + 0.1*x*x + 0.1*math.Sqrt(math.Abs(x)) + common +
		waves(x, 20, 1, 40, 3) + waves(x, 150, 12, 300, 30)
	s := math.Sin(radians(p.Lat))
	m := 1 - krasovskyEcc*s*s
	dLat := degrees(north * m * math.Sqrt(m) / (krasovskyAxis * (1 - krasovskyEcc)))
	dLng := degrees(east * math.Sqrt(m) / (krasovskyAxis * math.Cos(radians(p.Lat))))
	return Point{Lat: p.Lat + dLat, Lng: p.Lng + dLng}
}

// waves is a pair of sines with amplitudes a, b in metres and half wavelengths
// m, n in degrees.
func waves(v, a, m, b, n float64) float64 {
	return (a*math.Sin(v/m*math.Pi) + b*math.Sin(v/n*math.Pi)) * 2 / 3
}

// unshift undoes shift by iteration: the error of the single step, up to two
// metres, would put a street lamp on the other side of the road.
func unshift(p Point) Point {
	if !inChina(p) {
		return p
	}
	q := p
	for range 6 {
		s := shift(q)
		q = Point{Lat: q.Lat - (s.Lat - p.Lat), Lng: q.Lng - (s.Lng - p.Lng)}
	}
	return q
}

const baiduTurn = math.Pi * 3000 / 180

func toBaidu(p Point) Point {
	z := math.Hypot(p.Lng, p.Lat) + 0.00002*math.Sin(p.Lat*baiduTurn)
	t := math.Atan2(p.Lat, p.Lng) + 0.000003*math.Cos(p.Lng*baiduTurn)
	return Point{Lat: z*math.Sin(t) + 0.006, Lng: z*math.Cos(t) + 0.0065}
}

// fromBaidu undoes toBaidu. The published step back is off by up to two tenths
// of a metre, so it is mended until going there again gives the same.
func fromBaidu(p Point) Point {
	x, y := p.Lng-0.0065, p.Lat-0.006
	z := math.Hypot(x, y) - 0.00002*math.Sin(y*baiduTurn)
	t := math.Atan2(y, x) - 0.000003*math.Cos(x*baiduTurn)
	q := Point{Lat: z * math.Sin(t), Lng: z * math.Cos(t)}
	for range 4 {
		s := toBaidu(q)
		q = Point{Lat: q.Lat - (s.Lat - p.Lat), Lng: q.Lng - (s.Lng - p.Lng)}
	}
	return q
}

// inChina is the rough rectangle within which the shift is applied.
func inChina(p Point) bool {
	return p.Lng >= 72.004 && p.Lng <= 137.8347 && p.Lat >= 0.8293 && p.Lat <= 55.8271
}
