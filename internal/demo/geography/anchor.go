package geography

import "math"

// anchor finds the places the product's texts speak of: 梧桐路 32 号 is the south
// gate of 梧桐苑 in 梧桐社区 of 文昌街道. A street is looked for that has a home
// there, rather than a home forced upon a street.
func (b *builder) anchor() {
	best, at := 0.0, -1
	var spot door
	for i, r := range b.roads {
		if r.class != 3 || r.name != "" || len(r.chains) != 1 || r.length < 620 || r.length > 1900 {
			continue
		}
		doors := b.doors(r, doorStep)
		for _, d := range doors {
			if d.number != 32 || !b.homely(d) || !lived(doors, 18) || !lived(doors, 28) {
				continue
			}
			home := d.at.minus(vec{-100, -1300}).length()
			if score := 5000 - home; score > best {
				best, at, spot = score, i, d
			}
		}
	}
	if at < 0 {
		return
	}
	b.roads[at].name = b.names.claim("梧桐路")
	b.names.claim("梧桐苑")
	b.names.claim("梧桐公园")
	b.names.spot = &spot
	b.names.kept = map[*node]bool{}
	for _, d := range b.doors(b.roads[at], doorStep) {
		if d.number == 18 || d.number == 28 {
			b.names.kept[d.leaf] = true
		}
	}
	b.names.crew = b.homeOf[spot.leaf].crew
	b.parkBeside(spot)
}

// lived reports whether a number of the street is a house.
func lived(doors []door, number int) bool {
	for _, d := range doors {
		if d.number == number {
			return d.leaf.lived()
		}
	}
	return false
}

// lived tells blocks with house numbers from parks and fields.
func (n *node) lived() bool { return n.town && n.use != Green && n.use != Farmland }

// homely is a block of homes in the district by the lake, north of its street.
func (b *builder) homely(d door) bool {
	if d.leaf.use != Residential || !d.leaf.town || d.side.y < 0.93 {
		return false
	}
	s := b.streetOf(d.leaf)
	return s/4 == southLake && len(b.homeOf[d.leaf].crew.leaves()) > 8 && area(b.m.ring(d.leaf.face)) > 24000
}

func (b *builder) streetOf(l *node) int {
	for i, s := range b.h.blocks {
		if s == l.root {
			return b.h.street[i]
		}
	}
	return -1
}

// parkBeside turns the nearest other block of the community into its park.
func (b *builder) parkBeside(spot door) {
	var park *node
	best := math.Inf(1)
	for _, l := range b.names.crew.leaves() {
		ring := b.m.ring(l.face)
		if d := middle(ring).minus(spot.at).length(); l != spot.leaf && area(ring) > 20000 && d < best && d > 120 && !b.names.kept[l] {
			best, park = d, l
		}
	}
	if park != nil {
		park.use = Green
		b.names.park = park
	}
}
