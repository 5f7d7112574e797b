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
		{"a week with one weekend", "2026-11-23 14:02", "2026-11-30 18:00", Limit{5, "wd"}},
		{"over the spring festival, with a worked Saturday", "2026-02-13 09:00", "2026-02-24 18:00", Limit{2, "wd"}},
		{"the second worked Saturday", "2026-02-26 09:00", "2026-02-28 18:00", Limit{2, "wd"}},
		{"started on a Sunday", "2026-11-22 10:00", "2026-11-23 18:00", Limit{1, "wd"}},
		{"calendar days", "2026-11-27 10:00", "2026-11-29 18:00", Limit{2, "cd"}},
		{"hours do not stop at night", "2026-11-27 23:30", "2026-11-28 01:30", Limit{2, "h"}},
		{"over the year's end", "2026-12-31 10:00", "2027-01-04 18:00", Limit{2, "wd"}},
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
