package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"gongzhi/internal/calendar"
)

// Alarm recognises signals in what somebody writes. It does not change; the
// book in force holds one. Its zero value recognises nothing.
type Alarm struct {
	signals []watch
}

// watch is a signal made ready for reading: its words as folded runes.
type watch struct {
	Signal
	groups [][][]rune
	plain  [][]string
	off    [][]rune
}

// Fired is a signal that a text gives, with the words that gave it.
type Fired struct {
	Signal
	Found []string // as they stand in the text, in the order of the text
}

// Stopped is a signal whose words are there and were turned off by another.
type Stopped struct {
	Signal
	Found []string
	By    string
}

// NewAlarm makes the active signals ready.
func NewAlarm(all []Signal) *Alarm {
	a := &Alarm{}
	for _, x := range all {
		if !x.Active {
			continue
		}
		w := watch{Signal: x}
		for _, g := range x.Words {
			folded := foldAll(g)
			w.groups = append(w.groups, folded)
			var words []string
			for _, r := range folded {
				words = append(words, string(r))
			}
			w.plain = append(w.plain, words)
		}
		w.off = foldAll(x.Off)
		a.signals = append(a.signals, w)
	}
	return a
}

// How far before and behind the words something may stand that turns them off.
const (
	offBefore = 12
	offBehind = 8
)

// Find lists the signals that a text gives, those with the shortest limit first.
func (a *Alarm) Find(text string) []Fired {
	fired, _ := a.Read(text)
	return fired
}

// First is the most pressing signal that a text gives.
func (a *Alarm) First(text string) (Fired, bool) {
	if all := a.Find(text); len(all) > 0 {
		return all[0], true
	}
	return Fired{}, false
}

// Read is Find with the signals that were turned off, for whoever tries a
// sentence out.
func (a *Alarm) Read(text string) (fired []Fired, stopped []Stopped) {
	if a == nil || len(a.signals) == 0 {
		return nil, nil
	}
	all, whole := sentences(text), string(foldRunes(text))
	for i := range a.signals {
		w := &a.signals[i]
		if !w.possible(whole) {
			continue
		}
		var off *Stopped
		for _, s := range all {
			found, by := w.in(s)
			if found != nil && by == "" {
				fired, off = append(fired, Fired{w.Signal, found}), nil
				break
			}
			if found != nil {
				off = &Stopped{w.Signal, found, by}
			}
		}
		if off != nil {
			stopped = append(stopped, *off)
		}
	}
	slices.SortStableFunc(fired, func(x, y Fired) int { return cmp.Compare(span(x.Limit), span(y.Limit)) })
	return fired, stopped
}

func span(l calendar.Limit) time.Duration {
	if l.N <= 0 {
		return 1 << 62
	}
	if l.Unit == "h" {
		return time.Duration(l.N) * time.Hour
	}
	return time.Duration(l.N) * 24 * time.Hour
}

// possible reports whether a word of each group is anywhere in the text: most
// texts speak of no danger at all.
func (w *watch) possible(folded string) bool {
	for _, g := range w.plain {
		if !slices.ContainsFunc(g, func(word string) bool { return strings.Contains(folded, word) }) {
			return false
		}
	}
	return true
}

// hit is where a word stands in a sentence.
type hit struct{ from, to int }

// in looks for the signal in one sentence. by is the word that turned it off
// wherever it was found.
func (w *watch) in(s []rune) (found []string, by string) {
	groups := make([][]hit, len(w.groups))
	for i, g := range w.groups {
		if groups[i] = hits(s, g); len(groups[i]) == 0 {
			return nil, ""
		}
	}
	for _, first := range groups[0] {
		chosen := []hit{first}
		for _, more := range groups[1:] {
			if h, ok := nearest(more, chosen, int(w.Window)); ok {
				chosen = append(chosen, h)
			}
		}
		if len(chosen) < len(groups) {
			continue
		}
		slices.SortFunc(chosen, func(a, b hit) int { return cmp.Compare(a.from, b.from) })
		words := make([]string, len(chosen))
		for i, h := range chosen {
			words[i] = string(s[h.from:h.to])
		}
		from, to := reach(chosen)
		off := w.offIn(s[max(0, from-offBefore):min(len(s), to+offBehind)])
		if found == nil || off == "" {
			found, by = words, off
		}
		if off == "" {
			return found, ""
		}
	}
	return found, by
}

func (w *watch) offIn(near []rune) string {
	for i, word := range w.off {
		if indexRunes(near, word, 0) >= 0 {
			return w.Off[i]
		}
	}
	return ""
}

// nearest is the hit that keeps all chosen ones within the window; one that lies
// inside of a chosen word does not count twice.
func nearest(list, chosen []hit, window int) (best hit, ok bool) {
	width := 0
	for _, h := range list {
		if slices.ContainsFunc(chosen, func(c hit) bool { return h.from < c.to && c.from < h.to }) {
			continue
		}
		from, to := reach(append(slices.Clone(chosen), h))
		if n := to - from; (window <= 0 || n <= window) && (!ok || n < width) {
			best, width, ok = h, n, true
		}
	}
	return best, ok
}

func reach(list []hit) (from, to int) {
	from, to = list[0].from, list[0].to
	for _, h := range list {
		from, to = min(from, h.from), max(to, h.to)
	}
	return from, to
}

// hits are the places of any of the words, in order.
func hits(s []rune, words [][]rune) []hit {
	var out []hit
	for _, w := range words {
		for at := indexRunes(s, w, 0); at >= 0 && len(out) < 50; at = indexRunes(s, w, at+1) {
			out = append(out, hit{at, at + len(w)})
		}
	}
	slices.SortFunc(out, func(a, b hit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	return out
}

func indexRunes(s, word []rune, from int) int {
	if len(word) == 0 {
		return -1
	}
	for i := from; i+len(word) <= len(s); i++ {
		if s[i] == word[0] && slices.Equal(s[i:i+len(word)], word) {
			return i
		}
	}
	return -1
}

// sentences are the sentences of a text, folded.
func sentences(text string) [][]rune {
	var out [][]rune
	for s := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune("。！？!?；;\n\r", c) }) {
		if r := foldRunes(s); len(r) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func foldAll(words []string) [][]rune {
	var out [][]rune
	for _, w := range words {
		out = append(out, foldRunes(w))
	}
	return out
}

// foldRunes leaves out blanks, narrows full-width forms and lowers letters.
func foldRunes(s string) []rune {
	out := make([]rune, 0, len(s)/2)
	for _, c := range s {
		if c >= 0xFF01 && c <= 0xFF5E {
			c -= 0xFEE0
		}
		if unicode.IsSpace(c) {
			continue
		}
		out = append(out, unicode.ToLower(c))
	}
	return out
}
