package calendar

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// zones with and without summer time, some with changes of half an hour or at
// midnight, one that left out a day.
var zones = []string{"Asia/Shanghai", "Asia/Shanghai", "Asia/Urumqi", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
	"America/St_Johns", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia", "UTC"}

// generated is one case: a city, a limit and the stops of its clock.
type generated struct {
	city  *Calendar
	start time.Time
	limit Limit
	stops []Stop
}

func (g generated) String() string {
	s := fmt.Sprintf("%s close %s hours %v, from %s, %s", g.city.Zone, g.city.Close, g.city.Hours, g.start.In(g.city.Zone).Format(time.RFC3339), g.limit)
	for _, x := range g.stops {
		s += fmt.Sprintf(", stopped %s to %s", x.From.In(g.city.Zone).Format(time.RFC3339), x.To.In(g.city.Zone).Format(time.RFC3339))
	}
	return s
}

func generate(t *testing.T, r *rand.Rand) generated {
	zone, err := time.LoadLocation(zones[r.IntN(len(zones))])
	if err != nil {
		t.Fatal(err)
	}
	c := &Calendar{Zone: zone, Close: time.Duration(12*60+r.IntN(12*60+1)) * time.Minute, Days: map[Day]bool{}, Hours: hours(r)}
	minute := func(around time.Time, spread int) time.Time {
		return around.Add(time.Duration(r.IntN(2*spread)-spread) * time.Minute)
	}
	// Around year's ends, spring festivals and changes of the clock as often as anywhere.
	anchors := []time.Time{time.Date(2018+r.IntN(8), 12, 31, 0, 0, 0, 0, zone), time.Date(2018+r.IntN(8), 2, 10, 0, 0, 0, 0, zone),
		time.Date(2018+r.IntN(8), 3, 28, 0, 0, 0, 0, zone), time.Date(2018+r.IntN(8), 10, 30, 0, 0, 0, 0, zone), time.Date(2011, 12, 29, 0, 0, 0, 0, zone)}
	start := minute(anchors[r.IntN(len(anchors))], 20*24*60)
	for range r.IntN(20) {
		d := minute(start, 30*24*60)
		c.Days[c.DayOf(d)] = r.IntN(3) == 0
	}
	l := Limit{Unit: Units[1+r.IntN(len(Units)-1)]} // all but seconds: the slow way goes by minutes
	l.N = r.IntN(map[string]int{Minutes: 3000, NaturalHours: 200, DutyHours: 60, WorkingDays: 16, CalendarDays: 40, Months: 4}[l.Unit])
	if l.Clock() {
		l.N++
	}
	l.Roll = (l.Unit == CalendarDays || l.Unit == Months) && r.IntN(2) == 0
	g := generated{city: c, start: start, limit: l}
	for range r.IntN(4) {
		from := start.Add(time.Duration(r.IntN(12*24*60)-60) * time.Minute)
		g.stops = append(g.stops, Stop{From: from, To: from.Add(time.Duration(r.IntN(4*24*60)) * time.Minute), Reason: "waiting"})
	}
	return g
}

// hours lie between five and midnight: within the hour of a change of the clock
// an opening time has two meanings or none.
func hours(r *rand.Rand) Hours {
	h := Hours{Daily: r.IntN(5) == 0}
	at := 5*60 + r.IntN(5*60)
	for range r.IntN(3) {
		to := at + 30 + r.IntN(5*60)
		if to > 24*60 {
			break
		}
		h.Spans = append(h.Spans, Span{time.Duration(at) * time.Minute, time.Duration(to) * time.Minute})
		at = to + 15 + r.IntN(120)
	}
	return h
}

// slow counts in the most obvious way: by the minute where the limit runs in
// hours, else day by day, asking of each whether it counts.
func slow(g generated) time.Time {
	c, zone := g.city, g.city.Zone
	runs := func(t time.Time) bool {
		return !slices.ContainsFunc(g.stops, func(s Stop) bool { return !t.Before(s.From) && t.Before(s.To) })
	}
	works := func(t time.Time) bool {
		if x, ok := c.Days[Day(t.Format("2006-01-02"))]; ok {
			return x
		}
		return t.Weekday() >= time.Monday && t.Weekday() <= time.Friday
	}
	open := func(t time.Time) bool {
		t = t.In(zone)
		if !works(t) && !c.Hours.Daily {
			return false
		}
		clock := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
		return slices.ContainsFunc(c.spans(), func(s Span) bool { return clock >= s.From && clock < s.To })
	}
	if g.limit.Clock() {
		need := int(g.limit.duration() / time.Minute)
		t := g.start
		for ; need > 0; t = t.Add(time.Minute) {
			if runs(t) && (g.limit.Unit != DutyHours || open(t)) {
				need--
			}
		}
		return t
	}
	y, m, d := g.start.In(zone).Date()
	noon := func(i int) time.Time { return time.Date(y, m, d+i, 12, 0, 0, 0, time.UTC) }
	there := func(i int) bool { return time.Date(y, m, d+i, 12, 0, 0, 0, zone).Day() == noon(i).Day() }
	end := func(i int) time.Time { return time.Date(y, m, d+i, 0, int(c.Close/time.Minute), 0, 0, zone) }
	begin := func(i int) time.Time { return time.Date(y, m, d+i, 0, 0, 0, 0, zone) }
	need, i := g.limit.N, 0
	if g.limit.Unit == Months {
		last := noon(0).AddDate(0, need, 0)
		if last.Day() != d { // the month has no such day
			last = last.AddDate(0, 0, -last.Day())
		}
		need = int(last.Sub(noon(0)).Hours() / 24)
	}
	if need == 0 && end(0).Before(g.start) {
		i = 1
	}
	for need > 0 {
		if i++; there(i) && runs(begin(i)) && (g.limit.Unit != WorkingDays || works(noon(i))) {
			need--
		}
	}
	for !there(i) || !runs(end(i)) || (g.limit.Unit == WorkingDays || g.limit.Roll) && !works(noon(i)) {
		i++
	}
	return end(i)
}

func cases(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("GONGZHI_CASES")); err == nil {
		return n
	}
	return 3_000
}

func TestGeneratedDeadlines(t *testing.T) {
	r := rand.New(rand.NewPCG(2026, 11))
	n, failed := cases(t), 0
	for range n {
		g := generate(t, r)
		due, steps, ok := g.city.Count(g.start, g.limit, g.stops)
		if want := slow(g); !ok || !due.Equal(want) {
			t.Errorf("%s: %s, counted slowly %s", g, due.In(g.city.Zone).Format(time.RFC3339), want.In(g.city.Zone).Format(time.RFC3339))
			failed++
		} else if why := wrong(g, due, steps); why != "" {
			t.Errorf("%s: %s", g, why)
			failed++
		}
		if failed > 5 {
			t.FailNow()
		}
	}
	t.Logf("%d generated deadlines, %d failed", n, failed)
}

// wrong names a property that a deadline does not have.
func wrong(g generated, due time.Time, steps []Step) string {
	if due.Before(g.start) {
		return "due before it starts"
	}
	if plain := g.city.Due(g.start, g.limit); due.Before(plain) {
		return "stops made it due earlier"
	} else if len(g.stops) == 0 && !due.Equal(plain) {
		return "differs without a stop"
	}
	later := g
	later.start = g.start.Add(37 * time.Minute)
	// Months do not keep their order over stops: of two that end on the same day
	// one may have stood still on a day on which the other had not begun.
	if g.limit.Unit != Months || len(g.stops) == 0 {
		if x, _, _ := g.city.Count(later.start, g.limit, g.stops); x.Before(due) {
			return "a later start is due earlier"
		}
	}
	if g.limit.N > 0 {
		more := g.limit
		more.N++
		if x, _, _ := g.city.Count(g.start, more, g.stops); x.Before(due) {
			return "a longer limit is due earlier"
		}
	}
	return add(g, due, steps)
}

// add adds the steps up again: what they say has to be the limit.
func add(g generated, due time.Time, steps []Step) string {
	var ran time.Duration
	days := 0
	for i, s := range steps {
		if g.limit.Clock() && i > 0 && !s.From.Equal(steps[i-1].To) {
			return "the steps leave a gap"
		}
		if s.Counted {
			ran += s.To.Sub(s.From)
			days++
		}
		never := s.Why == Closed || s.Why == Stopped || s.Why == First || s.Why == Moved && g.limit.N > 0
		if s.Counted && never || !s.Counted && !never && s.Why != Weekend && s.Why != Holiday {
			return "a step contradicts itself: " + s.Why
		}
	}
	switch {
	case g.limit.Clock() && ran != g.limit.duration():
		return fmt.Sprintf("the steps add up to %s", ran)
	case g.limit.Clock() && !steps[len(steps)-1].To.Equal(due):
		return "the steps do not end at the date"
	case !g.limit.Clock() && g.limit.Unit != Months && days != max(1, g.limit.N):
		return fmt.Sprintf("the steps count %d days", days)
	case !g.limit.Clock() && steps[len(steps)-1].Day != Day(g.city.closingDay(due)):
		return "the last step is not the day of the date"
	}
	return ""
}

// closingDay is the date that closes at due.
func (c *Calendar) closingDay(due time.Time) string {
	for i := range 3 {
		if d := dateOf(due.In(c.Zone)).plus(i - 2); !c.missing(d) && c.closing(d).Equal(due) {
			return d.String()
		}
	}
	return dateOf(due.In(c.Zone)).String()
}

func TestStopsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range cases(t) {
		g := generate(t, r)
		if len(g.stops) == 0 {
			continue
		}
		whole, _, _ := g.city.Count(g.start, g.limit, g.stops)
		// Cut in two at any moment, told in any order, told twice: the same date.
		var cut []Stop
		for _, s := range g.stops {
			at := s.From.Add(time.Duration(r.Int64N(int64(s.To.Sub(s.From)) + 1)).Truncate(time.Minute))
			cut = append(cut, Stop{From: at, To: s.To}, Stop{From: s.From, To: at}, s)
		}
		if x, _, _ := g.city.Count(g.start, g.limit, cut); !x.Equal(whole) {
			t.Fatalf("%s: %s, in pieces %s", g, whole, x)
		}
		if !g.limit.Clock() {
			continue
		}
		// In hours they are additive: two limits one after the other are their sum.
		half := g.limit
		half.N = g.limit.N / 2
		if half.N == 0 {
			continue
		}
		first, _, _ := g.city.Count(g.start, half, g.stops)
		half.N = g.limit.N - half.N
		if x, _, _ := g.city.Count(first, half, g.stops); !x.Equal(whole) {
			t.Fatalf("%s: %s, in two halves %s", g, whole, x)
		}
	}
}

func TestShiftAfterShiftIsTheWholeCount(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	for range cases(t) {
		g := generate(t, r)
		g.limit.Roll = false // the day from which it rolled is not in the date
		due, stops, moved := g.city.Due(g.start, g.limit), tidy(g.start, g.stops), false
		for i, s := range stops {
			due, _ = g.city.Shift(g.start, due, g.limit, s)
			_, steps, _ := g.city.Count(g.start, g.limit, stops[:i])
			moved = moved || steps[len(steps)-1].Why == Moved
		}
		if want, _, _ := g.city.Count(g.start, g.limit, g.stops); !due.Equal(want) && !moved {
			t.Fatalf("%s: %s, stop by stop %s", g, want, due)
		}
	}
}
