package classifier

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// mostWords is how many passages an answer names, longest how many characters
// one may have.
const (
	mostWords = 4
	longest   = 8
)

// why names the passages of a text that speak for a class: what each gram adds
// to it beyond what it adds to the others, shared among its characters.
func (m *Model) why(d Doc, class string) []string {
	path := m.pathTo(class)
	var all []passage
	for _, part := range d.Parts {
		all = append(all, m.passages(part, path)...)
	}
	slices.SortStableFunc(all, func(a, b passage) int { return cmp.Compare(b.weight, a.weight) })
	var out []string
	for _, p := range all {
		known := func(w string) bool { return strings.Contains(w, p.text) || strings.Contains(p.text, w) }
		if len(out) < mostWords && p.weight > all[0].weight/8 && !slices.ContainsFunc(out, known) {
			out = append(out, p.text)
		}
	}
	return out
}

// turn is one decision on the way down to a class.
type turn struct {
	h     *head
	class int
}

func (m *Model) pathTo(class string) []turn {
	var walk func(above string) []turn
	walk = func(above string) []turn {
		h := m.heads[above]
		if h == nil {
			return nil
		}
		for i, c := range h.Classes {
			if c == class {
				return []turn{{h, i}}
			}
			if below := walk(c); below != nil {
				return append([]turn{{h, i}}, below...)
			}
		}
		return nil
	}
	return walk("")
}

type passage struct {
	text   string
	weight float32
}

// letter is one character of the source with what it says.
type letter struct {
	at, end int
	word    bool
	said    float32
}

func (m *Model) passages(text string, path []turn) []passage {
	letters := m.letters(text, path)
	var out []passage
	from := -1
	flush := func(end int) {
		if from >= 0 && end-from >= 2 {
			out = append(out, strongestPart(text, letters[from:end]))
		}
		from = -1
	}
	for i, c := range letters {
		if c.word && c.said > 0 {
			if from < 0 {
				from = i
			}
			continue
		}
		flush(i)
	}
	flush(len(letters))
	return out
}

func (m *Model) letters(text string, path []turn) []letter {
	var out []letter
	var last rune
	var before int
	for at, r := range text {
		c := letter{at: at, end: at + len(string(r)), word: unicode.IsLetter(r) || unicode.IsDigit(r)}
		folded := fold(string(r), nil)
		if len(folded) == 1 {
			f := folded[0]
			c.said += m.says(gram(f), path)
			if last != 0 {
				half := m.says(pair(last, f), path) / 2
				c.said += half
				out[before].said += half
			}
			last, before = f, len(out)
		} else if len(folded) > 1 {
			last = 0
		}
		out = append(out, c)
	}
	return out
}

// says is what a gram adds to the classes of a path, beyond its mean for their
// siblings.
func (m *Model) says(g gram, path []turn) float32 {
	id := m.words.find(g)
	if id == m.words.none() {
		return 0
	}
	var sum float32
	for _, t := range path {
		row := t.h.row(id)
		if row == nil {
			continue
		}
		var mean float32
		for _, w := range row {
			mean += w
		}
		sum += (row[t.class] - mean/float32(len(row))) * m.words.idf[id]
	}
	return sum
}

// strongestPart is the piece of at most longest characters that says most.
func strongestPart(text string, run []letter) passage {
	var best passage
	for i := range run {
		var sum float32
		for j := i; j < min(i+longest, len(run)); j++ {
			if sum += run[j].said; sum > best.weight && j > i {
				best = passage{text[run[i].at:run[j].end], sum}
			}
		}
	}
	return best
}
