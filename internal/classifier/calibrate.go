package classifier

import "math"

// Calibration: the scores of examples that were held out, and the one factor
// that makes shares out of them that come true (Platt 1999; temperature scaling,
// Guo et al. 2017).
const (
	parts         = 4
	mostParts     = 2_000  // examples; with more of them one part is enough
	mostCalibrate = 12_000 // examples, of a large corpus
	unsure        = 2      // the factor where too few examples say anything
)

// scored is a held-out example.
type scored struct {
	scores []float32
	class  int
}

func (l *learner) sharpness(t *task) float64 {
	if len(t.classes) < 2 || len(t.of) < 4*parts {
		return unsure
	}
	return sharpest(l.heldOut(t))
}

// heldOut gives each of the task's examples the scores of a learner that has not
// seen it.
func (l *learner) heldOut(t *task) []scored {
	all := make([]int, len(t.of))
	for i := range all {
		all[i] = i
	}
	all = thin(all, mostCalibrate)
	var out []scored
	rounds := parts
	if len(all) > mostParts {
		rounds = 1
	}
	for part := range rounds {
		var learn, test []int
		for j, i := range all {
			if j%parts == part {
				test = append(test, i)
			} else {
				learn = append(learn, i)
			}
		}
		w := l.separate(t, learn)
		for _, i := range test {
			s := scored{make([]float32, len(w)), t.class[i]}
			for c, k := range w {
				s.scores[c] = k.b + sparse(l.x[t.of[i]], k.w) + dot(l.where.row(t.of[i]), k.u)
			}
			out = append(out, s)
		}
	}
	return out
}

// sharpest minimises the negative log likelihood over the factor, by golden
// section between 0.2 and 20.
func sharpest(list []scored) float64 {
	const ratio = 0.6180339887498949
	low, high := math.Log(0.2), math.Log(20)
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, fb := loss(list, math.Exp(a)), loss(list, math.Exp(b))
	for range 40 {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa = loss(list, math.Exp(a))
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb = loss(list, math.Exp(b))
		}
	}
	return math.Exp((low + high) / 2)
}

func loss(list []scored, sharp float64) float64 {
	h := head{Sharp: sharp}
	sum := 0.0
	for _, s := range list {
		sum -= math.Log(max(h.shares(s.scores)[s.class], 1e-12))
	}
	return sum
}
