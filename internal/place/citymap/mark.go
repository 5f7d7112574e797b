package citymap

import (
	"fmt"
	"math"

	"gongzhi/internal/geo"
)

// reserveMarkers keeps names off the markers.
func (c *canvas) reserveMarkers() {
	if !c.f.Plain {
		h := float64(c.f.Height)
		c.taken = append(c.taken, rect{0, h - 24, 130, h})
		if c.m.attribution != "" {
			w := float64(c.f.Width)
			c.taken = append(c.taken, rect{w - wide(c.m.attribution, 10) - 10, h - 16, w, h})
		}
	}
	for _, m := range c.f.Markers {
		p := c.f.at(m.At)
		c.taken = append(c.taken, rect{p.x - 11, p.y - 11, p.x + 11, p.y + 11})
	}
	if c.f.Me != nil {
		p := c.f.at(*c.f.Me)
		c.taken = append(c.taken, rect{p.x - 9, p.y - 9, p.x + 9, p.y + 9})
	}
}

// markers draws dots first and the pin last, so that it is never covered.
func (c *canvas) markers() {
	for _, shape := range []Shape{Square, Done, Dot, Late, Pin} {
		for _, m := range c.f.Markers {
			if p := c.f.at(m.At); m.Shape == shape && c.f.sees(p) {
				c.marker(m, p)
			}
		}
	}
}

func (c *canvas) marker(m Marker, p spot) {
	c.link(m.Link, func() {
		fmt.Fprintf(c, `<g class="map-mark map-%s" transform="translate(%s %s)">`, m.Shape.class(), short(p.x), short(p.y))
		if m.Title != "" {
			fmt.Fprintf(c, `<title>%s</title>`, escape(m.Title))
		}
		r := 6.5
		if m.Label != "" {
			r = 10
		}
		switch m.Shape {
		case Pin:
			fmt.Fprintf(c, `<circle r="%s"/>`, short(math.Max(r, 9)))
		case Late:
			fmt.Fprintf(c, `<path d="M0-%sl%s %sh-%sz"/>`, short(r*1.3), short(r*1.25), short(r*2.1), short(r*2.5))
		case Done:
			fmt.Fprintf(c, `<rect x="-%s" y="-%s" width="%s" height="%s"/>`, short(r*0.9), short(r*0.9), short(r*1.8), short(r*1.8))
		case Square:
			half := math.Max(1.7, 50/c.f.metresPerPixel())
			fmt.Fprintf(c, `<rect x="-%[1]s" y="-%[1]s" width="%[2]s" height="%[2]s"/>`, short(half), short(2*half))
		default:
			fmt.Fprintf(c, `<circle r="%s"/>`, short(r))
		}
		if label := []rune(m.Label); len(label) > 0 {
			fmt.Fprintf(c, `<text y="4" font-size="11" text-anchor="middle">%s</text>`, escape(string(label[:min(3, len(label))])))
		}
		c.WriteString(`</g>`)
	})
}

func (s Shape) class() string {
	return [...]string{"dot", "pin", "late", "done", "square"}[min(max(s, Dot), Square)]
}

func (c *canvas) link(to string, draw func()) {
	if !safeLink(to) {
		draw()
		return
	}
	fmt.Fprintf(c, `<a href="%s">`, escape(to))
	draw()
	c.WriteString(`</a>`)
}

// me shows where the reader is and how sure that is.
func (c *canvas) me() {
	if c.f.Me == nil {
		return
	}
	p := c.f.at(*c.f.Me)
	if r := c.f.Spread / c.f.metresPerPixel(); r > 8 {
		fmt.Fprintf(c, `<circle class="map-spread" cx="%s" cy="%s" r="%s"/>`, short(p.x), short(p.y), short(math.Min(r, 4000)))
	}
	fmt.Fprintf(c, `<circle class="map-me" cx="%s" cy="%s" r="6"/>`, short(p.x), short(p.y))
}

// tints fills areas by step; hatching says the same on paper without colour.
func (c *canvas) tints() {
	if len(c.f.Tints) == 0 {
		return
	}
	c.WriteString(`<defs>`)
	for step := 1; step < 5; step++ {
		gap := []string{"", "12", "8", "5.5", "3.5"}[step]
		fmt.Fprintf(c, `<pattern id="%sh%d" width="%s" height="%s" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="map-hatch-line" d="M0 0v%s"/></pattern>`,
			escape(c.f.ID), step, gap, gap, gap)
	}
	c.WriteString(`</defs>`)
	for _, t := range c.f.Tints {
		c.tint(t)
	}
}

func (c *canvas) tint(t Tint) {
	var d path
	var box geo.Box = t.Shape.Box()
	if !box.Meets(c.f.box) {
		return
	}
	for _, p := range t.Shape {
		for _, r := range p {
			if ring := c.f.cutRing(c.f.chain(project(r), true)); len(ring) > 2 {
				d.ring(ring)
			}
		}
	}
	step := min(max(t.Step, 0), 4)
	c.link(t.Link, func() {
		c.WriteString(`<g>`)
		if t.Title != "" {
			fmt.Fprintf(c, `<title>%s</title>`, escape(t.Title))
		}
		c.path(fmt.Sprintf("map-tint map-tint-%d", step), &d, "")
		if step > 0 {
			c.path("map-hatch", &d, fmt.Sprintf(` fill="url(#%sh%d)"`, escape(c.f.ID), step))
		}
		c.WriteString(`</g>`)
	})
}

// furniture is the scale bar and the source of the map.
func (c *canvas) furniture() {
	h := float64(c.f.Height)
	metres, pixels := c.scaleBar()
	unit, n := c.f.Metres, metres
	if unit == "" {
		unit = "米"
	}
	if metres >= 1000 {
		n = metres / 1000
		if unit = c.f.Kilometres; unit == "" {
			unit = "公里"
		}
	}
	text := short(n) + " " + unit
	fmt.Fprintf(c, `<g class="map-scale"><rect class="map-plate" x="0" y="%s" width="%s" height="18"/>`, short(h-18), short(pixels+wide(text, 10)+20))
	fmt.Fprintf(c, `<path d="M8.5 %sv4h%sv-4"/><text x="%s" y="%s" font-size="10">%s</text></g>`,
		short(h-11.5), short(math.Round(pixels)), short(pixels+14), short(h-5.5), escape(text))
	if c.m.attribution != "" {
		w := wide(c.m.attribution, 10)
		fmt.Fprintf(c, `<g class="map-source"><rect class="map-plate" x="%s" y="%s" width="%s" height="15"/><text x="%d" y="%s" font-size="10" text-anchor="end">%s</text></g>`,
			short(float64(c.f.Width)-w-10), short(h-15), short(w+10), c.f.Width-5, short(h-4), escape(c.m.attribution))
	}
}

// scaleBar is a round number of metres about a sixth of the picture wide.
func (c *canvas) scaleBar() (metres, pixels float64) {
	mpp := c.f.metresPerPixel()
	goal := math.Min(90, float64(c.f.Width)/5) * mpp
	metres = math.Pow(10, math.Floor(math.Log10(goal)))
	for _, k := range []float64{5, 2} {
		if metres*k <= goal {
			metres *= k
			break
		}
	}
	return metres, metres / mpp
}
