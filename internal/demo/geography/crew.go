package geography

import (
	"cmp"
	"math"
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
