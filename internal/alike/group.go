package alike

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Report is one text among those that are to be grouped, with where and when it
// came from as far as that is known.
type Report struct {
	Texts    []string // the longest of them tell the matter, the others are titles
	At       time.Time
	Lat, Lng float64 // 0, 0 unknown
}

// Rules say what counts as the same: copies of a text wherever they come from,
// and reports near each other in place and in time that speak of the same.
type Rules struct {
	Near   float64       // share of common words from which texts are copies
	Words  float64       // the same where place and time agree
	Metres float64       // what is one place
	Span   time.Duration // what is one time
}

// Usual are the rules that the reading of samples has shown to be right: of the
// groups of texts that share 30 to 40 % of their words, nine of ten are one matter.
var Usual = Rules{Near: 0.35, Words: 0.5, Metres: 40, Span: 14 * 24 * time.Hour}

// Groups puts reports together that say the same, as lists of their positions,
// each list and all of them in order. Its work grows with the number of reports,
// not with that of pairs.
func Groups(reports []Report, placed bool, rules Rules) [][]int {
	g := &grouping{reports: reports, rules: rules, parent: make([]int, len(reports)), placed: placed}
	for i := range g.parent {
		g.parent[i] = i
	}
	g.read()
	g.same()
	g.copies()
	if placed {
		g.faults()
	}
	return g.groups()
}

// grouping is the work on one set of reports.
type grouping struct {
	reports []Report
	rules   Rules
	placed  bool
	main    int // which of the texts tells the matter
	grams   [][]Gram
	words   *Weights
	parent  []int
}

// find is the report that stands for a report's group.
func (g *grouping) find(i int) int {
	for g.parent[i] != i {
		g.parent[i] = g.parent[g.parent[i]]
		i = g.parent[i]
	}
	return i
}

func (g *grouping) join(i, j int) {
	i, j = g.find(i), g.find(j)
	g.parent[max(i, j)] = min(i, j)
}

// read cuts all texts. The column with the most characters tells the matter.
func (g *grouping) read() {
	long := map[int]int{}
	for _, r := range g.reports {
		for k, t := range r.Texts {
			long[k] += len(t)
		}
	}
	for k, n := range long {
		if n > long[g.main] || n == long[g.main] && k < g.main {
			g.main = k
		}
	}
	g.grams = make([][]Gram, len(g.reports))
	for i, r := range g.reports {
		g.grams[i] = Grams(g.matter(r))
	}
	g.words = Learn(g.grams)
}

func (g *grouping) matter(r Report) string {
	if g.main < len(r.Texts) && Plain(r.Texts[g.main]) != "" {
		return r.Texts[g.main]
	}
	out := ""
	for _, t := range r.Texts {
		out += t + "\n"
	}
	return out
}

// same joins what differs in blanks and punctuation only. Where places are known
// a few words are said of many things.
func (g *grouping) same() {
	first := map[uint64]int{}
	for i, r := range g.reports {
		print := Print(g.matter(r))
		if print == 0 || g.placed && len(g.grams[i]) < shortest {
			continue
		}
		if j, seen := first[print]; seen {
			g.join(i, j)
		} else {
			first[print] = i
		}
	}
}

// How copies are looked for: by a sample of each text's pieces, where a piece
// that stands in more texts than mostTexts says too little to look there.
const (
	sample    = 40
	mostTexts = 60
	least     = 3 // common pieces of two samples
)

// copies joins texts of which one was made from the other.
func (g *grouping) copies() {
	posted := map[Gram][]int32{}
	for i, grams := range g.grams {
		if g.find(i) != i {
			continue // another one with the same words stands for it
		}
		shared := map[int32]int{}
		for _, x := range Sketch(grams, sample) {
			if n := g.words.In(x); n < 2 || n > mostTexts {
				continue
			}
			for _, j := range posted[x] {
				shared[j]++
			}
			posted[x] = append(posted[x], int32(i))
		}
		for j, n := range shared {
			if n >= least && g.find(i) != g.find(int(j)) && g.copied(i, int(j)) {
				g.join(i, int(j))
			}
		}
	}
}

// shortest is how many pieces a text must have to be taken for a copy: a few
// words are alike by chance.
const shortest = 12

func (g *grouping) copied(i, j int) bool {
	a, b := g.grams[i], g.grams[j]
	if min(len(a), len(b)) < shortest {
		return false
	}
	both, _ := g.words.Compare(a, b)
	return both >= g.rules.Near
}

// faults joins reports of one thing: at one place, at one time, in like words.
// A point that many reports share stands for "somewhere" and is no place.
func (g *grouping) faults() {
	at := map[[2]float64]int{}
	for _, r := range g.reports {
		at[[2]float64{r.Lat, r.Lng}]++
	}
	nowhere := max(30, len(g.reports)/500)
	cells := map[[2]int][]int{}
	order := make([]int, len(g.reports))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return g.reports[a].At.Compare(g.reports[b].At) })
	for _, i := range order {
		r := g.reports[i]
		if r.Lat == 0 && r.Lng == 0 || at[[2]float64{r.Lat, r.Lng}] > nowhere {
			continue
		}
		c := g.cell(r)
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				g.meet(i, cells, [2]int{c[0] + dy, c[1] + dx})
			}
		}
		cells[c] = append(cells[c], i)
	}
}

// meet joins a report with those of a cell, and forgets those whose time is over.
func (g *grouping) meet(i int, cells map[[2]int][]int, c [2]int) {
	list := cells[c]
	for len(list) > 0 && !g.reports[i].At.IsZero() && g.reports[i].At.Sub(g.reports[list[0]].At) > g.rules.Span {
		list = list[1:]
	}
	if cells[c] = list; len(list) == 0 {
		delete(cells, c)
	}
	for _, j := range list {
		if g.find(i) == g.find(j) || metres(g.reports[i], g.reports[j]) > g.rules.Metres {
			continue
		}
		if both, _ := g.words.Compare(g.grams[i], g.grams[j]); both >= g.rules.Words {
			g.join(i, j)
		}
	}
}

// degree is how long one is, in metres.
const degree = 111_195

func (g *grouping) cell(r Report) [2]int {
	return [2]int{int(math.Floor(r.Lat * degree / g.rules.Metres)), int(math.Floor(r.Lng * degree * narrow(r.Lat) / g.rules.Metres))}
}

// narrow is how much shorter a degree of longitude is, the same for a whole
// tenth of a degree so that neighbouring cells stay neighbours.
func narrow(lat float64) float64 { return math.Cos(math.Floor(lat*10) / 10 * math.Pi / 180) }

func metres(a, b Report) float64 {
	return math.Hypot((a.Lat-b.Lat)*degree, (a.Lng-b.Lng)*degree*narrow(a.Lat))
}

func (g *grouping) groups() [][]int {
	by := map[int][]int{}
	for i := range g.parent {
		by[g.find(i)] = append(by[g.find(i)], i)
	}
	var out [][]int
	for _, list := range by {
		if len(list) > 1 {
			out = append(out, list)
		}
	}
	slices.SortFunc(out, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	return out
}
