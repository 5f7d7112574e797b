package geo

import (
	"math"
	"slices"
)

// crossings lists, sorted, where the edges meet a parallel.
func (p Polygon) crossings(lat float64) []float64 {
	var xs []float64
	for _, r := range p {
		for i, a := range r {
			b := r[(i+1)%len(r)]
			if (a.Lat > lat) != (b.Lat > lat) {
				xs = append(xs, a.Lng+(lat-a.Lat)*(b.Lng-a.Lng)/(b.Lat-a.Lat))
			}
		}
	}
	slices.Sort(xs)
	return xs
}

// Crosses reports whether two edges of the ring cut or overlap each other. An
// index of the edges keeps the cost near linear for the rings cities have.
func (r Ring) Crosses() bool {
	boxes := make([]Box, len(r))
	for i, p := range r {
		boxes[i] = BoxOf(p, r[(i+1)%len(r)])
	}
	index := NewIndex(boxes)
	for i, p := range r {
		q := r[(i+1)%len(r)]
		for _, j := range index.Meeting(boxes[i]) {
			if j <= i {
				continue
			}
			near := j == i+1 || (i == 0 && j == len(r)-1)
			if segmentsCut(p, q, r[j], r[(j+1)%len(r)], near) {
				return true
			}
		}
	}
	return false
}

// segmentsCut reports whether ab and cd meet. Neighbours share an end by right
// and cut only when one folds back over the other.
func segmentsCut(a, b, c, d Point, neighbours bool) bool {
	if neighbours {
		if a == d {
			a, b, c, d = c, d, a, b
		}
		return turn(a, b, d) == 0 && (b.Lng-a.Lng)*(d.Lng-c.Lng)+(b.Lat-a.Lat)*(d.Lat-c.Lat) < 0
	}
	s, t := turn(a, b, c), turn(a, b, d)
	u, v := turn(c, d, a), turn(c, d, b)
	if s == 0 && t == 0 {
		return BoxOf(a, b).Meets(BoxOf(c, d))
	}
	return s*t <= 0 && u*v <= 0
}

// turn is the sign of the turn a→b→c: 1 left, -1 right, 0 straight on.
func turn(a, b, c Point) float64 {
	left, right := (b.Lng-a.Lng)*(c.Lat-a.Lat), (b.Lat-a.Lat)*(c.Lng-a.Lng)
	if d := left - right; math.Abs(d) > 1e-15*(math.Abs(left)+math.Abs(right)) {
		return math.Copysign(1, d)
	}
	return 0
}
