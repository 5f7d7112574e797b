package geo

import "math"

// Line is an open chain of points.
type Line []Point

// Ring is a closed chain of points without the repeated last one.
type Ring []Point

// Polygon is an outer ring followed by its holes.
type Polygon []Ring

// MultiPolygon is an area of several parts: a district with an island.
type MultiPolygon []Polygon

// Length of the line in metres.
func (l Line) Length() float64 {
	var sum float64
	for i := 1; i < len(l); i++ {
		sum += l[i-1].Distance(l[i])
	}
	return sum
}

// Box around the line.
func (l Line) Box() Box { return BoxOf(l...) }

// At is the point a number of metres along the line, held to its ends.
func (l Line) At(metres float64) Point {
	for i := 1; i < len(l); i++ {
		d := l[i-1].Distance(l[i])
		if metres <= d && d > 0 {
			t := math.Max(0, metres/d)
			return Point{l[i-1].Lat + t*(l[i].Lat-l[i-1].Lat), l[i-1].Lng + t*(l[i].Lng-l[i-1].Lng)}
		}
		metres -= d
	}
	if len(l) == 0 {
		return Point{}
	}
	return l[len(l)-1]
}

// Simplify drops points that lie within so many metres of the line without them.
func (l Line) Simplify(metres float64) Line {
	if len(l) < 3 {
		return l
	}
	keep := make([]bool, len(l))
	keep[0], keep[len(l)-1] = true, true
	mark(l, 0, len(l)-1, metres, keep)
	out := make(Line, 0, len(l))
	for i, k := range keep {
		if k {
			out = append(out, l[i])
		}
	}
	return out
}

func mark(l Line, from, to int, tolerance float64, keep []bool) {
	far, at := tolerance, -1
	for i := from + 1; i < to; i++ {
		if d := offLine(l[i], l[from], l[to]); d > far {
			far, at = d, i
		}
	}
	if at < 0 {
		return
	}
	keep[at] = true
	mark(l, from, at, tolerance, keep)
	mark(l, at, to, tolerance, keep)
}

// offLine is the distance in metres from p to the segment ab, on the flat.
func offLine(p, a, b Point) float64 {
	scale := math.Cos(radians(a.Lat))
	px, py := (p.Lng-a.Lng)*scale, p.Lat-a.Lat
	bx, by := (b.Lng-a.Lng)*scale, b.Lat-a.Lat
	if n := bx*bx + by*by; n > 0 {
		t := math.Min(1, math.Max(0, (px*bx+py*by)/n))
		px, py = px-t*bx, py-t*by
	}
	return radians(math.Hypot(px, py)) * EarthRadius
}

// Box around the ring.
func (r Ring) Box() Box { return BoxOf(r...) }

// signedArea is in square metres, positive counter-clockwise. It is taken on
// the equal-area cylinder: the area of an edge then depends on its two ends
// only, so areas that share edges add up without a remainder.
func (r Ring) signedArea() float64 {
	var sum float64
	for i, p := range r {
		q := r[(i+1)%len(r)]
		sum += radians(p.Lng-r[0].Lng)*math.Sin(radians(q.Lat)) - radians(q.Lng-r[0].Lng)*math.Sin(radians(p.Lat))
	}
	return sum / 2 * EarthRadius * EarthRadius
}

// Area in square metres.
func (r Ring) Area() float64 { return math.Abs(r.signedArea()) }

// Clockwise reports that the inside is on the right.
func (r Ring) Clockwise() bool { return r.signedArea() < 0 }

// contains counts crossings of a ray to the east. Each edge is half open and is
// always taken from its lower end, so that two areas with the same edge round
// alike and a point belongs to exactly one of them.
func (r Ring) contains(p Point) bool {
	in := false
	for i, a := range r {
		b := r[(i+1)%len(r)]
		if (a.Lat > p.Lat) == (b.Lat > p.Lat) {
			continue
		}
		if a.Lat > b.Lat {
			a, b = b, a
		}
		if p.Lng < a.Lng+(p.Lat-a.Lat)*(b.Lng-a.Lng)/(b.Lat-a.Lat) {
			in = !in
		}
	}
	return in
}

// Simplify keeps the ring closed and at least a triangle.
func (r Ring) Simplify(metres float64) Ring {
	if len(r) < 5 {
		return r
	}
	far, at := 0.0, 0
	for i, p := range r {
		if d := r[0].Distance(p); d > far {
			far, at = d, i
		}
	}
	first := Line(r[:at+1]).Simplify(metres)
	second := append(append(Line{}, r[at:]...), r[0]).Simplify(metres)
	out := append(append(Ring{}, first...), second[1:len(second)-1]...)
	if len(out) < 3 {
		return r
	}
	return out
}

// Box around the polygon.
func (p Polygon) Box() Box {
	if len(p) == 0 {
		return Box{}
	}
	return p[0].Box()
}

// Contains reports whether the point is inside the outer ring and in no hole.
// Areas that tile a city share edges; each point is then in exactly one.
func (p Polygon) Contains(q Point) bool {
	in := false
	for _, r := range p {
		if r.contains(q) {
			in = !in
		}
	}
	return in
}

// Area in square metres, holes taken off.
func (p Polygon) Area() float64 {
	if len(p) == 0 {
		return 0
	}
	sum := p[0].Area()
	for _, hole := range p[1:] {
		sum -= hole.Area()
	}
	return sum
}

// Centroid is the centre of mass. It may lie outside a bent area: see Inside.
func (p Polygon) Centroid() Point {
	if len(p) == 0 || len(p[0]) == 0 {
		return Point{}
	}
	o := p[0][0]
	var area, x, y float64
	for n, r := range p {
		a, rx, ry := moments(r, o)
		if (a < 0) == (n == 0) { // outer ring counts positive, holes negative
			a, rx, ry = -a, -rx, -ry
		}
		area, x, y = area+a, x+rx, y+ry
	}
	if area == 0 {
		return BoxOf(p[0]...).Center()
	}
	return Point{Lat: o.Lat + y/(3*area), Lng: o.Lng + x/(3*area)}
}

func moments(r Ring, o Point) (area, x, y float64) {
	for i, a := range r {
		b := r[(i+1)%len(r)]
		ax, ay, bx, by := a.Lng-o.Lng, a.Lat-o.Lat, b.Lng-o.Lng, b.Lat-o.Lat
		c := ax*by - bx*ay
		area, x, y = area+c, x+(ax+bx)*c, y+(ay+by)*c
	}
	return area, x, y
}

// Inside is a point that is surely in the polygon and good for a label: the
// centroid when it is inside, else the middle of the widest stretch at its height.
func (p Polygon) Inside() Point {
	c := p.Centroid()
	if p.Contains(c) {
		return c
	}
	var best Point
	wide := -1.0
	b := p.Box()
	for i := 1; i < 16; i++ {
		lat := b.Min.Lat + (b.Max.Lat-b.Min.Lat)*float64(i)/16
		xs := p.crossings(lat)
		for j := 0; j+1 < len(xs); j += 2 {
			if w := xs[j+1] - xs[j]; w > wide {
				wide, best = w, Point{lat, (xs[j] + xs[j+1]) / 2}
			}
		}
	}
	return best
}

// Simplify each ring by itself: good for a picture, not for a tiling.
func (p Polygon) Simplify(metres float64) Polygon {
	out := make(Polygon, len(p))
	for i, r := range p {
		out[i] = r.Simplify(metres)
	}
	return out
}

// Box around all parts.
func (m MultiPolygon) Box() Box {
	var b Box
	for _, p := range m {
		b = b.Union(p.Box())
	}
	return b
}

// Contains reports whether one of the parts holds the point.
func (m MultiPolygon) Contains(q Point) bool {
	for _, p := range m {
		if p.Contains(q) {
			return true
		}
	}
	return false
}

// Area of all parts in square metres.
func (m MultiPolygon) Area() float64 {
	var sum float64
	for _, p := range m {
		sum += p.Area()
	}
	return sum
}

// Inside is a point good for a label, in the largest part.
func (m MultiPolygon) Inside() Point {
	var best Polygon
	for _, p := range m {
		if best == nil || p.Area() > best.Area() {
			best = p
		}
	}
	return best.Inside()
}
