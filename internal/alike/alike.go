// Package alike tells how much short texts have in common, and finds among many
// those that say the same. It knows no hotline and no database.
package alike

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Gram is a piece of a text by which it is compared, as a number.
type Gram uint64

// Plain is a text without all that makes no difference to what it says: width,
// case, blanks, punctuation, characters that cannot be seen.
func Plain(s string) string {
	return strings.Map(func(c rune) rune {
		if kindOf(c) == gap {
			return -1
		}
		return c
	}, fold(s))
}

func fold(s string) string {
	return strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, " ")))
}

// Print stands for the plain text: two texts have the same one when they differ
// in blanks and punctuation only. That of a text without words is 0.
func Print(s string) uint64 {
	plain := Plain(s)
	if plain == "" {
		return 0
	}
	h := seed
	for _, c := range plain {
		h = h.add(c)
	}
	return uint64(h.end())
}

type kind byte

const (
	gap kind = iota
	ideograph
	letter
)

func kindOf(c rune) kind {
	switch {
	case c < 0x80:
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			return letter
		}
		return gap
	case 0x4e00 <= c && c <= 0x9fff:
		return ideograph
	case unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return ideograph
	case unicode.In(c, unicode.L, unicode.N):
		return letter
	}
	return gap
}

// Grams are the pieces of a text, each once and in order of their numbers: of
// Chinese each two and each three neighbours, of other scripts the words and each
// two neighbouring words.
func Grams(s string) []Gram {
	var out []Gram
	var c cutter
	for _, r := range fold(s) {
		out = c.next(out, r)
	}
	out = c.next(out, ' ')
	slices.Sort(out)
	return slices.Compact(out)
}

// cutter cuts one text.
type cutter struct {
	two, one rune  // the Chinese characters before
	word     mixer // the word that is being read
	length   int
	last     Gram // the word before, 0 none
}

func (c *cutter) next(out []Gram, r rune) []Gram {
	k := kindOf(r)
	if k != letter && c.length > 0 {
		w := c.word.end()
		out = append(out, w)
		if c.last != 0 {
			out = append(out, seed.add(rune(c.last)).add(rune(c.last>>32)).add(rune(w)).add(rune(w>>32)).end())
		}
		c.last, c.length = w, 0
	}
	switch k {
	case letter:
		if c.length == 0 {
			c.word = seed
		}
		c.word, c.length = c.word.add(r), c.length+1
		c.two, c.one = 0, 0
	case ideograph:
		if c.one != 0 {
			out = append(out, seed.add(c.one).add(r).end())
		}
		if c.two != 0 {
			out = append(out, seed.add(c.two).add(c.one).add(r).end())
		}
		c.two, c.one, c.last = c.one, r, 0
	case gap:
		c.two, c.one = 0, 0
	}
	return out
}

// mixer makes one number of some characters.
type mixer uint64

const seed mixer = 0xcbf29ce484222325

func (m mixer) add(c rune) mixer { return (m ^ mixer(uint32(c))) * 0x100000001b3 }

// end spreads the number, so that its smallest values are a fair sample.
func (m mixer) end() Gram {
	x := uint64(m)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return Gram(x ^ x>>31)
}

// Sketch is a sample of the pieces of a text, the same of each text that has
// them: those with the smallest numbers, at most n.
func Sketch(grams []Gram, n int) []Gram {
	return grams[:min(n, len(grams))]
}
