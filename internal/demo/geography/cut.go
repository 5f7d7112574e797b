package geography

import (
	"math"
	"math/rand/v2"
	"slices"
)

// node is a piece of land in the tree of cuts: a superblock between arterials
// at the root, single blocks at the leaves.
type node struct {
	face  *face // leaves only
	parts [2]*node
	root  *superblock
	use   Use
	town  bool // built land
}

// superblock is what the arterials leave between them. In a real city most of
// them are one community.
type superblock struct {
	node   *node
	middle vec
	area   float64
	lake   bool
	bank   bool // between the river and its road
	people float64
}

func (n *node) leaves() []*node {
	if n.face != nil {
		return []*node{n}
	}
	return append(n.parts[0].leaves(), n.parts[1].leaves()...)
}

// cutter divides superblocks into blocks.
type cutter struct {
	m     *mesh
	rnd   *rand.Rand
	grain float64
}

// insideRing tells town from country.
func insideRing(p vec) bool {
	for i, a := range ringRoad {
		if ringRoad[(i+1)%len(ringRoad)].minus(a).cross(p.minus(a)) < 0 {
			return false
		}
	}
	return true
}

// towns are the market places of the country around the city.
var towns = []vec{{-6100, -4050}, {-6430, -1750}, {1850, 5330}, {6750, -1300}, {2850, -5550}, {-4500, 4850}, {6350, 3100}, {-1450, -5650}}

// built tells land with houses from open country.
func built(p vec) bool {
	if insideRing(p) {
		return true
	}
	for _, t := range towns {
		if p.minus(t).length() < 720 {
			return true
		}
	}
	return false
}

// blockSize is how large blocks are around a place, in square metres.
func blockSize(p vec) float64 {
	far := p.minus(oldTown).length()
	switch {
	case !built(p):
		return 330_000
	case !insideRing(p):
		return 46_000
	case far < 1500:
		return 33_000
	case far < 3200:
		return 50_000
	}
	return 72_000
}

// oldTown is where the city began.
var oldTown = vec{-300, -200}

// grow cuts the superblock down to blocks.
func (c *cutter) grow(s *superblock) {
	s.node = &node{face: s.node.face, root: s}
	s.node.face.node = s.node
	if s.lake {
		return
	}
	c.grain = 0.65 + 0.9*c.rnd.Float64() // one quarter was built fine, the next coarse
	c.divide(s.node, s.area/4.5, 0)      // at least four blocks, for the grids
}

func (c *cutter) divide(n *node, most float64, depth int) {
	ring := c.m.ring(n.face)
	size := math.Min(most, blockSize(middle(ring))*c.grain)
	a := area(ring)
	long, share := axis(ring)
	bent := c.inward(ring) >= 0 && a > 4000
	if !bent && a < size*(0.75+0.6*c.rnd.Float64()) && (share < 2.6 || a < size*0.45) {
		return
	}
	one, two, ok := c.cut(n.face, long, c.newWay(n, depth))
	if !ok {
		return
	}
	n.face = nil
	for i, f := range []*face{one, two} {
		n.parts[i] = &node{face: f, root: n.root}
		f.node = n.parts[i]
		c.divide(n.parts[i], most, depth+1)
	}
}

// newWay is what a cut at this depth becomes: streets first, then lanes; deep
// in the country only the edge of a field, and nothing on the river's bank.
func (c *cutter) newWay(n *node, depth int) int {
	class, town := 4, built(middle(c.m.ring(n.face)))
	switch {
	case n.root.bank || !town && depth > 2:
		return -1
	case depth < 2 && town:
		class = 3
	}
	return c.m.addWay(way{class: class})
}

// axis is the direction in which a ring is longer, and how many times.
func axis(ring []vec) (vec, float64) {
	var along vec
	best := 0.0
	for i, p := range ring {
		if e := ring[(i+1)%len(ring)].minus(p); e.length() > best {
			best, along = e.length(), e.unit()
		}
	}
	a, b := extent(ring, along), extent(ring, along.left())
	if a >= b {
		return along, a / b
	}
	return along.left(), b / a
}

func extent(ring []vec, d vec) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range ring {
		low, high = math.Min(low, p.dot(d)), math.Max(high, p.dot(d))
	}
	return high - low
}

// cut divides the face across its long axis. It prefers to carry on a road that
// ends at the face, which is how streets become longer than one block.
func (c *cutter) cut(f *face, long vec, way int) (*face, *face, bool) {
	ring := c.m.ring(f)
	if v := c.inward(ring); v >= 0 {
		return c.straighten(f, v, way)
	}
	if u, dir, ok := c.carryOn(f, long); ok && c.rnd.Float64() < 0.85 {
		if a, b, ok := c.cutFrom(f, u, dir, way, 0.12); ok {
			return a, b, true
		}
	}
	m := middle(ring).plus(long.times(extent(ring, long) * (c.rnd.Float64() - 0.5) * 0.24))
	dir := long.left().plus(long.times((c.rnd.Float64() - 0.5) * 0.22)).unit()
	back, ok := c.hit(f, m, dir.times(-1), -1)
	if !ok {
		return nil, nil, false
	}
	return c.cutFrom(f, c.corner(back), dir, way, 0.12)
}

// straighten cuts a bent face at the corner that points inwards, in the first
// direction that leaves two fair parts: everything later relies on convex land.
func (c *cutter) straighten(f *face, i int, way int) (*face, *face, bool) {
	ring := c.m.ring(f)
	n := len(ring)
	in, out := ring[i].minus(ring[(i+n-1)%n]).unit(), ring[i].minus(ring[(i+1)%n]).unit()
	for _, fair := range []float64{0.2, 0.04} {
		for _, dir := range []vec{in.plus(out).unit(), in, out, in.times(2).plus(out).unit(), in.plus(out.times(2)).unit()} {
			if a, b, ok := c.cutFrom(f, f.ring[i], dir, way, fair); ok {
				return a, b, true
			}
		}
	}
	return nil, nil, false
}

// inward finds a corner that points into the face.
func (c *cutter) inward(ring []vec) int {
	n := len(ring)
	for i, p := range ring {
		a, b := p.minus(ring[(i+n-1)%n]).unit(), ring[(i+1)%n].minus(p).unit()
		if a.cross(b) < -0.09 {
			return i
		}
	}
	return -1
}

// carryOn looks for a road that ends at the face about where a cut is wanted.
func (c *cutter) carryOn(f *face, long vec) (int, vec, bool) {
	ring := c.m.ring(f)
	low := math.Inf(1)
	for _, p := range ring {
		low = math.Min(low, p.dot(long))
	}
	wide, best, at := extent(ring, long), 0.24, -1
	var dir vec
	for i, v := range f.ring {
		d, ok := c.arriving(f, i)
		off := math.Abs((c.m.at[v].dot(long)-low)/wide - 0.5)
		if ok && math.Abs(d.dot(long)) < 0.35 && off < best {
			best, at, dir = off, v, d
		}
	}
	if at < 0 {
		return 0, vec{}, false
	}
	straight := long.left()
	if straight.dot(dir) < 0 {
		straight = straight.times(-1)
	}
	return at, dir.plus(straight).unit(), true
}

// arriving is the direction in which a road from outside meets a straight side.
func (c *cutter) arriving(f *face, i int) (vec, bool) {
	n, v := len(f.ring), f.ring[i]
	before, after := f.ring[(i+n-1)%n], f.ring[(i+1)%n]
	p := c.m.at[v]
	if math.Abs(p.minus(c.m.at[before]).unit().cross(c.m.at[after].minus(p).unit())) > 0.2 {
		return vec{}, false
	}
	for _, w := range c.m.near[v] {
		if w == before || w == after {
			continue
		}
		way := c.m.edge[pair{v, w}.sorted()]
		if way >= 0 && c.m.ways[way].kind == roadWay && c.m.ways[way].class >= 2 {
			return p.minus(c.m.at[w]).unit(), true
		}
	}
	return vec{}, false
}

// cutFrom cuts from a corner in a direction and joins the roads at both ends.
// Both parts must have a fair share, or nothing is done.
func (c *cutter) cutFrom(f *face, u int, dir vec, way int, fair float64) (*face, *face, bool) {
	e, ok := c.hit(f, c.m.at[u], dir, u)
	if !ok || c.share(f, u, e) < fair {
		return nil, nil, false
	}
	v := c.corner(e)
	c.join(u, v, way)
	c.join(v, u, way)
	a, b := c.m.divide(f, u, v, way)
	return a, b, true
}

// exit is where a ray leaves a face: at a corner, or at p between two.
type exit struct {
	at   int // the corner, or -1
	a, b int
	p    vec
}

func (c *cutter) corner(e exit) int {
	if e.at < 0 {
		return c.m.insert(e.a, e.b, e.p)
	}
	return e.at
}

// share is the smaller part's share of the area if the face were cut here.
func (c *cutter) share(f *face, u int, e exit) float64 {
	i := slices.Index(f.ring, u)
	part := []vec{c.m.at[u]}
	for k := 1; k < len(f.ring); k++ {
		w := f.ring[(i+k)%len(f.ring)]
		part = append(part, c.m.at[w])
		if w == e.at {
			break
		}
		if e.at < 0 && w == e.a {
			part = append(part, e.p)
			break
		}
	}
	s := area(part) / area(c.m.ring(f))
	return min(s, 1-s)
}

// join makes a street of ours one with a street that arrives straight at v.
func (c *cutter) join(v, from, way int) {
	mine := c.m.wayOf(way)
	if mine < 0 || c.m.ways[mine].name != "" {
		return
	}
	dir := c.m.at[from].minus(c.m.at[v]).unit()
	for _, w := range c.m.near[v] {
		other := c.m.wayOf(c.m.edge[pair{v, w}.sorted()])
		if other < 0 || other == mine || w == from {
			continue
		}
		o := c.m.ways[other]
		straight := c.m.at[v].minus(c.m.at[w]).unit().dot(dir) > 0.9
		if straight && o.kind == roadWay && o.class > 2 && o.class == c.m.ways[mine].class {
			c.m.ways[mine].same = other
			return
		}
	}
}

// hit is where a ray from inside leaves the face: an existing corner when near,
// so that crossings are not a few steps apart.
func (c *cutter) hit(f *face, from, dir vec, skip int) (exit, bool) {
	n, best, e := len(f.ring), math.Inf(1), exit{at: -1, a: -1}
	for i, a := range f.ring {
		b := f.ring[(i+1)%n]
		if a == skip || b == skip {
			continue
		}
		side := c.m.at[b].minus(c.m.at[a])
		d := dir.cross(side)
		if math.Abs(d) < 1e-9 {
			continue
		}
		t, s := c.m.at[a].minus(from).cross(side)/d, c.m.at[a].minus(from).cross(dir)/d
		if t > 1e-6 && s >= -1e-9 && s <= 1+1e-9 && t < best {
			best, e.a, e.b = t, a, b
		}
	}
	if e.a < 0 {
		return e, false
	}
	e.p = from.plus(dir.times(best))
	const close = 34
	da, db := c.m.at[e.a].minus(e.p).length(), c.m.at[e.b].minus(e.p).length()
	switch {
	case da <= db && da < close && e.a != skip && !beside(f, e.a, skip):
		e.at = e.a
	case db < close && e.b != skip && !beside(f, e.b, skip):
		e.at = e.b
	}
	return e, true
}

// beside reports whether two corners are neighbours: a cut between them would
// run along the side.
func beside(f *face, u, v int) bool {
	n := len(f.ring)
	for i, w := range f.ring {
		next := f.ring[(i+1)%n]
		if (w == u && next == v) || (w == v && next == u) {
			return true
		}
	}
	return false
}
