package calendar

import (
	"strconv"
	"strings"
	"time"
)

// Units in which a limit counts.
const (
	Seconds      = "s" // on the clock, as the two below
	Minutes      = "min"
	NaturalHours = "h"  // day and night
	DutyHours    = "wh" // 工作时: only while the unit is on duty
	WorkingDays  = "wd"
	CalendarDays = "cd"
	Months       = "mo"
)

// Units are all of them, the shortest first.
var Units = []string{Seconds, Minutes, NaturalHours, DutyHours, WorkingDays, CalendarDays, Months}

// mostN bounds a limit: a hundred years of days, eleven years of hours.
const mostN = 100_000

// Limit is a span of time as a rule states it. Days count from the next day and
// end at the close of the last one; hours run from the moment itself. No days at
// all mean the same day, or the next one once that has closed.
type Limit struct {
	N    int
	Unit string
	Roll bool // a last calendar day that is no working day moves to the next one
}

// ParseLimit reads what String writes: 5wd, 24h, 90min, 4wh, 60cd, 3mo, and
// 60cd+ for one that rolls over rest days.
func ParseLimit(s string) (Limit, bool) {
	s, roll := strings.CutSuffix(strings.TrimSpace(s), "+")
	i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if i <= 0 {
		return Limit{}, false
	}
	n, err := strconv.Atoi(s[:i])
	l := Limit{N: n, Unit: strings.TrimSpace(s[i:]), Roll: roll}
	return l, err == nil && l.Valid()
}

// Valid reports whether the limit can be counted.
func (l Limit) Valid() bool {
	for _, u := range Units {
		if l.Unit == u {
			return l.N >= 0 && l.N <= mostN
		}
	}
	return false
}

func (l Limit) String() string {
	s := strconv.Itoa(l.N) + l.Unit
	if l.Roll {
		s += "+"
	}
	return s
}

// Clock reports whether the limit runs from the moment itself, and not by days.
func (l Limit) Clock() bool {
	return l.Unit == Minutes || l.Unit == NaturalHours || l.Unit == DutyHours
}

func (l Limit) duration() time.Duration {
	if l.Unit == Minutes {
		return time.Duration(l.N) * time.Minute
	}
	return time.Duration(l.N) * time.Hour
}
