package citymap

import "math"

// Everything is cut to the picture and its margin before it is written: a river
// of ten thousand points costs what is seen of it.

// chain projects to pixels and leaves out points that would not be seen apart.
func (f *frame) chain(in []spot, closed bool) []spot {
	out := make([]spot, 0, len(in))
	for _, s := range in {
		p := f.px(s)
		if n := len(out); n > 0 && math.Abs(out[n-1].x-p.x)+math.Abs(out[n-1].y-p.y) < 0.8 {
			continue
		}
		out = append(out, p)
	}
	if !closed {
		if last := f.px(in[len(in)-1]); len(out) > 1 && out[len(out)-1] != last {
			out[len(out)-1] = last
		}
	}
	return thin(out, 0.4)
}

// thin drops points less than a tolerance away from the line without them.
func thin(in []spot, tolerance float64) []spot {
	if len(in) < 4 {
		return in
	}
	keep := make([]bool, len(in))
	keep[0], keep[len(in)-1] = true, true
	var walk func(from, to int)
	walk = func(from, to int) {
		far, at := tolerance, -1
		for i := from + 1; i < to; i++ {
			if d := off(in[i], in[from], in[to]); d > far {
				far, at = d, i
			}
		}
		if at > 0 {
			keep[at] = true
			walk(from, at)
			walk(at, to)
		}
	}
	walk(0, len(in)-1)
	out := in[:0:0]
	for i, k := range keep {
		if k {
			out = append(out, in[i])
		}
	}
	return out
}

// off is the distance from p to the segment ab.
func off(p, a, b spot) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	px, py := p.x-a.x, p.y-a.y
	if n := dx*dx + dy*dy; n > 0 {
		t := math.Max(0, math.Min(1, (px*dx+py*dy)/n))
		px, py = px-t*dx, py-t*dy
	}
	return math.Hypot(px, py)
}

// cutRing keeps the part of an area inside the picture and its margin.
func (f *frame) cutRing(ring []spot) []spot {
	w, h := float64(f.Width)+margin, float64(f.Height)+margin
	ring = half(ring, func(p spot) float64 { return p.x + margin })
	ring = half(ring, func(p spot) float64 { return w - p.x })
	ring = half(ring, func(p spot) float64 { return p.y + margin })
	return half(ring, func(p spot) float64 { return h - p.y })
}

// half keeps what has a positive distance.
func half(ring []spot, side func(spot) float64) []spot {
	var out []spot
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		a, b := side(p), side(q)
		if a >= 0 {
			out = append(out, p)
		}
		if (a > 0 && b < 0) || (a < 0 && b > 0) {
			t := a / (a - b)
			out = append(out, spot{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)})
		}
	}
	return out
}

// cutLine gives the stretches of a line inside the picture and its margin.
func (f *frame) cutLine(line []spot) [][]spot {
	var out [][]spot
	var run []spot
	for i := 1; i < len(line); i++ {
		a, b, ok := f.cut(line[i-1], line[i])
		if !ok || a != line[i-1] {
			out, run = flush(out, run), nil
		}
		if !ok {
			continue
		}
		if run == nil {
			run = []spot{a}
		}
		run = append(run, b)
	}
	return flush(out, run)
}

func flush(out [][]spot, run []spot) [][]spot {
	if len(run) > 1 {
		return append(out, run)
	}
	return out
}

// cut is what lies inside of a segment: each side of the frame moves the end
// that is beyond it, until both are inside or have passed each other.
func (f *frame) cut(a, b spot) (spot, spot, bool) {
	from, to := 0.0, 1.0
	dx, dy := b.x-a.x, b.y-a.y
	for _, side := range [4][2]float64{
		{-dx, a.x + margin}, {dx, float64(f.Width) + margin - a.x},
		{-dy, a.y + margin}, {dy, float64(f.Height) + margin - a.y},
	} {
		rate, room := side[0], side[1]
		switch {
		case rate == 0 && room < 0:
			return a, b, false
		case rate < 0:
			from = math.Max(from, room/rate)
		case rate > 0:
			to = math.Min(to, room/rate)
		}
	}
	if from >= to {
		return a, b, false
	}
	start, end := a, b
	if from > 0 {
		start = spot{a.x + from*dx, a.y + from*dy}
	}
	if to < 1 {
		end = spot{a.x + to*dx, a.y + to*dy}
	}
	return start, end, true
}
