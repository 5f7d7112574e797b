package georeport

import (
	"errors"
	"regexp"
	"strings"
	"time"
)

// ErrZone is the answer to a time without its zone: it could be any of two dozen.
var ErrZone = errors.New("georeport: the time has no zone")

// ErrTime is the answer to what is no time.
var ErrTime = errors.New("georeport: not a time of the W3C profile of ISO 8601")

// spacedZone is +08:00 in an address whose plus sign became a space on the way.
var spacedZone = regexp.MustCompile(` (\d\d:?\d\d)$`)

var zoned = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700"}

// ParseTime reads a date and time with its zone.
func ParseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	s = spacedZone.ReplaceAllString(s, "+$1")
	for _, layout := range zoned {
		if t, err := time.Parse(layout, s); err == nil {
			if t.Year() < 1 || t.Year() > 9999 {
				return time.Time{}, ErrTime
			}
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if _, err := time.Parse(layout, s); err == nil {
			return time.Time{}, ErrZone
		}
	}
	return time.Time{}, ErrTime
}

// FormatTime writes a time to the second, with its zone.
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Truncate(time.Second).Format(time.RFC3339)
}
