package score

import (
	"cmp"
	"slices"
)

// Count is k of n: so many of a unit's requests meet what the rate asks.
type Count struct{ K, N int64 }

func (c Count) rate() Num { return Frac(c.K, c.N) }

// Standing says what the data allow to say of a unit beside its group.
type Standing string

const (
	Above Standing = "above" // its whole interval lies above the group's rate
	Below Standing = "below" // its whole interval lies below it
	Alike Standing = "alike" // it cannot be told from the group
	Few   Standing = "few"   // too few cases to say anything
)

// Evidence is what a group of units of one sort can tell about each.
type Evidence struct {
	Rate   Num  // of all together, as a share
	Spread Num  // how far units differ beyond chance: 0 not at all, 1 wholly
	Weight Num  // with how many cases of the group's rate a unit's own are mixed
	None   bool // nothing tells the units apart: Weight would be endless
	Least  int64
}

// Weigh looks at the units of one group. least is the number of cases below
// which nothing is said about a unit.
//
// The spread is estimated by moments from the beta-binomial model, with weights
// n (J. C. Kleinman 1973, "Proportions with extraneous variance: single and
// independent samples", Journal of the American Statistical Association 68):
// with N = Σn, p = Σk/N, m units and S = Σ n·(k/n − p)²,
//
//	spread = (S/(p(1−p)) − (m−1)) / (N − Σn²/N − (m−1)), kept between 0 and 1
//	weight = 1/spread − 1
//
// All of it is fractions, so it can be done again by hand.
func Weigh(units []Count, least int64) Evidence {
	e := Evidence{Least: least}
	var k, n, squares Num
	m := int64(0)
	for _, u := range units {
		if u.N > 0 {
			k, n, squares, m = k.plus(Int(u.K)), n.plus(Int(u.N)), squares.plus(Int(u.N).times(Int(u.N))), m+1
		}
	}
	if m == 0 {
		e.None = true
		return e
	}
	e.Rate = k.over(n)
	chance := e.Rate.times(Int(1).minus(e.Rate))
	room := n.minus(squares.over(n)).minus(Int(m - 1))
	if chance.Sign() > 0 && room.Sign() > 0 {
		e.Spread = deviation(units, e.Rate).over(chance).minus(Int(m - 1)).over(room)
		e.Spread = most(Num{}, least1(e.Spread))
	}
	if e.None = e.Spread.Sign() == 0; !e.None {
		e.Weight = Int(1).over(e.Spread).minus(Int(1))
	}
	return e
}

func least1(n Num) Num { return least(n, Int(1)) }

func deviation(units []Count, rate Num) (s Num) {
	for _, u := range units {
		if u.N > 0 {
			d := u.rate().minus(rate)
			s = s.plus(Int(u.N).times(d).times(d))
		}
	}
	return s
}

// Percent is the group's rate in per cent.
func (e Evidence) Percent() Num { return e.Rate.times(hundred) }

// Shrunk is the rate to order a unit by, in per cent: its own cases mixed with
// Weight cases of the group's rate, (k + weight·p)/(n + weight), the mean of the
// beta-binomial posterior (empirical Bayes). A unit with few cases is drawn to
// the group, one with many stays where it is, and none leads or trails by one
// lucky or unlucky case.
func (e Evidence) Shrunk(u Count) Num {
	if e.None {
		return e.Percent()
	}
	return Int(u.K).plus(e.Weight.times(e.Rate)).over(Int(u.N).plus(e.Weight)).times(hundred)
}

// Standing is what may be said of a unit.
func (e Evidence) Standing(u Count) Standing {
	i, ok := Wilson(Int(u.K), Int(u.N))
	group := e.Percent()
	switch {
	case !ok || u.N < e.Least:
		return Few
	case i.Low.Cmp(group) > 0:
		return Above
	case i.High.Cmp(group) < 0:
		return Below
	}
	return Alike
}

// Order gives the places by evidence, the best first: by the shrunk rate, equal
// ones share a place. Units with too few cases have none (0). low says that a
// small rate is the good one.
func (e Evidence) Order(units []Count, low bool) []int {
	keys := make([]*Num, len(units))
	for i, u := range units {
		if u.N >= max(1, e.Least) {
			s := e.Shrunk(u)
			keys[i] = &s
		}
	}
	return Ranks(keys, low)
}

// Ranks are the places of competition ranking: 1 + how many are strictly
// better; equal ones share a place. What is nil is not ranked and has 0.
func Ranks(keys []*Num, low bool) []int {
	sorted := slices.DeleteFunc(slices.Clone(keys), func(n *Num) bool { return n == nil })
	better := func(a, b *Num) int {
		if low {
			return a.Cmp(*b)
		}
		return b.Cmp(*a)
	}
	slices.SortFunc(sorted, better)
	out := make([]int, len(keys))
	for i, k := range keys {
		if k != nil {
			at, _ := slices.BinarySearchFunc(sorted, k, better)
			out[i] = at + 1
		}
	}
	return out
}

// Mix are a unit's counts by category.
type Mix map[string]Count

// Adjusted is a unit beside what one would expect of its mix of categories.
type Adjusted struct {
	Observed int64 // requests that meet the rate
	Expected Num   // as many would, with the group's rate in every category
	Ratio    Num   // observed / expected; 0 when nothing was expected
	Points   Num   // (observed − expected) / n, in per cent points
}

// Adjust compares units whose work differs in difficulty by indirect
// standardisation: expected = Σ n(unit, category) · the group's rate in that
// category, unit included. Difficulty so counts for nobody and against nobody,
// as far as the categories tell it apart. Nothing is said of a unit without
// cases: its entry is nil.
func Adjust(units []Mix) []*Adjusted {
	group := map[string]Count{}
	for _, u := range units {
		for c, x := range u {
			group[c] = Count{group[c].K + x.K, group[c].N + x.N}
		}
	}
	out := make([]*Adjusted, len(units))
	for i, u := range units {
		out[i] = adjust(u, group)
	}
	return out
}

func adjust(u Mix, group map[string]Count) *Adjusted {
	var a Adjusted
	n := int64(0)
	for c, x := range u {
		if x.N > 0 {
			a.Observed, n = a.Observed+x.K, n+x.N
			a.Expected = a.Expected.plus(Int(x.N).times(group[c].rate()))
		}
	}
	if n == 0 {
		return nil
	}
	if a.Expected.Sign() > 0 {
		a.Ratio = Int(a.Observed).over(a.Expected)
	}
	a.Points = Int(a.Observed).minus(a.Expected).over(Int(n)).times(hundred)
	return &a
}

// Extremes picks who may stand on a red and on a black list: only those of whom
// the data say that they are better or worse than the group, at most so many,
// by their place. A list may be empty: then nothing supports one. low says that
// a small rate is the good one.
func Extremes(standing []Standing, place []int, low bool, most int) (red, black []int) {
	good := Above
	if low {
		good = Below
	}
	for i, s := range standing {
		switch {
		case place[i] == 0 || s != Above && s != Below:
		case s == good:
			red = append(red, i)
		default:
			black = append(black, i)
		}
	}
	slices.SortStableFunc(red, func(a, b int) int { return cmp.Compare(place[a], place[b]) })
	slices.SortStableFunc(black, func(a, b int) int { return cmp.Compare(place[b], place[a]) })
	return red[:min(most, len(red))], black[:min(most, len(black))]
}
