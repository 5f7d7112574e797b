package geography

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
)

// builder carries the city while it is made, step by step.
type builder struct {
	rnd   *rand.Rand
	m     *mesh
	land  land
	out   *outline
	h     *hierarchy
	city  City
	crews [][]*crew // by street
	names *namer

	leaves []*node
	homeOf map[*node]home
	roads  []*road
	find   *place.Ground

	fronts   map[*node][]frontage
	estateOf map[*node]string
	blockOf  map[*node]int
	doorsOf  map[string]int
	counts   map[FacilityKind]int
	taken    map[string]bool
}

// home is where a block belongs: its community and its grid.
type home struct {
	crew *crew
	grid int
}

// Generate makes the city of a seed. The plan of the large roads, the river and
// the lake is always the same with small changes; blocks, lanes, names, estates
// and facilities are the seed's.
func Generate(seed uint64) City {
	b := &builder{rnd: rand.New(rand.NewPCG(seed, 0x5eed)), m: &mesh{}, blockOf: map[*node]int{}, doorsOf: map[string]int{}, taken: map[string]bool{}}
	b.land = newLand(b.rnd)
	b.out = &outline{m: b.m, land: b.land, edges: map[pair]geo.Line{}}
	b.names = newNamer(b.rnd)
	b.cutBlocks()
	b.assignCrews()
	b.assignUses()
	b.traceRoads()
	b.anchor()
	b.nameRoads()
	b.nameAreas()
	b.drawWater()
	b.drawBlocks()
	b.writeAddresses()
	b.placeFacilities()
	b.finish()
	return b.city
}

func (b *builder) cutBlocks() {
	faces := b.m.arrange(plan(b.m, b.rnd))
	var blocks []*superblock
	for _, f := range faces {
		ring := b.m.ring(f)
		s := &superblock{middle: middle(ring), area: area(ring)}
		s.bank = b.onRiver(f)
		s.lake = s.middle.minus(middle(lakeShore)).length() < 60
		s.node = &node{face: f, root: s}
		f.node = s.node
		blocks = append(blocks, s)
	}
	slices.SortFunc(blocks, func(a, c *superblock) int {
		return cmp.Or(cmp.Compare(a.middle.y, c.middle.y), cmp.Compare(a.middle.x, c.middle.x))
	})
	c := &cutter{m: b.m, rnd: b.rnd}
	for _, s := range blocks {
		c.grow(s)
		for _, l := range s.node.leaves() {
			ring := b.m.ring(l.face)
			l.town = built(middle(ring))
			if !s.lake {
				s.people += people(middle(ring), area(ring))
			}
			b.leaves = append(b.leaves, l)
		}
	}
	b.h = newHierarchy(b.m, b.rnd, blocks)
}

func (b *builder) assignCrews() {
	b.homeOf = map[*node]home{}
	for s := range len(districtSeeds) * 4 {
		crews := b.h.communities(s)
		b.crews = append(b.crews, crews)
		for _, c := range crews {
			for g, nodes := range c.grids {
				for _, n := range nodes {
					for _, l := range n.leaves() {
						b.homeOf[l] = home{c, g}
					}
				}
			}
		}
	}
}

// assignUses says what each block is for.
func (b *builder) assignUses() {
	for _, l := range b.leaves {
		ring := b.m.ring(l.face)
		p := middle(ring)
		switch {
		case l.root.lake, b.onRiver(l.face):
			l.use = Green
		case !l.town:
			l.use = b.countryUse(p)
		default:
			l.use = b.townUse(p, area(ring))
		}
	}
}

func (b *builder) onRiver(f *face) bool {
	for i, v := range f.ring {
		if b.m.river(pair{v, f.ring[(i+1)%len(f.ring)]}) {
			return true
		}
	}
	return false
}

func (b *builder) countryUse(p vec) Use {
	d := b.rnd.Float64()
	switch {
	case p.x < -5000 && d < 0.62, d < 0.12: // the hills in the west are wooded
		return Green
	case p.x > 4700 && p.y < 1000 && d < 0.55:
		return Industry
	}
	return Farmland
}

func (b *builder) townUse(p vec, size float64) Use {
	far, d := p.minus(oldTown).length(), b.rnd.Float64()
	switch {
	case size < 5000:
		return Green
	case p.x > 3300 && p.y < 600 && d < 0.45:
		return Industry
	case d < 0.055:
		return Green
	case d < 0.15:
		return Public
	case d < 0.21, far < 1500 && d < 0.36:
		return Commercial
	}
	return Residential
}
