package mention

import (
	"slices"
	"strings"
)

// shaped finds names by their endings: 某某路, 某某小区, 某某中学.
func (s *scan) shaped() {
	for i := 0; i < len(s.f.runes); {
		if m, ok := s.highway(i); ok {
			s.keep(m)
			i = m.end
			continue
		}
		word, end := endings.longest(s.f.runes, i)
		if word < 0 {
			i++
			continue
		}
		if m, ok := s.shape(i, end, shapes[word]); ok {
			s.keep(m)
		}
		i = end
	}
}

// shape is the name whose ending stands between two characters.
func (s *scan) shape(from, to int, e shape) (span, bool) {
	if s.at(from) != nil || e.spoiled(s.f.runes, to) {
		return span{}, false
	}
	if _, word := commons.longestBack(s.f.runes, to, 0); word < from {
		return span{}, false
	}
	start := s.stem(from, e)
	switch n := from - start; {
	case n == 0:
		return s.owned(from, to, e)
	case n < e.least, counting(s.f.runes[start:from]):
		return span{}, false
	}
	return unknown(start, to, e.kind), true
}

func unknown(start, end int, kind string) span {
	return span{start: start, end: end, name: end, kind: kind, word: -1}
}

// stem is where the name begins whose ending begins at a character. It goes to
// the left until something that is no part of a name: a mark, another place, a
// word that no name has. What is longer than such names are has no stem.
func (s *scan) stem(from int, e shape) int {
	if _, start := lasts.longestBack(s.f.runes, from, 0); start < from {
		return from
	}
	p := from
	for ; p > 0 && from-p <= e.most; p-- {
		if s.at(p-1) != nil || !s.part(p-1, e) || s.counted(p) {
			return p
		}
		if _, start := stops.longestBack(s.f.runes, p, 0); start < p {
			return p
		}
		if _, start := doubts.longestBack(s.f.runes, p, 0); start < p && from-p >= 2 {
			return p
		}
	}
	if p == 0 {
		return 0
	}
	return from
}

// part reports a character that a name may have. Numbers are part of few.
func (s *scan) part(i int, e shape) bool {
	c := s.f.runes[i]
	return han(c) || digit(c) && e.kind == Facility && i > 0 && !han(s.f.runes[i-1])
}

// counted reports that a number of something ends before a character: 三期, 12月.
func (s *scan) counted(p int) bool {
	return p >= 2 && measures[s.f.runes[p-1]] && numeral(s.f.runes[p-2])
}

func numeral(r rune) bool {
	return digit(r) || strings.ContainsRune("一二三四五六七八九十百千万两几多", r)
}

// counting reports a number and nothing else: 九组, 十三村.
func counting(stem []rune) bool {
	return !slices.ContainsFunc(stem, func(r rune) bool { return !numeral(r) })
}

// owned is the name that consists of another one and an ending: 文艺路小学,
// A市火车站. A market beside a town is a place of its own: 某镇农贸市场.
func (s *scan) owned(from, to int, e shape) (span, bool) {
	m := s.at(from - 1)
	switch {
	case m == nil, follows(s.f.runes, to, "段", "口"), another(s.f.runes, to):
		return span{}, false
	case e.owned, s.bare(*m), e.kind != Street && !area(m.kind) && m.kind != hidden:
		return unknown(m.start, to, e.kind), true
	}
	return unknown(from, to, e.kind), m.kind != hidden && e.kind == Facility && to-from >= 3
}

// another reports that an ending begins at a character: 车站 in 车站路 is none.
func another(text []rune, at int) bool {
	word, _ := endings.longest(text, at)
	return word >= 0
}

// bare reports a place that is named without the ending of its kind, which may
// be the first half of another name: 星沙 in 星沙大道.
func (s *scan) bare(m span) bool {
	return m.word >= 0 && area(m.kind) && !ended(s.f.runes[m.start:m.end])
}

// ended reports a name that ends as names of its kind do.
func ended(name []rune) bool {
	for cut := 1; cut < len(name); cut++ {
		if word, end := endings.longest(name, cut); word >= 0 && end == len(name) {
			return true
		}
	}
	return false
}

// cued finds estates whose names have no ending: between an area and who lives
// there stands a name.
func (s *scan) cued() {
	for i := range s.f.runes {
		if word, _ := cues.longest(s.f.runes, i); word < 0 || s.at(i) != nil {
			continue
		}
		to := i
		for to > 0 && (numeral(s.f.runes[to-1]) || small(s.f.runes[to-1]) || s.f.runes[to-1] == '-') {
			to--
		}
		start := s.stem(to, nameOnly)
		before := s.at(start - 1)
		if to-start >= nameOnly.least && before != nil && (area(before.kind) || before.kind == hidden) {
			s.keep(unknown(start, to, Estate))
		}
	}
}

// nameOnly is what stands before a cue.
var nameOnly = shape{kind: Estate, least: 3, most: 7}

// again finds what a message has called by its full name before, without its
// ending: 新久长 after 新久长商贸城.
func (s *scan) again() {
	var stems [][]rune
	var kinds []string
	seen := map[string]bool{}
	for _, m := range s.spans {
		stem := s.short(m)
		if len(stem) < 2 || seen[string(stem)] {
			continue
		}
		seen[string(stem)] = true
		stems, kinds = append(stems, stem), append(kinds, m.kind)
	}
	if len(stems) == 0 {
		return
	}
	t := newTrie(stems)
	for i := 0; i < len(s.f.runes); i++ {
		word, end := t.longest(s.f.runes, i)
		if word >= 0 && s.free(i, end) {
			s.keep(unknown(i, end, kinds[word]))
			i = end - 1
		}
	}
}

// short is a name without its ending, nil when it has none that can be left out.
func (s *scan) short(m span) []rune {
	name := s.f.runes[m.start:m.end]
	switch {
	case m.kind == "" || m.kind == Road || m.kind == hidden:
		return nil
	case m.kind == Estate && !ended(name):
		return name
	}
	for cut := 1; cut < len(name)-1; cut++ {
		word, end := endings.longest(name, cut)
		if word >= 0 && end == len(name) && shapes[word].dropped && cut >= shapes[word].least {
			return name[:cut]
		}
	}
	return nil
}

func (s *scan) free(from, to int) bool {
	for i := from; i < to; i++ {
		if s.taken[i] > 0 {
			return false
		}
	}
	return true
}
