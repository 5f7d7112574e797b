package assessment

import (
	"testing"
	"time"
)

func TestPercentilesAreOfTheNearestRank(t *testing.T) {
	h := hist{24: 5, 48: 4, 240: 1}
	if got := h.days(.5); got != 1 {
		t.Errorf("median %v days, want 1", got)
	}
	if got := h.days(.9); got != 2 {
		t.Errorf("p90 %v days, want 2", got)
	}
	if got := (hist{}).days(.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestBandIsOfTheSameWeekdayBefore(t *testing.T) {
	today := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	values := make([]float64, 7*16)
	for i := range values {
		values[i] = float64(10 + i%7)
	}
	values[len(values)-1], values[len(values)-8] = 99, 12 // yesterday, and the same weekday a week before
	f := newInflow(values, today)
	d, ok := f.yesterday()
	if !ok || !f.Band || len(f.Days) != 56 || d.Of != 8 || d.Low != 12 || d.High != 16 || d.Usual != 16 || f.above() != 1 {
		t.Errorf("got %+v, band %v, %d days, %d above", d, f.Band, len(f.Days), f.above())
	}
	young := newInflow(append(make([]float64, 7*16-10), values[:10]...), today)
	if young.Band || len(young.Days) != 10 {
		t.Errorf("ten days of history: band %v, %d days", young.Band, len(young.Days))
	}
}

func TestSpansEndWithTodayAndCompareWithTheSamePartBefore(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	now := time.Date(2026, 3, 31, 10, 0, 0, 0, zone)
	s := newSpan("", now, zone)
	from, to := s.before()
	if s.From.Day() != 1 || s.To.Day() != 1 || s.To.Month() != time.April || !s.dueTo().Equal(now) || from.Month() != time.February || !to.Equal(s.From) {
		t.Errorf("this month: %v to %v, due to %v, before %v to %v", s.From, s.To, s.dueTo(), from, to)
	}
	if s = newSpan("d7", now, zone); s.To.Sub(s.From) != 7*24*time.Hour {
		t.Errorf("seven days: %v to %v", s.From, s.To)
	}
}
