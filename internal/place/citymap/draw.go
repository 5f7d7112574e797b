package citymap

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// canvas writes one picture.
type canvas struct {
	strings.Builder
	f     *frame
	m     *Map
	taken []rect // where labels and markers already are
}

// SVG draws the view as an inline element: colours come from the page's map.css.
func (m *Map) SVG(v View) string {
	c := &canvas{m: m}
	c.draw(v, "")
	return c.String()
}

func (c *canvas) draw(v View, style string) {
	f := v.frame()
	c.f = &f
	c.open(style)
	if f.Tiles == "" {
		c.land()
	} else {
		c.tiles()
	}
	c.tints()
	if f.Tiles == "" {
		c.ways()
	}
	c.borders()
	c.reserveMarkers()
	c.labels()
	c.me()
	c.markers()
	if !f.Plain {
		c.furniture()
	}
	c.WriteString("</svg>")
}

func (c *canvas) open(style string) {
	role := "img"
	for _, m := range c.f.Markers {
		if safeLink(m.Link) {
			role = "group" // an image would hide the links from screen readers
		}
	}
	for _, t := range c.f.Tints {
		if safeLink(t.Link) {
			role = "group"
		}
	}
	fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" class="citymap" viewBox="0 0 %d %d" width="%d" height="%d" role="%s"`, c.f.Width, c.f.Height, c.f.Width, c.f.Height, role)
	if c.f.Title != "" {
		fmt.Fprintf(c, ` aria-label="%s"`, escape(c.f.Title))
	}
	c.WriteString(">")
	c.WriteString(style)
	fmt.Fprintf(c, `<rect class="map-land" width="%d" height="%d"/>`, c.f.Width, c.f.Height)
}

// land is what lies under the roads.
func (c *canvas) land() {
	z := c.f.Zoom
	c.fill(&c.m.greens, "map-park")
	c.fill(&c.m.parks, "map-park")
	if z >= 12.6 {
		c.fill(&c.m.blocks, "map-block")
	}
	c.fill(&c.m.water, "map-water")
	if z >= 15.2 {
		c.fill(&c.m.buildings, "map-building")
	}
}

// fill draws all areas of a layer as one path.
func (c *canvas) fill(l *layer, class string) {
	var d path
	for _, i := range l.in(c.f.box) {
		it := &l.items[i]
		if it.biggest*c.f.scale < 1.6 {
			continue
		}
		for _, ch := range it.chains {
			if ring := c.f.cutRing(c.f.chain(ch, true)); len(ring) > 2 {
				d.ring(ring)
			}
		}
	}
	c.path(class, &d, "")
}

func (c *canvas) path(class string, d *path, attrs string) {
	if d.Len() > 0 {
		fmt.Fprintf(c, `<path class="%s"%s d="%s"/>`, class, attrs, d.String())
	}
}

// width of a road in pixels: its metres, but never so thin that it is lost.
func (c *canvas) width(class int) float64 {
	metres := []float64{0, 34, 25, 15, 8}[class]
	thinnest := []float64{0, 3, 2, 1.2, 0.9}[class]
	grow := math.Max(0, c.f.Zoom-11.5) * []float64{0, 0.55, 0.5, 0.45, 0.3}[class]
	return math.Round(10*math.Max(metres/c.f.metresPerPixel(), thinnest+grow)) / 10
}

// shown is the zoom from which a class of road is drawn.
var shown = [5]float64{0, 0, 0, 12.4, 14}

// ways draws railways and roads, casing first so that crossings stay open.
func (c *canvas) ways() {
	var rails path
	c.trace(&c.m.rails, &rails)
	c.path("map-rail", &rails, "")
	c.path("map-rail-dash", &rails, "")
	var roads [5]path
	for class := 1; class <= 4; class++ {
		if c.f.Zoom >= shown[class] {
			c.trace(&c.m.roads[class], &roads[class])
		}
	}
	for class := 4; class >= 1; class-- {
		if w := c.width(class); w >= 2 {
			c.path("map-case map-case-"+strconv.Itoa(class), &roads[class], fmt.Sprintf(` stroke-width="%s"`, short(w+1.6+w*0.08)))
		}
	}
	for class := 4; class >= 1; class-- {
		c.path("map-road map-road-"+strconv.Itoa(class), &roads[class], fmt.Sprintf(` stroke-width="%s"`, short(c.width(class))))
	}
}

func (c *canvas) trace(l *layer, d *path) {
	for _, i := range l.in(c.f.box) {
		for _, ch := range l.items[i].chains {
			for _, run := range c.f.cutLine(c.f.chain(ch, false)) {
				d.line(run)
			}
		}
	}
}

func (c *canvas) borders() {
	for level := min(c.f.Borders, Grids); level >= Districts; level-- {
		var d path
		c.trace(&c.m.borders[level], &d)
		c.path("map-border map-border-"+strconv.Itoa(int(level)), &d, "")
	}
}

// tiles lays the city's raster tiles under everything.
func (c *canvas) tiles() {
	z := int(math.Min(18, math.Max(1, math.Round(c.f.Zoom))))
	n := math.Exp2(float64(z))
	size := c.f.scale / n
	wide, high := float64(c.f.Width)/c.f.scale, float64(c.f.Height)/c.f.scale
	for ty := int(c.f.y0 * n); ty <= int((c.f.y0+high)*n); ty++ {
		for tx := int(c.f.x0 * n); tx <= int((c.f.x0+wide)*n); tx++ {
			if tx < 0 || ty < 0 || tx >= int(n) || ty >= int(n) {
				continue
			}
			url := strings.NewReplacer("{z}", strconv.Itoa(z), "{x}", strconv.Itoa(tx), "{y}", strconv.Itoa(ty)).Replace(c.f.Tiles)
			p := c.f.px(spot{float64(tx) / n, float64(ty) / n})
			// Half a pixel more hides the seams that rounding leaves.
			fmt.Fprintf(c, `<image href="%s" x="%s" y="%s" width="%s" height="%s"/>`, escape(url), short(p.x), short(p.y), short(size+0.5), short(size+0.5))
		}
	}
}
