package score

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func randomUnits(r *rand.Rand, m int) []Count {
	out := make([]Count, m)
	for i := range out {
		n := r.Int64N(60)
		out[i] = Count{r.Int64N(n + 1), n}
	}
	return out
}

func TestShrinkingMovesTowardTheGroupAndNeverBeyond(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		units := randomUnits(r, 2+int(r.Int64N(8)))
		e := Weigh(units, 1)
		for _, u := range units {
			if u.N == 0 {
				continue
			}
			own, group, got := u.rate().times(hundred), e.Percent(), e.Shrunk(u)
			if got.Cmp(least(own, group)) < 0 || got.Cmp(most(own, group)) > 0 {
				t.Fatalf("%v in %v: %s lies outside %s and %s", u, units, got, own, group)
			}
		}
	}
}

// By hand: N = 40, p = 0.5, S = 20·0.16 + 20·0.16 = 6.4, S/(p(1−p)) = 25.6,
// room = 40 − 800/40 − 1 = 19, spread = 24.6/19 > 1, so 1 and weight 0.
func TestSpreadByHand(t *testing.T) {
	if e := Weigh([]Count{{18, 20}, {2, 20}}, 1); e.Spread.Cmp(Int(1)) != 0 || e.Weight.Sign() != 0 || e.None {
		t.Errorf("two units that could not differ more: %+v", e)
	}
	// N = 200, p = 0.5, S = 100·0.01·2 = 2, S/0.25 = 8, room = 200 − 100 − 1 = 99, spread = 7/99, weight = 92/7.
	e := Weigh([]Count{{60, 100}, {40, 100}}, 1)
	if e.Spread.String() != "7/99" || e.Weight.String() != "92/7" {
		t.Errorf("spread %s, weight %s, want 7/99 and 92/7", e.Spread, e.Weight)
	}
	// (60 + 92/7·0.5) / (100 + 92/7) = (466/7) / (792/7)
	if got := e.Shrunk(Count{60, 100}); got.Cmp(Frac(46600, 792)) != 0 {
		t.Errorf("shrunk to %s, want 466/792", got)
	}
}

func TestOneLuckyCaseLeadsNobody(t *testing.T) {
	units := []Count{{1, 1}, {950, 1000}, {700, 1000}, {880, 1000}, {3, 4}}
	places := Weigh(units, 1).Order(units, false)
	if places[0] == 1 || places[1] != 1 {
		t.Errorf("places %v: the unit with one case of one must not lead the one with 950 of 1,000", places)
	}
	if places = Weigh(units, 30).Order(units, false); places[0] != 0 || places[4] != 0 || !slices.Equal(places[1:4], []int{1, 3, 2}) {
		t.Errorf("places %v: units below the least number have none", places)
	}
}

func TestUnitsThatDoNotDifferShareAPlace(t *testing.T) {
	units := []Count{{90, 100}, {45, 50}, {9, 10}}
	e := Weigh(units, 1)
	if got := e.Order(units, false); !e.None || !slices.Equal(got, []int{1, 1, 1}) {
		t.Errorf("places %v of units with one rate", got)
	}
	for _, units := range [][]Count{nil, {{0, 0}}, {{5, 5}, {7, 7}}, {{0, 3}}, {{1, 1}, {0, 1}}} {
		e := Weigh(units, 1)
		for _, u := range units {
			e.Shrunk(u)
			e.Standing(u)
		}
	}
}

func TestListsHoldOnlyWhomTheDataSupport(t *testing.T) {
	units := []Count{{990, 1000}, {600, 1000}, {1, 1}, {800, 1000}, {0, 2}}
	e := Weigh(units, 30)
	standing := make([]Standing, len(units))
	for i, u := range units {
		standing[i] = e.Standing(u)
	}
	red, black := Extremes(standing, e.Order(units, false), false, 5)
	if !slices.Equal(red, []int{0}) || !slices.Equal(black, []int{1}) {
		t.Errorf("red %v, black %v of %v", red, black, standing)
	}
	if red, black = Extremes(standing, e.Order(units, true), true, 5); !slices.Equal(red, []int{1}) || !slices.Equal(black, []int{0}) {
		t.Errorf("where a small rate is good: red %v, black %v", red, black)
	}
}

func TestRanksCountWhoIsStrictlyBetter(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		keys := make([]*Num, r.Int64N(12))
		for i := range keys {
			if n := Int(r.Int64N(6)); r.Int64N(5) > 0 {
				keys[i] = &n
			}
		}
		for _, low := range []bool{false, true} {
			for i, got := range Ranks(keys, low) {
				want := 0
				if keys[i] != nil {
					want = 1
					for _, k := range keys {
						if k != nil && (k.Cmp(*keys[i]) > 0) != low && k.Cmp(*keys[i]) != 0 {
							want++
						}
					}
				}
				if got != want {
					t.Fatalf("%v low %v: place %d of %d, want %d", keys, low, got, i, want)
				}
			}
		}
	}
}

func TestExpectedAddsUpToObserved(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		var units []Mix
		for range 1 + r.Int64N(6) {
			m := Mix{}
			for _, c := range []string{"noise", "road", "water"} {
				n := r.Int64N(20)
				m[c] = Count{r.Int64N(n + 1), n}
			}
			units = append(units, m)
		}
		var observed, expected Num
		for _, a := range Adjust(units) {
			if a != nil {
				observed, expected = observed.plus(Int(a.Observed)), expected.plus(a.Expected)
			}
		}
		if observed.Cmp(expected) != 0 {
			t.Fatalf("observed %s, expected %s in %v", observed, expected, units)
		}
	}
}

// One unit has the hard category and does it better than anybody, and still has
// the lowest rate. Beside what one expects of its mix it is the best.
func TestDifficultyIsNotHeldAgainstAUnit(t *testing.T) {
	hard, easy := "noise at night", "street light"
	got := Adjust([]Mix{
		{hard: {60, 100}, easy: {10, 10}},
		{hard: {2, 10}, easy: {95, 100}},
		{easy: {93, 100}},
	})
	if got[0].Points.Sign() <= 0 || got[0].Points.Cmp(got[1].Points) <= 0 || got[0].Ratio.Cmp(Int(1)) <= 0 {
		t.Errorf("the unit with the hard cases: %+v; the one that fails them: %+v", got[0], got[1])
	}
	if Adjust([]Mix{{hard: {0, 0}}})[0] != nil {
		t.Error("something is said of a unit without cases")
	}
}
