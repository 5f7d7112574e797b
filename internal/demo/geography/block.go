package geography

import (
	"fmt"
	"math"
	"slices"

	"gongzhi/internal/geo"
)

// drawWater draws the river, which runs on beyond the city, the lake, and what
// else lies across the whole map.
func (b *builder) drawWater() {
	var north, south []vec
	for x := -11500.0; x <= 11500; x += 90 {
		wide := riverHalf + 30*math.Sin(x/900) + 22*math.Sin(x/370+2)
		north, south = append(north, shore(x, wide)), append(south, shore(x, 30*math.Sin(x/1300)-wide))
	}
	for i := len(north) - 1; i >= 0; i-- {
		south = append(south, north[i])
	}
	b.city.Water = append(b.city.Water, Zone{"云江", geo.Polygon{b.land.ring(south, 1e9)}})
	lake := smooth(b.shrink(lakeShore, 75), 2)
	b.city.Water = append(b.city.Water, Zone{"南湖", geo.Polygon{b.land.ring(lake, 1e9)}})
	for _, c := range creeks {
		b.city.Water = append(b.city.Water, Zone{c.name, geo.Polygon{b.creek(c.course)}})
	}
	b.city.Rails = append(b.city.Rails, curve(b.land.path(railway, 150)))
}

// creek is a winding band about thirty metres wide.
func (b *builder) creek(course []vec) geo.Ring {
	var left, right []vec
	walked := 0.0
	for i := 1; i < len(course); i++ {
		a, d := course[i-1], course[i].minus(course[i-1])
		for t := 0.0; t < d.length(); t += 45 {
			p := a.plus(d.unit().times(t)).plus(d.unit().left().times(5 * math.Sin((walked+t)/80)))
			wide := 12 + 4*math.Sin((walked+t)/230)
			left, right = append(left, p.plus(d.unit().left().times(wide))), append(right, p.minus(d.unit().left().times(wide)))
		}
		walked += d.length()
	}
	slices.Reverse(right)
	return b.land.ring(append(left, right...), 1e9)
}

func (b *builder) shrink(ring []vec, by float64) []vec {
	out := ring
	for i, p := range ring {
		d := ring[(i+1)%len(ring)].minus(p).unit()
		out = clip(out, p.plus(d.left().times(by)), d)
	}
	return out
}

// plot is a leaf's land less half of each road around it. Blocks are convex, so
// cutting off each side is exact.
func (b *builder) plot(l *node) []vec {
	out := b.m.ring(l.face)
	for i, v := range l.face.ring {
		w := l.face.ring[(i+1)%len(l.face.ring)]
		d := b.m.at[w].minus(b.m.at[v]).unit()
		out = clip(out, b.m.at[v].plus(d.left().times(b.margin(pair{v, w}))), d)
	}
	return out
}

func (b *builder) margin(e pair) float64 {
	id := b.m.wayOf(b.m.edge[e.sorted()])
	if id < 0 {
		return 3
	}
	switch w := b.m.ways[id]; w.kind {
	case riverWay:
		return riverHalf + 62
	case creekWay:
		return 26
	case railWay:
		return 22
	case edgeWay:
		return 12
	default:
		return halfWidth(w.class)
	}
}

// drawBlocks draws each block by its use and puts buildings on it.
func (b *builder) drawBlocks() {
	for _, l := range b.leaves {
		plot := b.plot(l)
		size := area(plot)
		if l.root.lake {
			b.park(l, b.shrink(lakeShore, 15), "南湖公园")
			continue
		}
		if len(plot) < 3 || size < 700 {
			continue
		}
		switch l.use {
		case Green:
			b.park(l, plot, b.parkName(l, size))
		case Farmland:
			b.field(l, plot)
		default:
			b.blockOf[l] = len(b.city.Blocks)
			b.city.Blocks = append(b.city.Blocks, Block{Use: l.use, Shape: geo.Polygon{b.land.ring(plot, 140)}})
			b.build(l, plot)
		}
	}
}

func (b *builder) parkName(l *node, size float64) string {
	switch {
	case l == b.names.park:
		return "梧桐公园"
	case b.onRiver(l.face) || size < 16000:
		return ""
	case !l.town:
		if size < 150_000 || b.rnd.Float64() < 0.5 {
			return ""
		}
		return b.names.fresh(func() string { return b.names.take("hill") + b.names.pick("山", "岭", "林场", "郊野公园") })
	}
	return b.names.fresh(func() string {
		return b.names.take("park") + b.names.pick("公园", "公园", "公园", "游园", "广场")
	})
}

func (b *builder) park(l *node, plot []vec, name string) {
	shape := plot
	if !l.town && !l.root.lake && !l.root.bank {
		shape = b.m.ring(l.face) // woods run on to the next; roads are drawn over them
	}
	b.city.Parks = append(b.city.Parks, Zone{name, geo.Polygon{b.land.ring(shape, 140)}})
	if name != "" && l.town && !l.root.lake && area(plot) > 36000 && b.rnd.Float64() < 0.6 {
		m := middle(plot)
		pond := smooth(b.shrinkTo(plot, m, 0.16+0.1*b.rnd.Float64()), 2)
		b.city.Water = append(b.city.Water, Zone{"", geo.Polygon{b.land.ring(pond, 1e9)}})
	}
}

func (b *builder) shrinkTo(ring []vec, m vec, share float64) []vec {
	out := make([]vec, len(ring))
	for i, p := range ring {
		out[i] = m.plus(p.minus(m).times(share * (0.8 + 0.4*b.rnd.Float64())))
	}
	return out
}

// field is open country, now and then with a hamlet or a fish pond.
func (b *builder) field(l *node, plot []vec) {
	chance := b.rnd.Float64()
	if chance > 0.5 || area(plot) < 60000 {
		return
	}
	m := middle(plot)
	if chance < 0.1 {
		pond := smooth(b.shrinkTo(plot, m, 0.2+0.25*b.rnd.Float64()), 2)
		b.city.Water = append(b.city.Water, Zone{"", geo.Polygon{b.land.ring(pond, 1e9)}})
		return
	}
	var blob []vec
	for i := range 9 {
		a := float64(i) / 9 * 2 * math.Pi
		r := 85 + 75*b.rnd.Float64()
		blob = append(blob, m.plus(vec{math.Cos(a) * r * 1.25, math.Sin(a) * r * 0.8}))
	}
	b.city.Blocks = append(b.city.Blocks, Block{Use: Residential, Shape: geo.Polygon{b.land.ring(smooth(blob, 1), 1e9)}})
	b.hamlet(l, m)
}

// hamlet puts houses in loose rows and counts them off: 张家湾村 12 号.
func (b *builder) hamlet(l *node, m vec) {
	number := 0
	for row := -2; row <= 2; row++ {
		for x := -110.0; x < 110; x += 19 + 11*b.rnd.Float64() {
			if math.Abs(x)+math.Abs(float64(row))*30 > 125 || b.rnd.Float64() < 0.15 {
				continue
			}
			at := m.plus(vec{x, float64(row)*24 + 5*b.rnd.Float64()})
			b.house(at, 11+4*b.rnd.Float64(), 9+2*b.rnd.Float64())
			if number++; number%4 == 1 {
				b.villageDoor(at)
			}
		}
	}
}

func (b *builder) villageDoor(at vec) {
	p := b.land.point(at)
	grid := b.gridAt(p)
	if grid == nil {
		return
	}
	name := b.areaName(grid.Parent)
	text := fmt.Sprintf("%s %d 号", name, b.counted(name))
	b.city.Addresses = append(b.city.Addresses, Address{Text: text, Road: name, Number: b.doorsOf[name], Point: p, Community: grid.Parent, Grid: grid.Code})
}

func (b *builder) counted(name string) int {
	b.doorsOf[name]++
	return b.doorsOf[name]
}

func (b *builder) gridAt(p geo.Point) *Area {
	if i := b.find.Find(p); i >= 0 {
		return &b.city.Grids[i]
	}
	return nil
}

func (b *builder) areaName(code string) string {
	for _, a := range b.city.Communities {
		if a.Code == code {
			return a.Name
		}
	}
	return ""
}

// house is one building. It is set down square where its middle falls: land
// may be bent, houses are not.
func (b *builder) house(at vec, wide, deep float64) {
	c := b.land.bend(at)
	along := b.land.bend(at.plus(vec{wide / 2, 0})).minus(b.land.bend(at.minus(vec{wide / 2, 0}))).unit()
	x, y := along.times(wide/2), along.left().times(deep/2)
	var ring geo.Ring
	for _, q := range []vec{c.minus(x).minus(y), c.plus(x).minus(y), c.plus(x).plus(y), c.minus(x).plus(y)} {
		ring = append(ring, origin.Offset(q.x, q.y).Round(6))
	}
	b.city.Buildings = append(b.city.Buildings, ring)
}

// build fills a plot: rows of slabs facing south, towers, sheds or courts.
func (b *builder) build(l *node, plot []vec) {
	switch l.use {
	case Residential:
		if b.rnd.Float64() < 0.3 && area(plot) > 14000 {
			b.rows(plot, 10, 46, 24, 24, 26)
			return
		}
		b.rows(plot, 9, 30+7*b.rnd.Float64(), 12.5, 34+24*b.rnd.Float64(), 11)
	case Commercial:
		b.rows(plot, 8, 58, 38, 52, 16)
	case Industry:
		b.rows(plot, 12, 62, 40, 88, 18)
	case Public:
		b.rows(plot, 16, 64, 17, 62, 24)
	}
}

// rows sets buildings in rows across a plot, a little uneven.
func (b *builder) rows(plot []vec, edge, pitch, deep, long, gap float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range plot {
		low, high = math.Min(low, p.y), math.Max(high, p.y)
	}
	n := int((high - low - 2*edge - deep) / pitch)
	first := low + (high-low-float64(max(n, 0))*pitch)/2 // centred, as planners do
	for row := 0; row <= n; row++ {
		y := first + float64(row)*pitch
		a0, b0, ok0 := span(plot, y-deep/2)
		a1, b1, ok1 := span(plot, y+deep/2)
		if !ok0 || !ok1 {
			continue
		}
		from, to := math.Max(a0, a1)+edge, math.Min(b0, b1)-edge
		k := int((to - from + gap) / (long + gap))
		if k < 1 {
			continue
		}
		wide := (to - from - float64(k-1)*gap) / float64(k)
		for i := range k {
			if b.rnd.Float64() < 0.06 { // a yard, a playground
				continue
			}
			w := wide * (0.82 + 0.18*b.rnd.Float64())
			b.house(vec{from + wide/2 + float64(i)*(wide+gap), y}, w, deep)
		}
	}
}
