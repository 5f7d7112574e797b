package catalog

import (
	"cmp"
	"slices"
	"strings"

	"gongzhi/internal/sqldb"
)

// Tree is the category tree in memory, for pages and rules that walk it.
type Tree struct {
	All    []Category
	byCode map[string]int
	below  map[string][]string
}

// LoadTree reads the tree.
func LoadTree(tx *sqldb.Tx) (*Tree, error) {
	all, err := Categories(tx)
	if err != nil {
		return nil, err
	}
	return NewTree(all), nil
}

// NewTree indexes categories.
func NewTree(all []Category) *Tree {
	t := &Tree{All: all, byCode: map[string]int{}, below: map[string][]string{}}
	for i, c := range all {
		t.byCode[c.Code] = i
		t.below[c.Parent] = append(t.below[c.Parent], c.Code)
	}
	return t
}

// Find is the category of a code; ok is false when there is none.
func (t *Tree) Find(code string) (Category, bool) {
	i, ok := t.byCode[code]
	if !ok {
		return Category{}, false
	}
	return t.All[i], true
}

// Named is the first active category of a name.
func (t *Tree) Named(name string) (Category, bool) {
	i := slices.IndexFunc(t.All, func(c Category) bool { return c.Active && c.Name == name })
	if i < 0 {
		return Category{}, false
	}
	return t.All[i], true
}

// Children are the categories directly below, "" for the top.
func (t *Tree) Children(code string) []Category {
	var out []Category
	for _, c := range t.below[code] {
		out = append(out, t.All[t.byCode[c]])
	}
	return out
}

// Leaf reports whether requests may be filed under the code.
func (t *Tree) Leaf(code string) bool {
	_, ok := t.byCode[code]
	return ok && len(t.below[code]) == 0
}

// Leaves are the active leaves below a code, "" for all, in tree order.
func (t *Tree) Leaves(code string) []Category {
	if t.Leaf(code) {
		c, _ := t.Find(code)
		return []Category{c}
	}
	var out []Category
	for _, c := range t.Children(code) {
		if c.Active {
			out = append(out, t.Leaves(c.Code)...)
		}
	}
	return out
}

// Path are the codes from the top down to code.
func (t *Tree) Path(code string) []string {
	var out []string
	for range 8 { // deeper is a loop in bad data
		c, ok := t.Find(code)
		if !ok {
			break
		}
		out = append([]string{c.Code}, out...)
		code = c.Parent
	}
	return out
}

// Name is the category with those above it: 市政设施 › 照明 › 路灯不亮.
func (t *Tree) Name(code string) string {
	var names []string
	for _, c := range t.Path(code) {
		names = append(names, t.All[t.byCode[c]].Name)
	}
	return strings.Join(names, " › ")
}

// Guess is a category that a text speaks of, with the words that say so.
type Guess struct {
	Category Category
	Score    float64 // share of all matched weight, 0 to 1
	Words    []string
}

// Suggest proposes leaves from their keywords: a longer word weighs more, and
// the category's own name counts as a keyword. It is a first help without any
// learning; the answer says which words decided.
func (t *Tree) Suggest(text string, n int) []Guess {
	var out []Guess
	total := 0.0
	for _, c := range t.Leaves("") {
		g := Guess{Category: c}
		for _, w := range append([]string{c.Name}, c.Keywords...) {
			if r := len([]rune(w)); r >= 2 && strings.Contains(text, w) {
				g.Score += float64(r * r)
				g.Words = append(g.Words, w)
			}
		}
		if g.Score > 0 {
			out = append(out, g)
			total += g.Score
		}
	}
	return best(out, total, n)
}

func best(all []Guess, total float64, n int) []Guess {
	for i := range all {
		all[i].Score /= total
	}
	sortGuesses(all)
	return all[:min(n, len(all))]
}

func sortGuesses(all []Guess) {
	slices.SortStableFunc(all, func(a, b Guess) int { return cmp.Compare(b.Score, a.Score) })
}
