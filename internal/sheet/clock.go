package sheet

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"gongzhi/internal/fault"
)

// Time reads a moment as people write it, in loc unless it names its own
// offset: 2019/2/28 11:25:05, 2019-02-28 11:25, 2019.2.28, 2019年2月28日 下午3点5分,
// 20190228, RFC 3339, or the serial number that Excel shows for an unformatted
// date. Two-digit years and dates that end with the year are refused, because
// 03/04/2019 is two different days. The error says what was seen.
func Time(s string, loc *time.Location) (time.Time, error) {
	seen := trim(s)
	text := width.Narrow.String(seen)
	for _, read := range []func(string, *time.Location) (time.Time, bool){written, compact, serial} {
		if t, ok := read(text, loc); ok {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "sheet.time_unknown", nil, shorten(seen))
}

var writtenTime = regexp.MustCompile(`^(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2})日?` +
	`(?:[T ]*(?:(?:星期|周|礼拜)[一二三四五六日天] *)?(上午|下午|中午|晚上|凌晨|早上|AM|PM)? *` +
	`(\d{1,2})[:时点](?:(\d{1,2})[:分]?)?(?:(\d{1,2})(\.\d{1,9})?秒?)? *(AM|PM|am|pm)?)?(Z|[+-]\d{2}:?\d{2})?$`)

func written(s string, loc *time.Location) (time.Time, bool) {
	m := writtenTime.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	hour, ok := clockHour(number(m[5]), m[4]+strings.ToUpper(m[9]))
	if !ok {
		return time.Time{}, false
	}
	if m[10] != "" {
		loc = zone(m[10])
	}
	nanos := 0
	if m[8] != "" {
		nanos = number((m[8][1:] + "000000000")[:9])
	}
	return date(number(m[1]), number(m[2]), number(m[3]), hour, number(m[6]), number(m[7]), nanos, loc)
}

// clockHour moves an hour of the twelve-hour clock to where the word says.
func clockHour(hour int, half string) (int, bool) {
	switch half {
	case "":
		return hour, true
	case "上午", "早上", "AM", "凌晨":
		if hour == 12 {
			return 0, true
		}
		return hour, hour < 12
	}
	if hour < 12 && (half != "中午" || hour < 3) { // 中午11点 is before noon
		hour += 12
	}
	return hour, true
}

var compactTime = regexp.MustCompile(`^((?:19|20)\d{2})(\d{2})(\d{2})(?:[ T]?(\d{2})(\d{2})(\d{2})?)?$`)

func compact(s string, loc *time.Location) (time.Time, bool) {
	m := compactTime.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	return date(number(m[1]), number(m[2]), number(m[3]), number(m[4]), number(m[5]), number(m[6]), 0, loc)
}

// serial reads days since 1899-12-30. Only the years 1954 to 2119 count: a
// bare 2019 is somebody's year, not a day of 1905.
func serial(s string, loc *time.Location) (time.Time, bool) {
	days, err := strconv.ParseFloat(s, 64)
	if err != nil || days < 20_000 || days >= 80_000 {
		return time.Time{}, false
	}
	whole := math.Floor(days)
	seconds := int(math.Round((days - whole) * 86_400)) // Excel's own fractions are this coarse
	return time.Date(1899, 12, 30+int(whole), 0, 0, seconds, 0, loc), true
}

// date refuses what time.Date would quietly carry over: 31 February, 25 o'clock.
func date(year, month, day, hour, minute, second, nanos int, loc *time.Location) (time.Time, bool) {
	if month < 1 || month > 12 || day < 1 || hour > 24 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	if hour == 24 && (minute > 0 || second > 0) {
		return time.Time{}, false
	}
	if day > time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanos, loc), true
}

func zone(s string) *time.Location {
	if s == "Z" {
		return time.UTC
	}
	digits := strings.ReplaceAll(s[1:], ":", "")
	offset := number(digits[:2])*3600 + number(digits[2:])*60
	if s[0] == '-' {
		offset = -offset
	}
	return time.FixedZone("", offset)
}

// number of digits that an expression has matched already; "" is 0.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// layout turns a pattern such as yyyy/M/d H:mm:ss into Go's own notation.
func layout(pattern string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		run := 1
		for i+run < len(pattern) && pattern[i+run] == c {
			run++
		}
		part := pattern[i : i+run]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			known, ok := clockWords[part]
			if !ok {
				return "", fmt.Errorf("unknown part %q", part)
			}
			part = known
		}
		out.WriteString(part)
		i += run
	}
	return out.String(), nil
}

var clockWords = map[string]string{
	"yyyy": "2006", "yy": "06", "MMM": "Jan", "MM": "01", "M": "1", "dd": "02", "d": "2",
	"HH": "15", "H": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5",
	"a": "PM", "Z": "Z07:00", "T": "T",
}

func shorten(s string) string {
	const most = 40
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}
