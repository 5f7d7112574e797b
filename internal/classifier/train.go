package classifier

import (
	"math"
	"math/rand/v2"
	"slices"

	"gongzhi/internal/fault"
)

// Settings of the learner, found on five folds of real messages: how much
// cheaper the directions of the corpus are, and how much a mistake costs.
const (
	leaning = 2
	cost    = 1
	// mostSpace bounds the texts the directions are learnt from. With so many
	// examples that where they lie takes more than mostDense numbers (160 MB), they
	// teach enough by themselves and the directions are left out.
	mostSpace = 9_000
	mostDense = 40_000_000
	// mostRows bounds the features of a head below the top.
	mostRows = 6_000
)

// Corpus is the language of a city: the words worth knowing and the directions
// in which its texts differ. Several things can be learnt from one.
type Corpus struct {
	words *vocabulary
	space *space
}

// Read learns a language from texts, with a class or without.
func Read(texts []Doc) *Corpus {
	c := &Corpus{words: learnWords(texts)}
	s := newScratch(c.words)
	var x [][]entry
	for _, d := range thin(texts, mostSpace) {
		x = append(x, slices.Clone(c.words.vector(d, s)))
	}
	c.space = learnSpace(x, len(c.words.grams), spread(len(x)))
	return c
}

// Train learns from examples of one corpus. path gives the classes from the top
// down to a class, itself last; nil where all are on one level. The same input
// gives the same model. Without two classes there is nothing to learn, and the
// answer is Invalid.
func (c *Corpus) Train(examples []Example, path func(class string) []string) (*Model, error) {
	if path == nil {
		path = func(class string) []string { return []string{class} }
	}
	l := newLearner(c, examples)
	m := &Model{words: c.words, heads: map[string]*head{}}
	for above, t := range tasks(examples, path) {
		m.heads[above] = l.head(t, above == "")
	}
	if top := m.heads[""]; top == nil || len(m.Classes()) < 2 {
		return nil, fault.New(fault.Invalid, "classifier.two_classes", nil)
	}
	return m, nil
}

// Train reads a corpus of examples and further texts and learns from it.
func Train(examples []Example, more []Doc, path func(class string) []string) (*Model, error) {
	texts := slices.Clone(more)
	for _, e := range examples {
		texts = append(texts, e.Doc)
	}
	return Read(texts).Train(examples, path)
}

// task is what one head learns: for each example its class directly below.
type task struct {
	classes []string
	of      []int // examples
	class   []int // of each of them
}

func tasks(examples []Example, path func(string) []string) map[string]*task {
	out := map[string]*task{}
	for i, e := range examples {
		above := ""
		for _, c := range path(e.Class) {
			t := out[above]
			if t == nil {
				t = &task{}
				out[above] = t
			}
			k := slices.Index(t.classes, c)
			if k < 0 {
				k = len(t.classes)
				t.classes = append(t.classes, c)
			}
			t.of, t.class = append(t.of, i), append(t.class, k)
			above = c
		}
	}
	return out
}

// learner holds the examples as numbers.
type learner struct {
	words  *vocabulary
	x      [][]entry
	where  matrix // example × direction, times leaning; no columns without a space
	space  *space
	weight []float32
}

func newLearner(c *Corpus, examples []Example) *learner {
	l := &learner{words: c.words}
	s := newScratch(l.words)
	for _, e := range examples {
		l.x = append(l.x, slices.Clone(l.words.vector(e.Doc, s)))
		w := float32(1)
		if e.Weight > 0 {
			w = float32(e.Weight)
		}
		l.weight = append(l.weight, w)
	}
	l.where = newMatrix(len(l.x), 0)
	if len(l.x)*c.space.size() <= mostDense && c.space.size() > 0 {
		l.space, l.where = c.space, c.space.of(l.x)
		for i := range l.where.a {
			l.where.a[i] *= leaning
		}
	}
	return l
}

// thin takes n of a list, evenly.
func thin[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	out := make([]T, n)
	for i := range out {
		out[i] = list[i*len(list)/n]
	}
	return out
}

// head learns one decision and how sure it may be.
func (l *learner) head(t *task, top bool) *head {
	h := &head{Classes: t.classes, Bias: make([]float32, len(t.classes)), Sharp: 1}
	all := make([]int, len(t.of))
	for i := range all {
		all[i] = i
	}
	w := l.separate(t, all)
	l.fill(h, w, top)
	h.Sharp = l.sharpness(t)
	return h
}

// weights of one class: of features, directions, and the constant.
type weights struct {
	w, u []float32
	b    float32
}

// separate trains each class against the others on some of a task's examples.
func (l *learner) separate(t *task, some []int) []weights {
	out := make([]weights, len(t.classes))
	if len(t.classes) == 1 {
		out[0] = weights{make([]float32, len(l.words.grams)), make([]float32, l.where.cols), 0}
		return out
	}
	parallel(len(t.classes), func(from, to int) {
		for c := from; c < to; c++ {
			out[c] = l.one(t, some, c)
		}
	})
	return out
}

// one is the dual coordinate descent for a linear support vector machine with
// squared hinge loss (Hsieh et al. 2008, algorithm 1).
func (l *learner) one(t *task, some []int, class int) weights {
	k := weights{make([]float32, len(l.words.grams)), make([]float32, l.where.cols), 0}
	order := slices.Clone(some)
	alpha, diag := make([]float32, len(t.of)), make([]float32, len(t.of))
	for _, i := range some {
		diag[i] = 1 / (2 * cost * l.weight[t.of[i]])
	}
	rng := rand.New(rand.NewPCG(uint64(class), 7))
	far := float32(math.Inf(1)) // beyond this an example on the right side is left alone
	for range 60 {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		worst, left := float32(0), order[:0]
		for _, i := range order {
			y := float32(-1)
			if t.class[i] == class {
				y = 1
			}
			wrong, margin := l.step(&k, t.of[i], y, &alpha[i], diag[i])
			worst = max(worst, wrong)
			if alpha[i] > 0 || margin < far {
				left = append(left, i)
			}
		}
		if order, far = left, max(worst, 0.05); worst < 0.05 {
			break
		}
	}
	return k
}

// step moves the weights by one example. It returns how wrong they were about
// it, and by how much it was beyond the margin.
func (l *learner) step(k *weights, i int, y float32, alpha *float32, diag float32) (wrong, margin float32) {
	x, s := l.x[i], l.where.row(i)
	g := y*(k.b+sparse(x, k.w)+dot(s, k.u)) - 1 + diag**alpha
	if *alpha == 0 && g > 0 || math.Abs(float64(g)) < 1e-4 {
		return 0, g
	}
	q := 2 + dot(s, s) + diag // the text has length 1, the constant too
	now := max(*alpha-g/q, 0)
	d := (now - *alpha) * y
	*alpha = now
	for _, e := range x {
		k.w[e.id] += d * e.v
	}
	add(k.u, s, d)
	k.b += d
	return float32(math.Abs(float64(g))), g
}

func sparse(x []entry, w []float32) float32 {
	var s float32
	for _, e := range x {
		s += e.v * w[e.id]
	}
	return s
}

// fill brings what was learnt of directions back to features, so that the model
// is a table of one number per feature and class.
func (l *learner) fill(h *head, w []weights, top bool) {
	n, features := len(w), len(l.words.grams)
	parallel(n, func(from, to int) {
		for c := from; c < to; c++ {
			if l.space != nil {
				for i := range w[c].u {
					w[c].u[i] *= leaning
				}
				l.space.unfold(w[c].u, w[c].w)
			}
			h.Bias[c] = w[c].b
		}
	})
	keep := make([]int32, features)
	for f := range keep {
		keep[f] = int32(f)
	}
	if !top && features > mostRows {
		keep = strongest(w, l.words.idf, mostRows)
		h.number(keep, features)
	}
	h.Theta = make([]float32, len(keep)*n)
	for r, f := range keep {
		for c := range w {
			h.Theta[r*n+c] = w[c].w[f]
		}
	}
}

// strongest are the n features that tell the classes apart most.
func strongest(w []weights, idf []float32, n int) []int32 {
	type said struct {
		f int32
		v float32
	}
	list := make([]said, len(idf))
	for f := range list {
		low, high := w[0].w[f], w[0].w[f]
		for _, c := range w[1:] {
			low, high = min(low, c.w[f]), max(high, c.w[f])
		}
		list[f] = said{int32(f), (high - low) * idf[f]}
	}
	slices.SortFunc(list, func(a, b said) int {
		switch {
		case a.v > b.v:
			return -1
		case a.v < b.v:
			return 1
		}
		return int(a.f - b.f)
	})
	out := make([]int32, n)
	for i := range out {
		out[i] = list[i].f
	}
	slices.Sort(out)
	return out
}
