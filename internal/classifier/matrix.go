package classifier

import (
	"math"
	"runtime"
	"sync"
)

// matrix is dense, row by row.
type matrix struct {
	rows, cols int
	a          []float32
}

func newMatrix(rows, cols int) matrix { return matrix{rows, cols, make([]float32, rows*cols)} }

func (m matrix) row(i int) []float32 { return m.a[i*m.cols : (i+1)*m.cols] }

// add is y += f·x.
func add(y, x []float32, f float32) {
	x = x[:len(y)]
	i := 0
	for ; i+4 <= len(y); i += 4 {
		a, b := y[i:i+4:i+4], x[i:i+4:i+4]
		a[0] += f * b[0]
		a[1] += f * b[1]
		a[2] += f * b[2]
		a[3] += f * b[3]
	}
	for ; i < len(y); i++ {
		y[i] += f * x[i]
	}
}

func dot(x, y []float32) float32 {
	y = y[:len(x)]
	var s, t, u, v float32
	i := 0
	for ; i+4 <= len(x); i += 4 {
		a, b := x[i:i+4:i+4], y[i:i+4:i+4]
		s += a[0] * b[0]
		t += a[1] * b[1]
		u += a[2] * b[2]
		v += a[3] * b[3]
	}
	for ; i < len(x); i++ {
		s += x[i] * y[i]
	}
	return s + t + u + v
}

// parallel runs do for parts of 0..n on all processors.
func parallel(n int, do func(from, to int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { do(n*w/workers, n*(w+1)/workers) })
	}
	wg.Wait()
}

// columns is the lower half of mᵀ·other, for an other with which it is symmetric.
func (m matrix) columns(other matrix) matrix {
	out := newMatrix(m.cols, m.cols)
	parallel(2, func(part, _ int) {
		from, to := 0, m.cols*7/10 // the two have the same work
		if part == 1 {
			from, to = to, m.cols
		}
		for r := range m.rows {
			a, b := m.row(r), other.row(r)
			for i := from; i < to; i++ {
				add(out.row(i)[:i+1], b, a[i])
			}
		}
	})
	return out
}

// cholesky is the lower L with L·Lᵀ = m, in place. What the columns hardly
// differ in is made larger, so that a corpus of few texts gives an answer too.
func (m matrix) cholesky() {
	most := float32(0)
	for i := range m.rows {
		most = max(most, m.row(i)[i])
	}
	for j := range m.rows {
		jr := m.row(j)
		d := jr[j] - dot(jr[:j], jr[:j])
		if d < 1e-6*most {
			d = 1e-6 * most
		}
		root := float32(math.Sqrt(float64(d)))
		jr[j] = root
		for i := j + 1; i < m.rows; i++ {
			ir := m.row(i)
			ir[j] = (ir[j] - dot(ir[:j], jr[:j])) / root
		}
	}
}

// solve is L⁻¹·x in place for a lower L.
func (m matrix) solve(x []float32) {
	for i := range m.rows {
		r := m.row(i)
		x[i] = (x[i] - dot(r[:i], x[:i])) / r[i]
	}
}

// solveTransposed is L⁻ᵀ·x in place.
func (m matrix) solveTransposed(x []float32) {
	for i := m.rows - 1; i >= 0; i-- {
		x[i] /= m.row(i)[i]
		add(x[:i], m.row(i)[:i], -x[i])
	}
}
