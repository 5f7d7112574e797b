package page

import (
	"math"
	"testing"
)

func TestIntervalHoldsAtTheEdges(t *testing.T) {
	for _, x := range []struct {
		k, n      int64
		low, high float64
	}{{0, 0, 0, 1}, {0, 10, 0, 0.278}, {10, 10, 0.722, 1}, {118, 142, 0.761, 0.883}} {
		r := RateOf(x.k, x.n, 0)
		if math.Abs(r.Low-x.low) > 0.001 || math.Abs(r.High-x.high) > 0.001 {
			t.Errorf("%d of %d: %.3f to %.3f, want %.3f to %.3f", x.k, x.n, r.Low, r.High, x.low, x.high)
		}
	}
}
