package mention

import (
	"cmp"
	"slices"
)

// scan is the work on one text.
type scan struct {
	g     *Gazetteer
	f     *folded
	spans []span
	taken []int32 // for each character: which span has it, counted from 1
}

// spans are the names in a text, in order. The gazetteer is asked first; then
// names that end as names of places do are found beside what it knew.
func (g *Gazetteer) spans(f *folded) []span {
	s := &scan{g: g, f: f, taken: make([]int32, len(f.runes))}
	s.known()
	s.hidden()
	s.shaped()
	s.cued()
	s.asked()
	s.again()
	for i := range s.spans {
		s.number(&s.spans[i])
	}
	return s.kept()
}

// known finds the names of the gazetteer, always the longest.
func (s *scan) known() {
	for i := 0; i < len(s.f.runes); {
		word, end := s.longest(i, false)
		if word < 0 {
			i++
			continue
		}
		s.keep(span{start: i, end: end, name: end, kind: s.g.kind(word), word: word})
		i = end
	}
}

// longest is the longest name of the gazetteer at a character, also of those
// that say too little alone when loose is wanted.
func (s *scan) longest(at int, loose bool) (word, end int) {
	word, end = -1, at
	s.g.names.each(s.f.runes, at, func(w, e int) {
		if (loose || !s.g.loose[w]) && !splitsWord(s.f.runes, at, e) {
			word, end = w, e
		}
	})
	return word, end
}

// asked finds names that say too little alone where something asks for a place:
// an area before them, or a word as 位于.
func (s *scan) asked() {
	for i := 0; i < len(s.f.runes); i++ {
		word, end := s.longest(i, true)
		if word < 0 || !s.free(i, end) || ordinary(s.f.runes[i:end]) {
			continue
		}
		_, asker := askers.longestBack(s.f.runes, i, 0)
		if before := s.at(i - 1); asker < i || before != nil && (area(before.kind) || before.kind == hidden) {
			s.keep(span{start: i, end: end, name: end, kind: s.g.kind(word), word: word})
			i = end - 1
		}
	}
}

// hidden finds areas whose names were replaced by a letter: A市, A3区, E12市.
func (s *scan) hidden() {
	text := s.f.runes
	for i := range text {
		if !small(text[i]) || i > 0 && small(text[i-1]) {
			continue
		}
		end := digits(text, i+1)
		for n := 0; end < len(text) && n < 2 && (text[end] == '市' || text[end] == '区' || text[end] == '县'); n++ {
			end++
		}
		if end > i+1 && !digit(text[end-1]) && s.free(i, end) {
			s.keep(unknown(i, end, hidden))
		}
	}
}

// splitsWord reports a name that is only the beginning of a number or the middle
// of a word in other letters.
func splitsWord(text []rune, from, to int) bool {
	inner := func(r rune) bool { return digit(r) || small(r) }
	return from > 0 && inner(text[from]) && inner(text[from-1]) || to < len(text) && inner(text[to]) && inner(text[to-1])
}

// kind is the kind of a name's first meaning.
func (g *Gazetteer) kind(word int) string { return g.entries[g.means[word][0]].Kind }

// keep takes a span, in place of those that lie in it.
func (s *scan) keep(m span) {
	s.spans = append(s.spans, m)
	for i := m.start; i < m.end; i++ {
		if old := s.taken[i]; old > 0 {
			s.spans[old-1].kind = ""
		}
		s.taken[i] = int32(len(s.spans))
	}
}

// at is the span that has a character, nil none.
func (s *scan) at(i int) *span {
	if i < 0 || i >= len(s.taken) || s.taken[i] == 0 {
		return nil
	}
	return &s.spans[s.taken[i]-1]
}

// kept are the spans that stay, in the order of the text.
func (s *scan) kept() []span {
	out := slices.DeleteFunc(s.spans, func(m span) bool { return m.kind == "" || m.kind == hidden })
	slices.SortFunc(out, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return out
}
