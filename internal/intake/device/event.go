package device

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
)

// Reading is one measurement of one device.
type Reading struct {
	Origin string // the event's own source
	Event  string // id within the origin
	Device string
	Metric string
	Seq    int64     // counts up, 0 the device does not count
	At     time.Time // zero: when it arrives
	Value  float64
	Point  geo.Point // of a device that moves, zero: where it is registered
	Datum  geo.Datum // coordinate system of the point, "" WGS 84
}

// cloudEvent is CloudEvents 1.0 in JSON. Extensions that are not ours are let be.
type cloudEvent struct {
	Version  string          `json:"specversion"`
	ID       string          `json:"id"`
	Source   string          `json:"source"`
	Type     string          `json:"type"`
	Subject  string          `json:"subject"`
	Time     string          `json:"time"`
	Sequence string          `json:"sequence"`
	Data     json.RawMessage `json:"data"`
	Base64   []byte          `json:"data_base64"`
}

// content is what a device says.
type content struct {
	ID     string      `json:"id"`
	Device string      `json:"device"`
	Metric string      `json:"metric"`
	Raw    any         `json:"value"`
	Seq    json.Number `json:"seq"`
	Time   string      `json:"time"`
	Lat    *float64    `json:"lat"`
	Lng    *float64    `json:"lng"`
	Datum  string      `json:"datum"`
}

// MostEvents is how many events a batch may hold.
const MostEvents = 100

// The media types of structured events.
const (
	mediaEvent = "application/cloudevents+json"
	mediaBatch = "application/cloudevents-batch+json"
)

// wrong says what is wrong with an attribute, by its name in the event.
func wrong(attribute, key string, args ...any) error {
	return fault.Fields{{Name: attribute, Key: key, Args: args}}
}

// ParseEvent reads one structured event.
func ParseEvent(raw []byte) (Reading, error) {
	var e cloudEvent
	if err := decode(raw, &e); err != nil {
		return Reading{}, err
	}
	return e.reading()
}

// ParseBatch reads a batch. Each event that is wrong has its error at its place.
func ParseBatch(raw []byte) ([]Reading, []error, error) {
	var list []json.RawMessage
	if err := decode(raw, &list); err != nil {
		return nil, nil, err
	}
	if len(list) > MostEvents {
		return nil, nil, wrong("", "device.batch_long", len(list), MostEvents)
	}
	readings, errs := make([]Reading, len(list)), make([]error, len(list))
	for i, one := range list {
		readings[i], errs[i] = ParseEvent(one)
	}
	return readings, errs, nil
}

// ParseBinary reads an event whose attributes are headers and whose data is the
// body.
func ParseBinary(h http.Header, body []byte) (Reading, error) {
	get := func(name string) string {
		v := h.Get("Ce-" + name)
		if plain, err := url.PathUnescape(v); err == nil {
			return plain
		}
		return v
	}
	e := cloudEvent{Version: get("specversion"), ID: get("id"), Source: get("source"), Type: get("type"), Subject: get("subject"),
		Time: get("time"), Sequence: get("sequence"), Data: body}
	return e.reading()
}

// ParseMessage reads what a device sends of itself: an event, or its content
// alone. Content without an id is known by what it says.
func ParseMessage(device string, raw []byte) (Reading, error) {
	var head struct {
		Version string `json:"specversion"`
	}
	if err := decode(raw, &head); err != nil {
		return Reading{}, err
	}
	if head.Version != "" {
		r, err := ParseEvent(raw)
		if err == nil && r.Device == "" {
			r.Device = device
		}
		return r, err
	}
	var c content
	if err := decode(raw, &c); err != nil {
		return Reading{}, err
	}
	sum := sha256.Sum256(raw)
	r := Reading{Event: c.ID, Device: device}
	if r.Event == "" {
		r.Event = hex.EncodeToString(sum[:12])
	}
	return c.fill(r, c.Time, "")
}

func decode(raw []byte, into any) error {
	if !utf8.Valid(raw) || bytes.Contains(raw, []byte(`\u0000`)) {
		return wrong("", "device.not_text")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fault.New(fault.Invalid, "device.not_json", err)
	}
	if d.More() {
		return wrong("", "device.not_json")
	}
	return nil
}

func (e cloudEvent) reading() (Reading, error) {
	for _, a := range [][2]string{{"specversion", e.Version}, {"id", e.ID}, {"source", e.Source}, {"type", e.Type}} {
		if a[1] == "" {
			return Reading{}, wrong(a[0], "device.attribute_missing", a[0])
		}
	}
	if e.Version != "1.0" {
		return Reading{}, wrong("specversion", "device.version", e.Version)
	}
	data := []byte(e.Data)
	if len(e.Base64) > 0 {
		data = e.Base64
	}
	var c content
	if err := decode(data, &c); err != nil {
		return Reading{}, err
	}
	if e.Subject != "" && c.Device != "" && e.Subject != c.Device {
		return Reading{}, wrong("subject", "device.two_devices", e.Subject, c.Device)
	}
	r := Reading{Origin: e.Source, Event: e.ID, Device: e.Subject}
	return c.fill(r, first(e.Time, c.Time), e.Sequence)
}

// fill completes a reading with what the content says, and checks all of it.
func (c content) fill(r Reading, at, sequence string) (Reading, error) {
	r.Device, r.Metric = first(r.Device, c.Device), first(c.Metric, DefaultMetric)
	for name, v := range map[string]string{"id": r.Event, "source": r.Origin, "subject": r.Device, "metric": r.Metric} {
		if len(v) > 200 || strings.ContainsFunc(v, unicode.IsControl) {
			return r, wrong(name, "device.attribute_wrong", name)
		}
	}
	err := c.place(&r)
	if err != nil {
		return r, err
	}
	if r.Value, err = number(c.Raw); err != nil {
		return r, err
	}
	if s := first(sequence, string(c.Seq)); s != "" {
		if r.Seq, err = strconv.ParseInt(s, 10, 64); err != nil || r.Seq < 0 {
			return r, wrong("seq", "device.seq_wrong", s)
		}
	}
	if at != "" {
		if r.At, err = time.Parse(time.RFC3339Nano, at); err != nil || r.At.Year() < 1990 || r.At.Year() > 2200 {
			return r, wrong("time", "device.time_wrong", at)
		}
		r.At = r.At.UTC().Truncate(time.Microsecond)
	}
	return r, nil
}

// place reads the point of a device that moves.
func (c content) place(r *Reading) error {
	if c.Lat == nil && c.Lng == nil {
		return nil
	}
	if c.Lat == nil || c.Lng == nil {
		return wrong("lat", "device.point_wrong")
	}
	r.Point, r.Datum = geo.Point{Lat: *c.Lat, Lng: *c.Lng}, datumOf(c.Datum)
	if r.Point.Check() != nil || r.Point.Zero() {
		return wrong("lat", "device.point_wrong")
	}
	if _, err := geo.ToWGS84(r.Point, cmp.Or(r.Datum, geo.WGS84)); err != nil {
		return wrong("datum", "geo.datum_unknown", c.Datum)
	}
	return nil
}

// number is a reading: a number, or yes and no as one and nothing.
func number(raw any) (float64, error) {
	switch v := raw.(type) {
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case json.Number:
		f, err := v.Float64()
		if err == nil && !math.IsInf(f, 0) && math.Abs(f) < 1e12 {
			return f, nil
		}
		return 0, wrong("value", "device.value_wrong", string(v))
	case nil:
		return 0, wrong("value", "device.value_missing")
	}
	return 0, wrong("value", "device.value_kind")
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
