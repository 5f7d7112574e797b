// Package classifier learns to put texts into classes from few examples. It
// reads single characters and neighbouring pairs, as Chinese has no blanks
// between words, and it learns from texts without a class too: directions in
// which all texts of a corpus differ are cheaper for it than others, so that
// what was learnt of one word holds for the words that go with it.
//
// A model is linear in the text: what an n-gram adds to a class is one number.
// That makes it fast, and every answer can name the words that decided.
package classifier

import (
	"cmp"
	"math"
	"slices"
)

// Doc is a text to be read. Where there are several parts the first is the
// title and counts twice. Marks are facts beside the words, such as "area:3701".
type Doc struct {
	Parts []string
	Marks []string
}

// Example is a text with its class. Weight is how much it counts, 1 for a
// decision of a person; 0 is taken as 1.
type Example struct {
	Doc
	Class  string
	Weight float64
}

// Guess is a class a text may belong to. P is the share of like texts for which
// it is right. Words are the passages that speak for it, the strongest first.
type Guess struct {
	Class string
	P     float64
	Words []string
}

// Model knows a fixed set of classes. It does not change and serves many
// goroutines.
type Model struct {
	words *vocabulary
	heads map[string]*head // by the class above, "" the top
}

// head decides between the classes directly below one class.
type head struct {
	Classes []string
	Bias    []float32
	Sharp   float64   // scores are multiplied by it before they become shares
	rows    []uint16  // feature → row + 1, 0 none; nil: every feature has the row of its number
	Theta   []float32 // row × class, the weight of the feature's tf·idf
}

func (h *head) row(id int32) []float32 {
	if h.rows != nil {
		if id = int32(h.rows[id]) - 1; id < 0 {
			return nil
		}
	}
	n := int32(len(h.Classes))
	return h.Theta[id*n : id*n+n]
}

// number gives the features that have a row of their own the rows given.
func (h *head) number(rows []int32, features int) {
	h.rows = make([]uint16, features)
	for r, f := range rows {
		h.rows[f] = uint16(r + 1)
	}
}

// scores adds what each feature says; x has the length 1.
func (h *head) scores(x []entry, out []float32) []float32 {
	out = append(out[:0], h.Bias...)
	if h.rows != nil {
		x = h.own(x)
	}
	n := len(out)
	if n < block {
		for c := range out {
			out[c] += h.column(x, c)
		}
		return out
	}
	for c := 0; c < n; c += block {
		c = min(c, n-block) // the last block may say some classes again
		for i, s := range h.columns(x, c) {
			out[c+i] = h.Bias[c+i] + s
		}
	}
	return out
}

// own are the features that have a row, numbered by it.
func (h *head) own(x []entry) []entry {
	out := make([]entry, 0, len(x))
	for _, e := range x {
		if r := h.rows[e.id]; r > 0 {
			out = append(out, entry{int32(r) - 1, e.v})
		}
	}
	return out
}

// block is how many classes are added up at a time, in the processor's registers.
const block = 4

func (h *head) columns(x []entry, c int) [block]float32 {
	n := int32(len(h.Classes))
	theta := h.Theta[c:]
	var p, q, r, s float32
	for _, e := range x {
		t := theta[e.id*n:][:block]
		p += e.v * t[0]
		q += e.v * t[1]
		r += e.v * t[2]
		s += e.v * t[3]
	}
	return [block]float32{p, q, r, s}
}

func (h *head) column(x []entry, c int) float32 {
	n := int32(len(h.Classes))
	var sum float32
	for _, e := range x {
		sum += e.v * h.Theta[e.id*n+int32(c)]
	}
	return sum
}

// shares turns scores into probabilities.
func (h *head) shares(scores []float32) []float64 {
	out := make([]float64, len(scores))
	top := slices.Max(scores)
	sum := 0.0
	for i, s := range scores {
		out[i] = math.Exp(h.Sharp * float64(s-top))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// Classes are all classes at the lowest level that the model knows, sorted.
func (m *Model) Classes() []string {
	var out []string
	for _, h := range m.heads {
		for _, c := range h.Classes {
			if m.heads[c] == nil {
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return out
}

// little is the share below which a branch of the tree is not looked into.
const little = 0.01

// Guess gives the n most probable classes of the lowest level with the words
// that decided. A text without any known word gives nothing.
func (m *Model) Guess(d Doc, n int) []Guess {
	s := newScratch(m.words)
	x := m.words.vector(d, s)
	if len(x) == 0 {
		return nil
	}
	out := m.below("", 1, x, nil)
	slices.SortFunc(out, func(a, b Guess) int {
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(a.Class, b.Class))
	})
	out = out[:min(n, len(out))]
	for i := range out {
		out[i].Words = m.why(d, out[i].Class)
	}
	return out
}

func (m *Model) below(class string, p float64, x []entry, out []Guess) []Guess {
	h := m.heads[class]
	for i, share := range h.shares(h.scores(x, nil)) {
		c := h.Classes[i]
		switch {
		case m.heads[c] == nil:
			out = append(out, Guess{Class: c, P: p * share})
		case p*share >= little:
			out = m.below(c, p*share, x, out)
		}
	}
	return out
}

// Reader classifies many texts one after the other with the memory of one. It
// serves one goroutine.
type Reader struct {
	m *Model
	s *scratch
	f []float32
}

// NewReader begins to read.
func (m *Model) NewReader() *Reader { return &Reader{m: m, s: newScratch(m.words)} }

// Top is the most probable class directly below the top, "" for a text without
// any known word.
func (r *Reader) Top(d Doc) string {
	x := r.m.words.vector(d, r.s)
	if len(x) == 0 {
		return ""
	}
	h := r.m.heads[""]
	r.f = h.scores(x, r.f)
	best := 0
	for i, s := range r.f {
		if s > r.f[best] {
			best = i
		}
	}
	return h.Classes[best]
}
