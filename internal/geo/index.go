package geo

import (
	"math"
	"slices"
)

// Index finds the boxes near a place. It is a uniform grid of about one cell a
// box: building costs one visit of each cell a box covers, a look-up costs the
// boxes of the cells it touches. For a city's 500 areas that is under a
// microsecond; for a country with a few huge areas a tree would be better.
type Index struct {
	extent     Box
	rows, cols int
	boxes      []Box
	cells      [][]int32
}

// NewIndex indexes boxes; Meeting gives back their positions in the slice.
func NewIndex(boxes []Box) *Index {
	x := &Index{boxes: boxes}
	for _, b := range boxes {
		x.extent = x.extent.Union(b)
	}
	side := int(math.Ceil(math.Sqrt(float64(len(boxes)))))
	x.rows = min(max(side, 1), 512)
	x.cols = x.rows
	x.cells = make([][]int32, x.rows*x.cols)
	for i, b := range boxes {
		x.each(b, func(cell int) { x.cells[cell] = append(x.cells[cell], int32(i)) })
	}
	return x
}

func (x *Index) each(b Box, do func(cell int)) {
	r0, c0 := x.cell(b.Min)
	r1, c1 := x.cell(b.Max)
	for r := r0; r <= r1; r++ {
		for c := c0; c <= c1; c++ {
			do(r*x.cols + c)
		}
	}
}

func (x *Index) cell(p Point) (row, col int) {
	row = place(p.Lat, x.extent.Min.Lat, x.extent.Max.Lat, x.rows)
	return row, place(p.Lng, x.extent.Min.Lng, x.extent.Max.Lng, x.cols)
}

func place(v, low, high float64, n int) int {
	if !(high > low) || !(v > low) {
		return 0
	}
	return min(int((v-low)/(high-low)*float64(n)), n-1)
}

// Meeting lists the boxes that share a point with b, in order.
func (x *Index) Meeting(b Box) []int {
	if !x.extent.Meets(b) {
		return nil
	}
	var out []int
	x.each(b, func(cell int) {
		for _, i := range x.cells[cell] {
			if x.boxes[i].Meets(b) {
				out = append(out, int(i))
			}
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}
