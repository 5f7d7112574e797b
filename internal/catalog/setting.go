package catalog

import (
	"fmt"
	"strconv"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/sqldb"
)

// Settings are the named values of the city. Unset ones read as "".
type Settings map[string]string

// The settings that exist. Pages list them in this order.
var SettingNames = []string{"city.name", "city.phone", "city.zone", "office.close", "office.hours", "calendar.known", "map.tiles", "map.tiles_credit",
	"accept.limit", "repeat.times", "repeat.people", "repeat.days", "callback.tries", "callback.skip", "exclusion.ask_days", "exclusion.decide_days", "exclusion.appeal_days", "archive.days", "default.limit", "mail.flood", "mail.keep_days", "sms.keep_days",
	"signin.second", "signin.grace", "signin.look"}

// LoadSettings reads all settings.
func LoadSettings(tx *sqldb.Tx) (Settings, error) {
	rows, err := tx.Query(`select name, value from catalog_setting`)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer rows.Close()
	out := Settings{}
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, rows.Err()
}

// SaveSetting sets one value.
func SaveSetting(tx *sqldb.Tx, name, value string) error {
	return tx.Exec(`insert into catalog_setting(name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`, name, value)
}

// Zone is the city's time zone. China has one; a city elsewhere sets its own.
func (s Settings) Zone() *time.Location {
	if s["city.zone"] != "" {
		if z, err := time.LoadLocation(s["city.zone"]); err == nil {
			return z
		}
	}
	return time.FixedZone("CST", 8*3600)
}

// Int is a numeric setting, or its default.
func (s Settings) Int(name string, otherwise int) int {
	if n, err := strconv.Atoi(s[name]); err == nil {
		return n
	}
	return otherwise
}

// calendar is the city's, without the days that are not as their weekday.
func (s Settings) calendar() *calendar.Calendar {
	c := &calendar.Calendar{Zone: s.Zone(), Close: time.Duration(s.Int("office.close", 18)) * time.Hour, Days: map[calendar.Day]bool{}, Names: map[calendar.Day]string{},
		Known: s.Int("calendar.known", 0)}
	c.Hours, _ = calendar.ParseHours(s["office.hours"]) // what is kept was checked; unset means the usual ones
	return c
}

// LoadCalendar reads the working calendar.
func LoadCalendar(tx *sqldb.Tx) (*calendar.Calendar, error) {
	s, err := LoadSettings(tx)
	if err != nil {
		return nil, err
	}
	c := s.calendar()
	rows, err := tx.Query(`select day, worked, name from catalog_day`)
	if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d, name string
		var worked bool
		if err := rows.Scan(&d, &worked, &name); err != nil {
			return nil, err
		}
		c.Days[calendar.Day(d)], c.Names[calendar.Day(d)] = worked, name
	}
	return c, rows.Err()
}

// Day is one exception of the calendar.
type Day struct {
	Day    string
	Worked bool
	Name   string
}

// Days are the exceptions of the calendar in order.
func Days(tx *sqldb.Tx) ([]Day, error) {
	rows, err := tx.Query(`select day, worked, name from catalog_day order by day`)
	if err != nil {
		return nil, fmt.Errorf("list days: %w", err)
	}
	defer rows.Close()
	var out []Day
	for rows.Next() {
		var d Day
		if err := rows.Scan(&d.Day, &d.Worked, &d.Name); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// SaveDay sets one exception.
func SaveDay(tx *sqldb.Tx, d Day) error {
	return tx.Exec(`insert into catalog_day(day, worked, name) values ($1, $2, $3) on conflict (day) do update set worked = excluded.worked, name = excluded.name`, d.Day, d.Worked, d.Name)
}

// RemoveDay makes a day an ordinary one again.
func RemoveDay(tx *sqldb.Tx, day string) error {
	return tx.Exec(`delete from catalog_day where day = $1`, day)
}
