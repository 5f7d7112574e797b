package citymap

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf16"
)

// Chinese road names are written character by character along the road, each
// upright on a steep one. SVG takes a place and a turn for every character.

func length(line []spot) float64 {
	var sum float64
	for i := 1; i < len(line); i++ {
		sum += math.Hypot(line[i].x-line[i-1].x, line[i].y-line[i-1].y)
	}
	return sum
}

// along is the place and direction so many pixels down the line.
func along(line []spot, far float64) (spot, float64) {
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		d := math.Hypot(b.x-a.x, b.y-a.y)
		if far <= d && d > 0 || i == len(line)-1 {
			t := 0.0
			if d > 0 {
				t = far / d
			}
			return spot{a.x + t*(b.x-a.x), a.y + t*(b.y-a.y)}, math.Atan2(b.y-a.y, b.x-a.x)
		}
		far -= d
	}
	return line[0], 0
}

// stretches offers places along a run: the parts inside the picture, a few
// screens apart on a long road.
func (c *canvas) stretches(run []spot, name string, size float64) [][]spot {
	need := wide(name, size)*1.25 + 8
	total := length(run)
	var out [][]spot
	for from := 0.0; from+need <= total; {
		part := cutOut(run, from, from+need)
		if c.inPicture(part) && straight(part) {
			out = append(out, part)
			from += math.Max(need, 90)
			continue
		}
		from += need / 4
	}
	// The middle first: names at the very edge look lost.
	mid := len(out) / 2
	if len(out) > 1 {
		out[0], out[mid] = out[mid], out[0]
	}
	return out
}

func cutOut(run []spot, from, to float64) []spot {
	start, _ := along(run, from)
	end, _ := along(run, to)
	out := []spot{start}
	walked := 0.0
	for i := 1; i < len(run); i++ {
		walked += math.Hypot(run[i].x-run[i-1].x, run[i].y-run[i-1].y)
		if walked > from && walked < to {
			out = append(out, run[i])
		}
	}
	return append(out, end)
}

func (c *canvas) inPicture(part []spot) bool {
	for _, s := range part {
		if s.x < 8 || s.y < 8 || s.x > float64(c.f.Width)-8 || s.y > float64(c.f.Height)-8 {
			return false
		}
	}
	return true
}

// straight enough that the characters stay in one line for the eye.
func straight(part []spot) bool {
	a, b := part[0], part[len(part)-1]
	return math.Hypot(b.x-a.x, b.y-a.y) > 0.97*length(part)
}

// along writes the name on its road when nothing is in the way.
func (c *canvas) along(l caption) bool {
	line := l.road
	a, b := line[0], line[len(line)-1]
	steep := math.Abs(b.y-a.y) > 1.15*math.Abs(b.x-a.x)
	if steep && b.y < a.y || !steep && b.x < a.x {
		line = reversed(line)
	}
	chars := []rune(l.text)
	total := length(line)
	text := wide(l.text, l.size) * 1.14
	at := (total - text) / 2
	var xs, ys, turns []string
	var boxes []rect
	for _, r := range chars {
		step := wide(string(r), l.size) * 1.14
		p, dir := along(line, at+step/2)
		at += step
		deg := dir * 180 / math.Pi
		if steep {
			deg -= 90
		}
		deg = math.Round(deg)
		x, y := glyph(p, deg, wide(string(r), l.size), l.size)
		h := l.size * 0.6
		boxes = append(boxes, rect{p.x - h, p.y - h, p.x + h, p.y + h})
		for range utf16.RuneLen(r) { // SVG counts UTF-16 units
			xs, ys, turns = append(xs, short(x)), append(ys, short(y)), append(turns, short(deg))
		}
	}
	if !c.free(boxes...) {
		return false
	}
	c.taken = append(c.taken, boxes...)
	fmt.Fprintf(c, `<text class="map-label %s" font-size="%s" x="%s" y="%s"`, l.class, short(l.size), strings.Join(xs, " "), strings.Join(ys, " "))
	if strings.Trim(strings.Join(turns, ""), "0") != "" {
		fmt.Fprintf(c, ` rotate="%s"`, strings.Join(turns, " "))
	}
	fmt.Fprintf(c, `>%s</text>`, escape(l.text))
	return true
}

// glyph is the baseline start of a character whose middle is p, turned by deg.
func glyph(p spot, deg, w, size float64) (x, y float64) {
	s, co := math.Sincos(deg * math.Pi / 180)
	dx, dy := -w/2, size*0.37
	return p.x + dx*co - dy*s, p.y + dx*s + dy*co
}

func reversed(line []spot) []spot {
	out := make([]spot, len(line))
	for i, p := range line {
		out[len(line)-1-i] = p
	}
	return out
}
