package device

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// onePage is one device: its entry, its keys, what it said and what came of it.
type onePage struct {
	page.Base
	Can      bool
	New      bool
	Device   Device
	Typed    map[string]string // nil: as stored
	Problems page.Problems
	Kinds    []string
	Sources  []page.Option
	Keys     []Key
	Secret   string // just issued: shown here and never again
	Online   bool
	Chart    page.Chart
	Points   []Point
	Cases    []Case
	Missed   []Missed
	Units    map[string]string
	Edits    []page.Entry
}

func (s *Service) showNew(w http.ResponseWriter, r *http.Request) error {
	return s.drawOne(w, r, http.StatusOK, onePage{New: true, Device: Device{Active: true}})
}

func (s *Service) showOne(w http.ResponseWriter, r *http.Request) error {
	return s.drawOne(w, r, http.StatusOK, onePage{Device: Device{Code: r.PathValue("code")}})
}

func (s *Service) drawOne(w http.ResponseWriter, r *http.Request, status int, p onePage) error {
	title := "device.new"
	if !p.New {
		title = "device.one"
	}
	p.Base, p.Can = s.Base(w, r, title), actor.Allowed(actor.From(r.Context()), "device.edit")
	if !p.New {
		p.Path = "/setup/devices/entry/" + p.Device.Code
	}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Kinds, err = Kinds(tx); err != nil {
			return err
		}
		list, err := Sources(tx)
		if err != nil {
			return err
		}
		p.Sources = append(p.Sources, page.Option{Label: p.T("device.by_itself")})
		for _, x := range list {
			p.Sources = append(p.Sources, page.Option{Value: x.Code, Label: x.Name + " " + x.Code})
		}
		if p.New {
			return nil
		}
		return s.fillOne(tx, &p)
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, oneView(p))
}

func (s *Service) fillOne(tx *sqldb.Tx, p *onePage) (err error) {
	code := p.Device.Code
	if p.Device, err = Find(tx, code); err != nil {
		return err
	}
	p.Title = p.Device.Name
	if p.Keys, err = s.Keys(tx, Owner{OfDevice, code}); err != nil {
		return err
	}
	if p.Points, err = Points(tx, code, "", 60); err != nil {
		return err
	}
	if p.Cases, err = Cases(tx, code, 20); err != nil {
		return err
	}
	if p.Missed, err = MissedSince(tx, tx.Now.Add(-7*lately), code, 20); err != nil {
		return err
	}
	if p.Units, err = units(tx); err != nil {
		return err
	}
	if p.Edits, err = catalog.Edits(tx, p.Base, "device", code, labelOf(p.Base, "device.column_")); err != nil {
		return err
	}
	if l := s.connection(); l != nil {
		p.Online = l.Connected(code)
	}
	if len(p.Points) > 1 {
		metric := p.Points[0].Metric
		p.Chart = chart(p.Base, p.Device.Name, p.Units[p.Device.Kind+" "+metric], p.Points)
	}
	return nil
}

// chart draws the readings of the metric that came last, oldest first.
func chart(b page.Base, name, unit string, points []Point) page.Chart {
	var list []Point
	for _, p := range points {
		if p.Metric == points[0].Metric {
			list = append(list, p)
		}
	}
	slices.Reverse(list)
	c := page.Chart{Title: b.T("device.chart", name)}
	for _, p := range list {
		c.Values = append(c.Values, p.Value)
	}
	last := len(list) - 1
	c.Desc = b.T("device.chart_says", Show(list[last].Value, unit), Show(slices.Min(c.Values), unit), Show(slices.Max(c.Values), unit))
	if last > 0 {
		c.Labels = []page.ChartLabel{{At: 0, Text: b.Stamp(list[0].At)}, {At: last, Text: b.Stamp(list[last].At)}}
	}
	return c
}

// value is what a field of the form holds.
func (p onePage) value(name string) string {
	if p.Typed != nil {
		return p.Typed[name]
	}
	for i, c := range columns {
		if c == name {
			switch v := p.Device.cells(locale.ZH)[i]; {
			case name == "active" && p.Device.Active:
				return "1"
			case name == "active", name == "per_minute" && v == "0":
				return ""
			default:
				return v
			}
		}
	}
	return ""
}

func (p onePage) field(name string) page.Field {
	f := page.Field{Name: name, Label: p.T("device.column_" + name), Value: p.value(name), Error: p.Problems.Of(name), Class: "w-m"}
	if key := "device.hint_" + name; locale.Has(p.Lang, key) {
		f.Hint = p.T(key)
	}
	return f
}

// labelOf names a field of the form that it is asked by, "" one that is not asked.
func labelOf(b page.Base, prefix string) func(string) string {
	return func(field string) string {
		if key := prefix + field; locale.Has(b.Lang, key) {
			return b.T(key)
		}
		return ""
	}
}

func (s *Service) postNew(w http.ResponseWriter, r *http.Request) error { return s.save(w, r, "") }

func (s *Service) postOne(w http.ResponseWriter, r *http.Request) error {
	return s.save(w, r, r.PathValue("code"))
}

func (s *Service) save(w http.ResponseWriter, r *http.Request, code string) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	d := Device{Code: first(code, v.String("code")), Name: v.String("name"), Kind: v.String("kind"), Facility: v.String("facility"), Address: v.String("address"), Area: v.String("area"),
		Lat: v.Float("lat"), Lng: v.Float("lng"), Origin: request.Origin{Datum: datumOf(v.String("datum", 20))}, Source: v.String("source"), PerMinute: int64(v.Int("per_minute")), Active: v.Bool("active"), Rev: int64(v.Int("rev"))}
	if err = v.Err(); err == nil {
		err = s.Register(r.Context(), actor.From(r.Context()), d)
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict:
		p := onePage{New: code == "", Device: d, Typed: map[string]string{}, Problems: s.Base(w, r, "device.one").Problems(err)}
		for _, c := range columns {
			p.Typed[c] = strings.TrimSpace(v.Raw(c))
		}
		return s.drawOne(w, r, web.Status(err), p)
	}
	if err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "device.saved")
	return web.See(w, r, "/setup/devices/entry/"+d.Code)
}

// Register creates or changes a device. What is left out comes from its facility,
// and the area from the point.
func (s *Service) Register(ctx context.Context, a actor.Actor, list ...Device) error {
	if err := actor.Can(a, "device.edit"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		g, err := s.groundOf(tx, list)
		if err != nil {
			return err
		}
		for _, d := range list { // an import is one unit of work
			if err := g.check(&d); err != nil {
				return err
			}
			s.settle(&d)
			if err := Save(tx, a.HistoryID(), d); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle finds the area of a point that was given without one.
func (s *Service) settle(d *Device) {
	if d.Area == "" && d.Lat != 0 {
		d.Area = s.Atlas.Atlas().Locate(geo.Point{Lat: d.Lat, Lng: d.Lng})
	}
}

func (s *Service) postKey(w http.ResponseWriter, r *http.Request) error {
	code := r.PathValue("code")
	if err := s.registered(r.Context(), code); err != nil {
		return err
	}
	secret, err := s.Issue(r.Context(), actor.From(r.Context()), Owner{OfDevice, code})
	if err != nil {
		return err
	}
	return s.drawOne(w, r, http.StatusOK, onePage{Device: Device{Code: code}, Secret: secret})
}

// askReport asks a device for a reading now.
var askReport = []byte(`{"command":"report"}`)

// registered is nil for a device that there is.
func (s *Service) registered(ctx context.Context, code string) error {
	return s.DB.View(ctx, func(tx *sqldb.Tx) error {
		_, err := Find(tx, code)
		return err
	})
}

func (s *Service) postRevoke(w http.ResponseWriter, r *http.Request) error {
	code := r.PathValue("code")
	if err := s.registered(r.Context(), code); err != nil {
		return err
	}
	if err := s.Revoke(r.Context(), actor.From(r.Context()), Owner{OfDevice, code}); err != nil {
		return err
	}
	page.SetFlash(w, r, "good", "device.revoked")
	return web.See(w, r, "/setup/devices/entry/"+code)
}

// postAsk asks a device for a reading now.
func (s *Service) postAsk(w http.ResponseWriter, r *http.Request) error {
	code := r.PathValue("code")
	if err := s.registered(r.Context(), code); err != nil {
		return err
	}
	kind, key := "good", "device.asked"
	if err := s.Command(r.Context(), code, askReport); err != nil {
		kind, key = "warn", "device.not_asked"
	}
	page.SetFlash(w, r, kind, key)
	return web.See(w, r, "/setup/devices/entry/"+code)
}
