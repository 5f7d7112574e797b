package intake

import (
	"net/http"
	"strconv"
	"strings"

	"gongzhi/internal/geo"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// The picture of the step. On a phone its middle is shown: nearX pixels are cut
// off at the left, and a click there is that much further right.
const (
	mapWide, mapHigh = 560, 300
	nearX            = 100
)

// wherePage is the second question.
type wherePage struct {
	stepPage
	Address string // as typed
	Area    string
	Hits    []place.Hit
	Named   bool     // they come from what was told, before anything was typed
	Areas   []string // where each of them is
	Camera  bool     // a photo says where it was taken
	Pin     bool
	HasMap  bool
}

// which asks for the place that is meant.
func (p wherePage) which() string {
	if p.Named {
		return p.T("intake.where_named")
	}
	return p.T("intake.which")
}

func (s *Service) showWhere(w http.ResponseWriter, r *http.Request, d *draft) error {
	return s.drawWhere(w, r, http.StatusOK, d, d.Address, nil)
}

func (s *Service) drawWhere(w http.ResponseWriter, r *http.Request, status int, d *draft, typed string, failed error) error {
	p := wherePage{stepPage: s.step(w, r, d, "intake.where_ask", 2, ""), Address: typed, Pin: !d.point().Zero(), HasMap: !s.Atlas.Atlas().Bounds().Empty()}
	_, p.Camera = d.camera()
	p.Camera = p.Camera && !p.Pin
	p.Area = s.Atlas.Atlas().Name(s.area(d))
	if failed != nil {
		p.Problems = p.Base.Problems(failed)
	}
	p.Named = d.Address == "" && !p.Pin && failed == nil
	if d.Which || p.Named {
		err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
			p.Hits, err = s.offered(tx, d)
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, h := range p.Hits {
		p.Areas = append(p.Areas, s.Atlas.Atlas().Name(h.Area))
	}
	return page.View{}.Render(w, r, status, where(p))
}

// picture is what the map of the step shows.
func (s *Service) picture(d *draft) citymap.View {
	v := citymap.View{Center: d.View.At, Zoom: d.View.Zoom, Width: mapWide, Height: mapHigh, Borders: citymap.Communities}
	if d.View.Zoom == 0 {
		v.Bounds, v.Borders = s.Atlas.Atlas().Bounds(), citymap.Districts
		if gps, ok := d.camera(); ok && s.Atlas.Atlas().Locate(gps) != "" {
			v.Bounds, v.Center, v.Zoom, v.Borders = geo.Box{}, gps, 16, citymap.Communities
		}
	}
	if !d.point().Zero() {
		v.Markers = []citymap.Marker{{At: d.point(), Shape: citymap.Pin}}
	}
	return v
}

func (s *Service) showDraftMap(w http.ResponseWriter, r *http.Request, d *draft) error {
	v := s.picture(d)
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, err := w.Write(s.Land.Map().SVGImage(v, themeOf(r)))
	return err
}

// themeOf is how the visitor likes pictures.
func themeOf(r *http.Request) citymap.Theme {
	mode, theme := page.ReadMode(r)
	switch {
	case mode == "contrast":
		return citymap.Contrast
	case theme == "dark":
		return citymap.Dark
	case theme == "light":
		return citymap.Light
	}
	return citymap.Auto
}

// postWhere takes whatever of the step's many ways was used: the device's
// position, a typed address, one of the places it may mean, a click on the map,
// the map's own buttons, the photo's place, or none.
func (s *Service) postWhere(w http.ResponseWriter, r *http.Request, d *draft) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	typed, done := v.String("address", MaxAddress), false
	if v.Err() == nil {
		d, err = s.edit(r.Context(), d.ID, func(tx *sqldb.Tx, d *draft) (err error) {
			done, err = s.where(tx, d, v, typed)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := v.Err(); err != nil {
		return s.drawWhere(w, r, http.StatusUnprocessableEntity, d, typed, err)
	}
	if !done {
		return web.See(w, r, stepPath(d, "where")+then(r))
	}
	return on(w, r, d, "like")
}

// then keeps on the way back to the last page.
func then(r *http.Request) string {
	if r.PostFormValue("then") == "check" {
		return "?then=check"
	}
	return ""
}

// where changes the draft and reports whether the question is answered.
func (s *Service) where(tx *sqldb.Tx, d *draft, v *web.Values, typed string) (bool, error) {
	if typed != d.Address {
		if typed != "" && (d.Address == "" || !strings.Contains(typed, d.Address)) {
			d.Lat, d.Lng = 0, 0 // another place; words added to a found one are a detail of it
		} else {
			d.Found = typed
		}
		d.Address, d.Auto, d.Which = typed, false, false
	}
	do, arg, _ := strings.Cut(v.String("do"), ":")
	if p, ok := s.clicked(d, v); ok {
		return false, s.placed(tx, d, v, p)
	}
	switch do {
	case "move":
		s.move(d, arg)
		return false, nil
	case "pick":
		return false, s.pick(tx, d, arg)
	case "camera":
		gps, _ := d.camera()
		return false, s.placed(tx, d, v, gps)
	case "skip":
		d.Which = false
		return true, nil
	case "typed":
		d.Which, d.Lat, d.Lng = false, 0, 0
		return true, nil
	}
	if p := (geo.Point{Lat: v.Float("lat"), Lng: v.Float("lng")}); !p.Zero() && v.Err() == nil {
		return false, s.placed(tx, d, v, p)
	}
	return s.search(tx, d, v, do == "find")
}

// clicked is the place that a click on the map means.
func (s *Service) clicked(d *draft, v *web.Values) (geo.Point, bool) {
	for name, left := range map[string]float64{"map": 0, "near": nearX} {
		if v.Has(name + ".x") {
			return s.picture(d).PointAt(v.Float(name+".x")+left, v.Float(name+".y")), true
		}
	}
	return geo.Point{}, false
}

// placed puts the draft to a point of the city.
func (s *Service) placed(tx *sqldb.Tx, d *draft, v *web.Values, p geo.Point) error {
	if s.Atlas.Atlas().Locate(p) == "" && len(s.Atlas.Atlas().Areas) > 0 {
		v.Add("address", "intake.outside")
		return nil
	}
	d.put(p)
	d.Found = d.Address
	return d.name(tx)
}

// move shows another part of the city.
func (s *Service) move(d *draft, way string) {
	v := s.picture(d)
	at, zoom := v.PointAt(mapWide/2, mapHigh/2), v.Zoom
	if zoom == 0 {
		zoom = geo.ZoomToFit(v.Bounds, mapWide, mapHigh)
	}
	switch way {
	case "in":
		zoom++
	case "out":
		zoom--
	case "n":
		at = v.PointAt(mapWide/2, 0)
	case "s":
		at = v.PointAt(mapWide/2, mapHigh)
	case "w":
		at = v.PointAt(mapWide/4, mapHigh/2)
	case "e":
		at = v.PointAt(mapWide*3/4, mapHigh/2)
	}
	d.View = view{At: at, Zoom: min(18, max(10, zoom)), N: d.View.N + 1}
}

// pick takes one of the places that were offered.
func (s *Service) pick(tx *sqldb.Tx, d *draft, arg string) error {
	hits, err := s.offered(tx, d)
	i, e := strconv.Atoi(arg)
	if err != nil || e != nil || i < 0 || i >= len(hits) {
		return err
	}
	d.Address, d.Auto = hits[i].Text, false
	if at := (geo.Point{Lat: hits[i].Lat, Lng: hits[i].Lng}); !at.Zero() {
		d.put(at)
	}
	return nil
}

// offered are the places to choose from: what the typed address may mean, or
// what the person has named in his own words.
func (s *Service) offered(tx *sqldb.Tx, d *draft) ([]place.Hit, error) {
	if d.Address == "" {
		return s.named(tx, d.What)
	}
	return place.Search(tx, d.Address, 6)
}

// search finds the typed address. Several answers are shown to choose from;
// one that nobody knows is taken as it was typed.
func (s *Service) search(tx *sqldb.Tx, d *draft, v *web.Values, again bool) (bool, error) {
	switch {
	case d.Address == "" && d.point().Zero():
		v.Add("address", "intake.where_missing")
		return false, nil
	case !again && (d.Which || !d.point().Zero() && (d.Auto || d.Found == d.Address)):
		return true, nil
	}
	hits, err := place.Search(tx, d.Address, 6)
	if err != nil {
		return false, err
	}
	d.Found = d.Address
	if len(hits) > 0 && (len(hits) == 1 || place.Fold(hits[0].Text) == place.Fold(d.Address)) {
		d.Address = hits[0].Text
		d.Found = d.Address
		d.put(geo.Point{Lat: hits[0].Lat, Lng: hits[0].Lng})
		return !again, nil
	}
	d.Which = len(hits) > 0
	return !d.Which && !again, nil
}
