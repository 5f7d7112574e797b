// Package mention finds the places that Chinese prose names: those of the city's
// gazetteer, with other names and without their endings, and those that only
// look like names of places. It shows what a name may mean and never guesses:
// where several places have one name, all of them stand beside the mention until
// another mention or a point decides.
package mention

import (
	"slices"

	"gongzhi/internal/geo"
)

// Kinds of places, the areas from the city down.
const (
	District  = "district"
	Street    = "street" // 街道, 镇, 乡
	Community = "community"
	Estate    = "estate"
	Road      = "road"
	Crossing  = "crossing"
	Facility  = "facility"
)

// Entry is one place of the gazetteer. The code of a place inside an area begins
// with the area's code, as the statistical codes do; a place in several areas
// has the code of what holds them all.
type Entry struct {
	Name    string
	Aliases []string
	Kind    string
	Code    string
	Point   geo.Point // zero when the place has none of its own
}

// Mention is a place that a text names. Start and End are bytes of the text, and
// Text is what stands between them.
type Mention struct {
	Start, End int
	Text       string
	Kind       string
	Name       string  // as it is compared: without blanks and house number
	Number     string  // 32号, "" none
	Known      bool    // it is in the gazetteer
	Candidates []Entry // all that it may be, in the gazetteer's order
}

// Gazetteer holds the names of a city. It does not change and is safe for many
// goroutines.
type Gazetteer struct {
	entries []Entry
	names   *trie
	means   [][]int32 // for each of the names: the entries it may stand for
	loose   []bool    // so short or so common that it counts only where a place is asked for
}

// New makes the gazetteer of entries. An entry without a kind has the one that
// its name's ending tells.
func New(entries []Entry) *Gazetteer {
	g := &Gazetteer{entries: slices.Clone(entries)}
	var words [][]rune
	index := map[string]int{}
	for i := range g.entries {
		e := &g.entries[i]
		if e.Kind == "" {
			e.Kind = kindOf(letters(e.Name))
		}
		for _, s := range spellings(*e) {
			at, ok := index[string(s.letters)]
			if !ok {
				at = len(words)
				index[string(s.letters)] = at
				words, g.means, g.loose = append(words, s.letters), append(g.means, nil), append(g.loose, true)
			}
			if g.loose[at] && !s.loose {
				g.means[at], g.loose[at] = nil, false // what it is short for gives way to what is called so
			}
			if !s.loose || g.loose[at] {
				g.means[at] = append(g.means[at], int32(i))
			}
		}
	}
	g.names = newTrie(words)
	return g
}

// Size is how many places the gazetteer holds.
func (g *Gazetteer) Size() int { return len(g.entries) }

// Find lists the places that a text names, in its order; no two share a
// character.
func (g *Gazetteer) Find(text string) []Mention {
	f := fold(text)
	spans := crossings(f, g.spans(f))

	out := make([]Mention, 0, len(spans))
	for _, s := range spans {
		out = append(out, g.mention(f, s))
	}
	return narrow(text, out)
}

// span is a mention on its way, counted in characters of the folded text.
type span struct {
	start, end int
	name       int // where the name ends and a house number begins
	kind       string
	word       int // of the gazetteer, -1 unknown to it
}

func (g *Gazetteer) mention(f *folded, s span) Mention {
	m := Mention{Start: f.from[s.start], End: f.to[s.end-1], Text: f.written(s.start, s.end), Kind: s.kind,
		Name: f.string(s.start, s.name), Number: f.string(s.name, s.end)}
	if s.word < 0 {
		return m
	}
	m.Known = true
	for _, i := range g.means[s.word] {
		m.Candidates = append(m.Candidates, g.entries[i])
	}
	m.Kind = commonKind(m.Candidates)
	return m
}

// commonKind is the kind of all candidates, else that of the widest.
func commonKind(list []Entry) string {
	best := list[0].Kind
	for _, e := range list {
		if rank(e.Kind) < rank(best) {
			best = e.Kind
		}
	}
	return best
}

// rank orders kinds from the widest to the most precise.
func rank(kind string) int {
	return slices.Index([]string{District, Street, Community, Road, Estate, Facility, Crossing}, kind)
}

// area reports a kind that holds other places.
func area(kind string) bool { return kind == District || kind == Street || kind == Community }

// hidden is the kind of an area whose name was taken out, as 某 A3区. It bounds
// names and is none itself.
const hidden = "hidden"
