package search

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxWords  = 16_000 // of a doc: PostgreSQL counts positions up to 16,383
	maxLetter = 64     // bytes of one Latin word; longer ones are cut on both sides
)

// gap stands between two texts in a list of words. No query contains it, so no
// phrase reaches over it.
const gap = "\u00b6"

// words cuts all texts of a doc.
func (d Doc) words() []string {
	var words []string
	for _, t := range d.Texts {
		for _, r := range runs(t) {
			words = r.index(words)
		}
		words = append(words, gap)
	}
	return words[:min(len(words), maxWords)]
}

// run is a piece of text without anything between its characters: either
// Chinese, or letters and digits.
type run struct {
	text    string
	chinese bool
}

// index appends the words under which a run is found: of Chinese each pair of
// neighbours, and the last character alone. So every character begins exactly
// one word, and a single character is found as a beginning.
func (r run) index(words []string) []string {
	if !r.chinese {
		return append(words, r.letters())
	}
	from := 0
	for at := range r.text {
		if at == 0 {
			continue
		}
		_, size := utf8.DecodeRuneInString(r.text[at:])
		words = append(words, r.text[from:at+size])
		from = at
	}
	return append(words, r.text[from:])
}

func (r run) letters() string {
	if len(r.text) <= maxLetter {
		return r.text
	}
	end := maxLetter
	for !utf8.RuneStart(r.text[end]) {
		end--
	}
	return r.text[:end]
}

// runs folds a text (full width, case, composed characters, invisible ones)
// and cuts it where the kind of character changes.
func runs(text string) []run {
	text = strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(text, " ")))
	var all []run
	from, last := 0, 0
	var kind class
	flush := func(end int) {
		if kind == chinese || kind == letter {
			all = append(all, run{strings.Map(visible, text[from:end]), kind == chinese})
		}
	}
	for at, c := range text {
		k := classOf(c)
		if k == invisible {
			continue
		}
		if k != kind {
			flush(last)
			from, kind = at, k
		}
		last = at + utf8.RuneLen(c)
	}
	flush(last)
	return all
}

type class byte

const (
	nothing   class = iota // spaces, punctuation, pictures
	invisible              // joins what stands round it
	chinese
	letter
)

func classOf(c rune) class {
	switch {
	case c < utf8.RuneSelf:
		if ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') {
			return letter
		}
		return nothing
	case 0x4e00 <= c && c <= 0x9fff:
		return chinese
	case unicode.Is(unicode.Cf, c), unicode.Is(unicode.Variation_Selector, c):
		return invisible
	case ideograph(c), unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return chinese
	case unicode.In(c, unicode.L, unicode.N, unicode.M):
		return letter
	}
	return nothing
}

// ideograph takes in what Unicode tables of any year leave open: the two
// planes reserved for Chinese characters, where names of people and villages
// are still being added, and the private areas, where GB18030 and local input
// methods keep theirs.
func ideograph(c rune) bool {
	return (0x20000 <= c && c <= 0x3fffd) || (0xe000 <= c && c <= 0xf8ff) || (0xf0000 <= c && c <= 0x10fffd)
}

func visible(c rune) rune {
	if c >= utf8.RuneSelf && classOf(c) == invisible {
		return -1
	}
	return c
}

// body is a doc for FTS5.
func body(words []string) string { return strings.Join(words, " ") }

// vector is a doc for PostgreSQL: every word with all its positions.
func vector(words []string) string {
	at := make(map[string][]byte, len(words))
	order := make([]string, 0, len(words))
	for i, w := range words {
		if w == gap {
			continue
		}
		places, seen := at[w]
		if !seen {
			order = append(order, w)
		} else {
			places = append(places, ',')
		}
		at[w] = strconv.AppendInt(places, int64(i+1), 10)
	}
	var b strings.Builder
	for _, w := range order {
		b.WriteString(quoted(w))
		b.WriteByte(':')
		b.Write(at[w])
		b.WriteByte(' ')
	}
	return b.String()
}

// quoted is a word inside a tsvector or tsquery. Words are letters and digits,
// so nothing needs doubling; it is done all the same because this is the last
// place where it could be.
func quoted(w string) string {
	return "'" + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(w) + "'"
}
