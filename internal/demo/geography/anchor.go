package geography

import "math"

// anchor finds the places the product's texts speak of: 梧桐路 32 号 is the south
// gate of 梧桐苑 in 梧桐社区 of 文昌街道. A street is looked for that has a home
// there, rather than a home forced upon a street.
func (b *builder) anchor() {
	at, spot := -1, door{}
	for _, wish := range []wishes{{3, 620, 0.93, 24000}, {3, 450, 0.8, 15000}, {4, 350, 0.75, 9000}} {
		if at, spot = b.wish(wish); at >= 0 {
			break
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

// wishes are what the street should be like; later ones ask for less.
type wishes struct {
	class  int     // at most
	length float64 // at least, in metres
	south  float64 // how squarely the house faces its street to the south
	plot   float64 // at least, in square metres
}

// wish finds the street and door nearest to the middle of the old quarters.
func (b *builder) wish(w wishes) (at int, spot door) {
	best := math.Inf(1)
	at = -1
	for i, r := range b.roads {
		if r.class < 3 || r.class > w.class || r.name != "" || len(r.chains) != 1 || r.length < w.length || r.length > 2600 {
			continue
		}
		doors := b.doors(r, doorStep)
		for _, d := range doors {
			if d.number != 32 || !b.homely(d, w) || !lived(doors, 18) || !lived(doors, 28) {
				continue
			}
			if far := d.at.minus(vec{-100, -1300}).length(); far < best {
				best, at, spot = far, i, d
			}
		}
	}
	return at, spot
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
func (b *builder) homely(d door, w wishes) bool {
	if d.leaf.use != Residential || !d.leaf.town || d.side.y < w.south || area(b.plot(d.leaf)) < w.plot*0.7 {
		return false
	}
	s := b.streetOf(d.leaf)
	return s/4 == southLake && len(b.homeOf[d.leaf].crew.leaves()) > 8 && area(b.m.ring(d.leaf.face)) > w.plot
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
