package calendar

import (
	"slices"
	"time"
)

// Stop is a span in which a clock stood still. Without an end it still does.
type Stop struct {
	From, To time.Time
	Reason   string
}

// Step is one part of how a date came about: a whole day of a limit in days, or
// a span of one in hours, that was counted or was not, and why.
type Step struct {
	Day      Day // of a limit in days; of a span, the date on which it begins
	From, To time.Time
	Counted  bool
	Why      string // Worked, MakeUp, Weekend, Holiday, Closed, Stopped, First
	Name     string // of the holiday, or the reason of the stop
}

// Count is Due with stops, and every step of the way. A limit in hours runs on
// while the clock does; a day counts when the clock ran at its close. The date
// is the zero time, and ok false, while a stop without an end keeps the clock
// from getting there.
func (c *Calendar) Count(start time.Time, l Limit, stops []Stop) (due time.Time, steps []Step, ok bool) {
	due, ok = c.count(start, l, stops, func(s Step) { steps = append(steps, s) })
	return due, steps, ok
}

// farthest bounds a walk over a calendar in which hardly anything is worked.
const farthest = 400_000

// count walks. note, when there is one, hears every step.
func (c *Calendar) count(start time.Time, l Limit, stops []Stop, note func(Step)) (time.Time, bool) {
	w := walk{c: c, stops: tidy(start, stops), note: note}
	switch l.Unit {
	case Minutes, NaturalHours:
		return w.clock(start, l.duration())
	case DutyHours:
		return w.duty(start, l.duration())
	case Months:
		first := dateOf(start.In(c.zone()))
		return w.days(start, Limit{N: first.until(first.months(l.N)), Unit: CalendarDays, Roll: l.Roll})
	}
	return w.days(start, l)
}

// months is the corresponding day, or the last of the month that has none
// (民法典 第二百零二条).
func (d date) months(n int) date {
	first := dateOf(time.Date(d.year, d.month+time.Month(n), 1, 0, 0, 0, 0, time.UTC))
	last := dateOf(time.Date(first.year, first.month+1, 0, 0, 0, 0, 0, time.UTC))
	return date{first.year, first.month, min(d.day, last.day)}
}

func (d date) until(o date) int {
	from := time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC)
	to := time.Date(o.year, o.month, o.day, 0, 0, 0, 0, time.UTC)
	return int(to.Sub(from) / (24 * time.Hour))
}

// tidy puts stops in order, joined where they touch, from start on.
func tidy(start time.Time, stops []Stop) []Stop {
	var out []Stop
	for _, s := range slices.SortedStableFunc(slices.Values(stops), func(a, b Stop) int { return a.From.Compare(b.From) }) {
		if s.From.Before(start) {
			s.From = start
		}
		if !s.open() && !s.To.After(s.From) {
			continue
		}
		last := len(out) - 1
		if last < 0 || !out[last].open() && out[last].To.Before(s.From) {
			out = append(out, s)
			continue
		}
		if !out[last].open() && (s.open() || s.To.After(out[last].To)) {
			out[last].To = s.To
		}
	}
	return out
}

func (s Stop) open() bool { return s.To.IsZero() }

type walk struct {
	c     *Calendar
	stops []Stop
	note  func(Step)
}

// stopped is the stop in which t lies. At its very begin the clock has just
// stopped; at its end it runs again.
func (w *walk) stopped(t time.Time) *Stop {
	for i := range w.stops {
		if s := &w.stops[i]; !t.Before(s.From) && (s.open() || t.Before(s.To)) {
			return s
		}
	}
	return nil
}

func (w *walk) say(s Step) {
	if w.note != nil {
		w.note(s)
	}
}

// clock counts by the clock: all time but the stops.
func (w *walk) clock(start time.Time, left time.Duration) (time.Time, bool) {
	at := start
	for i := 0; ; i++ {
		if i == len(w.stops) || left <= w.stops[i].From.Sub(at) {
			w.span(at, at.Add(left), true, Worked, "")
			return at.Add(left), true
		}
		s := w.stops[i]
		w.span(at, s.From, true, Worked, "")
		left -= s.From.Sub(at)
		w.span(s.From, s.To, false, Stopped, s.Reason)
		if s.open() {
			return time.Time{}, false
		}
		at = s.To
	}
}

func (w *walk) span(from, to time.Time, counted bool, why, name string) {
	if to.IsZero() || to.After(from) {
		w.say(Step{Day: w.c.DayOf(from), From: from, To: to, Counted: counted, Why: why, Name: name})
	}
}

// duty counts the duty hours, without the stops among them.
func (w *walk) duty(start time.Time, left time.Duration) (time.Time, bool) {
	at := start
	for d, n := dateOf(start.In(w.c.zone())), 0; n < farthest; d, n = d.next(), n+1 {
		if w.c.missing(d) {
			continue
		}
		worked, why := w.c.kind(d)
		if !worked && !w.c.Hours.Daily {
			w.rest(d, &at, why)
			continue
		}
		for _, s := range w.c.spans() {
			from, to := later(at, w.c.at(d, s.From)), w.c.at(d, s.To)
			if !to.After(from) {
				continue
			}
			w.span(at, from, false, Closed, "")
			at = from
			if due, done, ok := w.within(&at, to, &left); done {
				return due, ok
			}
		}
	}
	return at, true
}

// rest tells of a day without duty hours, and of the night before it.
func (w *walk) rest(d date, at *time.Time, why string) {
	if morning := w.c.at(d, 0); morning.After(*at) {
		w.span(*at, morning, false, Closed, "")
		*at = morning
	}
	if next := w.c.at(d.next(), 0); next.After(*at) {
		w.span(*at, next, false, why, w.c.Names[Day(d.String())])
		*at = next
	}
}

// within counts from at to the end of one span of duty.
func (w *walk) within(at *time.Time, to time.Time, left *time.Duration) (due time.Time, done, ok bool) {
	for at.Before(to) {
		if s := w.stopped(*at); s != nil {
			if s.open() {
				w.span(*at, s.To, false, Stopped, s.Reason)
				return time.Time{}, true, false
			}
			end := earlier(s.To, to)
			w.span(*at, end, false, Stopped, s.Reason)
			*at = end
			continue
		}
		end := to
		for _, s := range w.stops {
			if s.From.After(*at) {
				end = earlier(end, s.From)
			}
		}
		if *left <= end.Sub(*at) {
			due = at.Add(*left)
			w.span(*at, due, true, Worked, "")
			return due, true, true
		}
		w.span(*at, end, true, Worked, "")
		*left -= end.Sub(*at)
		*at = end
	}
	return time.Time{}, false, true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// spans are the duty hours of a day.
func (c *Calendar) spans() []Span {
	if len(c.Hours.Spans) > 0 {
		return c.Hours.Spans
	}
	end := c.Close
	if end == 0 {
		end = 18 * time.Hour
	}
	return []Span{{min(9*time.Hour, end-time.Hour), end}}
}

// days counts whole days. None means the first day whose close is still to come.
func (w *walk) days(start time.Time, l Limit) (time.Time, bool) {
	d, left := dateOf(start.In(w.c.zone())), l.N
	if left == 0 {
		left = 1
		if w.c.closing(d).Before(start) {
			w.day(d, false, First, "")
			d = d.next()
		}
	} else {
		w.day(d, false, First, "")
		d = d.next()
	}
	for n := 0; ; d, n = d.next(), n+1 {
		if w.c.missing(d) {
			continue
		}
		end := w.c.closing(d)
		worked, why := w.c.kind(d)
		name := w.c.Names[Day(d.String())]
		s := w.stopped(end)
		switch {
		case l.Unit != CalendarDays && !worked:
			w.day(d, false, why, name)
		case s != nil:
			w.day(d, false, Stopped, s.Reason)
			if s.open() {
				return time.Time{}, false
			}
		case l.Unit == CalendarDays && left > 1, l.Unit == CalendarDays && (!l.Roll || worked):
			w.day(d, true, why, name)
			left--
		case !worked:
			w.day(d, false, why, name)
		default:
			w.day(d, true, why, name)
			left--
		}
		if left <= 0 || n > farthest {
			return end, true
		}
	}
}

func (w *walk) day(d date, counted bool, why, name string) {
	if w.note != nil {
		w.note(Step{Day: Day(d.String()), Counted: counted, Why: why, Name: name})
	}
}

// Share is the instant at which a share of the way from start to due is gone, in
// per cent, by the time in which the clock ran; over 100 it goes on after due.
func Share(start, due time.Time, stops []Stop, percent int) time.Time {
	whole := due.Sub(start)
	stops = tidy(start, stops)
	for _, s := range stops {
		if !s.open() && s.From.Before(due) {
			whole -= earlier(s.To, due).Sub(s.From)
		}
	}
	share := time.Duration(percent)
	left, at := whole/100*share+whole%100*share/100, start // in this order: a hundred years times 120 would not fit
	for _, s := range stops {
		if left <= s.From.Sub(at) || s.open() {
			break
		}
		left -= s.From.Sub(at)
		at = s.To
	}
	return at.Add(left)
}
