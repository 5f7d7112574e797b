package mention

import (
	"unicode"
	"unicode/utf8"
)

// folded is a text as it is compared: without blanks, narrow, small letters. It
// knows where each of its characters stands in the text as it was written.
type folded struct {
	source string
	runes  []rune
	from   []int // byte at which a character begins
	to     []int // byte behind it
}

func fold(text string) *folded {
	n := utf8.RuneCountInString(text)
	f := &folded{source: text, runes: make([]rune, 0, n), from: make([]int, 0, n), to: make([]int, 0, n)}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if c := letter(r); c != 0 {
			f.runes, f.from, f.to = append(f.runes, c), append(f.from, i), append(f.to, i+size)
		}
		i += size
	}
	return f
}

// letter is a character as it is compared, 0 for a blank. The end of a line
// stays: no name goes over it.
func letter(r rune) rune {
	switch {
	case r == '\n':
		return r
	case r == '號':
		return '号'
	case unicode.IsSpace(r), r == '\u200b', r == '\ufeff':
		return 0
	case r > '\uff00' && r < '\uff5f':
		r -= 0xfee0
	}
	return unicode.ToLower(r)
}

// letters is a name as it is compared.
func letters(name string) []rune { return fold(name).runes }

// written is the part of the text between two characters, as it was written.
func (f *folded) written(start, end int) string { return f.source[f.from[start]:f.to[end-1]] }

func (f *folded) string(start, end int) string { return string(f.runes[start:end]) }

func han(r rune) bool {
	return r >= firstHan && r < firstHan+hans || r > 0x7f && unicode.Is(unicode.Han, r)
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

func small(r rune) bool { return r >= 'a' && r <= 'z' }
