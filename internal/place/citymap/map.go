package citymap

import (
	"gongzhi/internal/geo"
)

// Map is the indexed land. It never changes, so one serves all requests.
type Map struct {
	water, parks, greens, blocks, buildings layer
	roads                                   [5]layer // by class; 0 is empty
	rails                                   layer
	borders                                 [Grids + 1]layer
	names                                   [Grids + 1][]Label // of the bordered areas
	labels                                  []Label
	attribution                             string
}

// spot is a place in the square of Web Mercator.
type spot struct{ x, y float64 }

// item is one drawn thing, projected once.
type item struct {
	name    string
	closed  bool
	chains  [][]spot
	biggest float64 // size of the largest ring, to leave specks out
}

// layer is items of one sort with their index.
type layer struct {
	items []item
	index *geo.Index
}

func (l *layer) in(b geo.Box) []int {
	if l.index == nil {
		return nil
	}
	return l.index.Meeting(b)
}

// New projects and indexes the layers. It costs a few milliseconds for a city
// of some ten thousand shapes and is done once.
func New(l Layers) *Map {
	m := &Map{
		water: areas(l.Water), parks: areas(l.Parks), greens: areas(l.Greens),
		blocks: areas(l.Blocks), buildings: areas(l.Buildings),
		rails: lines(l.Rails, nil), labels: l.Labels, attribution: l.Attribution,
	}
	for class := 1; class < len(m.roads); class++ {
		m.roads[class] = lines(l.Roads, func(r Line) bool { return r.Class == class })
	}
	seen := map[edge]bool{}
	for level := Districts; level <= Grids; level++ {
		m.borders[level], m.names[level] = borders(l.Borders, level, seen)
	}
	return m
}

func areas(list []Area) layer {
	items, boxes := make([]item, 0, len(list)), make([]geo.Box, 0, len(list))
	for _, a := range list {
		it := item{name: a.Name, closed: true}
		for _, p := range a.Shape {
			for _, r := range p {
				it.chains = append(it.chains, project(r))
			}
		}
		b := a.Shape.Box()
		it.biggest = span(b)
		items, boxes = append(items, it), append(boxes, b)
	}
	return layer{items, geo.NewIndex(boxes)}
}

func lines(list []Line, want func(Line) bool) layer {
	var items []item
	var boxes []geo.Box
	for _, r := range list {
		if want != nil && !want(r) {
			continue
		}
		for _, l := range r.Lines {
			items = append(items, item{name: r.Name, chains: [][]spot{project(l)}})
			boxes = append(boxes, l.Box())
		}
	}
	return layer{items, geo.NewIndex(boxes)}
}

func span(b geo.Box) float64 {
	x0, y1 := geo.Mercator(b.Min)
	x1, y0 := geo.Mercator(b.Max)
	return max(x1-x0, y1-y0)
}

func project[T ~[]geo.Point](points T) []spot {
	out := make([]spot, len(points))
	for i, p := range points {
		out[i].x, out[i].y = geo.Mercator(p)
	}
	return out
}

// edge is one side of an area, whichever way round it was drawn.
type edge struct{ a, b geo.Point }

func sorted(a, b geo.Point) edge {
	if a.Lat > b.Lat || (a.Lat == b.Lat && a.Lng > b.Lng) {
		a, b = b, a
	}
	return edge{a, b}
}

// borders draws each side once: the two neighbours share it, and dashes drawn
// twice would close up. A side that is a border of a higher level stays there.
func borders(list []Border, level Level, seen map[edge]bool) (layer, []Label) {
	var items []item
	var boxes []geo.Box
	var names []Label
	keep := func(chain geo.Line) {
		if len(chain) > 1 {
			items = append(items, item{chains: [][]spot{project(chain)}})
			boxes = append(boxes, chain.Box())
		}
	}
	for _, b := range list {
		if b.Level != level {
			continue
		}
		if b.At.Zero() && len(b.Shape) > 0 {
			b.At = b.Shape.Inside()
		}
		names = append(names, Label{Name: b.Name, At: b.At, Rank: 10 - 2*int(level)})
		for _, p := range b.Shape {
			for _, ring := range p {
				unseen(ring, seen, keep)
			}
		}
	}
	return layer{items, geo.NewIndex(boxes)}, names
}

// unseen gives the runs of sides that were not drawn before.
func unseen(ring geo.Ring, seen map[edge]bool, keep func(geo.Line)) {
	var run geo.Line
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		e := sorted(p, q)
		if seen[e] {
			keep(run)
			run = nil
			continue
		}
		seen[e] = true
		if run == nil {
			run = geo.Line{p}
		}
		run = append(run, q)
	}
	keep(run)
}
