// Package score reckons rates, points, totals and ranks so that a person can
// do the same sum on paper and get the same digits.
//
// Everything is exact: numbers are fractions, and they are rounded only where a
// rule says so, in the order in which the figures are published. A scheme is
// data; this package knows no city. Beside the figures that are published
// stands what they are worth: an interval, a pull toward the group where a unit
// has few cases, and what one would expect of its mix of categories.
package score

import (
	"math/big"
	"strings"

	"gongzhi/internal/fault"
)

// Num is an exact number. The zero value is 0. It does not change.
type Num struct{ rat *big.Rat }

// Int is a whole number.
func Int(n int64) Num { return Num{new(big.Rat).SetInt64(n)} }

// Frac is a part of a whole; the denominator is not 0.
func Frac(n, of int64) Num { return Num{big.NewRat(n, of)} }

// Must is a number that stands in the source.
func Must(s string) Num {
	n, err := ParseNum(s)
	if err != nil {
		panic(err)
	}
	return n
}

func (n Num) val() *big.Rat {
	if n.rat == nil {
		return new(big.Rat)
	}
	return n.rat
}

func (n Num) plus(m Num) Num  { return Num{new(big.Rat).Add(n.val(), m.val())} }
func (n Num) minus(m Num) Num { return Num{new(big.Rat).Sub(n.val(), m.val())} }
func (n Num) times(m Num) Num { return Num{new(big.Rat).Mul(n.val(), m.val())} }
func (n Num) over(m Num) Num  { return Num{new(big.Rat).Quo(n.val(), m.val())} }

func (n Num) abs() Num { return Num{new(big.Rat).Abs(n.val())} }

// Cmp is -1, 0 or 1 as n is below, equal to or above m.
func (n Num) Cmp(m Num) int { return n.val().Cmp(m.val()) }

// Sign is -1, 0 or 1.
func (n Num) Sign() int { return n.val().Sign() }

// Whole is n as a whole number, if it is one.
func (n Num) Whole() (int64, bool) {
	if !n.val().IsInt() || !n.val().Num().IsInt64() {
		return 0, false
	}
	return n.val().Num().Int64(), true
}

func least(a, b Num) Num {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func most(a, b Num) Num {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// String is n with as many decimals as it has: 12.8. A fraction that never ends
// is written as one: 1/3.
func (n Num) String() string {
	if d, ends := n.val().FloatPrec(); ends {
		return n.val().FloatString(d)
	}
	return n.val().RatString()
}

// Fixed is n with so many decimals, rounded half away from zero.
func (n Num) Fixed(decimals int) string { return n.val().FloatString(decimals) }

// Float is the nearest float, for a bar on a page; never for a figure.
func (n Num) Float() float64 {
	f, _ := n.val().Float64()
	return f
}

// longest is how long a number may be written: more is a slip, and sums with it
// would only cost time.
const longest = 40

// ParseNum reads a number as people write it: 1,234.5, with full-width digits
// too. What is not clearly a number is refused.
func ParseNum(s string) (Num, error) {
	text := narrow(s)
	bad := fault.New(fault.Invalid, "score.not_a_number", nil, s)
	if len(text) > longest || !isDecimal(text) {
		return Num{}, bad
	}
	r, ok := new(big.Rat).SetString(strings.ReplaceAll(text, ",", ""))
	if !ok {
		return Num{}, bad
	}
	return Num{r}, nil
}

// ParsePercent is ParseNum for a figure that may end in a per cent sign.
func ParsePercent(s string) (Num, error) {
	text, _ := strings.CutSuffix(narrow(s), "%")
	n, err := ParseNum(strings.TrimSpace(text))
	if err != nil {
		return Num{}, fault.New(fault.Invalid, "score.not_a_number", nil, s)
	}
	return n, nil
}

// narrow makes full-width digits and signs plain ones.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '−':
			return '-'
		case r == '\u00a0' || r == '\u3000':
			return ' '
		}
		return r
	}, strings.TrimSpace(strings.Trim(s, "\u3000\u00a0\ufeff")))
}

// isDecimal accepts -1234.5 and -1,234.5 and nothing that only a program writes.
func isDecimal(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	whole, part, dot := strings.Cut(s, ".")
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if g == "" || strings.Trim(g, "0123456789") != "" || i > 0 && len(g) != 3 || len(groups) > 1 && len(g) > 3 {
			return false
		}
	}
	return !dot || part != "" && strings.Trim(part, "0123456789") == ""
}

// endless is how many decimals of a fraction that never ends are written.
const endless = 6

// MarshalJSON writes n as a number with all its decimals; of a fraction that
// never ends the first few.
func (n Num) MarshalJSON() ([]byte, error) {
	if _, ends := n.val().FloatPrec(); ends {
		return []byte(n.String()), nil
	}
	return []byte(n.Fixed(endless)), nil
}

// UnmarshalJSON reads a number or one in quotes, with all its digits.
func (n *Num) UnmarshalJSON(b []byte) error {
	got, err := ParseNum(strings.Trim(string(b), `"`))
	*n = got
	return err
}

// Mode is how a figure is cut to its decimals.
type Mode string

const (
	HalfUp   Mode = "half_up"   // 四舍五入: a half goes away from zero
	HalfEven Mode = "half_even" // 四舍六入五成双: a half goes to the even digit
	Truncate Mode = "truncate"  // 截尾: what is over is dropped
)

// Modes are all of them, the usual one first.
var Modes = []Mode{HalfUp, HalfEven, Truncate}

// Rounding is how a figure is published. The zero value is a whole number, half up.
type Rounding struct {
	Decimals int  `json:"decimals"`
	Mode     Mode `json:"mode,omitempty"`
}

// Of rounds n.
func (r Rounding) Of(n Num) Num {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.Decimals)), nil)
	num := new(big.Int).Mul(n.val().Num(), scale)
	den := n.val().Denom()
	quo, rem := new(big.Int).QuoRem(num, den, new(big.Int))
	if r.up(quo, rem, den) {
		quo.Add(quo, big.NewInt(int64(num.Sign())))
	}
	return Num{new(big.Rat).SetFrac(quo, scale)}
}

// up reports whether what is left over takes the last digit away from zero.
func (r Rounding) up(quo, rem, den *big.Int) bool {
	twice := new(big.Int).Abs(rem)
	switch twice.Lsh(twice, 1).Cmp(den) {
	case 1:
		return r.Mode != Truncate
	case 0:
		return r.Mode == HalfUp || r.Mode == "" || r.Mode == HalfEven && quo.Bit(0) == 1
	}
	return false
}

// Text is n rounded, with all its decimals: 12.80.
func (r Rounding) Text(n Num) string { return r.Of(n).Fixed(r.Decimals) }

func (r Rounding) ok() bool {
	known := r.Mode == "" || r.Mode == HalfUp || r.Mode == HalfEven || r.Mode == Truncate
	return known && r.Decimals >= 0 && r.Decimals <= 6
}
