package command

import (
	"slices"
	"strings"
)

// rates are how often answers are right.
type rates struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// tally counts answers against labels.
type tally struct {
	found, labels int
	right, hit    int // found ones that are labels, labels that were found
}

func (t tally) rates() rates {
	r := rates{Precision: ratio(t.right, t.found), Recall: ratio(t.hit, t.labels)}
	if sum := r.Precision + r.Recall; sum > 0 {
		r.F1 = 2 * r.Precision * r.Recall / sum
	}
	return r
}

func ratio(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// placesScore is what gongzhi eval places prints when there are labels. Exact
// wants the very words of the label, overlap a part of them.
type placesScore struct {
	rates
	Overlap  rates       `json:"overlap"`
	Messages int         `json:"messages"`
	Labels   int         `json:"labels"`
	Found    int         `json:"found"`
	Tuned    *partScore  `json:"tuned,omitempty"`
	HeldOut  *partScore  `json:"held_out,omitempty"`
	Speed    float64     `json:"docs_per_second"`
	Size     int         `json:"gazetteer"`
	Errors   []rowErrors `json:"errors,omitempty"`
}

type partScore struct {
	Messages int `json:"messages"`
	rates
	Overlap rates `json:"overlap"`
}

type rowErrors struct {
	ID     string   `json:"id"`
	Missed []string `json:"missed"`
	Extra  []string `json:"extra"`
}

// part is one share of the labelled texts.
type part struct {
	messages       int
	exact, overlap tally
}

func (p part) score() *partScore {
	return &partScore{p.messages, p.exact.rates(), p.overlap.rates()}
}

func (p *part) add(found, right []string) {
	p.messages++
	same := func(a, b string) bool { return a == b }
	touch := func(a, b string) bool { return strings.Contains(a, b) || strings.Contains(b, a) }
	p.exact.add(found, right, same)
	p.overlap.add(found, right, touch)
}

func (t *tally) add(found, right []string, equal func(a, b string) bool) {
	t.found, t.labels = t.found+len(found), t.labels+len(right)
	for _, f := range found {
		if slices.ContainsFunc(right, func(r string) bool { return equal(f, r) }) {
			t.right++
		}
	}
	for _, r := range right {
		if slices.ContainsFunc(found, func(f string) bool { return equal(f, r) }) {
			t.hit++
		}
	}
}

// score compares what was found with the labels. Each form of a name counts
// once a text.
func (w *finding) score(right map[string][]string, hold int, wrong bool) placesScore {
	var all, tuned, held part
	out := placesScore{Speed: w.speed(), Size: w.gazetteer.Size()}
	for i, row := range w.rows {
		found, labels := row.distinct(), right[row.ID]
		all.add(found, labels)
		if hold > 0 && i%hold == hold-1 {
			held.add(found, labels)
			continue
		}
		tuned.add(found, labels)
		if e := compare(row.ID, found, labels); wrong && len(e.Missed)+len(e.Extra) > 0 {
			out.Errors = append(out.Errors, e)
		}
	}
	out.rates, out.Overlap, out.Messages = all.exact.rates(), all.overlap.rates(), all.messages
	out.Labels, out.Found = all.exact.labels, all.exact.found
	if hold > 0 {
		out.Tuned, out.HeldOut = tuned.score(), held.score()
	}
	return out
}

// distinct are the places of a row as labels are written, without blanks.
func (r foundRow) distinct() []string {
	var out []string
	for _, p := range r.Places {
		if text := strings.Join(strings.Fields(p.Text), ""); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func compare(id string, found, right []string) rowErrors {
	e := rowErrors{ID: id, Missed: []string{}, Extra: []string{}}
	for _, r := range right {
		if !slices.Contains(found, r) {
			e.Missed = append(e.Missed, r)
		}
	}
	for _, f := range found {
		if !slices.Contains(right, f) {
			e.Extra = append(e.Extra, f)
		}
	}
	return e
}
