package geography

import (
	"cmp"
	"fmt"
	"slices"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
)

const (
	cityName = "云泽市"
	cityCode = "990100" // no province has 99
)

// nameRoads gives streets their names by length, then lanes theirs, many after
// the street they leave.
func (b *builder) nameRoads() {
	order := slices.Clone(b.roads)
	slices.SortStableFunc(order, func(a, c *road) int {
		return cmp.Or(cmp.Compare(a.class, c.class), cmp.Compare(c.length, a.length))
	})
	byCorner := map[int]string{}
	for _, r := range order {
		if r.name == "" && r.class == 3 {
			r.name = b.names.street()
		}
		if r.name == "" && r.length > 260 {
			r.name = b.names.lane(byCorner[r.chains[0][0]])
		}
		if r.class == 3 {
			for _, chain := range r.chains {
				for _, v := range chain {
					byCorner[v] = r.name
				}
			}
		}
	}
	for _, r := range b.roads {
		out := Road{Name: r.name, Class: r.class, Aliases: roadAliases[r.name]}
		for _, chain := range r.chains {
			out.Lines = append(out.Lines, b.line(r, chain))
		}
		b.city.Roads = append(b.city.Roads, out)
	}
}

// roadAliases are names people still use for some roads.
var roadAliases = map[string][]string{
	"人民路": {"老大街"}, "滨江大道": {"江边大道", "南岸大堤"}, "环城快速路": {"三环", "快速路"}, "云泽大道": {"迎宾路"},
	"梧桐路": {"梧桐街"}, "站前路": {"火车站前街"}, "鼓楼路": {"鼓楼大街"}, "江北滨江路": {"北岸大堤"},
}

var districtNames = []string{"南湖区", "江北区", "云山区", "东泽区"}

var streetNames = [][]string{
	{"学府街道", "石桥街道", "湖滨街道", "泮池街道"},
	{"白塔街道", "站前街道", "望江街道", "江湾街道"},
	{"鼓楼街道", "西园街道", "云岭街道", "清溪街道"},
	{"东港街道", "新城街道", "虹桥街道", "沙洲街道"},
}

var townNames = [][]string{
	{"迎宾镇", "石塘镇", "南山镇"}, {"北郊镇", "白塔镇", "枫树镇"}, {"云山镇", "柳林镇", "茶亭镇"}, {"东泽镇", "芦荡镇", "沙河镇"},
}

func (b *builder) nameAreas() {
	city := &b.city
	city.Name, city.Code, city.Center = cityName, cityCode, origin
	for d, name := range districtNames {
		code := fmt.Sprintf("%s%02d", cityCode[:4], d+1)
		var leaves []*node
		for s := range 4 {
			leaves = append(leaves, b.nameStreet(d, s, code)...)
		}
		city.Districts = append(city.Districts, b.area(Area{Code: code, Parent: cityCode, Name: name, Kind: District}, leaves))
	}
	sum(city.Communities, city.Grids)
	sum(city.Streets, city.Communities)
	sum(city.Districts, city.Streets)
	for _, d := range city.Districts {
		city.Bounds = city.Bounds.Union(d.Shape.Box())
	}
	b.find = place.NewGround(shapes(city.Grids))
}

// sum carries populations up from the parts.
func sum(areas, parts []Area) {
	total := map[string]int{}
	for _, p := range parts {
		total[p.Parent] += p.Population
	}
	for i := range areas {
		areas[i].Population = total[areas[i].Code]
	}
}

func shapes(areas []Area) []geo.MultiPolygon {
	out := make([]geo.MultiPolygon, len(areas))
	for i, a := range areas {
		out[i] = a.Shape
	}
	return out
}

func (b *builder) nameStreet(d, s int, parent string) []*node {
	crews := b.crews[d*4+s]
	anchored, lake := false, false
	var leaves []*node
	for _, c := range crews {
		anchored = anchored || c == b.names.crew
		for _, l := range c.leaves() {
			leaves = append(leaves, l)
			lake = lake || l.root.lake
		}
	}
	a := Area{Parent: parent, Kind: Street}
	switch {
	case anchored:
		a.Name = "文昌街道"
	case lake:
		a.Name = b.names.claim("南湖街道")
	case b.townShare(leaves) < 0.35:
		a.Kind, a.Name = Town, b.names.next(townNames[d])
	default:
		a.Name = b.names.next(streetNames[d])
	}
	number := s + 1
	if a.Kind == Town {
		number = 100 + s + 1 // towns count from 100, as in the national list
	}
	a.Code = fmt.Sprintf("%s%03d", parent, number)
	runes := []rune(a.Name)
	if a.Kind == Street {
		a.Aliases = []string{string(runes[:len(runes)-2]), a.Name + "办事处"}
	} else {
		a.Aliases = []string{string(runes[:len(runes)-1]), a.Name + "人民政府"}
	}
	for i, c := range crews {
		b.nameCommunity(c, a.Code, i, a.Kind == Town)
	}
	b.city.Streets = append(b.city.Streets, b.area(a, leaves))
	return leaves
}

// townShare is how much of the land is built on.
func (b *builder) townShare(leaves []*node) float64 {
	var town, all float64
	for _, l := range leaves {
		a := area(b.m.ring(l.face))
		all += a
		if l.town {
			town += a
		}
	}
	return town / all
}

// next is the first name of the list that is still free.
func (n *namer) next(list []string) string {
	for _, name := range list {
		if !n.used[name] {
			return n.claim(name)
		}
	}
	return ""
}

func (b *builder) nameCommunity(c *crew, parent string, i int, town bool) {
	country := b.townShare(c.leaves()) < 0.3
	a := Area{Parent: parent, Kind: Community}
	switch {
	case c == b.names.crew:
		a.Name = "梧桐社区"
	case country && town && i > 0: // a town's first community is its market place
		a.Kind, a.Name = Village, b.names.fresh(func() string { return b.names.take("village") + "村" })
	default:
		a.Name = b.names.fresh(func() string { return b.names.take("community") + "社区" })
	}
	stem := string([]rune(a.Name)[:len([]rune(a.Name))-2])
	a.Code = fmt.Sprintf("%s%03d", parent, i+1)
	a.Aliases = []string{a.Name + "居委会", stem + "居委会"}
	if a.Kind == Village {
		a.Code = fmt.Sprintf("%s%03d", parent, 200+i)
		a.Aliases = []string{a.Name + "村委会", string([]rune(a.Name)[:len([]rune(a.Name))-1])}
	}
	for g, nodes := range c.grids {
		var leaves []*node
		for _, n := range nodes {
			leaves = append(leaves, n.leaves()...)
		}
		grid := b.area(Area{
			Code: fmt.Sprintf("%s%03d", a.Code, g+1), Parent: a.Code, Kind: Grid,
			Name: fmt.Sprintf("网格 %02d", g+1), Aliases: []string{fmt.Sprintf("%s第 %d 网格", a.Name, g+1)},
		}, leaves)
		grid.Population = b.headcount(leaves)
		b.city.Grids = append(b.city.Grids, grid)
	}
	b.city.Communities = append(b.city.Communities, b.area(a, c.leaves()))
}

func (b *builder) headcount(leaves []*node) int {
	var n float64
	for _, l := range leaves {
		ring := b.m.ring(l.face)
		if !l.root.lake {
			n += people(middle(ring), area(ring)) * (0.85 + 0.3*b.rnd.Float64())
		}
	}
	return int(n)
}

// area draws the shape from its blocks.
func (b *builder) area(a Area, leaves []*node) Area {
	a.Shape = b.out.shape(leaves)
	a.Center = a.Shape.Inside().Round(6)
	return a
}
