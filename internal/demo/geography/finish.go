package geography

import (
	"cmp"
	"slices"
	"strings"
)

// finish puts everything into its lasting order.
func (b *builder) finish() {
	c := &b.city
	for _, list := range [][]Area{c.Districts, c.Streets, c.Communities, c.Grids} {
		slices.SortFunc(list, func(x, y Area) int { return strings.Compare(x.Code, y.Code) })
	}
	slices.SortStableFunc(c.Roads, func(x, y Road) int {
		return cmp.Or(cmp.Compare(x.Class, y.Class), strings.Compare(x.Name, y.Name))
	})
	c.Addresses = slices.CompactFunc(c.Addresses, func(x, y Address) bool { return x.Text == y.Text })
}
