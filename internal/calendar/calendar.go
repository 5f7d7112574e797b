// Package calendar counts the limits of a city: clock hours, duty hours (工作时),
// working days, calendar days and months, with the holidays and the worked
// weekends (调休) that the State Council announces year by year, and with the
// spans in which a clock stood still. Which days and hours those are is data
// given by the caller.
//
// How a day is counted follows 民法典 第二百零一至二百零四条: the day on which a limit
// starts does not count, and the last one ends when business ends.
package calendar

import "time"

// Day is a calendar date in the city's zone, written 2006-01-02.
type Day string

// Span is a part of a day, as wall clock since midnight: 9h to 12h.
type Span struct{ From, To time.Duration }

// Hours are the hours in which somebody is on duty.
type Hours struct {
	Spans []Span // in order, not overlapping; none means from nine to the close of the day
	Daily bool   // on rest days too
}

// Calendar knows the exceptions to Monday-to-Friday and the end of the working
// day. The zero value is a plain week in UTC whose days end at midnight.
type Calendar struct {
	Zone  *time.Location
	Close time.Duration  // end of a day counted in days, as wall clock since midnight, e.g. 18h; 0 is midnight
	Hours Hours          // for limits in duty hours
	Days  map[Day]bool   // exceptions: true = worked, false = holiday
	Names map[Day]string // of the exceptions, e.g. 春节
	Known int            // last year whose holidays were announced; 0 = none
}

// On is the calendar with the duty hours of one unit.
func (c *Calendar) On(h Hours) *Calendar {
	out := *c
	out.Hours = h
	return &out
}

// DayOf returns the date of t in the city's zone.
func (c *Calendar) DayOf(t time.Time) Day { return Day(t.In(c.zone()).Format(time.DateOnly)) }

// Working reports whether the date of t is worked.
func (c *Calendar) Working(t time.Time) bool {
	worked, _ := c.kind(dateOf(t.In(c.zone())))
	return worked
}

// Due is the instant at which a limit that starts at start is over, when its
// clock never stands still.
func (c *Calendar) Due(start time.Time, l Limit) time.Time {
	due, _ := c.count(start, l, nil, nil)
	return due
}

// Provisional reports whether t lies beyond the last announced year, so that a
// date counted to it may still move.
func (c *Calendar) Provisional(t time.Time) bool { return t.In(c.zone()).Year() > c.Known }

// Between counts the working days after the date of from, up to and including
// the date of to, and the days skipped on the way.
func (c *Calendar) Between(from, to time.Time) (worked, skipped int) {
	last := dateOf(to.In(c.zone()))
	for d := dateOf(from.In(c.zone())).next(); !last.before(d); d = d.next() {
		if ok, _ := c.kind(d); ok {
			worked++
		} else {
			skipped++
		}
	}
	return worked, skipped
}

func (c *Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// date is a day without a zone.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

func (d date) plus(days int) date {
	return dateOf(time.Date(d.year, d.month, d.day+days, 0, 0, 0, 0, time.UTC))
}

func (d date) next() date { return d.plus(1) }

func (d date) before(o date) bool {
	return d.year < o.year || d.year == o.year && (d.month < o.month || d.month == o.month && d.day < o.day)
}

func (d date) weekday() time.Weekday {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Weekday()
}

func (d date) String() string {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// at is an instant of a day by its wall clock. An hour that summer time leaves
// out is taken as time.Date takes it.
func (c *Calendar) at(d date, clock time.Duration) time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, int(clock), c.zone())
}

// missing reports whether the zone left the day out, as Samoa did with
// 2011-12-30 when it changed sides of the date line.
func (c *Calendar) missing(d date) bool { return dateOf(c.at(d, 12*time.Hour)) != d }

func (c *Calendar) closing(d date) time.Time {
	if c.Close == 0 {
		return c.at(d, 24*time.Hour)
	}
	return c.at(d, c.Close)
}

// Why a day or a span counts, or does not.
const (
	Worked  = "worked"  // an ordinary working day, or any day where all count
	MakeUp  = "make_up" // 调休: a weekend day that is worked
	Weekend = "weekend"
	Holiday = "holiday"
	Closed  = "closed"  // outside the duty hours
	Stopped = "stopped" // the clock stood still
	First   = "first"   // the day on which the limit starts
	Moved   = "moved"   // the day on which it ends, where the last one that counted could not be it
)

// kind reports whether a day is worked, and why.
func (c *Calendar) kind(d date) (worked bool, why string) {
	rest := d.weekday() == time.Saturday || d.weekday() == time.Sunday
	exception, found := c.Days[Day(d.String())]
	switch {
	case found && exception && rest:
		return true, MakeUp
	case found && !exception:
		return false, Holiday
	case rest && !found:
		return false, Weekend
	}
	return true, Worked
}
