package assessment

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"gongzhi/internal/request"
)

// Span is the time that the figures of a board are about. To is never later
// than what has happened: Now bounds what was due.
type Span struct {
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
	Of   func(f request.Filter, s Span, c Choices) request.Filter
	Met  func(f request.Filter, c Choices) request.Filter
	Low  bool   // a small rate is the good one
	Out  string // the exclusion that leaves a request out of it
}

// Choices are what a city decides about its rates; a scheme carries them, so
// that a month keeps the choices that were in force in it.
type Choices struct {
	Basic     bool // basically satisfied counts as satisfied
	Unreached bool // those whom the call-back could not reach are in the denominator of satisfaction
	Hours     int  // within which a unit accepts
}

// UsualChoices are those of a city that has not chosen.
var UsualChoices = Choices{Basic: true, Hours: 24}

// Rates are all rates of the program, each defined here and nowhere else. A
// scheme names the one that fills an item.
var Rates = []Rate{
	{"kept", by(due), plain(func(f *request.Filter) { f.Kept = "yes" }), false, "kept"},
	{"response", by(due), plain(func(f *request.Filter) { f.Kept, f.Contacted = "yes", true }), false, "kept"},
	{"solved", among(func(f *request.Filter) { f.Solved = "any" }), plain(func(f *request.Filter) { f.Solved = "yes" }), false, "solved"},
	{"satisfied", asked, satisfied, false, "solved"},
	{"dissatisfied", asked, plain(func(f *request.Filter) { f.Rated = "bad" }), true, "solved"},
	{"closed", by(due), plain(func(f *request.Filter) { f.Open = "no" }), false, "kept"},
	{"accepted", among(func(f *request.Filter) { f.Accepted = "any" }), accepted, false, "kept"},
	{"contacted", by(due), plain(func(f *request.Filter) { f.Contacted = true }), false, "kept"},
	{"reopened", by(taken), plain(func(f *request.Filter) { f.Reopened = true }), true, "reopened"},
	{"redone", by(finished), plain(func(f *request.Filter) { f.Reopened = true }), true, "reopened"},
	{"returned", sent, plain(func(f *request.Filter) {
		if f.Returned = f.SentTo == ""; !f.Returned {
			f.ReturnedBy = f.SentTo
		}
	}), true, "returned"},
	{"extended", by(due), plain(func(f *request.Filter) { f.Extended = true }), true, "kept"},
}

// Counted are the requests that count where units are judged: those that the
// rate is of, without the ones that were excluded by procedure.
func (r Rate) Counted(f request.Filter, s Span, c Choices) request.Filter {
	f = r.Of(f, s, c)
	f.Without = r.Out
	return f
}

// Excluded are those that the rate would be of, and that were excluded.
func (r Rate) Excluded(f request.Filter, s Span, c Choices) request.Filter {
	f = r.Of(f, s, c)
	f.Excluded = r.Out
	return f
}

// FindRate is the rate of a name.
func FindRate(name string) (Rate, bool) {
	i := slices.IndexFunc(Rates, func(r Rate) bool { return r.Name == name })
	if i < 0 {
		return Rate{}, false
	}
	return Rates[i], true
}

// ByUnit reports whether its requests are counted for the unit that leads them
// now. Returns are counted for whoever gave them back.
func (r Rate) ByUnit() bool { return r.Name != "returned" }

// boardRates are those of the board.
var boardRates = []string{"kept", "solved", "reopened", "returned"}

func (r Rate) onBoard() bool { return slices.Contains(boardRates, r.Name) }

// by is a rate of all requests that a period holds.
func by(period func(request.Filter, Span) request.Filter) func(request.Filter, Span, Choices) request.Filter {
	return func(f request.Filter, s Span, _ Choices) request.Filter { return period(f, s) }
}

// among is a rate of some of the requests that came in the span.
func among(narrow func(*request.Filter)) func(request.Filter, Span, Choices) request.Filter {
	return func(f request.Filter, s Span, _ Choices) request.Filter {
		f = taken(f, s)
		narrow(&f)
		return f
	}
}

func plain(narrow func(*request.Filter)) func(request.Filter, Choices) request.Filter {
	return func(f request.Filter, _ Choices) request.Filter {
		narrow(&f)
		return f
	}
}

// sent are the requests of the span that a unit was given, whoever has them now.
func sent(f request.Filter, s Span, _ Choices) request.Filter {
	f = taken(f, s)
	f.SentTo, f.Unit = f.Unit, ""
	if f.SentTo == "" {
		f.Accepted = "any"
	}
	return f
}

func asked(f request.Filter, s Span, c Choices) request.Filter {
	f = taken(f, s)
	if f.Rated = "any"; c.Unreached {
		f.Rated = "asked"
	}
	return f
}

func satisfied(f request.Filter, c Choices) request.Filter {
	if f.Rated = "good"; c.Basic {
		f.Rated = "fair"
	}
	return f
}

func accepted(f request.Filter, c Choices) request.Filter {
	f.Accepted, f.Within = "yes", strconv.Itoa(c.Hours)
	return f
}

// taken are the requests that came in the span.
func taken(f request.Filter, s Span) request.Filter {
	f.From, f.To = s.From, s.To
	return f
}

// due are the requests with a promise that fell due in the span.
func due(f request.Filter, s Span) request.Filter {
	f.DueFrom, f.DueTo = s.From, s.dueTo()
	return f
}

// finished are the requests that were closed in the span.
func finished(f request.Filter, s Span) request.Filter {
	f.ClosedFrom, f.ClosedTo, f.States = s.From, s.To, []string{request.Closed, request.Archived}
	return f
}

// dueTo is the end of what can have fallen due.
func (s Span) dueTo() time.Time {
	if s.Now.Before(s.To) {
		return s.Now
	}
	return s.To
}

// before is the span of the same length that ended where this one began, as far
// as this one has run.
func (s Span) before() (from, to time.Time) {
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

// Month is the span of a month, 2026-11; ok is false when it is none.
func Month(month string, now time.Time, zone *time.Location) (s Span, ok bool) {
	from, err := time.ParseInLocation("2006-01", month, zone)
	if err != nil || from.After(now) {
		return Span{}, false
	}
	return Span{Name: month, From: from, To: from.AddDate(0, 1, 0), Now: now}, true
}

// newSpan is a span by its name, at now in the city's zone.
func newSpan(name string, now time.Time, zone *time.Location) Span {
	local := now.In(zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	month := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone)
	if !slices.Contains(spans, name) {
		name = spans[0]
	}
	s := Span{Name: name, From: month, To: today.AddDate(0, 0, 1), Now: now}
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
