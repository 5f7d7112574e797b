package assessment

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gongzhi/internal/request"
)

// span is the time that the figures of a board are about. To is never later
// than what has happened: Now bounds what was due.
type span struct {
	Name     string // month, last, d7, d30, d90
	From, To time.Time
	Now      time.Time
}

// Rate is one rate with its definition: which requests it is of, and which of
// them meet it. Both are filters, so that the rate, its n and the lists behind
// them are the same by construction. The words of each definition stand under
// assessment.rate_NAME_of, _met and _not.
type Rate struct {
	Name string
	Of   func(f request.Filter, s span) request.Filter
	Met  func(f request.Filter) request.Filter
}

// Rates are all rates that pages show.
var Rates = []Rate{
	{"kept", due, func(f request.Filter) request.Filter { f.Kept = "yes"; return f }},
	{"solved", func(f request.Filter, s span) request.Filter { f = taken(f, s); f.Solved = "any"; return f },
		func(f request.Filter) request.Filter { f.Solved = "yes"; return f }},
	{"reopened", taken, func(f request.Filter) request.Filter { f.Reopened = true; return f }},
	{"returned", taken, func(f request.Filter) request.Filter { f.ReturnedBy, f.Unit = f.Unit, ""; return f }},
}

// taken are the requests that came in the span.
func taken(f request.Filter, s span) request.Filter {
	f.From, f.To = s.From, s.To
	return f
}

// due are the requests with a promise that fell due in the span.
func due(f request.Filter, s span) request.Filter {
	f.DueFrom, f.DueTo = s.From, s.dueTo()
	return f
}

// finished are the requests that were closed in the span.
func finished(f request.Filter, s span) request.Filter {
	f.ClosedFrom, f.ClosedTo, f.States = s.From, s.To, []string{request.Closed, request.Archived}
	return f
}

// dueTo is the end of what can have fallen due.
func (s span) dueTo() time.Time {
	if s.Now.Before(s.To) {
		return s.Now
	}
	return s.To
}

// before is the span of the same length that ended where this one began, as far
// as this one has run.
func (s span) before() (from, to time.Time) {
	run := s.dueTo().Sub(s.From)
	if s.Name == "month" || s.Name == "last" {
		from = s.From.AddDate(0, -1, 0)
		if to = from.Add(run); s.Name == "last" || to.After(s.From) {
			to = s.From
		}
		return from, to
	}
	return s.From.Add(-run), s.From
}

// spans are those that a board offers, the first by default.
var spans = []string{"month", "last", "d7", "d30", "d90"}

// newSpan is a span by its name, at now in the city's zone.
func newSpan(name string, now time.Time, zone *time.Location) span {
	local := now.In(zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	month := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone)
	if !slices.Contains(spans, name) {
		name = spans[0]
	}
	s := span{Name: name, From: month, To: today.AddDate(0, 0, 1), Now: now}
	switch name {
	case "last":
		s.From, s.To = month.AddDate(0, -1, 0), month
	case "d7":
		s.From = today.AddDate(0, 0, -6)
	case "d30":
		s.From = today.AddDate(0, 0, -29)
	case "d90":
		s.From = today.AddDate(0, 0, -89)
	}
	return s
}

// leastForRate is how many answers a rate needs before it may be shown and
// compared.
const leastForRate = 30

// hist counts durations by whole hours.
type hist map[int64]int64

func (h hist) n() (n int64) {
	for _, c := range h {
		n += c
	}
	return n
}

// days is the duration below which a share of all lie, by nearest rank, in days.
func (h hist) days(share float64) float64 {
	hours := make([]int64, 0, len(h))
	for x := range h {
		hours = append(hours, x)
	}
	slices.Sort(hours)
	rank, seen := int64(math.Ceil(share*float64(h.n()))), int64(0)
	for _, x := range hours {
		if seen += h[x]; seen >= rank {
			return float64(x) / 24
		}
	}
	return 0
}

func median(list []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(list), cmp.Compare)
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
