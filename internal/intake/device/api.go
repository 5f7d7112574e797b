package device

import (
	"context"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/geo"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
)

// API declares the operations of this feature.
func (s *Service) API(a *api.API) {
	const look, edit, pages = "device.look", "device.edit", "/setup/devices"
	a.Chapter("device")
	api.Add(a, api.Op{ID: "devices", Method: "GET", Path: "/devices", Policy: look, Pages: []string{"GET " + pages}},
		func(ctx context.Context, in *devicesIn) (api.List[DeviceItem], error) {
			return s.apiDevices(ctx, a, in)
		})
	api.Add(a, api.Op{ID: "device-create", Method: "POST", Path: "/devices", Policy: edit, Create: true, Pages: []string{"GET " + pages + "/new", "POST " + pages + "/new"}}, s.apiCreate)
	api.Add(a, api.Op{ID: "device", Method: "GET", Path: "/devices/{code}", Policy: look, Pages: []string{"GET " + pages + "/entry/{code}"}}, s.apiDevice)
	api.Add(a, api.Op{ID: "device-save", Method: "PUT", Path: "/devices/{code}", Policy: edit, Pages: []string{"POST " + pages + "/entry/{code}"}}, s.apiSave)
	api.Add(a, api.Op{ID: "device-readings", Method: "GET", Path: "/devices/{code}/readings", Policy: look, Pages: []string{"GET " + pages + "/entry/{code}"}},
		func(ctx context.Context, in *readingsIn) (api.List[readingItem], error) {
			return s.apiReadings(ctx, a, in)
		})
	api.Add(a, api.Op{ID: "device-key", Method: "POST", Path: "/devices/{code}/keys", Policy: edit, Create: true, Pages: []string{"POST " + pages + "/entry/{code}/key"}}, s.apiKey)
	api.Add(a, api.Op{ID: "device-revoke", Method: "DELETE", Path: "/devices/{code}/keys", Policy: edit, Pages: []string{"POST " + pages + "/entry/{code}/revoke"}}, s.apiRevoke)
	api.Add(a, api.Op{ID: "device-ask", Method: "POST", Path: "/devices/{code}/ask", Policy: edit, Pages: []string{"POST " + pages + "/entry/{code}/ask"}}, s.apiAsk)
	api.Add(a, api.Op{ID: "device-faults", Method: "GET", Path: "/device-faults", Policy: look, Pages: []string{"GET " + pages}},
		func(ctx context.Context, in *faultsIn) (api.List[faultItem], error) { return s.apiFaults(ctx, a, in) })
	api.Add(a, api.Op{ID: "device-missed", Method: "GET", Path: "/device-missed", Policy: look, Pages: []string{"GET " + pages}}, s.apiMissed)
	s.tableAPI(a)
	s.ruleAPI(a)
	s.sourceAPI(a)
}

type devicesIn struct {
	api.Page
	Q    string `query:"q" maxLength:"60"`
	Kind string `query:"kind" maxLength:"20"`
}

// DeviceItem is a device and its newest reading.
type DeviceItem struct {
	Code      string     `json:"code"`
	Name      string     `json:"name"`
	Kind      string     `json:"kind"`
	Facility  string     `json:"facility"`
	Address   string     `json:"address"`
	Area      string     `json:"area"`
	Lat       float64    `json:"lat"`
	Lng       float64    `json:"lng"`
	Datum     string     `json:"datum" enum:"wgs84,gcj02,bd09"`
	GivenLat  float64    `json:"given_lat"`
	GivenLng  float64    `json:"given_lng"`
	Source    string     `json:"source" doc:"api.field_device_source"`
	PerMinute int64      `json:"per_minute"`
	Active    bool       `json:"active"`
	Rev       int64      `json:"rev"`
	Metric    string     `json:"metric"`
	Value     float64    `json:"value"`
	Heard     *time.Time `json:"heard_at,omitempty"`
	Readings  int64      `json:"readings"`
	Faults    int64      `json:"faults"`
}

func (x Listed) item() DeviceItem {
	p, datum := x.given()
	return DeviceItem{x.Code, x.Name, x.Kind, x.Facility, x.Address, x.Area, x.Lat, x.Lng, first(datum, string(geo.WGS84)), p.Lat, p.Lng, x.Source, x.PerMinute, x.Active, x.Rev, x.Metric, x.Value,
		show.Moment(x.Heard), x.Readings, x.Faults}
}

func (s *Service) apiDevices(ctx context.Context, a *api.API, in *devicesIn) (api.List[DeviceItem], error) {
	return api.Behind(a, "devices/"+in.Kind+"/"+in.Q, in.Page, func(after string, n int) (list []Listed, err error) {
		err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			list, err = List(tx, in.Q, in.Kind, after, n)
			return err
		})
		return list, err
	}, func(x Listed) string { return x.Code }, Listed.item)
}

// DeviceBody is a device as it is registered. What is left out comes from its
// facility, and the area from the point.
type DeviceBody struct {
	Name      string  `json:"name" minLength:"1" maxLength:"60"`
	Kind      string  `json:"kind" minLength:"1" maxLength:"20"`
	Facility  string  `json:"facility,omitempty" maxLength:"60"`
	Address   string  `json:"address,omitempty" maxLength:"200"`
	Area      string  `json:"area,omitempty" maxLength:"20"`
	Lat       float64 `json:"lat,omitempty" minimum:"-90" maximum:"90"`
	Lng       float64 `json:"lng,omitempty" minimum:"-180" maximum:"180"`
	Datum     string  `json:"datum,omitempty" enum:"wgs84,cgcs2000,gcj02,bd09" default:"wgs84"`
	Source    string  `json:"source,omitempty" doc:"api.field_device_source" maxLength:"40"`
	PerMinute int64   `json:"per_minute,omitempty" minimum:"0" maximum:"6000"`
	Active    bool    `json:"active,omitempty"`
}

func (b DeviceBody) device(code string, rev int64) Device {
	return Device{Code: code, Name: b.Name, Kind: b.Kind, Facility: b.Facility, Address: b.Address, Area: b.Area, Lat: b.Lat, Lng: b.Lng, Origin: request.Origin{Datum: geo.Datum(b.Datum)}, Source: b.Source,
		PerMinute: b.PerMinute, Active: b.Active, Rev: rev}
}

type createIn struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"40"`
		DeviceBody
	}
}

func (s *Service) apiCreate(ctx context.Context, in *createIn) (out deviceOne, err error) {
	if err := s.Register(ctx, actor.From(ctx), in.Body.device(in.Body.Code, 0)); err != nil {
		return out, err
	}
	return s.apiDevice(ctx, &deviceIn{in.Body.Code})
}

type saveIn struct {
	Code string `path:"code" maxLength:"40"`
	Body struct {
		DeviceBody
		Rev int64 `json:"rev" minimum:"1"`
	}
}

func (s *Service) apiSave(ctx context.Context, in *saveIn) (out deviceOne, err error) {
	if err := s.registered(ctx, in.Code); err != nil {
		return out, err
	}
	if err := s.Register(ctx, actor.From(ctx), in.Body.device(in.Code, in.Body.Rev)); err != nil {
		return out, err
	}
	return s.apiDevice(ctx, &deviceIn{in.Code})
}

type deviceIn struct {
	Code string `path:"code" maxLength:"40"`
}

// deviceOne is a device with what is known of its keys.
type deviceOne struct {
	DeviceItem
	Online bool      `json:"online"`
	Keys   []keyItem `json:"keys"`
}

// keyItem is a key without its secret.
type keyItem struct {
	ID      string     `json:"id"`
	Created time.Time  `json:"created_at"`
	Expires *time.Time `json:"expires_at,omitempty"`
	Used    *time.Time `json:"used_at,omitempty"`
}

func keysOf(list []Key) (out []keyItem) {
	for _, k := range list {
		out = append(out, keyItem{k.ID, k.Created.UTC(), show.Moment(k.Expires), show.Moment(k.Used)})
	}
	return out
}

func (s *Service) apiDevice(ctx context.Context, in *deviceIn) (out deviceOne, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		x, err := findListed(tx, in.Code)
		if err != nil {
			return err
		}
		out.DeviceItem = x.item()
		keys, err := s.Keys(tx, Owner{OfDevice, in.Code})
		out.Keys = keysOf(keys)
		return err
	})
	if l := s.connection(); l != nil {
		out.Online = l.Connected(in.Code)
	}
	return out, err
}

type readingsIn struct {
	api.Page
	Code   string `path:"code" maxLength:"40"`
	Metric string `query:"metric" maxLength:"40"`
}

type readingItem struct {
	At      time.Time `json:"at"`
	Metric  string    `json:"metric"`
	Value   float64   `json:"value"`
	Verdict string    `json:"verdict"`
}

func (s *Service) apiReadings(ctx context.Context, a *api.API, in *readingsIn) (out api.List[readingItem], err error) {
	list := "readings/" + in.Code + "/" + in.Metric
	position, err := a.Position(list, in.Cursor)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		if _, err := Find(tx, in.Code); err != nil {
			return err
		}
		points, next, err := pointsBehind(tx, in.Code, in.Metric, position, in.Limit)
		for _, p := range points {
			out.Items = append(out.Items, readingItem{p.At.UTC(), p.Metric, p.Value, p.Verdict})
		}
		out.Next = a.Next(list, next)
		return err
	})
	return out, err
}

// secretItem is a secret that was just made: said here and never again.
type secretItem struct {
	Secret string `json:"device_secret"`
}

func (s *Service) apiKey(ctx context.Context, in *deviceIn) (out secretItem, err error) {
	if err := s.registered(ctx, in.Code); err != nil {
		return out, err
	}
	out.Secret, err = s.Issue(ctx, actor.From(ctx), Owner{OfDevice, in.Code})
	return out, err
}

func (s *Service) apiRevoke(ctx context.Context, in *deviceIn) (api.None, error) {
	if err := s.registered(ctx, in.Code); err != nil {
		return api.None{}, err
	}
	return api.None{}, s.Revoke(ctx, actor.From(ctx), Owner{OfDevice, in.Code})
}

func (s *Service) apiAsk(ctx context.Context, in *deviceIn) (api.None, error) {
	if err := s.registered(ctx, in.Code); err != nil {
		return api.None{}, err
	}
	return api.None{}, s.Command(ctx, in.Code, askReport)
}

type faultsIn struct {
	api.Page
	Device string `query:"device" maxLength:"40"`
}

// faultItem is what one rule found at one device, and the request it became.
type faultItem struct {
	ID        string     `json:"id"`
	Device    string     `json:"device" doc:"api.field_of_device"`
	Name      string     `json:"name"`
	Rule      string     `json:"rule"`
	State     string     `json:"state" enum:"open,over"`
	Opened    time.Time  `json:"opened_at"`
	Recovered *time.Time `json:"recovered_at,omitempty"`
	Readings  int64      `json:"readings"`
	Peak      float64    `json:"peak"`
	Last      float64    `json:"last"`
	Relapses  int64      `json:"relapses"`
	Dropped   int64      `json:"dropped"`
	Number    string     `json:"number"`
	CaseState string     `json:"case_state"`
}

func (x Case) item() faultItem {
	return faultItem{x.ID, x.Device, x.Of.Name, x.Rule, x.Fault.State, x.Opened.UTC(), show.Moment(x.Recovered), x.Readings, x.Peak, x.Last, x.Relapses, x.Dropped, x.Number, x.State}
}

func (s *Service) apiFaults(ctx context.Context, a *api.API, in *faultsIn) (api.List[faultItem], error) {
	return api.Behind(a, "device-faults/"+in.Device, in.Page, func(after string, n int) (list []Case, err error) {
		err = s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
			list, err = casesBehind(tx, in.Device, after, n)
			return err
		})
		return list, err
	}, func(x Case) string { return x.ID }, Case.item)
}

type missedIn struct {
	Device string `query:"device" maxLength:"40"`
}

type missedList struct {
	Items []missedItem `json:"items"`
}

// missedItem is how many readings of a device were not kept in the last day, and why.
type missedItem struct {
	Device string    `json:"device" doc:"api.field_of_device"` // @ and a system's code: what it sent for no known device
	Reason string    `json:"reason"`
	N      int64     `json:"n"`
	First  time.Time `json:"first_at"`
	Last   time.Time `json:"last_at"`
}

// mostMissed is how many counts are told.
const mostMissed = 200

func (s *Service) apiMissed(ctx context.Context, in *missedIn) (out missedList, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		list, err := MissedSince(tx, tx.Now.Add(-lately), in.Device, mostMissed)
		for _, m := range list {
			out.Items = append(out.Items, missedItem{m.Device, m.Reason, m.N, m.First.UTC(), m.Last.UTC()})
		}
		return err
	})
	return out, err
}
