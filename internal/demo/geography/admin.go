package geography

import (
	"math"
	"math/rand/v2"
)

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
