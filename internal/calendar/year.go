package calendar

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Exception is one day that is not as its weekday.
type Exception struct {
	Day    Day
	Worked bool
	Name   string
}

// enoughDays is how many days off make the holidays of a year known: 全国年节及纪念日放假办法
// has had eleven of them at least since 2008, thirteen since 2025.
const enoughDays = 11

// ReadYear reads one year of holidays in the form in which they are exchanged:
// {"year": 2024, "days": [{"name": "春节", "date": "2024-02-10", "isOffDay": true}]}.
// An error says which entry is wrong.
func ReadYear(text []byte) (year int, days []Exception, err error) {
	var file struct {
		Year int
		Days []struct {
			Name, Date string
			IsOffDay   *bool
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return 0, nil, fmt.Errorf("no calendar of a year: %w", err)
	}
	if file.Year < 1900 || file.Year > 2200 {
		return 0, nil, fmt.Errorf("year %d", file.Year)
	}
	for i, d := range file.Days {
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil || d.IsOffDay == nil {
			return 0, nil, fmt.Errorf("days[%d]: needs a date as 2024-02-10 and isOffDay", i)
		}
		days = append(days, Exception{Day(d.Date), !*d.IsOffDay, d.Name})
	}
	return file.Year, days, nil
}

// Add takes over the exceptions. A year of which enough days off are there is
// known from then on.
func (c *Calendar) Add(days []Exception) {
	if c.Days == nil {
		c.Days = map[Day]bool{}
	}
	if c.Names == nil {
		c.Names = map[Day]string{}
	}
	off := map[int]int{}
	for _, d := range days {
		c.Days[d.Day], c.Names[d.Day] = d.Worked, d.Name
		if year, err := strconv.Atoi(string(d.Day)[:4]); err == nil && !d.Worked {
			if off[year]++; off[year] >= enoughDays && year > c.Known {
				c.Known = year
			}
		}
	}
}

// ParseHours reads duty hours as people write them: 9:00-12:00, 13:30-18:00, with
// 每天 or daily before them where rest days count too.
func ParseHours(s string) (Hours, bool) {
	var h Hours
	s = strings.NewReplacer("：", ":", "—", "-", "–", "-", "－", "-", "~", "-", "至", "-", "，", ",", "、", ",", "；", ",", ";", ",").Replace(strings.TrimSpace(s))
	for _, word := range []string{"每天", "每日", "daily"} {
		if rest, ok := strings.CutPrefix(s, word); ok {
			h.Daily, s = true, strings.TrimSpace(rest)
		}
	}
	last := time.Duration(0)
	for part := range strings.SplitSeq(s, ",") {
		from, to, ok := strings.Cut(part, "-")
		a, okA := clock(from)
		b, okB := clock(to)
		if !ok || !okA || !okB || a < last || b <= a {
			return Hours{}, false
		}
		h.Spans, last = append(h.Spans, Span{a, b}), b
	}
	return h, true
}

func clock(s string) (time.Duration, bool) {
	hour, minute, _ := strings.Cut(strings.TrimSpace(s), ":")
	h, err := strconv.Atoi(hour)
	m, err2 := 0, error(nil)
	if minute != "" {
		m, err2 = strconv.Atoi(minute)
	}
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	return at, err == nil && err2 == nil && h >= 0 && m >= 0 && m < 60 && at <= 24*time.Hour
}

// String writes what ParseHours reads.
func (h Hours) String() string {
	parts := make([]string, len(h.Spans))
	for i, s := range h.Spans {
		parts[i] = wall(s.From) + "-" + wall(s.To)
	}
	out := strings.Join(parts, ",")
	if h.Daily {
		return strings.TrimSpace("daily " + out)
	}
	return out
}

func wall(d time.Duration) string { return fmt.Sprintf("%d:%02d", int(d.Hours()), int(d.Minutes())%60) }
