package geography

import (
	"math"
	"math/rand/v2"
)

// The plan of the city on the plane, in metres from the old town: what was
// there first (river, lake, hills), then what engineers drew (ring, arterials,
// railway). Everything else grows between by cutting.

const (
	riverHalf = 185.0 // half the river's width
	bankRoad  = 300.0 // from its middle to the roads on the banks
)

// riverAt is the height of the river's middle on the plane.
func riverAt(x float64) float64 { return 900 + 0.055*x }

func shore(x, off float64) vec { return vec{x, riverAt(x) + off} }

// cityLimit is convex on the plane; its small turns come later.
var cityLimit = []vec{
	{-8300, -900}, {-7700, -3700}, {-5600, -5900}, {-2600, -6900}, {900, -7000}, {4300, -6500}, {6900, -4700},
	{8300, -1800}, {8500, 1300}, {7500, 4300}, {4900, 6000}, {1500, 6600}, {-2300, 6500}, {-5300, 5500}, {-7500, 3300}, {-8300, 1300},
}

var ringRoad = []vec{
	{-4700, -2900}, {-3500, -4250}, {3500, -4350}, {4800, -3100}, {4900, 2900}, {3800, 4150}, {-3500, 4000}, {-4800, 2800},
}

var lakeShore = []vec{
	{-250, -2950}, {100, -3420}, {800, -3560}, {1500, -3380}, {1780, -2900}, {1500, -2380}, {850, -2190}, {120, -2390},
}

// railway runs on beyond the city.
var railway = []vec{{-9000, 2100}, {-2600, 3300}, {2600, 3420}, {9000, 4500}}

// creeks run down to the river.
var creeks = []struct {
	name   string
	course []vec
}{
	{"清溪", []vec{{-8700, -5300}, {-6900, -4700}, {-5600, -3050}, {-4050, -2050}, {-3080, -1000}, {-3000, 0}, {-2850, 760}}},
	{"白鹭溪", []vec{{3500, 7200}, {2750, 4900}, {2900, 3250}, {2620, 1900}, {2700, 1030}}},
}

// planner collects strokes with their ways.
type planner struct {
	m       *mesh
	rnd     *rand.Rand
	strokes []stroke
}

// draw adds a chain as one way.
func (p *planner) draw(w way, chain ...vec) int {
	id := p.m.addWay(w)
	for i := 1; i < len(chain); i++ {
		for _, s := range outsideLake(chain[i-1], chain[i]) {
			s.way = id
			p.strokes = append(p.strokes, s)
		}
	}
	return id
}

func (p *planner) loop(w way, ring []vec) {
	id := p.m.addWay(w)
	for i, a := range ring {
		p.strokes = append(p.strokes, stroke{a, ring[(i+1)%len(ring)], id})
	}
}

// outsideLake leaves out the stretch that would run through the water.
func outsideLake(a, b vec) []stroke {
	from, to := 0.0, 1.0
	d := b.minus(a)
	for i, p := range lakeShore {
		e := lakeShore[(i+1)%len(lakeShore)].minus(p)
		dist, rate := e.cross(a.minus(p)), e.cross(d)
		if rate == 0 {
			if dist < 0 {
				return []stroke{{a: a, b: b}}
			}
			continue
		}
		if t := -dist / rate; rate > 0 {
			from = math.Max(from, t)
		} else {
			to = math.Min(to, t)
		}
	}
	if from >= to {
		return []stroke{{a: a, b: b}}
	}
	var out []stroke
	if from > 0 {
		out = append(out, stroke{a: a, b: a.between(b, from)})
	}
	if to < 1 {
		out = append(out, stroke{a: a.between(b, to), b: b})
	}
	return out
}

func (p *planner) shake(v float64) float64 { return (p.rnd.Float64()*2 - 1) * v }

// plan draws the lines everybody knows.
func plan(m *mesh, rnd *rand.Rand) []stroke {
	p := &planner{m: m, rnd: rnd}
	p.loop(way{kind: edgeWay}, cityLimit)
	p.draw(way{kind: riverWay, name: "云江"}, shore(-9500, 0), shore(9500, 0))
	p.draw(way{class: 2, name: "滨江大道"}, shore(-8600, -bankRoad), shore(8600, -bankRoad))
	p.draw(way{class: 2, name: "江北滨江路"}, shore(-6400, bankRoad), shore(6600, bankRoad))
	p.loop(way{class: 1, name: "环城快速路"}, ringRoad)
	p.loop(way{class: 3, name: "环湖路"}, lakeShore)
	p.draw(way{kind: railWay, name: "云泽铁路"}, railway...)
	for _, c := range creeks {
		p.draw(way{kind: creekWay, name: c.name}, c.course...)
	}
	p.spokes()
	p.across()
	p.along()
	return p.strokes
}

// spokes leave the ring for the neighbours and for the towns.
func (p *planner) spokes() {
	p.draw(way{class: 1, name: "云东高速"}, vec{4850, -300}, vec{6800, -700}, vec{9000, -500})
	p.draw(way{class: 1, name: "云北高速"}, vec{1500, 4080}, vec{1900, 5400}, vec{1700, 7500})
	p.draw(way{class: 1, name: "云西高速"}, vec{-4730, -1500}, vec{-6500, -1900}, vec{-9000, -1500})
	p.draw(way{class: 2, name: "迎宾大道"}, vec{-1300, -4200}, vec{-1500, -5600}, vec{-1300, -7500})
	p.draw(way{class: 2, name: "石桥大道"}, vec{2300, -4300}, vec{2900, -5400}, vec{2800, -7300})
	p.draw(way{class: 2, name: "东港大道"}, vec{4100, -3800}, vec{5600, -4300}, vec{7900, -4800})
	p.draw(way{class: 2, name: "柳林大道"}, vec{-4100, -3500}, vec{-5500, -3900}, vec{-8300, -4500})
	p.draw(way{class: 2, name: "白塔大道"}, vec{-3700, 3900}, vec{-4500, 4700}, vec{-5300, 6500})
	p.draw(way{class: 3, name: "云山路"}, vec{-6500, -6200}, vec{-6500, -1700}, vec{-6350, 620})
	p.draw(way{class: 3, name: "东泽路"}, vec{6700, -5500}, vec{6750, -1200}, vec{6600, 1350})
	p.draw(way{class: 3, name: "北环路"}, vec{-6300, 500}, vec{-6000, 3900}, vec{-3900, 5300}, vec{0, 5350}, vec{4100, 5300}, vec{6500, 4000}, vec{6600, 1000})
	p.draw(way{class: 3, name: "南环路"}, vec{-6600, -4100}, vec{-4600, -5400}, vec{-1400, -5650}, vec{2900, -5600}, vec{5600, -4900}, vec{6800, -3300})
}

// across are the arterials from south to north; some cross the river.
func (p *planner) across() {
	lines := []struct {
		name         string
		x            float64
		bridge       bool
		south, north float64
	}{
		{"西园路", -3560, false, -4300, 4050}, {"云泽大道", -2420, true, -4400, 4100}, {"鼓楼路", -1330, false, -4400, 4100},
		{"中山路", -180, true, -4400, 4150}, {"文昌路", 980, false, -4400, 4150}, {"湖滨路", 2130, true, -4400, 4200}, {"东港路", 3420, false, -4400, 4200},
	}
	for _, l := range lines {
		x, tilt := l.x+p.shake(90), p.shake(0.05)
		at := func(y float64) vec { return vec{x + tilt*y, y} }
		if l.bridge {
			p.draw(way{class: 2, name: l.name}, at(l.south), at(l.north))
			continue
		}
		p.draw(way{class: 2, name: l.name}, at(l.south), at(riverAt(x)-bankRoad+3))
		north := x + p.shake(260) // beyond the river another road begins
		p.draw(way{class: 2, name: "江北" + l.name}, shore(north, bankRoad-3), vec{north + p.shake(200), l.north})
	}
}

// along are the arterials from west to east, roughly beside the river.
func (p *planner) along() {
	for _, l := range []struct {
		name       string
		y          float64
		west, east float64
		class      int
	}{
		{"人民路", -560, -8400, 8500, 2}, {"解放路", -1500, -4800, 4850, 2}, {"南湖大道", -2500, -6500, 6750, 2}, {"学府路", -3420, -4700, 4800, 2},
		{"江北大道", 2120, -6200, 6600, 2}, {"站前路", 2900, -4900, 4950, 2},
	} {
		y, tilt := l.y+p.shake(80), 0.03+p.shake(0.03)
		at := func(x float64) vec { return vec{x, y + tilt*x} }
		p.draw(way{class: l.class, name: l.name}, at(l.west), at(l.east))
	}
}
