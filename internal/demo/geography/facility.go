package geography

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// codes of facilities begin with two letters of their kind, as inventories do.
var facilityCodes = map[FacilityKind]string{
	Hall: "ZW", Police: "PC", Fire: "XF", School: "XX", Kindergarten: "YE", Hospital: "YY", Clinic: "WS", Market: "SC",
	Station: "CZ", BusStop: "GJ", Culture: "WH", Toilet: "GC", Waste: "LJ", Parking: "TC", Site: "GD", Lamp: "LD", Manhole: "JG", Bridge: "QL",
}

func (b *builder) add(kind FacilityKind, name, address string, at vec) {
	p := b.land.point(at)
	grid := b.gridAt(p)
	if grid == nil || name == "" {
		return
	}
	b.counts[kind]++
	f := Facility{
		Code: fmt.Sprintf("%s%04d", facilityCodes[kind], b.counts[kind]), Kind: kind, Name: name, Address: address,
		Point: p, Grid: grid.Code, Community: grid.Parent,
	}
	b.city.Facilities = append(b.city.Facilities, f)
}

// placeFacilities puts what a city has where a city has it.
func (b *builder) placeFacilities() {
	b.counts = map[FacilityKind]int{}
	b.governments()
	b.landmarks()
	b.onPlots()
	for _, r := range b.roads {
		if r.name != "" && r.class > 1 {
			b.alongRoad(r)
		}
	}
	slices.SortStableFunc(b.city.Facilities, func(x, y Facility) int { return strings.Compare(x.Code, y.Code) })
}

// governments puts an office into each area, at the address nearest its middle.
func (b *builder) governments() {
	for _, d := range b.city.Districts {
		b.office(Hall, d.Name+"政务服务中心", d.Code)
		b.office(Hospital, d.Name+"人民医院", d.Code)
		b.office(Fire, d.Name+"消防救援站", d.Code)
	}
	for _, s := range b.city.Streets {
		stem := strings.TrimSuffix(s.Name, "街道")
		office := s.Name + "办事处"
		if s.Kind == Town {
			stem, office = strings.TrimSuffix(s.Name, "镇"), s.Name+"人民政府"
		}
		b.office(Hall, office, s.Code)
		b.office(Police, stem+"派出所", s.Code)
		b.office(Clinic, stem+b.either(s.Kind == Town, "卫生院", "社区卫生服务中心"), s.Code)
		b.office(Culture, stem+"综合文化站", s.Code)
	}
	for _, c := range b.city.Communities {
		b.office(Hall, c.Name+"党群服务中心", c.Code)
	}
}

func (b *builder) either(yes bool, one, two string) string {
	if yes {
		return one
	}
	return two
}

func (b *builder) office(kind FacilityKind, name, code string) {
	var center Area
	for _, list := range [][]Area{b.city.Districts, b.city.Streets, b.city.Communities} {
		for _, a := range list {
			if a.Code == code {
				center = a
			}
		}
	}
	best, at := math.Inf(1), -1
	for i, a := range b.city.Addresses {
		if !strings.HasPrefix(a.Grid, code) || b.taken[a.Text] {
			continue
		}
		if d := a.Point.Distance(center.Center); d < best {
			best, at = d, i
		}
	}
	b.counts[kind]++
	f := Facility{
		Code: fmt.Sprintf("%s%04d", facilityCodes[kind], b.counts[kind]), Kind: kind, Name: name,
		Point: center.Center, Community: code, Aliases: []string{strings.TrimSuffix(name, "办事处")},
	}
	if f.Aliases[0] == name {
		f.Aliases = nil
	}
	if at >= 0 {
		a := b.city.Addresses[at]
		b.taken[a.Text] = true
		f.Point, f.Address = a.Point, a.Text
	}
	if grid := b.gridAt(f.Point); grid != nil {
		f.Grid, f.Community = grid.Code, grid.Parent
	}
	b.city.Facilities = append(b.city.Facilities, f)
}

// landmarks stand once in the city.
func (b *builder) landmarks() {
	b.add(Station, "云泽站", "站前路", vec{-120, 3300})
	b.add(Station, "云泽客运中心", "站前路", vec{480, 3010})
	b.add(Station, "云泽南站", "迎宾大道", vec{-1250, -4020})
	b.add(Station, "云泽港客运码头", "滨江大道", shore(1500, -270))
	for _, w := range b.m.ways {
		if w.kind != riverWay {
			continue
		}
		for i, r := range b.roads {
			if at, ok := b.overRiver(r); ok {
				name := strings.TrimSuffix(strings.TrimSuffix(r.name, "大道"), "路") + "大桥"
				b.add(Bridge, name, r.name, at.plus(vec{0, float64(i % 2)}))
			}
		}
	}
}

func (b *builder) overRiver(r *road) (vec, bool) {
	for _, chain := range r.chains {
		for i := 1; i < len(chain); i++ {
			p, q := b.m.at[chain[i-1]], b.m.at[chain[i]]
			if low, high := min(p.y-riverAt(p.x), q.y-riverAt(q.x)), max(p.y-riverAt(p.x), q.y-riverAt(q.x)); r.class < 3 && low < -100 && high > -1 {
				return p.between(q, 0.9), true
			}
		}
	}
	return vec{}, false
}

// onPlots gives public and commercial blocks their names.
func (b *builder) onPlots() {
	public, middles, shops := 0, 0, 0
	for i, l := range b.leaves {
		plot := b.plot(l)
		if !l.town || len(plot) < 3 || area(plot) < 3000 {
			continue
		}
		at, address := middle(plot), b.addressOf(l)
		switch l.use {
		case Public:
			public++
			b.public(public, &middles, at, address)
		case Commercial:
			shops++
			b.shop(shops, at, address)
		case Residential:
			b.atHome(i, l, plot, at, address)
		}
		if i%61 == 7 && l.use != Green {
			b.add(Site, b.names.take("firm")+b.names.pick("广场", "大厦", "商务中心")+"工地", address, at)
		}
	}
}

// atHome is what stands among the houses.
func (b *builder) atHome(i int, l *node, plot []vec, at vec, address string) {
	switch i % 27 {
	case 1:
		b.add(Kindergarten, b.near(l)+"幼儿园", address, at)
	case 4:
		b.add(Toilet, b.near(l)+"公共厕所", address, plot[0].between(at, 0.2))
	case 6:
		b.add(Waste, b.near(l)+"垃圾分类投放点", address, plot[0].between(at, 0.3))
	}
}

// public names two public blocks in three; the third is somebody's office.
func (b *builder) public(n int, middles *int, at vec, address string) {
	stem := strings.TrimRight(roadOf(address), "路街巷")
	switch n % 16 {
	case 1, 4, 9, 12:
		b.add(School, b.names.fresh(func() string { return stem + b.names.pick("小学", "路小学", "实验小学", "中心小学") }), address, at)
	case 2, 10:
		*middles++
		b.add(School, fmt.Sprintf("云泽市第%s中学", chinese(*middles)), address, at)
	case 3:
		names := []string{"云泽市人民医院", "云泽市中医院", "云泽市妇幼保健院", "云泽市口腔医院", "云泽市康复医院", "云泽市儿童医院", "云泽市第二人民医院"}
		b.add(Hospital, b.names.next(names), address, at)
	case 6:
		names := []string{"云泽市图书馆", "云泽市博物馆", "云泽市体育中心", "云泽市文化馆", "云泽市青少年宫", "云泽市老年大学", "云泽大剧院", "云泽学院"}
		b.add(Culture, b.names.next(names), address, at)
	case 7:
		names := []string{"云泽市市民中心", "云泽市不动产登记中心", "云泽市人力资源市场", "云泽市公共资源交易中心", "云泽市税务服务厅", "云泽市车辆管理所"}
		b.add(Hall, b.names.next(names), address, at)
	}
}

func (b *builder) shop(n int, at vec, address string) {
	road := roadOf(address)
	switch n % 3 {
	case 0:
		b.add(Parking, road+"公共停车场", address, at)
	default:
		b.add(Market, b.names.fresh(func() string {
			return strings.TrimRight(road, "路街巷") + b.names.pick("菜市场", "农贸市场", "集贸市场", "综合市场")
		}), address, at)
	}
}

// near names a block by its estate, else by its street.
func (b *builder) near(l *node) string {
	for _, e := range b.city.Estates {
		if e.Code == b.estateOf[l] {
			return e.Name
		}
	}
	return roadOf(b.addressOf(l))
}

// roadOf is the road of an address; land without one lies in the old suburb.
func roadOf(address string) string {
	road, _, ok := strings.Cut(address, " ")
	if !ok {
		return "城关"
	}
	return road
}

// addressOf is the address of a block on its largest road.
func (b *builder) addressOf(l *node) string {
	fronts := b.fronts[l]
	if len(fronts) == 0 {
		return ""
	}
	return key(slices.MinFunc(fronts, func(x, y frontage) int { return cmp.Compare(x.road.class, y.road.class) }))
}

// alongRoad puts stops, lamps and manholes on a road. The inventory of a real
// city has every one; the demonstration has samples, and all of 梧桐路.
func (b *builder) alongRoad(r *road) {
	every := 40
	if r.name == "梧桐路" {
		every = 1
	}
	for i, d := range b.doors(r, doorStep) {
		if !d.leaf.town {
			continue
		}
		kerb := d.at.minus(d.side.times(7))
		switch {
		case r.class <= 3 && i%90 == 33:
			b.add(BusStop, b.stopName(r, d), r.name, kerb)
		case i%(every*6) == 5:
			b.add(Lamp, fmt.Sprintf("%s %d 号灯杆", r.name, d.number), numbered(r.name, d.number), kerb)
		case i%(every*7) == 3:
			b.add(Manhole, fmt.Sprintf("%s %d 号旁%s井盖", r.name, d.number, b.names.pick("雨水", "污水", "供水", "通信", "电力")), numbered(r.name, d.number), kerb)
		}
	}
}

func (b *builder) stopName(r *road, d door) string {
	return b.names.fresh(func() string {
		for _, e := range b.city.Estates {
			if e.Code == b.estateOf[d.leaf] && b.rnd.Float64() < 0.8 {
				return e.Name + "站"
			}
		}
		return r.name + b.names.pick("东站", "西站", "南站", "北站", "中站", "口站")
	})
}
