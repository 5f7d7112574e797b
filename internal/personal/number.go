package personal

import (
	"slices"
	"strings"
)

// chinese are the digits as they are written out, in order, twice over, and the
// ways to say nought and one on the telephone.
const chinese = "〇一二三四五六七八九零壹贰叁肆伍陆柒捌玖幺两"

var digits = func() map[rune]byte {
	out := map[rune]byte{'零': '0', '幺': '1', '两': '2'}
	for i, c := range []rune("〇一二三四五六七八九") {
		out[c] = byte('0' + i)
	}
	for i, c := range []rune("壹贰叁肆伍陆柒捌玖") {
		out[c] = byte('1' + i)
	}
	return out
}()

// digitOf is the digit a rune stands for, 0 for none.
func digitOf(c rune) byte {
	if plain(c) {
		return byte(c)
	}
	if classOf(c)&digit == 0 {
		return 0
	}
	return digits[c] // 十 is none
}

// run is the digits from a place on as people type them: in groups, one by one.
type run struct {
	text  [24]byte
	size  int
	shape [24]int // digits of each group
	end   [24]int // where each group ends
	n     int
}

// between may stand between the groups of one number, two at most.
const between = " -—()"

// read takes groups while they could be of one number. A single group that is
// longer than any number counts with its length alone.
func (x *run) read(s *scanner, i int) {
	for x.n < len(x.shape) && x.size < len(x.text) {
		written, from := !plain(s.at(i)), i
		for d := digitOf(s.at(i)); d != 0 && written == !plain(s.at(i)); d = digitOf(s.at(i)) {
			if x.size < len(x.text) {
				x.text[x.size] = d
			}
			x.size++
			i++
		}
		if i == from {
			return
		}
		x.shape[x.n], x.end[x.n] = i-from, i
		x.n++
		next := i
		if digitOf(s.at(next)) == 0 {
			next = s.skip(next, 2, between)
		}
		i = next
	}
}

// number looks at the digits that begin at a place: the longest that is
// somebody's number is taken, from as many groups as it has.
func (s *scanner) number(i int) int {
	var x run
	x.read(s, i)
	if x.n == 0 {
		return i + 1
	}
	if s.inside(i) {
		return x.end[0]
	}
	size := x.size
	for n := x.n; n > 0; n-- {
		if size >= 7 && size < len(x.text) {
			if end := s.take(i, &x, n, size); end > 0 {
				return end
			}
		}
		size -= x.shape[n-1]
	}
	return x.end[0]
}

// take adds the first n groups when they are a number of somebody.
func (s *scanner) take(i int, x *run, n, size int) int {
	text, shape, from, to := x.text[:size], x.shape[:n], i, x.end[n-1]
	if lower(s.at(to)) == 'x' && size == 17 {
		text, to = append(text, 'X'), to+1
	}
	k := s.sort(from, to, string(text), shape)
	if k == "" {
		return 0
	}
	if k == Mobile || k == Identity {
		s.nameBefore(from)
	}
	if s.at(from-1) == '+' {
		from--
	}
	return s.add(from, to, k)
}

// inside reports whether digits are part of something else: a fraction, a web
// address, a code with letters in it.
func (s *scanner) inside(i int) bool {
	before := s.at(i - 1)
	switch {
	case before == '.' && plain(s.at(i-2)) && plain(s.at(i-3)): // 112.938123…, not the 3. of a list
		return true
	case before == '/' && s.till == i-1 && i > 1: // behind another number
		return false
	case (before == '=' || before == '/' || before == '_' || before == '%') && (latin(s.at(i-2)) || plain(s.at(i-2))):
		return true
	case latin(before):
		return !s.labelled(i)
	}
	return false
}

// labelled reports whether the letters before a place are a word for a number.
func (s *scanner) labelled(i int) bool {
	from := i
	for from > 0 && latin(s.r[from-1]) {
		from--
	}
	if plain(s.at(from - 1)) {
		return false
	}
	word := strings.ToLower(string(s.r[from:i]))
	return slices.Contains([]string{"tel", "t", "phone", "telephone", "mobile", "mob", "m", "id", "wx", "vx", "v", "qq", "wechat", "call"}, word)
}

// sort is what a number is, "" nothing of a person.
func (s *scanner) sort(from, to int, all string, shape []int) Kind {
	switch {
	case latin(s.at(to)):
		return ""
	case mobile(all, shape) && !s.measured(to):
		return Mobile
	case fixed(all, shape) && !s.measured(to):
		return Phone
	case s.identity(from, all, shape):
		return Identity
	case bank(all, shape), len(all) >= 12 && len(all) <= 19 && even(shape) && s.near(from, 8, cardWords):
		return Bank
	case (len(all) == 7 || len(all) == 8) && all[0] >= '2' && all[0] <= '8' && (len(shape) == 1 || len(all) == 8 && slices.Equal(shape, []int{4, 4})) &&
		s.near(from, 4, lineWords) && !s.measured(to):
		return Phone
	}
	return ""
}

// measured reports whether a unit follows: an amount is nobody's number.
func (s *scanner) measured(to int) bool { return s.first(to, measures) >= 0 }

var (
	measures      = list("元", "万", "亿", "平方", "平米", "㎡", "公里", "吨", "米")
	cardWords     = list("卡号", "银行卡", "账号", "帐号", "账户", "帐户")
	lineWords     = list("电话", "座机", "宅电", "tel", "传真")
	identityWords = list("身份", "证号", "证件")
)

func mobile(all string, shape []int) bool {
	n := len(all)
	rest := all
	for _, country := range []string{"0086", "086", "86"} {
		if n == 11+len(country) && strings.HasPrefix(all, country) {
			rest = all[len(country):]
			if shape[0] == len(country) {
				shape = shape[1:]
			} else if len(shape) > 1 {
				return false
			}
		}
	}
	if len(rest) != 11 || rest[0] != '1' || rest[1] < '3' {
		return false
	}
	if len(shape) == 1 || even(shape) {
		return true
	}
	for _, usual := range usualShapes {
		if slices.Equal(shape, usual) {
			return true
		}
	}
	return false
}

// usualShapes are the ways to write a mobile number in groups of different size.
var usualShapes = [][]int{{3, 4, 4}, {3, 8}, {7, 4}, {4, 7}, {3, 3, 5}, {4, 4, 3}, {4, 3, 4}, {5, 6}, {6, 5}, {3, 3, 3, 2}, {3, 2, 3, 3}, {3, 2, 2, 2, 2}, {1, 10}}

// even reports whether groups are of one length, the last may be shorter.
func even(shape []int) bool {
	for i, n := range shape {
		if n != shape[0] && (i < len(shape)-1 || n > shape[0]) {
			return false
		}
	}
	return len(shape) == 1 || shape[0] <= 4
}

// fixed is a line with its area code: 010, 02x, 0ddd and seven or eight digits.
func fixed(all string, shape []int) bool {
	if len(all) < 10 || all[0] != '0' || all[1] == '0' {
		return false
	}
	area := 4
	if all[1] <= '2' {
		area = 3
	}
	n := len(all) - area
	return (n == 7 || n == 8) && all[area] >= '2' && all[area] <= '8' && (len(shape) == 1 || shape[0] == area)
}

// provinces begin the numbers of identity cards.
const provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91"

// identity is a citizen's number of 18 digits or, of old, 15: a place, a day of
// birth and, at the end of the longer, a check digit. One that does not fit is a
// slip of the pen where a word says what the number is, and else another number.
func (s *scanner) identity(from int, all string, shape []int) bool {
	if len(all) < 15 || !strings.Contains(provinces, all[:2]) || len(shape) > 6 && !even(shape) {
		return false
	}
	switch len(all) {
	case 18:
		return (all[6:8] == "19" || all[6:8] == "20") && dated(all[10:14]) && (checked(all) || s.near(from, 12, identityWords))
	case 15:
		return len(shape) <= 3 && !strings.HasSuffix(all, "X") && dated(all[8:12])
	}
	return false
}

// dated reports whether four digits are a month and a day.
func dated(md string) bool {
	return md[:2] >= "01" && md[:2] <= "12" && md[2:] >= "01" && md[2:] <= "31"
}

// checked is ISO 7064 MOD 11-2.
func checked(all string) bool {
	sum := 0
	for i := range 17 {
		sum = (sum + int(all[i]-'0')) * 2 % 11
	}
	return "10X98765432"[sum%11] == all[17]
}

// bank is a card: the ranges in use in China, and Luhn's sum.
func bank(all string, shape []int) bool {
	if len(all) < 16 || len(all) > 19 || strings.HasSuffix(all, "X") || len(shape) > 1 && !even(shape) && shape[0] != 6 {
		return false
	}
	known := slices.ContainsFunc([]string{"62", "60", "68", "69", "9"}, func(p string) bool { return strings.HasPrefix(all, p) })
	if len(all) == 16 {
		known = known || all[0] == '4' || all[0] == '5' || strings.HasPrefix(all, "35")
	}
	return known && luhn(all)
}

func luhn(all string) bool {
	sum := 0
	for i := range len(all) {
		d := int(all[len(all)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
