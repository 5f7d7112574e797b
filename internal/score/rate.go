package score

import "math/big"

var hundred = Int(100)

// Percent is k of n in per cent, rounded as it is published. Without anything
// to count there is no rate: ok is false, and it is neither 0 nor 100.
func Percent(k, n Num, r Rounding) (rate Num, ok bool) {
	if n.Sign() <= 0 {
		return Num{}, false
	}
	return r.Of(k.times(hundred).over(n)), true
}

// Matching are the modes of rounding in which k of n becomes the published
// figure, the usual one first; none when no mode does.
func Matching(k, n Num, decimals int, published Num) []Mode {
	var out []Mode
	for _, m := range Modes {
		if got, ok := Percent(k, n, Rounding{decimals, m}); ok && got.Cmp(published) == 0 {
			out = append(out, m)
		}
	}
	return out
}

// Interval is where the rate behind a count probably lies, in per cent.
type Interval struct {
	Low  Num `json:"low"`
	High Num `json:"high"`
}

// z is the point that leaves 2.5 % of the normal distribution above it.
var z = Must("1.959963984540054")

// intervalDecimals is what an interval is given with; more would pretend.
const intervalDecimals = 2

// Wilson is the 95 % interval of a share k of n by the score method of E. B.
// Wilson (1927), "Probable inference, the law of succession, and statistical
// inference", Journal of the American Statistical Association 22:
//
//	(k + z²/2 ± z·√(k(n−k)/n + z²/4)) / (n + z²)
//
// It never leaves 0 to 100 and is right for small n too. ok is false when k and
// n are no counts: a share of amounts in 万件 has no interval.
func Wilson(k, n Num) (Interval, bool) {
	kk, whole := k.Whole()
	nn, wholeN := n.Whole()
	if !whole || !wholeN || nn <= 0 || kk < 0 || kk > nn {
		return Interval{}, false
	}
	z2 := z.times(z)
	root := sqrt(k.times(n.minus(k)).over(n).plus(z2.over(Int(4))))
	middle, half, below := k.plus(z2.over(Int(2))), z.times(root), n.plus(z2)
	at := func(x Num) Num {
		x = most(Num{}, least(hundred, x.times(hundred).over(below)))
		return Rounding{Decimals: intervalDecimals}.Of(x)
	}
	return Interval{at(middle.minus(half)), at(middle.plus(half))}, true
}

// sqrt is exact to some seventy digits, so that the rounded interval is the
// same on every machine.
func sqrt(n Num) Num {
	const bits = 256
	f := new(big.Float).SetPrec(bits).SetRat(n.val())
	r, _ := f.Sqrt(f).Rat(nil)
	return Num{r}
}
