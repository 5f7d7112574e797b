package locale

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var (
	weekdayZH = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}
	weekdayEN = [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
)

// Weekday is the short name of the day of t in zone: 周一, Mon.
func Weekday(lang Lang, t time.Time, zone *time.Location) string {
	day := t.In(zone).Weekday()
	if lang == EN {
		return weekdayEN[day]
	}
	return weekdayZH[day]
}

// Date is the full date: 2026年11月23日, 23 November 2026.
func Date(lang Lang, t time.Time, zone *time.Location) string {
	if lang == EN {
		return t.In(zone).Format("2 January 2006")
	}
	return t.In(zone).Format("2006年1月2日")
}

// DateTime is the full date and the clock: 2026年11月23日 14:05.
func DateTime(lang Lang, t time.Time, zone *time.Location) string {
	if lang == EN {
		return Date(lang, t, zone) + ", " + Clock(t, zone)
	}
	return Date(lang, t, zone) + " " + Clock(t, zone)
}

// Short is a date near today with its weekday and clock: 11月23日（周一）18:00, Mon 23 Nov 18:00.
func Short(lang Lang, t time.Time, zone *time.Location) string {
	if lang == EN {
		return t.In(zone).Format("Mon 2 Jan 15:04")
	}
	return t.In(zone).Format("1月2日") + "（" + Weekday(lang, t, zone) + "）" + Clock(t, zone)
}

// Day is a date near today with its weekday: 11月23日（周一）, Mon 23 Nov.
func Day(lang Lang, t time.Time, zone *time.Location) string {
	if lang == EN {
		return t.In(zone).Format("Mon 2 Jan")
	}
	return t.In(zone).Format("1月2日") + "（" + Weekday(lang, t, zone) + "）"
}

// Stamp is the narrow form for the left column of a history: 11/23 14:02, or with the year when it is not now's.
func Stamp(t, now time.Time, zone *time.Location) string {
	if t.In(zone).Year() != now.In(zone).Year() {
		return t.In(zone).Format("2006/1/2 15:04")
	}
	return t.In(zone).Format("01/02 15:04")
}

// Clock is hours and minutes: 14:05.
func Clock(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04") }

// Machine is the value of the datetime attribute of a time element.
func Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Ago says how long before now t was in the words people use, and the date when it was more than six days.
func Ago(lang Lang, t, now time.Time, zone *time.Location) string {
	passed := now.Sub(t)
	days := dayNumber(now, zone) - dayNumber(t, zone)
	switch {
	case passed < time.Minute:
		return T(lang, "locale.just_now")
	case passed < time.Hour:
		return T(lang, "locale.minutes_ago", int(passed.Minutes()))
	case days == 0:
		return T(lang, "locale.hours_ago", int(passed.Hours()))
	case days == 1:
		return T(lang, "locale.yesterday")
	case days <= 6:
		return T(lang, "locale.days_ago", days)
	default:
		return Date(lang, t, zone)
	}
}

// Span says how long d is in its two largest units: 1天2小时, 1 day 2 hours. It counts plain time, not working time.
func Span(lang Lang, d time.Duration) string {
	minutes := int(d.Round(time.Minute).Minutes())
	days, hours, minutes := minutes/1440, minutes/60%24, minutes%60
	var parts []string
	add := func(key string, n int) {
		if n > 0 && len(parts) < 2 {
			parts = append(parts, T(lang, key, n))
		}
	}
	add("locale.days", days)
	add("locale.hours", hours)
	if days == 0 {
		add("locale.minutes", minutes)
	}
	if len(parts) == 0 {
		return T(lang, "locale.minutes", 0)
	}
	if lang == EN {
		return strings.Join(parts, " ")
	}
	return strings.Join(parts, "")
}

// Count writes a whole number with thousands separators: 2,918.
func Count(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Decimal writes x with places digits after the point and thousands separators.
func Decimal(x float64, places int) string {
	text := strconv.FormatFloat(math.Abs(x), 'f', places, 64)
	whole, rest, found := strings.Cut(text, ".")
	n, err := strconv.Atoi(whole)
	if err != nil {
		return strconv.FormatFloat(x, 'f', places, 64)
	}
	out := Count(n)
	if found {
		out += "." + rest
	}
	if x < 0 && strings.Trim(text, "0.") != "" {
		out = "-" + out
	}
	return out
}

// Percent writes a share of one as a percentage with one digit after the point: 0.9643 is 96.4%.
func Percent(share float64) string { return Decimal(share*100, 1) + "%" }

// Distance writes metres as people say them: 320米, 1.1公里.
func Distance(lang Lang, metres float64) string {
	if metres < 1000 {
		return T(lang, "locale.metres", int(math.Round(metres/10)*10))
	}
	return T(lang, "locale.kilometres", Decimal(metres/1000, 1))
}

// Size writes a number of bytes as people read it: 640 KB, 2.1 MB.
func Size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d KB", (bytes+1023)/1024)
	}
	return Decimal(float64(bytes)/(1<<20), 1) + " MB"
}

func dayNumber(t time.Time, zone *time.Location) int {
	y, m, d := t.In(zone).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}
