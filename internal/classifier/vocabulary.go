package classifier

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// gram is a character, a pair of neighbours, or a mark.
type gram uint64

const markBit gram = 1 << 63

func pair(a, b rune) gram { return gram(a)<<21 | gram(b) }

// entry is one feature of a text.
type entry struct {
	id int32
	v  float32
}

// vocabulary numbers the grams worth knowing. idf is larger the fewer texts
// have one.
type vocabulary struct {
	grams []gram
	idf   []float32
	slots []slot
	shift uint
}

type slot struct {
	gram gram
	id   int32 // 0 free, else number + 1
}

func newVocabulary(grams []gram, idf []float32) *vocabulary {
	v := &vocabulary{grams: grams, idf: idf, shift: 64 - 4}
	for 1<<(64-v.shift) < 2*len(grams) {
		v.shift--
	}
	v.slots = make([]slot, 1<<(64-v.shift))
	for id, g := range grams {
		at := v.hash(g)
		for v.slots[at].id != 0 {
			at = (at + 1) & (len(v.slots) - 1)
		}
		v.slots[at] = slot{g, int32(id + 1)}
	}
	return v
}

func (v *vocabulary) hash(g gram) int { return int(uint64(g) * 0x9e3779b97f4a7c15 >> v.shift) }

// find is the number of a gram, -1 for one not known.
func (v *vocabulary) find(g gram) int32 {
	for at := v.hash(g); ; at = (at + 1) & (len(v.slots) - 1) {
		if s := &v.slots[at]; s.id == 0 || s.gram == g {
			return s.id - 1
		}
	}
}

// scratch is the memory one reading needs.
type scratch struct {
	runes []rune
	count []uint16
	x     []entry
}

func newScratch(v *vocabulary) *scratch { return &scratch{count: make([]uint16, len(v.grams))} }

// vector is the text as tf·idf with length 1, in the scratch's own memory: it
// holds until the next reading.
func (v *vocabulary) vector(d Doc, s *scratch) []entry {
	s.x = s.x[:0]
	for i, part := range d.Parts {
		by := uint16(1)
		if i == 0 && len(d.Parts) > 1 {
			by = 2
		}
		s.runes = fold(part, s.runes[:0])
		var last rune
		for _, r := range s.runes {
			v.note(gram(r), by, s)
			if last != 0 {
				v.note(pair(last, r), by, s)
			}
			last = r
		}
	}
	for _, m := range d.Marks {
		v.note(mark(m), 1, s)
	}
	return v.weigh(s)
}

func (v *vocabulary) note(g gram, by uint16, s *scratch) {
	id := v.find(g)
	if id < 0 {
		return
	}
	if s.count[id] == 0 {
		s.x = append(s.x, entry{id: id})
	}
	if s.count[id] < math.MaxUint16-2 {
		s.count[id] += by
	}
}

// often is 1 + ln n for small n: a word said ten times is not ten times as
// telling.
var often = func() (t [64]float32) {
	for n := range t {
		t[n] = float32(1 + math.Log(float64(max(n, 1))))
	}
	return t
}()

func (v *vocabulary) weigh(s *scratch) []entry {
	var square float32
	for i := range s.x {
		e := &s.x[i]
		n := s.count[e.id]
		s.count[e.id] = 0
		e.v = often[min(n, 63)] * v.idf[e.id]
		square += e.v * e.v
	}
	scale := 1 / float32(math.Sqrt(float64(square)))
	for i := range s.x {
		s.x[i].v *= scale
	}
	return s.x
}

// fold appends the characters of a text as they are compared: no blanks, narrow
// letters, lower case, compatibility forms resolved.
func fold(text string, out []rune) []rune {
	for _, r := range text {
		switch {
		case r >= 0x4e00 && r <= 0x9fff, r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		case r == '，':
			r = ','
		case r == '。':
		case r <= ' ' || unicode.IsSpace(r) || unicode.IsControl(r):
			continue
		case r < 0x80:
		default:
			for _, c := range strings.ToLower(norm.NFKC.String(string(r))) {
				if !unicode.IsSpace(c) {
					out = append(out, c)
				}
			}
			continue
		}
		out = append(out, r)
	}
	return out
}

// mark is a fact as a gram (FNV-1a), the same in every run: models are stored.
func mark(s string) gram {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return markBit | gram(h)
}

// grams are the distinct grams of a text.
func grams(d Doc, s *scratch, out map[gram]struct{}) {
	clear(out)
	for _, part := range d.Parts {
		s.runes = fold(part, s.runes[:0])
		var last rune
		for _, r := range s.runes {
			out[gram(r)] = struct{}{}
			if last != 0 {
				out[pair(last, r)] = struct{}{}
			}
			last = r
		}
	}
	for _, m := range d.Marks {
		out[mark(m)] = struct{}{}
	}
}

// mostGrams bounds a vocabulary: beyond it the rarest are left out.
const mostGrams = 120_000

// learnWords reads which grams a corpus has. A gram of fewer than three texts
// tells nothing of the next; in a large corpus it must be in five.
func learnWords(texts []Doc) *vocabulary {
	in := map[gram]int{}
	n := len(texts)
	var s scratch
	own := map[gram]struct{}{}
	for _, d := range texts {
		grams(d, &s, own)
		for g := range own {
			in[g]++
		}
	}
	fewest := 3
	switch {
	case n < 200:
		fewest = 1
	case n < 2000:
		fewest = 2
	case n > 20_000:
		fewest = 5
	}
	return chosen(in, n, fewest)
}

func chosen(in map[gram]int, n, fewest int) *vocabulary {
	var list []gram
	for g, k := range in {
		if k >= fewest {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b gram) int { return cmp.Or(in[b]-in[a], cmp.Compare(a, b)) })
	list = list[:min(len(list), mostGrams)]
	idf := make([]float32, len(list))
	for i, g := range list {
		idf[i] = float32(math.Log(float64(1+n)/float64(1+in[g])) + 1)
	}
	return newVocabulary(list, idf)
}
