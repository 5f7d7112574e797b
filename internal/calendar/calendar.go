// Package calendar counts the working days of a city. Which days are holidays
// and which weekends are worked (调休) is data given by the caller, because the
// State Council announces it year by year.
package calendar

import "time"

// Day is a calendar date in the city's zone, written 2006-01-02.
type Day string

// Calendar knows the exceptions to Monday-to-Friday and the end of the working
// day. The zero value is a plain week ending at midnight UTC.
type Calendar struct {
	Zone  *time.Location
	Close time.Duration // end of the working day after midnight, e.g. 18h
	Days  map[Day]bool  // exceptions: true = worked, false = holiday
	Known int           // last year whose holidays were announced; 0 = none
}

// Limit is a span of time as a rule states it.
type Limit struct {
	N    int
	Unit string // "wd" working days, "cd" calendar days, "h" clock hours
}

// DayOf returns the date of t in the city's zone.
func (c *Calendar) DayOf(t time.Time) Day { return Day(t.In(c.zone()).Format(time.DateOnly)) }

// Working reports whether the date of t is worked.
func (c *Calendar) Working(t time.Time) bool {
	t = t.In(c.zone())
	if worked, ok := c.Days[Day(t.Format(time.DateOnly))]; ok {
		return worked
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// Due is the instant at which a limit that starts at start is over. Working and
// calendar days count from the next day and end at the close of the last one;
// hours run on the clock.
func (c *Calendar) Due(start time.Time, l Limit) time.Time {
	switch l.Unit {
	case "h":
		return start.Add(time.Duration(l.N) * time.Hour)
	case "cd":
		return c.closing(start, l.N)
	}
	day := start
	for left := l.N; left > 0; {
		day = day.AddDate(0, 0, 1)
		if c.Working(day) {
			left--
		}
	}
	return c.closing(day, 0)
}

func (c *Calendar) closing(t time.Time, plus int) time.Time {
	t = t.In(c.zone())
	return time.Date(t.Year(), t.Month(), t.Day()+plus, 0, 0, 0, 0, c.zone()).Add(c.Close)
}

// Provisional reports whether t lies beyond the last announced year, so that a
// date counted to it may still move.
func (c *Calendar) Provisional(t time.Time) bool { return t.In(c.zone()).Year() > c.Known }

// Between counts the working days after the date of from, up to and including
// the date of to, and the days skipped on the way.
func (c *Calendar) Between(from, to time.Time) (worked, skipped int) {
	last := c.DayOf(to)
	for day := from; c.DayOf(day) < last; {
		day = day.AddDate(0, 0, 1)
		if c.Working(day) {
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
