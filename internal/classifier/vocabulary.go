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

// runes are the characters of a gram that is no mark, 0 before a single one.
func (g gram) runes() (a, b rune) { return rune(g >> 21 & 0x1fffff), rune(g & 0x1fffff) }

// entry is one feature of a text.
type entry struct {
	id int32
	v  float32
}

// vocabulary numbers the grams worth knowing. idf is larger the fewer texts
// have one.
//
// A text is read by its characters' numbers: a table folds and numbers a
// character in one look, and a pair of numbers is half as long as a pair of
// characters, so that the table of pairs stays in the processor's cache.
type vocabulary struct {
	grams []gram
	idf   []float32

	near   []uint16        // number of every rune below 0x10000, as folded
	far    map[rune]uint16 // of the others
	single []int32         // number → gram
	pairs  []slot          // by open addressing
	shift  uint
	marks  map[gram]int32
}

// slot holds the gram of a pair of numbers. A free one has the key 0.
type slot struct {
	key uint32
	id  int32
}

// none is the gram of what is not known: it has a place in the counts of a text
// like the others, so that reading does not have to ask.
func (v *vocabulary) none() int32 { return int32(len(v.grams)) }

// What a rune has instead of a number.
const (
	unknown = 0      // it stands in no gram
	blank   = 0xffff // it is not read
	unequal = 0xfffe // it is to be folded first
)

func newVocabulary(grams []gram, idf []float32) *vocabulary {
	v := &vocabulary{grams: grams, idf: idf, near: make([]uint16, 0x10000), far: map[rune]uint16{}, shift: 32 - 4, marks: map[gram]int32{}}
	v.single = []int32{v.none()}
	for 1<<(32-v.shift) < 2*len(grams) {
		v.shift--
	}
	v.pairs = slices.Repeat([]slot{{id: v.none()}}, 1<<(32-v.shift))
	for id, g := range grams {
		a, b := g.runes()
		switch {
		case g&markBit != 0:
			v.marks[g] = int32(id)
		case a == 0:
			if n := v.give(b); n != unknown {
				v.single[n] = int32(id)
			}
		default:
			v.keep(v.give(a), v.give(b), int32(id))
		}
	}
	for r := range v.near {
		v.near[r] = v.folded(rune(r))
	}
	return v
}

// give numbers a character that is folded already.
func (v *vocabulary) give(r rune) uint16 {
	n := v.number(r)
	if n == unknown && len(v.single) < unequal {
		n = uint16(len(v.single))
		v.single = append(v.single, v.none())
		if r < 0x10000 {
			v.near[r] = n
		} else {
			v.far[r] = n
		}
	}
	return n
}

// number is the number of a character that is folded already.
func (v *vocabulary) number(r rune) uint16 {
	if r >= 0x10000 {
		return v.far[r]
	}
	if n := v.near[r]; n < unequal {
		return n
	}
	return unknown
}

// folded is the number of a character as it stands in a text.
func (v *vocabulary) folded(r rune) uint16 {
	var out [32]rune
	switch f := fold(string(r), out[:0]); {
	case len(f) == 0:
		return blank
	case len(f) > 1, f[0] >= 0x10000:
		return unequal
	default:
		return v.number(f[0])
	}
}

func (v *vocabulary) keep(a, b uint16, id int32) {
	if a != unknown && b != unknown {
		*v.slot(a, b) = slot{uint32(a)<<16 | uint32(b), id}
	}
}

// slot is where a pair is, or the free place where it would be.
func (v *vocabulary) slot(a, b uint16) *slot {
	const golden = 0x9e3779b1 // 2³² divided by the golden ratio: neighbours come to lie far apart
	key := uint32(a)<<16 | uint32(b)
	for at := key * golden >> v.shift; ; at = (at + 1) & uint32(len(v.pairs)-1) {
		s := &v.pairs[at]
		if uint64(s.key)*uint64(s.key^key) == 0 { // free, or the pair itself: one question, as which of them cannot be foreseen
			return s
		}
	}
}

// find is the number of a gram, that of none for one not known.
func (v *vocabulary) find(g gram) int32 {
	a, b := g.runes()
	switch {
	case g&markBit != 0:
		if id, ok := v.marks[g]; ok {
			return id
		}
		return v.none()
	case a == 0:
		return v.single[v.number(b)]
	}
	return v.slot(v.number(a), v.number(b)).id
}

// scratch is the memory one reading needs.
type scratch struct {
	runes []rune
	count []uint16
	x     []entry
}

func newScratch(v *vocabulary) *scratch {
	s := &scratch{count: make([]uint16, v.none()+1)}
	s.count[v.none()] = 1 // never new
	return s
}

// vector is the text as tf·idf with length 1, in the scratch's own memory: it
// holds until the next reading.
func (v *vocabulary) vector(d Doc, s *scratch) []entry {
	s.x = s.x[:0]
	for i, part := range d.Parts {
		by := uint16(1)
		if i == 0 && len(d.Parts) > 1 {
			by = 2
		}
		v.read(part, by, s)
	}
	s.x = slices.Grow(s.x, len(d.Marks)+1)
	for _, m := range d.Marks {
		s.note(v.find(mark(m)), 1)
	}
	return v.weigh(s)
}

func (v *vocabulary) read(text string, by uint16, s *scratch) {
	s.x = slices.Grow(s.x, 2*len(text)+1) // two grams for each character
	last := uint16(unknown)
	for _, r := range text {
		n := uint16(unequal)
		if r < 0x10000 {
			n = v.near[r]
		}
		switch n {
		case blank:
		case unequal:
			s.runes = fold(string(r), s.runes[:0])
			s.x = slices.Grow(s.x, 2*len(text)+2*len(s.runes)+1)
			for _, f := range s.runes {
				n := v.number(f)
				v.see(last, n, by, s)
				last = n
			}
		default:
			v.see(last, n, by, s)
			last = n
		}
	}
}

// see notes a character and the pair it ends. A pair with an unknown character
// is not in the table.
func (v *vocabulary) see(last, n, by uint16, s *scratch) {
	s.note(v.single[n], by)
	s.note(v.slot(last, n).id, by)
}

// note writes a gram behind the others in any case, and keeps it there if it is
// new: whether it is cannot be foreseen, and a wrong guess of the processor costs
// more than the writing.
func (s *scratch) note(id int32, by uint16) {
	at, n := len(s.x), s.count[id]
	x := s.x[:at+1]
	x[at] = entry{id: id}
	if n == 0 {
		at++
	}
	s.x = x[:at]
	s.count[id] = min(n, math.MaxUint16-2) + by
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

// mostGrams bounds a vocabulary: beyond it the rarest are left out. What is looked
// up for every character should stay in the processor's cache.
const mostGrams = 1 << 16

// learnWords reads which grams a corpus has.
func learnWords(texts []Doc) *vocabulary {
	in := map[gram]int{}
	var s scratch
	own := map[gram]struct{}{}
	for _, d := range texts {
		grams(d, &s, own)
		for g := range own {
			in[g]++
		}
	}
	return chosen(in, len(texts), fewest(len(texts)))
}

// fewest is in how many texts of a corpus a gram must be. The rarer it is there,
// the less it tells of the next text.
func fewest(texts int) int { return min(1+texts/1500, 8) }

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
