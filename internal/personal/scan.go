package personal

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// find is a span in runes.
type find struct {
	from, to int
	kind     Kind
}

// scanner reads a text as runes, full-width forms folded to plain ones.
type scanner struct {
	r     []rune
	found []find
	till  int // what was found reaches this far
}

// read folds the text; it is false when nothing in it could begin a find.
func (s *scanner) read(text string) bool {
	any := false
	s.r = make([]rune, 0, len(text)/2+8)
	for _, c := range text {
		c = fold(c)
		s.r = append(s.r, c)
		any = any || classOf(c) != 0
	}
	return any
}

func fold(c rune) rune {
	switch {
	case c >= 0xFF01 && c <= 0xFF5E:
		return c - 0xFEE0
	case c == 0x3000 || c == 0xA0 || c == '\t':
		return ' '
	}
	return c
}

// Classes of runes that may begin a find.
const (
	digit    uint8 = 1 << iota // 0-9 and Chinese digits
	letter                     // A-Z, a-z
	province                   // of a plate
	word                       // begins a word behind which something stands
	at                         // @
)

var classes = func() *[0x10000]uint8 {
	t := new([0x10000]uint8)
	mark := func(list string, class uint8) {
		for _, c := range list {
			t[c] |= class
		}
	}
	mark("0123456789"+chinese+"十", digit)
	mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", letter)
	mark("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼", province)
	mark("@", at)
	for _, all := range []words{callWords, accountWords, paperWords} {
		for _, w := range all {
			t[w[0]] |= word
		}
	}
	mark("QWV", word) // letters are written in either case
	return t
}()

func classOf(c rune) uint8 {
	if c < 0 || c > 0xFFFF {
		return 0
	}
	return classes[c]
}

func (s *scanner) scan() {
	for i := 0; i < len(s.r); {
		next := i + 1
		if c := classOf(s.r[i]); c != 0 && i >= s.till {
			next = max(next, s.look(i, c))
		}
		i = next
	}
}

// look tries what may begin at a rune and says where to read on.
func (s *scanner) look(i int, c uint8) int {
	if c&at != 0 {
		return s.mail(i)
	}
	if c&word != 0 {
		if end := s.behindWord(i); end > 0 {
			return end
		}
	}
	if c&province != 0 {
		if end := s.plate(i); end > 0 {
			return end
		}
	}
	if c&(digit|letter) == 0 {
		return 0
	}
	if end := s.home(i); end > 0 {
		return end
	}
	if c&digit != 0 {
		return s.number(i)
	}
	return 0
}

func (s *scanner) add(from, to int, k Kind) int {
	s.found = append(s.found, find{from, to, k})
	s.till = max(s.till, to)
	return to
}

// at is the rune at a place, 0 beyond the text.
func (s *scanner) at(i int) rune {
	if i < 0 || i >= len(s.r) {
		return 0
	}
	return s.r[i]
}

// words are kept as runes: they are compared at many places.
type words [][]rune

func list(all ...string) words {
	out := make(words, len(all))
	for i, w := range all {
		out[i] = []rune(w)
	}
	return out
}

// starts reports whether a word stands at a place, letters of either case.
func (s *scanner) starts(i int, word []rune) bool {
	for j, w := range word {
		if lower(s.at(i+j)) != w {
			return false
		}
	}
	return true
}

// first is the first of the words that stands at a place, -1 for none.
func (s *scanner) first(i int, all words) int {
	for n, w := range all {
		if s.starts(i, w) {
			return n
		}
	}
	return -1
}

// past is the place behind the first of the words that stands here, or here.
func (s *scanner) past(i int, all words) int {
	if n := s.first(i, all); n >= 0 {
		return i + len(all[n])
	}
	return i
}

// before is the place before the first of the words that ends here, or here.
func (s *scanner) before(i int, all words) int {
	for _, w := range all {
		if s.starts(i-len(w), w) {
			return i - len(w)
		}
	}
	return i
}

// near reports whether one of the words stands among the n runes before a place.
func (s *scanner) near(i, n int, all words) bool {
	for j := max(0, i-n); j < i; j++ {
		if end := s.past(j, all); end > j && end <= i {
			return true
		}
	}
	return false
}

// skip passes over runes of a list, at most n.
func (s *scanner) skip(i, n int, list string) int {
	for ; n > 0 && s.at(i) != 0 && strings.ContainsRune(list, s.at(i)); n-- {
		i++
	}
	return i
}

// spans are the finds in bytes, in order; of two that overlap the first stays.
func (s *scanner) spans(text string) []Span {
	slices.SortStableFunc(s.found, func(a, b find) int { return cmp.Compare(a.from, b.from) })
	var out []Span
	n, i, till := 0, 0, 0
	for _, f := range s.found {
		if f.from < till {
			continue
		}
		for ; n < f.from; n++ {
			i += width(text[i:])
		}
		x := Span{Start: i, Kind: f.kind}
		for ; n < f.to; n++ {
			i += width(text[i:])
		}
		x.End, till = i, f.to
		out = append(out, x)
	}
	return out
}

func width(text string) int {
	_, n := utf8.DecodeRuneInString(text)
	return n
}

func lower(c rune) rune {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func plain(c rune) bool { return c >= '0' && c <= '9' }

func latin(c rune) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

func han(c rune) bool { return c >= 0x4E00 && c <= 0x9FFF }
