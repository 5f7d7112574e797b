package geography

import (
	"cmp"
	"math"
	"slices"

	"gongzhi/internal/geo"
)

// outline turns faces into shapes. Edges with a face of the set on both sides
// fall away; the rest are walked to rings. Every ring takes its points from the
// same bent edges as its neighbours do.
type outline struct {
	m     *mesh
	land  land
	edges map[pair]geo.Line // sorted pair → points from the lower corner on
}

// edge is the bent edge from a to b, without b itself.
func (o *outline) edge(a, b int) geo.Line {
	key := pair{a, b}.sorted()
	line, ok := o.edges[key]
	if !ok {
		line = o.draw(key)
		o.edges[key] = line
	}
	if a == key[0] {
		return line[:len(line)-1]
	}
	back := slices.Clone(line)
	slices.Reverse(back)
	return back[:len(back)-1]
}

func (o *outline) draw(e pair) geo.Line {
	a, b := o.m.at[e[0]], o.m.at[e[1]]
	w := o.m.wayOf(o.m.edge[e])
	if w < 0 || o.m.ways[w].kind != edgeWay {
		return o.land.path([]vec{a, b}, 130)
	}
	// The city's limit follows hills and ditches, not a ruler.
	d := b.minus(a)
	n := int(d.length()/120) + 1
	high := math.Min(170, d.length()*0.07)
	chain := make([]vec, n+1)
	for i := range chain {
		t := float64(i) / float64(n)
		p := a.between(b, t)
		off := 0.6*math.Sin(p.x/310+p.y/270) + 0.4*math.Sin(p.x/97-p.y/121)
		chain[i] = p.plus(d.unit().left().times(off * high * math.Sin(math.Pi*t)))
	}
	return o.land.path(chain, 1e9)
}

// shape is the union of faces.
func (o *outline) shape(leaves []*node) geo.MultiPolygon {
	in := map[*face]bool{}
	for _, l := range leaves {
		in[l.face] = true
	}
	next := map[int][]int{}
	var starts []int
	for _, l := range leaves {
		for i, v := range l.face.ring {
			w := l.face.ring[(i+1)%len(l.face.ring)]
			if !in[o.m.left[pair{w, v}]] {
				next[v] = append(next[v], w)
				starts = append(starts, v)
			}
		}
	}
	var outer, holes []geo.Ring
	for _, v := range starts {
		for _, chain := range o.trace(next, v) {
			if ring := o.ringOf(chain); area(o.places(chain)) > 0 {
				outer = append(outer, ring)
			} else {
				holes = append(holes, ring)
			}
		}
	}
	return assemble(outer, holes)
}

// trace walks the rings through a corner. Where two parts of the land touch in
// a point the walk keeps to its own part, and a ring that meets itself is cut
// in two there, so that each ring is simple.
func (o *outline) trace(next map[int][]int, start int) [][]int {
	var rings [][]int
	var chain []int
	seen := map[int]int{}
	prev, at := -1, start
	for {
		if k, ok := seen[at]; ok {
			rings = append(rings, slices.Clone(chain[k:]))
			for _, v := range chain[k:] {
				delete(seen, v)
			}
			chain = chain[:k]
		}
		to := next[at]
		if len(to) == 0 {
			return rings
		}
		pick := 0
		if prev >= 0 && len(to) > 1 {
			pick = o.sharpest(prev, at, to)
		}
		seen[at] = len(chain)
		chain = append(chain, at)
		next[at] = slices.Delete(slices.Clone(to), pick, pick+1)
		prev, at = at, to[pick]
	}
}

func (o *outline) sharpest(prev, at int, to []int) int {
	back := o.m.angle(at, prev)
	best, pick := math.Inf(1), 0
	for i, w := range to {
		turn := math.Mod(back-o.m.angle(at, w)+4*math.Pi, 2*math.Pi)
		if turn < best {
			best, pick = turn, i
		}
	}
	return pick
}

func (o *outline) places(chain []int) []vec {
	out := make([]vec, len(chain))
	for i, v := range chain {
		out[i] = o.m.at[v]
	}
	return out
}

func (o *outline) ringOf(chain []int) geo.Ring {
	var out geo.Ring
	for i, v := range chain {
		out = append(out, o.edge(v, chain[(i+1)%len(chain)])...)
	}
	return out
}

// assemble puts holes into the outer ring around them, the largest part first.
func assemble(outer, holes []geo.Ring) geo.MultiPolygon {
	slices.SortFunc(outer, func(a, b geo.Ring) int { return cmp.Compare(b.Area(), a.Area()) })
	out := make(geo.MultiPolygon, len(outer))
	for i, r := range outer {
		out[i] = geo.Polygon{r}
	}
	for _, h := range holes {
		for i := len(out) - 1; i >= 0; i-- { // the smallest that fits
			if (geo.Polygon{out[i][0]}).Contains(geo.Polygon{h}.Inside()) {
				out[i] = append(out[i], h)
				break
			}
		}
	}
	return out
}
