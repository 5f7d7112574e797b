// Package device takes the readings of the city's own things: manhole covers, lamp
// controllers, water gauges. They come as CloudEvents over HTTP from systems that
// speak for many devices, or over MQTT from each device itself.
//
// Rules that the city keeps as data turn readings into faults. Many readings of
// one fault are one request; what comes in a flood is counted and shown, and does
// not become requests.
package device

import (
	"context"
	"sync"
	"time"

	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service offers the verbs and pages of devices.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Catalog *catalog.Shelf
	Atlas   *place.Shelf
	Numbers *request.Numbers
	Intake  *intake.Service
	Base    page.Maker

	meter meter
	tries tries

	mu   sync.Mutex
	line Line
}

// Line is the live connection to devices; package mqtt's broker is one.
type Line interface {
	Connected(name string) bool
	Online() int
	Command(name string, payload []byte) error
	Drop(name string)
}

// Device is one thing of the city that sends readings.
type Device struct {
	Code      string
	Name      string
	Kind      string // in the city's words; rules belong to a kind
	Facility  string // facility it stands at, "" none
	Address   string
	Area      string
	Lat, Lng  float64
	Origin    request.Origin // the point as it was given, when that was in another coordinate system
	Source    string         // system that speaks for it, "" the device itself
	PerMinute int64          // readings a minute, 0 as the city sets
	Active    bool
	Rev       int64
}

// Rule says which readings of a kind of device are a fault, and when it is over.
type Rule struct {
	ID        string
	Kind      string
	Name      string // of the fault, becomes the title: 路面积水超警戒
	Metric    string // which of the device's readings
	Unit      string // of the reading, for people: cm
	Below     bool   // a low reading is the fault
	Trip      float64
	Clear     float64 // the fault is over at this reading; between the two nothing changes
	Times     int64   // so many readings …
	Minutes   int64   // … within so many minutes
	Category  string
	Urgency   string
	RedoHours int64  // a fault that comes back so soon after closing is handled again as the same request; 0 never
	Advice    string // what the unit should know
	Active    bool
	Rev       int64
}

// breached and cleared say what one reading means.
func (r Rule) breached(v float64) bool {
	if r.Below {
		return v <= r.Trip
	}
	return v >= r.Trip
}

func (r Rule) cleared(v float64) bool {
	if r.Below {
		return v >= r.Clear
	}
	return v <= r.Clear
}

// worse is the further of two readings.
func (r Rule) worse(a, b float64) float64 {
	if r.Below {
		return min(a, b)
	}
	return max(a, b)
}

// window is the time in which readings belong together. Out of order by as much
// as the network may delay them they still do.
func (r Rule) window() time.Duration {
	return max(time.Duration(r.Minutes)*time.Minute, 10*time.Minute)
}

// Source is a system that speaks for many devices.
type Source struct {
	Code   string
	Name   string
	Active bool
}

// DefaultMetric is that of a reading which names none.
const DefaultMetric = "value"

// ChannelName is what requests are marked with.
const ChannelName = "device"

// setting is a number of the city's, or its first value.
func (s *Service) setting(name string) int {
	return s.Catalog.Book().Settings.Int(name, Settings[name])
}

// Settings are the numbers that a city may change, as they are at first.
var Settings = map[string]int{
	"device.per_minute": 60,  // readings of one device
	"device.per_second": 200, // readings of all devices
	"device.new_hour":   30,  // requests opened in an hour; further faults share one
	"device.age_hours":  24,  // a reading older than this is refused
	"device.keep_days":  30,  // readings are kept
}

// Connect tells the service of the live line.
func (s *Service) Connect(l Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = l
}

func (s *Service) connection() Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line
}

// Command sends a device something; Conflict when it is not there.
func (s *Service) Command(_ context.Context, code string, payload []byte) error {
	l := s.connection()
	if l == nil {
		return fault.New(fault.Conflict, "device.line_off", nil)
	}
	if err := l.Command(code, payload); err != nil {
		return fault.New(fault.Conflict, "device.away", err, code)
	}
	return nil
}
