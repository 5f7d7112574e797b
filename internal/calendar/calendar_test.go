package calendar

import (
	"testing"
	"time"
)

func city(t *testing.T) *Calendar {
	zone := time.FixedZone("CST", 8*3600)
	return &Calendar{Zone: zone, Close: 18 * time.Hour, Known: 2026, Days: map[Day]bool{
		"2026-02-14": true, "2026-02-16": false, "2026-02-17": false, "2026-02-18": false, "2026-02-19": false,
		"2026-02-20": false, "2026-02-23": false, "2026-02-28": true,
	}}
}

func TestDue(t *testing.T) {
	c := city(t)
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, c.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, x := range []struct {
		name, start, want string
		limit             Limit
	}{
		{"a week with one weekend", "2026-11-23 14:02", "2026-11-30 18:00", Limit{N: 5, Unit: "wd"}},
		{"over the spring festival, with a worked Saturday", "2026-02-13 09:00", "2026-02-24 18:00", Limit{N: 2, Unit: "wd"}},
		{"the second worked Saturday", "2026-02-26 09:00", "2026-02-28 18:00", Limit{N: 2, Unit: "wd"}},
		{"started on a Sunday", "2026-11-22 10:00", "2026-11-23 18:00", Limit{N: 1, Unit: "wd"}},
		{"calendar days", "2026-11-27 10:00", "2026-11-29 18:00", Limit{N: 2, Unit: "cd"}},
		{"hours do not stop at night", "2026-11-27 23:30", "2026-11-28 01:30", Limit{N: 2, Unit: "h"}},
		{"over the year's end", "2026-12-31 10:00", "2027-01-04 18:00", Limit{N: 2, Unit: "wd"}},
	} {
		if got := c.Due(at(x.start), x.limit); !got.Equal(at(x.want)) {
			t.Errorf("%s: got %s, want %s", x.name, got.In(c.Zone).Format("2006-01-02 15:04"), x.want)
		}
	}
	if !c.Provisional(at("2027-01-04 18:00")) {
		t.Error("a date beyond the announced calendar is not marked provisional")
	}
	if w, s := c.Between(at("2026-11-23 14:00"), at("2026-11-30 18:00")); w != 5 || s != 2 {
		t.Errorf("between: got %d worked, %d skipped, want 5 and 2", w, s)
	}
}

func TestLimits(t *testing.T) {
	for _, s := range []string{"5wd", "24h", "90min", "4wh", "60cd", "60cd+", "3mo", "0wd"} {
		if l, ok := ParseLimit(s); !ok || l.String() != s {
			t.Errorf("%s was read as %v, %v", s, l, ok)
		}
	}
	for _, s := range []string{"", "wd", "5", "-1wd", "5 weeks", "1000000h"} {
		if l, ok := ParseLimit(s); ok {
			t.Errorf("%q was read as %v", s, l)
		}
	}
}

func TestAClockThatStandsStillIsNeverDue(t *testing.T) {
	c := city(t)
	start := time.Date(2026, 11, 23, 10, 0, 0, 0, c.Zone)
	for _, l := range []Limit{{5, WorkingDays, false}, {5, CalendarDays, false}, {30, NaturalHours, false}, {20, DutyHours, false}, {1, Months, true}} {
		due, steps, ok := c.Count(start, l, []Stop{{From: start.Add(time.Hour), Reason: "asked"}})
		if ok || !due.IsZero() || len(steps) == 0 || steps[len(steps)-1].Why != Stopped {
			t.Errorf("%s: due %s, %v, %v", l, due, ok, steps)
		}
	}
	if due, _, ok := c.Count(start, Limit{N: 1, Unit: NaturalHours}, []Stop{{From: start.Add(time.Hour)}}); !ok || !due.Equal(start.Add(time.Hour)) {
		t.Errorf("a limit that was over when the clock stopped: %s, %v", due, ok)
	}
}

func TestShare(t *testing.T) {
	start := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	stops := []Stop{{From: at(4), To: at(14)}}
	for percent, want := range map[int]int{0: 0, 30: 3, 50: 15, 80: 18, 100: 20, 120: 22} {
		if got := Share(start, at(20), stops, percent); !got.Equal(at(want)) {
			t.Errorf("%d %%: %s, want %s", percent, got, at(want))
		}
	}
}
