package assessment

import (
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/sqldb"
)

// inflow is what came day by day, beside what the same weekday brought before.
type inflow struct {
	Days []inflowDay // the last eight weeks up to yesterday, the oldest first
	Band bool        // each day has a band
}

// inflowDay is one day. Low and High are the least and the most of the same
// weekday in the weeks before, Usual their median, Of how many weeks these are.
type inflowDay struct {
	From, To         time.Time
	N                float64
	Low, High, Usual float64
	Of               int
}

const (
	shownWeeks  = 8 // of the chart
	beforeWeeks = 8 // each day is compared with
	leastWeeks  = 4 // fewer make no band
)

func countInflow(tx *sqldb.Tx, a actor.Actor, today time.Time) (inflow, error) {
	const days = 7 * (shownWeeks + beforeWeeks)
	values, err := daily(tx, a, today, days)
	if err != nil {
		return inflow{}, err
	}
	return newInflow(values, today), nil
}

// newInflow compares each day with those before it. Days before the first
// request are not days without requests: there was no hotline then.
func newInflow(values []float64, today time.Time) inflow {
	first := slices.IndexFunc(values, func(v float64) bool { return v > 0 })
	if first < 0 {
		return inflow{}
	}
	var f inflow
	for i := max(first, len(values)-7*shownWeeks); i < len(values); i++ {
		from := today.AddDate(0, 0, i-len(values))
		d := inflowDay{From: from, To: from.AddDate(0, 0, 1), N: values[i]}
		var same []float64
		for w := 1; w <= beforeWeeks && i-7*w >= first; w++ {
			same = append(same, values[i-7*w])
		}
		if d.Of = len(same); d.Of > 0 {
			d.Low, d.High, d.Usual = slices.Min(same), slices.Max(same), median(same)
		}
		f.Days = append(f.Days, d)
	}
	f.banded()
	return f
}

// banded leaves out the first days, which have too little before them to be
// compared with, unless that would leave hardly a fortnight.
func (f *inflow) banded() {
	enough := slices.IndexFunc(f.Days, func(d inflowDay) bool { return d.Of >= leastWeeks })
	if enough < 0 || len(f.Days)-enough < 14 {
		return
	}
	f.Days, f.Band = f.Days[enough:], true
}

// yesterday is the last full day.
func (f inflow) yesterday() (inflowDay, bool) {
	if len(f.Days) == 0 {
		return inflowDay{}, false
	}
	return f.Days[len(f.Days)-1], true
}

// above is how many days lie above their band.
func (f inflow) above() (n int) {
	for _, d := range f.Days {
		if f.Band && d.N > d.High {
			n++
		}
	}
	return n
}
