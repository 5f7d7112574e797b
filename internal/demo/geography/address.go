package geography

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

const (
	doorStep = 19 // metres of street to a house number
	doorEach = 11 // one number in eleven gets an address
)

// frontage is a door with its road: what an estate can choose its gates from.
type frontage struct {
	road *road
	door
}

// writeAddresses makes the estates and the house numbers of the town.
func (b *builder) writeAddresses() {
	byLeaf := map[*node][]frontage{}
	var all []frontage
	for _, r := range b.roads {
		if r.class < 2 || r.name == "" {
			continue
		}
		for _, d := range b.doors(r, doorStep) {
			if d.leaf.lived() {
				byLeaf[d.leaf] = append(byLeaf[d.leaf], frontage{r, d})
				all = append(all, frontage{r, d})
			}
		}
	}
	b.fronts = byLeaf
	gates := b.settleEstates(byLeaf)
	for i, f := range all {
		wanted := i%doorEach == 0 || f.road.name == "梧桐路" || gates[key(f)]
		if wanted {
			b.addAddress(f)
		}
	}
	slices.SortStableFunc(b.city.Addresses, func(x, y Address) int {
		return cmp.Or(strings.Compare(x.Road, y.Road), cmp.Compare(x.Number, y.Number))
	})
}

func key(f frontage) string { return numbered(f.road.name, f.number) }

func numbered(road string, number int) string { return fmt.Sprintf("%s %d 号", road, number) }

func (b *builder) addAddress(f frontage) {
	p := b.land.point(f.at)
	grid := b.gridAt(p)
	if grid == nil {
		return
	}
	b.city.Addresses = append(b.city.Addresses, Address{
		Text: key(f), Road: f.road.name, Number: f.number, Point: p,
		Estate: b.estateOf[f.leaf], Community: grid.Parent, Grid: grid.Code,
	})
}

// settleEstates turns the larger blocks of homes into estates and says which
// house numbers their gates take.
func (b *builder) settleEstates(fronts map[*node][]frontage) map[string]bool {
	gates := map[string]bool{}
	b.estateOf = map[*node]string{}
	phase := ""
	for _, l := range b.leaves {
		plot := b.plot(l)
		if l.use != Residential || !l.town || len(plot) < 3 || area(plot) < 15000 || len(fronts[l]) == 0 {
			continue
		}
		e := Estate{Code: fmt.Sprintf("XQ%04d", len(b.city.Estates)+1)}
		e.Name, phase = b.estateName(l, phase)
		b.fillEstate(&e, l, plot, fronts[l], gates)
		b.estateOf[l] = e.Code
		b.city.Blocks[b.blockOf[l]].Name = e.Name
		b.city.Estates = append(b.city.Estates, e)
	}
	return gates
}

// estateName now and then builds a second phase beside the first.
func (b *builder) estateName(l *node, phase string) (name, next string) {
	lakeside := middle(b.m.ring(l.face)).minus(vec{760, -1900}).length() < 1500
	switch {
	case b.names.spot != nil && l == b.names.spot.leaf:
		return "梧桐苑", phase
	case phase != "":
		return b.names.claim(phase + "二期"), ""
	case lakeside && !b.names.used["清水湾一期"]:
		return b.names.claim("清水湾一期"), "清水湾"
	}
	name = b.names.estate()
	if b.rnd.Float64() < 0.06 {
		return b.names.claim(name + "一期"), name
	}
	return name, ""
}

func (b *builder) fillEstate(e *Estate, l *node, plot []vec, fronts []frontage, gates map[string]bool) {
	m := middle(plot)
	e.Point = b.land.point(m)
	if grid := b.gridAt(e.Point); grid != nil {
		e.Grid, e.Community = grid.Code, grid.Parent
	}
	e.Shape = append(e.Shape, b.land.ring(plot, 140))
	e.Buildings = max(2, int(area(plot)/1500))
	e.Households = e.Buildings * (28 + b.rnd.IntN(50))
	e.Aliases = estateAliases(e.Name)
	for i, f := range b.chooseGates(m, fronts, b.names.spot != nil && l == b.names.spot.leaf) {
		gates[key(f)] = true
		e.Gates = append(e.Gates, Gate{gateName(f), b.land.point(f.at)})
		if i == 0 {
			e.Address = key(f)
		}
	}
}

func estateAliases(name string) []string {
	for _, ending := range []string{"小区", "花园", "新村", "家园", "一期", "二期"} {
		if stem, ok := strings.CutSuffix(name, ending); ok {
			return []string{stem}
		}
	}
	return []string{name + "小区"}
}

// chooseGates takes the door nearest the middle of each side, the largest road
// first: that is the main gate. At most three.
func (b *builder) chooseGates(m vec, fronts []frontage, anchored bool) []frontage {
	best := map[string]frontage{}
	off := func(f frontage) float64 { return math.Abs(f.at.minus(m).dot(f.side.left())) }
	for _, f := range fronts {
		name := gateName(f)
		if anchored && f.road.name == "梧桐路" && f.number == 32 {
			return append([]frontage{f}, b.otherGates(best, name)...)
		}
		if g, ok := best[name]; !ok || off(f) < off(g) {
			best[name] = f
		}
	}
	out := b.otherGates(best, "")
	slices.SortStableFunc(out, func(a, c frontage) int { return cmp.Compare(a.road.class, c.road.class) })
	return out[:min(len(out), 3)]
}

func (b *builder) otherGates(best map[string]frontage, but string) []frontage {
	var out []frontage
	for _, name := range []string{"南门", "东门", "北门", "西门"} {
		if f, ok := best[name]; ok && name != but {
			out = append(out, f)
		}
	}
	return out
}

// gateName looks from the estate: a road to its south means the south gate.
func gateName(f frontage) string {
	switch {
	case f.side.y > 0.7:
		return "南门"
	case f.side.y < -0.7:
		return "北门"
	case f.side.x > 0:
		return "西门"
	}
	return "东门"
}
