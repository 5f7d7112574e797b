package citymap

import (
	"fmt"
	"math"
	"slices"

	"gongzhi/internal/geo"
)

// rect is a piece of the picture that is already written on.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) meets(o rect) bool {
	return r.x0 < o.x1 && o.x0 < r.x1 && r.y0 < o.y1 && o.y0 < r.y1
}

func (c *canvas) free(boxes ...rect) bool {
	for _, b := range boxes {
		for _, t := range c.taken {
			if b.meets(t) {
				return false
			}
		}
	}
	return true
}

// wide is the width of a text: Chinese characters are square, Latin about half.
func wide(text string, size float64) float64 {
	var w float64
	for _, r := range text {
		if r < 0x2e80 {
			w += 0.56 * size
		} else {
			w += size
		}
	}
	return w
}

// caption is a text that wants a place.
type caption struct {
	text  string
	class string
	size  float64
	rank  float64
	at    spot
	dot   bool
	road  []spot // written along this when set
}

// labels places captions from the most to the least important; one that has no
// room is left out, for a name on top of a name is no name.
func (c *canvas) labels() {
	var list []caption
	list = c.areaNames(list)
	list = c.tintLabels(list)
	if c.f.Tiles == "" {
		list = c.landNames(list)
	}
	if c.f.Tiles == "" && len(c.f.Tints) == 0 { // a chart needs few names
		list = c.roadNames(list)
		list = c.placeNames(list)
	}
	slices.SortStableFunc(list, func(a, b caption) int {
		switch {
		case a.rank > b.rank:
			return -1
		case a.rank < b.rank:
			return 1
		}
		return 0
	})
	said := map[string][]spot{}
	for _, l := range list {
		if l.text == "" || c.repeats(said[l.text], l) {
			continue
		}
		if l.road != nil && c.along(l) || l.road == nil && c.upright(l) {
			said[l.text] = append(said[l.text], l.at)
		}
	}
}

// repeats allows a long road its name again after half a screen.
func (c *canvas) repeats(said []spot, l caption) bool {
	for _, s := range said {
		if l.road == nil || math.Hypot(s.x-l.at.x, s.y-l.at.y) < 380 {
			return true
		}
	}
	return false
}

func (c *canvas) upright(l caption) bool {
	w := wide(l.text, l.size)
	up := 0.0
	if l.dot {
		up = 9
	}
	box := rect{l.at.x - w/2 - 3, l.at.y - l.size*0.62 - up, l.at.x + w/2 + 3, l.at.y + l.size*0.62 - up}
	if box.x0 < 2 || box.y0 < 2 || box.x1 > float64(c.f.Width)-2 || box.y1 > float64(c.f.Height)-2 || !c.free(box) {
		return false
	}
	c.taken = append(c.taken, box)
	if l.dot {
		fmt.Fprintf(c, `<circle class="map-spot" cx="%s" cy="%s" r="2"/>`, short(l.at.x), short(l.at.y))
	}
	fmt.Fprintf(c, `<text class="map-label %s" x="%s" y="%s" font-size="%s" text-anchor="middle">%s</text>`,
		l.class, short(l.at.x), short(l.at.y+l.size*0.36-up), short(l.size), escape(l.text))
	return true
}

// tintLabels are the figures of a chart.
func (c *canvas) tintLabels(list []caption) []caption {
	for _, t := range c.f.Tints {
		if t.Label == "" || len(t.Shape) == 0 {
			continue
		}
		if at := c.f.at(t.Shape.Inside()); c.f.sees(at) {
			list = append(list, caption{text: t.Label, class: "map-label-area", size: 12, rank: 9.5, at: at})
		}
	}
	return list
}

// areaNames of districts, streets and communities that are drawn.
func (c *canvas) areaNames(list []caption) []caption {
	sizes := []float64{0, 15, 13, 12, 11}
	from := []float64{0, 0, 11.6, 13.4, 15}
	for level := Districts; level <= min(c.f.Borders, Grids); level++ {
		if c.f.Zoom < from[level] {
			continue
		}
		for _, n := range c.m.names[level] {
			if at := c.f.at(n.At); c.f.sees(at) {
				list = append(list, caption{text: n.Name, class: "map-label-area", size: sizes[level], rank: float64(n.Rank), at: at})
			}
		}
	}
	return list
}

// landNames of water and parks large enough to carry them.
func (c *canvas) landNames(list []caption) []caption {
	for _, l := range []struct {
		layer *layer
		class string
		rank  float64
		size  float64
		from  float64
	}{{&c.m.water, "map-label-water", 7.5, 13, 0}, {&c.m.parks, "map-label-park", 4.6, 12, 0}, {&c.m.greens, "map-label-park", 4.4, 12, 0}, {&c.m.blocks, "map-label-block", 3, 11.5, 15.4}} {
		if c.f.Zoom < l.from {
			continue
		}
		for _, i := range l.layer.in(c.f.box) {
			it := &l.layer.items[i]
			if it.name == "" || it.biggest*c.f.scale < wide(it.name, l.size)*1.05 {
				continue
			}
			ring := c.visible(it.chains[0])
			if len(ring) < 3 {
				continue
			}
			if at := inside(ring); c.f.sees(at) {
				class := l.class
				if class == "map-label-water" && thick(ring) < 18 {
					class = "map-label-stream" // wider than the water, so it stands on land
				}
				list = append(list, caption{text: it.name, class: class, size: l.size, rank: l.rank + math.Min(0.3, it.biggest*100), at: at})
			}
		}
	}
	return list
}

// thick is about how wide a long area is.
func thick(ring []spot) float64 {
	var area, edge float64
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		area += p.x*q.y - q.x*p.y
		edge += math.Hypot(q.x-p.x, q.y-p.y)
	}
	return math.Abs(area) / edge
}

// visible is a ring cut to the picture itself.
func (c *canvas) visible(ring []spot) []spot {
	f := *c.f
	f.Width, f.Height = f.Width-margin, f.Height-margin
	shifted := f.chain(ring, true)
	for i := range shifted {
		shifted[i].x -= margin / 2
		shifted[i].y -= margin / 2
	}
	w, h := float64(f.Width), float64(f.Height)
	shifted = half(shifted, func(p spot) float64 { return p.x })
	shifted = half(shifted, func(p spot) float64 { return w - p.x })
	shifted = half(shifted, func(p spot) float64 { return p.y })
	shifted = half(shifted, func(p spot) float64 { return h - p.y })
	for i := range shifted {
		shifted[i].x += margin / 2
		shifted[i].y += margin / 2
	}
	return shifted
}

// inside borrows the geometry of the ground for the picture's.
func inside(ring []spot) spot {
	r := make(geo.Ring, len(ring))
	for i, s := range ring {
		r[i] = geo.Point{Lat: s.y / 1e3, Lng: s.x / 1e3}
	}
	p := geo.Polygon{r}.Inside()
	return spot{p.Lng * 1e3, p.Lat * 1e3}
}

func (c *canvas) placeNames(list []caption) []caption {
	for _, l := range c.m.labels {
		if l.Rank == 9 && c.f.Zoom > 12.9 || l.Rank < 9 && c.f.Zoom < 18.1-0.75*float64(l.Rank) {
			continue
		}
		if at := c.f.at(l.At); c.f.sees(at) {
			size, class := 12.0, "map-label-place"
			switch {
			case l.Rank <= 3:
				size, class = 11, "map-label-block"
			case l.Rank >= 7:
				size = 13
			}
			list = append(list, caption{text: l.Name, class: class, size: size, rank: float64(l.Rank) - 0.2, at: at, dot: true})
		}
	}
	return list
}

// roadNames proposes each visible stretch that is long enough for its name.
func (c *canvas) roadNames(list []caption) []caption {
	from := []float64{0, 11.5, 12.3, 14.2, 15.8}
	for class := 1; class <= 4; class++ {
		if c.f.Zoom < from[class] {
			continue
		}
		size := []float64{0, 12, 12, 11.5, 11}[class]
		for _, i := range c.m.roads[class].in(c.f.box) {
			it := &c.m.roads[class].items[i]
			if it.name == "" {
				continue
			}
			for _, run := range c.f.cutLine(c.f.chain(it.chains[0], false)) {
				for _, part := range c.stretches(run, it.name, size) {
					mid, _ := along(part, length(part)/2)
					list = append(list, caption{text: it.name, class: "map-label-road", size: size, rank: 6.3 - float64(class)*0.75, at: mid, road: part})
				}
			}
		}
	}
	return list
}
