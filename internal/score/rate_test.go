package score

import (
	"math/rand/v2"
	"testing"
)

// Numerators and denominators as offices publish them, with the figure beside.
func TestPublishedRates(t *testing.T) {
	for _, x := range []struct {
		k, n     string
		decimals int
		want     string
	}{
		{"25783", "29186", 2, "88.34"}, {"24165", "29186", 2, "82.80"}, {"45", "83218", 2, "0.05"},
		{"102.56", "1103.94", 2, "9.29"}, {"8", "87", 0, "9"}, {"5", "39", 0, "13"}, {"12", "17", 2, "70.59"}, {"3", "3", 2, "100.00"},
	} {
		rule := Rounding{Decimals: x.decimals}
		if got, ok := Percent(Must(x.k), Must(x.n), rule); !ok || rule.Text(got) != x.want {
			t.Errorf("%s/%s = %s, want %s", x.k, x.n, rule.Text(got), x.want)
		}
	}
}

func TestWithoutADenominatorThereIsNoRate(t *testing.T) {
	for _, k := range []int64{0, 3} {
		if got, ok := Percent(Int(k), Int(0), Rounding{}); ok {
			t.Errorf("%d of 0 is %s", k, got)
		}
	}
}

// 淮北 prints 1.23 for 114 of 9,230 beside figures that are rounded half up.
func TestTheModeOfAFigureIsFound(t *testing.T) {
	if got := Matching(Int(114), Int(9230), 2, Must("1.23")); len(got) != 1 || got[0] != Truncate {
		t.Errorf("1.23 is reached by %v, want truncation alone", got)
	}
	if got := Matching(Int(114), Int(9230), 2, Must("1.99")); got != nil {
		t.Errorf("1.99 is reached by %v", got)
	}
}

// The examples of R. G. Newcombe (1998), Statistics in Medicine 17, table I,
// method 3, in per cent.
func TestWilsonAgreesWithTheLiterature(t *testing.T) {
	for _, x := range []struct {
		k, n      int64
		low, high string
	}{{81, 263, "25.53", "36.62"}, {15, 148, "6.24", "16.05"}, {0, 20, "0", "16.11"}, {1, 29, "0.61", "17.18"}, {20, 20, "83.89", "100"}} {
		got, ok := Wilson(Int(x.k), Int(x.n))
		if !ok || got.Low.String() != x.low || got.High.String() != x.high {
			t.Errorf("%d/%d: %s–%s, want %s–%s", x.k, x.n, got.Low, got.High, x.low, x.high)
		}
	}
	for _, x := range [][2]Num{{Int(1), Int(0)}, {Int(3), Int(2)}, {Must("1.5"), Int(4)}, {Int(-1), Int(4)}} {
		if got, ok := Wilson(x[0], x[1]); ok {
			t.Errorf("%s/%s has the interval %v", x[0], x[1], got)
		}
	}
}

func TestIntervalsHoldTheRateAndNarrowWithMoreCases(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		n := 1 + r.Int64N(400)
		k := r.Int64N(n + 1)
		few, _ := Wilson(Int(k), Int(n))
		many, _ := Wilson(Int(10*k), Int(10*n))
		rate := Rounding{Decimals: intervalDecimals}.Of(Frac(100*k, n))
		if few.Low.Cmp(rate) > 0 || few.High.Cmp(rate) < 0 {
			t.Fatalf("%d/%d: %s is not in %s–%s", k, n, rate, few.Low, few.High)
		}
		if many.High.minus(many.Low).Cmp(few.High.minus(few.Low)) > 0 {
			t.Fatalf("%d/%d: ten times the cases and wider", k, n)
		}
	}
}
