package classifier

import "math/rand/v2"

// space holds the directions in which the texts of a corpus differ most (latent
// semantic analysis, Deerwester et al. 1990), by subspace iteration: feature ×
// direction, to be made orthonormal by lower.
type space struct {
	at    matrix // feature × direction
	lower matrix
}

// size is how many directions there are, 0 without a space.
func (s *space) size() int {
	if s == nil {
		return 0
	}
	return s.at.cols
}

// spread is how many directions a corpus carries.
func spread(texts int) int { return min(512, texts/14) }

// learnSpace walks a corpus. The seed is fixed: the same texts give the same
// model.
func learnSpace(docs [][]entry, features, k int) *space {
	if k < 2 {
		return nil
	}
	rng := rand.New(rand.NewPCG(1, 2))
	back := invert(docs, features)
	omega := newMatrix(features, k)
	for i := range omega.a {
		omega.a[i] = float32(rng.NormFloat64())
	}
	y := times(docs, omega)
	z := omega
	for range 2 {
		y.orthonormal()
		z = times(back, y)
		y = times(docs, z)
	}
	y.orthonormal()
	z = times(back, y)
	lower := y.columns(times(docs, z)) // = zᵀ·z
	lower.cholesky()
	return &space{z, lower}
}

// times is a sparse matrix, by its rows, times a dense one.
func times(rows [][]entry, m matrix) matrix {
	out := newMatrix(len(rows), m.cols)
	parallel(len(rows), func(from, to int) {
		for i := from; i < to; i++ {
			y := out.row(i)
			for _, e := range rows[i] {
				add(y, m.row(int(e.id)), e.v)
			}
		}
	})
	return out
}

// invert is the transposed matrix.
func invert(rows [][]entry, cols int) [][]entry {
	n := make([]int, cols)
	total := 0
	for _, r := range rows {
		total += len(r)
		for _, e := range r {
			n[e.id]++
		}
	}
	all := make([]entry, total)
	out := make([][]entry, cols)
	for c := range out {
		out[c], all = all[:0:n[c]], all[n[c]:]
	}
	for i, r := range rows {
		for _, e := range r {
			out[e.id] = append(out[e.id], entry{int32(i), e.v})
		}
	}
	return out
}

// orthonormal makes the columns so.
func (m matrix) orthonormal() {
	l := m.columns(m)
	l.cholesky()
	parallel(m.rows, func(from, to int) {
		for i := from; i < to; i++ {
			l.solve(m.row(i))
		}
	})
}

// of is where texts lie in the space.
func (s *space) of(docs [][]entry) matrix {
	out := times(docs, s.at)
	parallel(out.rows, func(from, to int) {
		for i := from; i < to; i++ {
			s.lower.solve(out.row(i))
		}
	})
	return out
}

// unfold adds to the weights of features what u says of directions.
func (s *space) unfold(u []float32, w []float32) {
	t := append([]float32(nil), u...)
	s.lower.solveTransposed(t)
	for f := range w {
		w[f] += dot(s.at.row(f), t)
	}
}
