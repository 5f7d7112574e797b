package geography

import (
	"cmp"
	"math"
	"slices"
)

// wayKind is what runs along an edge.
type wayKind int

const (
	roadWay wayKind = iota
	riverWay
	railWay
	creekWay
	edgeWay // the city's limit
)

// way is one road, river or railway: many edges of the mesh share it.
type way struct {
	kind  wayKind
	class int
	name  string
	same  int // another way that turned out to be the same road, or itself
}

// pair is an edge by its two corners.
type pair [2]int

func (p pair) sorted() pair { return pair{min(p[0], p[1]), max(p[0], p[1])} }

// face is a piece of land between edges, its corners counter-clockwise.
type face struct {
	ring []int
	node *node
}

// mesh is the plane cut into faces. Two faces that touch share the very
// corners, so everything put together from faces tiles the city.
type mesh struct {
	at   []vec
	near [][]int
	edge map[pair]int   // sorted pair → way, or -1
	left map[pair]*face // directed pair → the face on its left
	ways []way
}

func (m *mesh) addWay(w way) int {
	w.same = len(m.ways)
	m.ways = append(m.ways, w)
	return w.same
}

// wayOf follows the joins made while cutting.
func (m *mesh) wayOf(i int) int {
	for i >= 0 && m.ways[i].same != i {
		i = m.ways[i].same
	}
	return i
}

func (m *mesh) ring(f *face) []vec {
	out := make([]vec, len(f.ring))
	for i, v := range f.ring {
		out[i] = m.at[v]
	}
	return out
}

// stroke is a straight line that becomes part of the mesh.
type stroke struct {
	a, b vec
	way  int
}

// arrange cuts the strokes at each other and finds the faces between them.
// Ends that lead nowhere are dropped, so strokes may overshoot.
func (m *mesh) arrange(strokes []stroke) []*face {
	m.edge, m.left = map[pair]int{}, map[pair]*face{}
	ids := map[[2]int64]int{}
	for i, s := range strokes {
		cuts := []float64{0, 1}
		for j, o := range strokes {
			if t, ok := meet(s, o); ok && i != j {
				cuts = append(cuts, t)
			}
		}
		slices.Sort(cuts)
		prev := -1
		for _, t := range cuts {
			v := m.corner(ids, s.a.between(s.b, t))
			if prev >= 0 && prev != v {
				m.link(prev, v, s.way)
			}
			prev = v
		}
	}
	m.prune()
	return m.faces()
}

// corner gives places within half a metre of each other one number.
func (m *mesh) corner(ids map[[2]int64]int, p vec) int {
	key := [2]int64{int64(math.Round(p.x)), int64(math.Round(p.y))}
	for dx := int64(-1); dx <= 1; dx++ {
		for dy := int64(-1); dy <= 1; dy++ {
			if v, ok := ids[[2]int64{key[0] + dx, key[1] + dy}]; ok && m.at[v].minus(p).length() < 1 {
				return v
			}
		}
	}
	ids[key] = m.addCorner(p)
	return ids[key]
}

func (m *mesh) addCorner(p vec) int {
	m.at = append(m.at, p)
	m.near = append(m.near, nil)
	return len(m.at) - 1
}

func (m *mesh) link(a, b, way int) {
	key := pair{a, b}.sorted()
	if _, ok := m.edge[key]; ok {
		return
	}
	m.edge[key] = way
	m.near[a], m.near[b] = append(m.near[a], b), append(m.near[b], a)
}

func (m *mesh) unlink(a, b int) {
	delete(m.edge, pair{a, b}.sorted())
	m.near[a] = slices.DeleteFunc(m.near[a], func(v int) bool { return v == b })
	m.near[b] = slices.DeleteFunc(m.near[b], func(v int) bool { return v == a })
}

// meet is how far along s the other stroke crosses it.
func meet(s, o stroke) (float64, bool) {
	d, e := s.b.minus(s.a), o.b.minus(o.a)
	n := d.cross(e)
	if math.Abs(n) < 1e-9 {
		return 0, false
	}
	t, u := o.a.minus(s.a).cross(e)/n, o.a.minus(s.a).cross(d)/n
	const slack = 1e-9
	return t, t > 0 && t < 1 && u >= -slack && u <= 1+slack
}

func (m *mesh) prune() {
	for v := range m.at {
		for u := v; len(m.near[u]) == 1; {
			next := m.near[u][0]
			m.unlink(u, next)
			u = next
		}
	}
}

// faces walks each directed edge once, always taking the sharpest left.
func (m *mesh) faces() []*face {
	for v, near := range m.near {
		slices.SortFunc(near, func(a, b int) int { return cmp.Compare(m.angle(v, a), m.angle(v, b)) })
	}
	var out []*face
	for v := range m.at {
		for _, w := range m.near[v] {
			if m.left[pair{v, w}] != nil {
				continue
			}
			if f := m.walk(v, w); area(m.ring(f)) > 0 {
				out = append(out, f)
			} else {
				defer m.release(f) // the outside; kept until all edges are walked
			}
		}
	}
	return out
}

func (m *mesh) release(f *face) {
	for i, v := range f.ring {
		delete(m.left, pair{v, f.ring[(i+1)%len(f.ring)]})
	}
}

func (m *mesh) angle(from, to int) float64 {
	d := m.at[to].minus(m.at[from])
	return math.Atan2(d.y, d.x)
}

func (m *mesh) walk(v, w int) *face {
	f := &face{}
	a, b := v, w
	for m.left[pair{a, b}] == nil {
		m.left[pair{a, b}] = f
		f.ring = append(f.ring, a)
		i := slices.Index(m.near[b], a)
		n := len(m.near[b])
		a, b = b, m.near[b][(i+n-1)%n]
	}
	return f
}

func (m *mesh) claim(f *face) {
	for i, v := range f.ring {
		m.left[pair{v, f.ring[(i+1)%len(f.ring)]}] = f
	}
}

// insert puts a corner on an edge, for the faces of both sides.
func (m *mesh) insert(a, b int, p vec) int {
	way, v := m.edge[pair{a, b}.sorted()], m.addCorner(p)
	m.unlink(a, b)
	m.link(a, v, way)
	m.link(v, b, way)
	for _, e := range []pair{{a, b}, {b, a}} {
		f := m.left[e]
		if f == nil {
			continue
		}
		delete(m.left, e)
		i := slices.Index(f.ring, e[0])
		f.ring = slices.Insert(f.ring, i+1, v)
		m.left[pair{e[0], v}], m.left[pair{v, e[1]}] = f, f
	}
	return v
}

// divide cuts a face from one of its corners to another.
func (m *mesh) divide(f *face, u, v, way int) (*face, *face) {
	i, j := slices.Index(f.ring, u), slices.Index(f.ring, v)
	n := len(f.ring)
	part := func(from, to int) *face {
		g := &face{}
		for k := from; ; k = (k + 1) % n {
			g.ring = append(g.ring, f.ring[k])
			if k == to {
				return g
			}
		}
	}
	one, two := part(i, j), part(j, i)
	m.link(u, v, way)
	m.claim(one)
	m.claim(two)
	return one, two
}
