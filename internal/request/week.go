package request

import "time"

// Week is the span of which squares are shown: ninety days up to last Monday.
type Week struct{ From, To time.Time }

// WeekOf is the span that is shown now, in the city's zone.
func WeekOf(now time.Time, zone *time.Location) Week {
	n := now.In(zone)
	monday := time.Date(n.Year(), n.Month(), n.Day()-(int(n.Weekday())+6)%7, 0, 0, 0, 0, zone)
	return Week{From: monday.AddDate(0, 0, -90), To: monday}
}
