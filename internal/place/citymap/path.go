package citymap

import (
	"math"
	"strconv"
	"strings"
)

// path writes path data as short as it gets: tenths of a pixel, steps from the
// last point, no separator where a minus sign is one. Steps are taken between
// rounded points, so rounding never adds up.
type path struct {
	strings.Builder
	x, y int
}

func (d *path) ring(points []spot) {
	d.line(points)
	d.WriteByte('z')
}

func (d *path) line(points []spot) {
	for i, p := range points {
		x, y := tenths(p.x), tenths(p.y)
		if i == 0 {
			d.WriteByte('M')
			d.number(x, true)
			d.number(y, false)
		} else if x != d.x || y != d.y {
			d.step(x-d.x, y-d.y, i == 1)
		}
		d.x, d.y = x, y
	}
}

func (d *path) step(dx, dy int, first bool) {
	switch {
	case dx == 0:
		d.WriteByte('v')
		d.number(dy, true)
	case dy == 0:
		d.WriteByte('h')
		d.number(dx, true)
	default:
		d.WriteByte('l')
		d.number(dx, true)
		d.number(dy, false)
	}
}

func (d *path) number(v int, first bool) {
	if !first && v >= 0 {
		d.WriteByte(' ')
	}
	if v < 0 {
		d.WriteByte('-')
		v = -v
	}
	if v >= 10 || v == 0 {
		d.WriteString(strconv.Itoa(v / 10))
	}
	if v%10 != 0 {
		d.WriteByte('.')
		d.WriteByte(byte('0' + v%10))
	}
}

func tenths(v float64) int { return int(math.Round(v * 10)) }

// short writes a number with at most one decimal.
func short(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// escape makes a name safe as text and inside double quotes, and drops what no
// XML may hold: a picture with one broken name must still open.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r < 0x20 || r == 0xfffd || r == 0xfffe || r == 0xffff:
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// safeLink lets pages of this site pass and nothing that runs.
func safeLink(link string) bool {
	return strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") || strings.HasPrefix(link, "?") || strings.HasPrefix(link, "#")
}
