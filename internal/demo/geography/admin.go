package geography

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// crew is a group of nodes under one government: what a community is made of,
// and within it what each grid keeper walks.
type crew struct {
	nodes  []*node
	people float64
	middle vec
	grids  [][]*node
}

// hierarchy is the city's tree while it is being built.
type hierarchy struct {
	m        *mesh
	rnd      *rand.Rand
	blocks   []*superblock
	touching [][]float64 // metres of common border between superblocks, river apart
	district []int
	street   []int // 0..15, four to a district
}

var districtSeeds = []vec{{600, -1900}, {-300, 3400}, {-5100, -2300}, {5700, -2000}}

const (
	southLake = iota // 南湖区
	northBank        // 江北区
	westHills        // 云山区
	eastMarsh        // 东泽区
)

func newHierarchy(m *mesh, rnd *rand.Rand, blocks []*superblock) *hierarchy {
	h := &hierarchy{m: m, rnd: rnd, blocks: blocks}
	h.touching = h.borders()
	h.district = make([]int, len(blocks))
	for i, b := range blocks {
		h.district[i] = h.nearest(b.middle)
	}
	h.mend(h.district, nil)
	h.street = make([]int, len(blocks))
	for d := range districtSeeds {
		h.share(d)
	}
	return h
}

func (h *hierarchy) nearest(p vec) int {
	if p.y > riverAt(p.x) {
		return northBank
	}
	best, at := math.Inf(1), 0
	for d, s := range districtSeeds {
		if far := p.minus(s).length(); d != northBank && far < best {
			best, at = far, d
		}
	}
	return at
}

// borders measures how much two superblocks touch. The river parts.
func (h *hierarchy) borders() [][]float64 {
	of := map[*superblock]int{}
	out := make([][]float64, len(h.blocks))
	for i, b := range h.blocks {
		of[b] = i
		out[i] = make([]float64, len(h.blocks))
	}
	for e, f := range h.m.left {
		g := h.m.left[pair{e[1], e[0]}]
		if g == nil || h.m.river(e) {
			continue
		}
		if i, j := of[f.node.root], of[g.node.root]; i != j {
			out[i][j] += h.m.at[e[0]].minus(h.m.at[e[1]]).length()
		}
	}
	// The map is walked in random order; rounding makes the sums one.
	for _, row := range out {
		for j := range row {
			row[j] = math.Round(row[j])
		}
	}
	return out
}

func (m *mesh) river(e pair) bool {
	w := m.wayOf(m.edge[e.sorted()])
	return w >= 0 && m.ways[w].kind == riverWay
}

// mend gives parts that are cut off from their group to the neighbour they
// touch most, among those that stand in the same parent.
func (h *hierarchy) mend(group, parent []int) {
	for range 20 {
		moved := false
		main := h.largestParts(group)
		for i := range group {
			if main[i] {
				continue
			}
			best, to := 0.0, -1
			for j, m := range h.touching[i] {
				if main[j] && m > best && (parent == nil || parent[i] == parent[j]) && (group[i] != group[j]) {
					best, to = m, group[j]
				}
			}
			if to >= 0 {
				group[i], moved = to, true
			}
		}
		if !moved {
			return
		}
	}
}

// largestParts marks, for each group, the members of its largest piece.
func (h *hierarchy) largestParts(group []int) []bool {
	seen := make([]bool, len(group))
	size, best := map[int]float64{}, map[int][]int{}
	for i := range group {
		if seen[i] {
			continue
		}
		seen[i] = true
		piece, sum := []int{i}, 0.0
		for k := 0; k < len(piece); k++ {
			sum += h.blocks[piece[k]].area
			for j, m := range h.touching[piece[k]] {
				if m > 0 && !seen[j] && group[j] == group[i] {
					seen[j] = true
					piece = append(piece, j)
				}
			}
		}
		if sum > size[group[i]] {
			size[group[i]], best[group[i]] = sum, piece
		}
	}
	main := make([]bool, len(group))
	for _, piece := range best {
		for _, i := range piece {
			main[i] = true
		}
	}
	return main
}

// share divides a district among four streets. Balancing the people can starve
// a street of all land; then it is done again with less zeal.
func (h *hierarchy) share(d int) {
	var members []int
	for i := range h.blocks {
		if h.district[i] == d {
			members = append(members, i)
		}
	}
	for _, zeal := range []float64{0.12, 0.05, 0} {
		h.settle(d, members, zeal)
		h.mend(h.street, h.district)
		var count [4]int
		for _, i := range members {
			count[h.street[i]-d*4]++
		}
		if min(count[0], count[1], count[2], count[3]) > 1 {
			return
		}
	}
}

// settle moves four centres until they rest, and makes crowded ones reach less
// far so that the streets come to like numbers of people.
func (h *hierarchy) settle(d int, members []int, zeal float64) {
	centres := h.spread(members)
	reach := []float64{1, 1, 1, 1}
	for range 40 {
		for _, i := range members {
			h.street[i] = d*4 + nearestOf(h.blocks[i].middle, centres, reach)
		}
		var sum [4]vec
		var weight [4]float64
		for _, i := range members {
			k, w := h.street[i]-d*4, h.blocks[i].people+h.blocks[i].area/700
			sum[k], weight[k] = sum[k].plus(h.blocks[i].middle.times(w)), weight[k]+w
		}
		mean := (weight[0] + weight[1] + weight[2] + weight[3]) / 4
		for k := range centres {
			if weight[k] > 0 {
				centres[k] = sum[k].times(1 / weight[k])
				reach[k] *= math.Pow(weight[k]/mean, zeal)
			}
		}
	}
}

// spread starts with centres far from each other.
func (h *hierarchy) spread(members []int) []vec {
	centres := []vec{h.blocks[members[0]].middle}
	for len(centres) < 4 {
		far, at := -1.0, vec{}
		for _, i := range members {
			p := h.blocks[i].middle
			if d := p.minus(centres[closest(p, centres)]).length() * (0.4 + math.Sqrt(h.blocks[i].people)); d > far {
				far, at = d, p
			}
		}
		centres = append(centres, at)
	}
	return centres
}

func closest(p vec, centres []vec) int {
	return nearestOf(p, centres, []float64{1, 1, 1, 1})
}

func nearestOf(p vec, centres []vec, reach []float64) int {
	best, at := math.Inf(1), 0
	for k, c := range centres {
		if d := p.minus(c).length() * reach[k]; d < best {
			best, at = d, k
		}
	}
	return at
}

// communities groups the superblocks of a street: small ones join a neighbour,
// crowded ones are split along their first cut.
func (h *hierarchy) communities(street int) []*crew {
	var crews []*crew
	home := map[*superblock]*crew{}
	var people []float64
	for i, b := range h.blocks {
		if h.street[i] == street {
			c := &crew{nodes: []*node{b.node}, people: b.people}
			crews = append(crews, c)
			home[b] = c
			people = append(people, b.people)
		}
	}
	slices.Sort(people)
	usual := people[len(people)/2]
	for i, b := range h.blocks {
		if h.street[i] == street && (b.people < usual*0.62 || len(b.node.leaves()) < 3) {
			h.hand(i, street, home)
		}
	}
	crews = slices.DeleteFunc(crews, func(c *crew) bool { return len(c.nodes) == 0 })
	var out []*crew
	for _, c := range crews {
		out = append(out, c.halve(usual)...)
	}
	for _, c := range out {
		c.settle(h)
	}
	slices.SortFunc(out, func(a, b *crew) int { return cmp.Compare(b.middle.y-a.middle.y, a.middle.x/9-b.middle.x/9) })
	return out
}

// hand gives a superblock too small for a community to a neighbour.
func (h *hierarchy) hand(i, street int, home map[*superblock]*crew) {
	b := h.blocks[i]
	best, at := 0.0, -1
	for j, m := range h.touching[i] {
		if h.street[j] == street && home[h.blocks[j]] != home[b] && m > best {
			best, at = m, j
		}
	}
	if at < 0 {
		return
	}
	from, to := home[b], home[h.blocks[at]]
	to.nodes, to.people = append(to.nodes, from.nodes...), to.people+from.people
	for s, c := range home {
		if c == from {
			home[s] = to
		}
	}
	from.nodes = nil
}

func (c *crew) halve(usual float64) []*crew {
	n := c.nodes[0]
	if len(c.nodes) > 1 || c.people < usual*2.4 || n.face != nil {
		return []*crew{c}
	}
	if len(n.parts[0].leaves()) < 3 || len(n.parts[1].leaves()) < 3 {
		return []*crew{c}
	}
	return []*crew{{nodes: []*node{n.parts[0]}}, {nodes: []*node{n.parts[1]}}}
}

// settle counts the people and divides the community among three to six grids.
func (c *crew) settle(h *hierarchy) {
	c.people = 0
	var sum float64
	for _, n := range c.leaves() {
		ring := h.m.ring(n.face)
		a := area(ring)
		c.people += people(middle(ring), a)
		c.middle, sum = c.middle.plus(middle(ring).times(a)), sum+a
	}
	c.middle = c.middle.times(1 / sum)
	want := min(max(int(math.Round(c.people/1900)), 3), 6)
	c.grids = h.divide(c.nodes, want)
}

func (c *crew) leaves() []*node {
	var out []*node
	for _, n := range c.nodes {
		out = append(out, n.leaves()...)
	}
	return out
}

// divide opens the heaviest node until there are enough, then lets pieces too
// small for a grid of their own join the one they touch most.
func (h *hierarchy) divide(nodes []*node, want int) [][]*node {
	parts := slices.Clone(nodes)
	weigh := func(n *node) float64 {
		var w float64
		for _, l := range n.leaves() {
			ring := h.m.ring(l.face)
			w += people(middle(ring), area(ring)) + area(ring)/900
		}
		if n.root.lake {
			return 0
		}
		return w
	}
	var total float64
	for _, n := range parts {
		total += weigh(n)
	}
	grown := func() int {
		k := 0
		for _, n := range parts {
			if weigh(n) >= total*0.06 {
				k++
			}
		}
		return k
	}
	for grown() < want {
		at := -1
		for i, n := range parts {
			if n.face == nil && (at < 0 || weigh(n) > weigh(parts[at])) {
				at = i
			}
		}
		if at < 0 {
			break
		}
		n := parts[at]
		parts = slices.Replace(parts, at, at+1, n.parts[0], n.parts[1])
	}
	var grids [][]*node
	for _, n := range parts {
		grids = append(grids, []*node{n})
	}
	return h.gather(grids, weigh, total*0.06, want)
}

func (h *hierarchy) gather(grids [][]*node, weigh func(*node) float64, least float64, want int) [][]*node {
	sum := func(g []*node) float64 {
		var w float64
		for _, n := range g {
			w += weigh(n)
		}
		return w
	}
	for len(grids) > 3 {
		small := 0
		for i, g := range grids {
			if sum(g) < sum(grids[small]) {
				small = i
			}
		}
		if sum(grids[small]) >= least && len(grids) <= min(want, 6) {
			break
		}
		best, to := 0.0, -1
		for i, g := range grids {
			if m := h.common(grids[small], g); i != small && m > best {
				best, to = m, i
			}
		}
		if to < 0 {
			break
		}
		grids[to] = append(grids[to], grids[small]...)
		grids = slices.Delete(grids, small, small+1)
	}
	return grids
}

// common is the length of border that two groups of land share.
func (h *hierarchy) common(a, b []*node) float64 {
	in := map[*face]bool{}
	for _, n := range b {
		for _, l := range n.leaves() {
			in[l.face] = true
		}
	}
	var sum float64
	for _, n := range a {
		for _, l := range n.leaves() {
			for i, v := range l.face.ring {
				w := l.face.ring[(i+1)%len(l.face.ring)]
				if in[h.m.left[pair{w, v}]] && !h.m.river(pair{v, w}) {
					sum += h.m.at[v].minus(h.m.at[w]).length()
				}
			}
		}
	}
	return math.Round(sum)
}

// people is about how many live on a piece of land.
func people(p vec, area float64) float64 {
	far := p.minus(oldTown).length()
	switch {
	case !built(p):
		return area * 0.0006
	case !insideRing(p):
		return area * 0.0085
	case far < 1900:
		return area * 0.0165
	case far < 3400:
		return area * 0.0125
	}
	return area * 0.0082
}
