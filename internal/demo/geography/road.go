package geography

import (
	"cmp"
	"math"
	"slices"

	"gongzhi/internal/geo"
)

// road is a way put back together from the edges of the mesh.
type road struct {
	way    int
	class  int
	name   string
	chains [][]int // corners in order; one chain unless the lake interrupts it
	length float64
}

// traceRoads collects the edges of each way into chains. Maps are walked in
// sorted order: the same seed must give the same city.
func (b *builder) traceRoads() {
	edges := map[int][]pair{}
	for e, w := range b.m.edge {
		if w = b.m.wayOf(w); w >= 0 && b.m.ways[w].kind == roadWay {
			edges[w] = append(edges[w], e)
		}
	}
	for w := range b.m.ways {
		if len(edges[w]) == 0 {
			continue
		}
		slices.SortFunc(edges[w], func(a, c pair) int { return cmp.Or(cmp.Compare(a[0], c[0]), cmp.Compare(a[1], c[1])) })
		r := &road{way: w, class: b.m.ways[w].class, name: b.m.ways[w].name, chains: b.chain(edges[w])}
		for _, e := range edges[w] {
			r.length += b.m.at[e[0]].minus(b.m.at[e[1]]).length()
		}
		b.roads = append(b.roads, r)
	}
}

func (b *builder) chain(edges []pair) [][]int {
	next := map[int][]int{}
	var corners []int
	for _, e := range edges {
		next[e[0]], next[e[1]] = append(next[e[0]], e[1]), append(next[e[1]], e[0])
		corners = append(corners, e[0], e[1])
	}
	// Ends first, so that a chain begins where the road does; loops come last.
	slices.SortFunc(corners, func(a, c int) int {
		return cmp.Or(cmp.Compare(len(next[a])%2*-1, len(next[c])%2*-1), cmp.Compare(a, c))
	})
	var out [][]int
	for _, v := range corners {
		for len(next[v]) > 0 {
			out = append(out, b.follow(next, v))
		}
	}
	return out
}

// follow goes straight on where a way meets itself.
func (b *builder) follow(next map[int][]int, v int) []int {
	chain := []int{v}
	for {
		at := chain[len(chain)-1]
		if len(next[at]) == 0 {
			return b.eastward(chain)
		}
		to := next[at][0]
		if len(chain) > 1 {
			dir := b.m.at[at].minus(b.m.at[chain[len(chain)-2]]).unit()
			for _, w := range next[at] {
				if b.m.at[w].minus(b.m.at[at]).unit().dot(dir) > b.m.at[to].minus(b.m.at[at]).unit().dot(dir) {
					to = w
				}
			}
		}
		remove(next, at, to)
		remove(next, to, at)
		chain = append(chain, to)
	}
}

func remove(next map[int][]int, a, b int) {
	i := slices.Index(next[a], b)
	next[a] = slices.Delete(next[a], i, i+1)
}

// eastward turns a chain so that house numbers rise to the east and the north.
func (b *builder) eastward(chain []int) []int {
	d := b.m.at[chain[len(chain)-1]].minus(b.m.at[chain[0]])
	if math.Abs(d.x) >= math.Abs(d.y) && d.x < 0 || math.Abs(d.x) < math.Abs(d.y) && d.y < 0 {
		slices.Reverse(chain)
	}
	return chain
}

// line is the bent road. Large roads take their corners in a curve.
func (b *builder) line(r *road, chain []int) geo.Line {
	var out geo.Line
	for i := 1; i < len(chain); i++ {
		out = append(out, b.out.edge(chain[i-1], chain[i])...)
	}
	last, before := chain[len(chain)-1], chain[len(chain)-2]
	out = append(out, b.out.edge(last, before)[0])
	if r.class < 3 {
		return curve(out)
	}
	return out
}

// curve replaces each sharp corner by an arc that begins up to 95 metres away.
// A loop is left as it begins: its first corner stays.
func curve(in geo.Line) geo.Line {
	out := geo.Line{in[0]}
	for i := 1; i+1 < len(in); i++ {
		a, p, c := in[i-1], in[i], in[i+1]
		d, e := p.Distance(a), p.Distance(c)
		turn := math.Acos(max(-1, min(1, cosine(a, p, c))))
		if turn < 0.14 || d < 20 || e < 20 {
			out = append(out, p)
			continue
		}
		from, to := toward(p, a, min(95, d/2)/d), toward(p, c, min(95, e/2)/e)
		for k := 0.0; k <= 1; k += 0.25 {
			x, y := toward(from, p, k), toward(p, to, k)
			out = append(out, toward(x, y, k).Round(6))
		}
	}
	return append(out, in[len(in)-1])
}

func toward(a, b geo.Point, t float64) geo.Point {
	return geo.Point{Lat: a.Lat + t*(b.Lat-a.Lat), Lng: a.Lng + t*(b.Lng-a.Lng)}
}

// cosine of the angle by which a→p turns into p→c.
func cosine(a, p, c geo.Point) float64 {
	const narrow = 0.8636 // a degree of longitude against one of latitude, here
	u, v := vec{(p.Lng - a.Lng) * narrow, p.Lat - a.Lat}, vec{(c.Lng - p.Lng) * narrow, c.Lat - p.Lat}
	return u.unit().dot(v.unit())
}

// door is a house number before the names are known.
type door struct {
	number int
	at     vec
	leaf   *node
	side   vec // from the road towards the house
}

// halfWidth is from the middle of the road to the houses' land.
func halfWidth(class int) float64 {
	return []float64{0, 30, 21, 13, 8}[class]
}

// doors numbers the houses along a road: even on the left, odd on the right, a
// number every few steps whether or not somebody lives there.
func (b *builder) doors(r *road, step float64) []door {
	var out []door
	walked := 0.0
	for _, chain := range r.chains {
		for i := 1; i < len(chain); i++ {
			u, v := chain[i-1], chain[i]
			p, q := b.m.at[u], b.m.at[v]
			d := q.minus(p)
			for t := step - math.Mod(walked, step); t < d.length(); t += step {
				n := int(math.Round((walked + t) / step))
				for side, e := range []pair{{u, v}, {v, u}} {
					f := b.m.left[e]
					if f == nil || t < 20 || d.length()-t < 20 {
						continue
					}
					off := b.m.at[e[1]].minus(b.m.at[e[0]]).unit().left()
					at := p.between(q, t/d.length()).plus(off.times(halfWidth(r.class) + 5))
					out = append(out, door{number: 2*n - side, at: at, leaf: f.node, side: off})
				}
			}
			walked += d.length()
		}
	}
	return out
}
