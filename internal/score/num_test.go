package score

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

func TestNumbersAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{"85.5": "85.5", "１２．５": "12.5", "1,234.50": "1234.5", " 7 ": "7", "-3": "-3", "−3": "-3", "+2": "2", "0": "0", "100.00": "100"} {
		if got, err := ParseNum(text); err != nil || got.String() != want {
			t.Errorf("ParseNum(%q) = %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", "八十", "1e9", "1/3", "12,34", "1,2345", "0x10", "1.2.3", ".5", "5.", "--1", "NaN", "Inf", "1 2", "99999999999999999999999999999999999999999"} {
		if got, err := ParseNum(text); err == nil {
			t.Errorf("ParseNum(%q) = %v, want an error", text, got)
		}
	}
	if n, err := ParsePercent("88.34％"); err != nil || n.String() != "88.34" {
		t.Errorf("a per cent sign is not cut: %v, %v", n, err)
	}
}

func TestRoundingOnTies(t *testing.T) {
	for _, x := range []struct {
		n                  string
		decimals           int
		up, even, truncate string
	}{
		{"12.795", 2, "12.80", "12.80", "12.79"},
		{"12.785", 2, "12.79", "12.78", "12.78"},
		{"0.5", 0, "1", "0", "0"},
		{"1.5", 0, "2", "2", "1"},
		{"-2.5", 0, "-3", "-2", "-2"},
		{"-0.001", 2, "0.00", "0.00", "0.00"},
		{"99.999", 2, "100.00", "100.00", "99.99"},
	} {
		n := Must(x.n)
		for mode, want := range map[Mode]string{HalfUp: x.up, "": x.up, HalfEven: x.even, Truncate: x.truncate} {
			if got := (Rounding{x.decimals, mode}).Text(n); got != want {
				t.Errorf("%s to %d decimals by %q = %s, want %s", x.n, x.decimals, mode, got, want)
			}
		}
	}
}

func TestRoundingIsNearMonotoneAndStable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a, b := Frac(r.Int64N(2_000_001)-1_000_000, 1+r.Int64N(5000)), Frac(r.Int64N(2_000_001)-1_000_000, 1+r.Int64N(5000))
		if a.Cmp(b) > 0 {
			a, b = b, a
		}
		for _, m := range Modes {
			rule := Rounding{int(r.Int64N(4)), m}
			ra, rb := rule.Of(a), rule.Of(b)
			unit := Int(1)
			for range rule.Decimals {
				unit = unit.over(Int(10))
			}
			if ra.Cmp(rb) > 0 || rule.Of(ra).Cmp(ra) != 0 || ra.minus(a).abs().Cmp(unit) >= 0 {
				t.Fatalf("%v: %s becomes %s, %s becomes %s", rule, a, ra, b, rb)
			}
		}
	}
}

func TestNumbersKeepTheirDigitsInJSON(t *testing.T) {
	var got struct{ A, B, C Num }
	if err := json.Unmarshal([]byte(`{"A": 0.1, "B": "12.795", "C": 3}`), &got); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{"sum": got.A.plus(got.B).plus(got.C), "third": Frac(1, 3)})
	if want := `{"sum":15.895,"third":0.333333}`; err != nil || string(raw) != want {
		t.Errorf("got %s, %v, want %s", raw, err, want)
	}
	if err := json.Unmarshal([]byte(`{"A": 1e400000}`), &got); err == nil {
		t.Error("a number with an exponent is taken; it can be as long as a book")
	}
}
