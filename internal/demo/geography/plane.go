package geography

import (
	"math"
	"math/rand/v2"

	"gongzhi/internal/geo"
)

// vec is a place on the drawing plane in metres. The city is drawn there with
// straight lines, where cutting is exact, and bent into its shape at the end.
type vec struct{ x, y float64 }

func (a vec) plus(b vec) vec               { return vec{a.x + b.x, a.y + b.y} }
func (a vec) minus(b vec) vec              { return vec{a.x - b.x, a.y - b.y} }
func (a vec) times(f float64) vec          { return vec{a.x * f, a.y * f} }
func (a vec) dot(b vec) float64            { return a.x*b.x + a.y*b.y }
func (a vec) cross(b vec) float64          { return a.x*b.y - a.y*b.x }
func (a vec) length() float64              { return math.Hypot(a.x, a.y) }
func (a vec) left() vec                    { return vec{-a.y, a.x} }
func (a vec) between(b vec, t float64) vec { return a.plus(b.minus(a).times(t)) }

func (a vec) unit() vec {
	if n := a.length(); n > 0 {
		return a.times(1 / n)
	}
	return vec{1, 0}
}

// land bends the plane: the river's curves first, which the roads beside it
// follow, then the small irregularity of everything that was built by hand.
// Each wave is much longer than high, so nothing ever folds over.
type land struct {
	phase [6]float64
	turn  vec
}

var origin = geo.Point{Lat: 30.262, Lng: 116.148}

func newLand(rnd *rand.Rand) land {
	var l land
	for i := range l.phase {
		l.phase[i] = rnd.Float64() * 2 * math.Pi
	}
	angle := -0.10 + 0.04*rnd.Float64()
	l.turn = vec{math.Cos(angle), math.Sin(angle)}
	return l
}

func (l land) bend(p vec) vec {
	wave := func(v, length float64, i int) float64 { return math.Sin(2*math.Pi*v/length + l.phase[i]) }
	off := (p.y - riverAt(p.x)) / 4300
	river := (640*wave(p.x, 12500, 0) + 170*wave(p.x, 5400, 1)) * math.Exp(-off*off)
	q := vec{
		p.x + 140*wave(p.y, 5200, 2) + 45*wave(p.x+p.y, 2100, 3),
		p.y + river + 130*wave(p.x, 4700, 4) + 40*wave(p.x-p.y, 1900, 5),
	}
	return vec{q.dot(l.turn), q.dot(l.turn.left())}
}

// point is where a place of the plane lies on the earth. Six decimals are a
// tenth of a metre and the same on every machine.
func (l land) point(p vec) geo.Point {
	q := l.bend(p)
	return origin.Offset(q.x, q.y).Round(6)
}

// path bends a chain of places, with points between so that it curves.
func (l land) path(chain []vec, step float64) geo.Line {
	var out geo.Line
	for i, p := range chain {
		out = append(out, l.point(p))
		if i+1 == len(chain) {
			break
		}
		n := int(chain[i+1].minus(p).length() / step)
		for k := 1; k <= n; k++ {
			out = append(out, l.point(p.between(chain[i+1], float64(k)/float64(n+1))))
		}
	}
	return out
}

// ring bends a closed chain.
func (l land) ring(chain []vec, step float64) geo.Ring {
	line := l.path(append(append([]vec{}, chain...), chain[0]), step)
	return geo.Ring(line[:len(line)-1])
}

func area(ring []vec) float64 {
	var sum float64
	for i, p := range ring {
		sum += p.cross(ring[(i+1)%len(ring)])
	}
	return sum / 2
}

func middle(ring []vec) vec {
	var c vec
	var sum float64
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		w := p.minus(ring[0]).cross(q.minus(ring[0]))
		c, sum = c.plus(p.plus(q).plus(ring[0]).times(w/3)), sum+w
	}
	if sum == 0 {
		return ring[0]
	}
	return c.times(1 / sum)
}

// clip keeps what lies to the left of the line through a in direction d.
func clip(ring []vec, a, d vec) []vec {
	var out []vec
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sp, sq := d.cross(p.minus(a)), d.cross(q.minus(a))
		if sp >= 0 {
			out = append(out, p)
		}
		if (sp > 0 && sq < 0) || (sp < 0 && sq > 0) {
			out = append(out, p.between(q, sp/(sp-sq)))
		}
	}
	return out
}

// smooth cuts the corners of a ring: two rounds make a pond of a polygon.
func smooth(ring []vec, rounds int) []vec {
	for range rounds {
		var out []vec
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			out = append(out, p.between(q, 0.25), p.between(q, 0.75))
		}
		ring = out
	}
	return ring
}

// spans lists the stretch of a convex ring at a height, nil when outside.
func span(ring []vec, y float64) (from, to float64, ok bool) {
	from, to = math.Inf(1), math.Inf(-1)
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		if (p.y > y) == (q.y > y) {
			continue
		}
		x := p.x + (y-p.y)*(q.x-p.x)/(q.y-p.y)
		from, to = math.Min(from, x), math.Max(to, x)
	}
	return from, to, from < to
}
