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
	Why      string // Worked, MakeUp, Weekend, Holiday, Closed, Stopped, First, Moved
	Name     string // of the holiday, or the reason of the stop
}

// Count is Due with stops, and every step of the way. A limit in hours runs on
// while the clock does. A day counts when the clock ran as it began: like the day
// on which a limit starts, that on which it goes on does not count. A date never
// falls where the clock stands still: it moves to the first close at which it
// runs. It is the zero time, and ok false, while a stop without an end keeps the
// clock from getting there.
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
	case Seconds, Minutes, NaturalHours:
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
	d := dateOf(start.In(w.c.zone()))
	if l.N > 0 || w.c.closing(d).Before(start) {
		w.day(d, false, First, "")
		d = d.next()
	}
	for left, n := l.N, 0; left > 0 && n < farthest; n++ {
		worked, why := w.c.kind(d)
		name := w.c.Names[Day(d.String())]
		s := w.stopped(w.c.at(d, 0))
		switch {
		case w.c.missing(d):
		case l.Unit == WorkingDays && !worked:
			w.day(d, false, why, name)
		case s != nil:
			w.day(d, false, Stopped, s.Reason)
			if s.open() {
				return time.Time{}, false
			}
		default:
			w.day(d, true, why, name)
			if left--; left == 0 {
				return w.settle(d, l, true)
			}
		}
		d = d.next()
	}
	return w.settle(d, l, false)
}

// settle is the close of a day, or of the first one after it at whose close the
// clock runs and, where it has to be, work is done. told says that the day
// itself has been told of.
func (w *walk) settle(d date, l Limit, told bool) (time.Time, bool) {
	for n := 0; ; d, n = d.next(), n+1 {
		worked, why := w.c.kind(d)
		end := w.c.closing(d)
		s := w.stopped(end)
		ready := s == nil && !w.c.missing(d) && (worked || l.Unit == CalendarDays && !l.Roll)
		switch {
		case ready && told && n == 0, n > farthest:
			return end, true
		case ready:
			w.day(d, l.N == 0 && !told, Moved, "")
			return end, true
		case s != nil && s.open():
			w.day(d, false, Stopped, s.Reason)
			return time.Time{}, false
		case n == 0 && told, w.c.missing(d):
		case s != nil:
			w.day(d, false, Stopped, s.Reason)
		default:
			w.day(d, false, why, w.c.Names[Day(d.String())])
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

// Extend is the date that a further limit gives from a date on. The day that
// ends at due is the one that does not count.
func (c *Calendar) Extend(due time.Time, l Limit) time.Time {
	if l.Clock() {
		return c.Due(due, l)
	}
	return c.Due(due.Add(-1), l) // a day may end at midnight, which is the next date
}

// Shift moves a date that a limit gave by one stop more, and says by how many
// days; start is when the limit began. What was over before the stop began stays.
// Count with all stops gives the same date as Shift after Shift in the order of
// the stops, but for a date that an earlier stop had moved past the last day that
// counted: Shift then takes that day for one that counts.
func (c *Calendar) Shift(start, due time.Time, l Limit, s Stop) (moved time.Time, days int) {
	if due.IsZero() || !s.To.After(s.From) || !s.From.Before(due) && (l.Clock() || !s.From.Equal(due)) {
		return due, 0
	}
	if l.Unit == DutyHours {
		lost := c.onDuty(s.From, s.To)
		if lost == 0 {
			return due, 0
		}
		w := walk{c: c}
		moved, _ = w.duty(due, lost)
		return moved, 0
	}
	if l.Clock() {
		return due.Add(s.To.Sub(s.From)), 0
	}
	w := walk{c: c, stops: []Stop{s}}
	end, first := dateOf(due.Add(-1).In(c.zone())), dateOf(start.In(c.zone()))
	lost := 0
	for d := dateOf(s.From.In(c.zone())); l.N > 0 && !end.before(d); d = d.next() {
		worked, _ := c.kind(d)
		if first.before(d) && !c.missing(d) && (worked || l.Unit != WorkingDays) && w.stopped(c.at(d, 0)) != nil {
			lost++
		}
	}
	unit := CalendarDays
	if l.Unit == WorkingDays {
		unit = WorkingDays
	}
	moved, _ = w.days(due.Add(-1), Limit{N: lost, Unit: unit, Roll: l.Roll}) // a day may end at midnight, which is the next date
	worked, skipped := c.Between(due.Add(-1), moved.Add(-1))
	if unit == CalendarDays {
		worked += skipped
	}
	return moved, worked
}

// onDuty is the time on duty between two moments.
func (c *Calendar) onDuty(from, to time.Time) (sum time.Duration) {
	last := dateOf(to.In(c.zone()))
	for d := dateOf(from.In(c.zone())); !last.before(d); d = d.next() {
		if worked, _ := c.kind(d); c.missing(d) || !worked && !c.Hours.Daily {
			continue
		}
		for _, s := range c.spans() {
			if a, b := later(from, c.at(d, s.From)), earlier(to, c.at(d, s.To)); b.After(a) {
				sum += b.Sub(a)
			}
		}
	}
	return sum
}
