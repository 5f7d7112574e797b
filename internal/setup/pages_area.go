package setup

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// SaveBorder gives an area its border from a GeoJSON file.
type SaveBorder struct {
	Area  string
	File  []byte // a geometry, a feature, or a collection with one feature
	Datum string // of its coordinates: wgs84, gcj02, bd09
}

// SaveBorder checks the border and keeps it in WGS-84.
func (s *Service) SaveBorder(ctx context.Context, a actor.Actor, c SaveBorder) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	shape, err := border(c)
	if err != nil {
		return err
	}
	text, err := json.Marshal(geo.AreaGeometry(shape...))
	if err != nil {
		return err
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock("setup.areas"); err != nil {
			return err
		}
		area, err := place.FindArea(tx, c.Area)
		if err != nil {
			return err
		}
		if area.Border = string(text); area.Lat == 0 {
			in := shape.Inside().Round(6)
			area.Lat, area.Lng = in.Lat, in.Lng
		}
		if err := place.SaveArea(tx, area); err != nil {
			return err
		}
		return actor.Deed(tx, a, "setup.border", "areas/"+c.Area, "")
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// border is the area that a file holds.
func border(c SaveBorder) (geo.MultiPolygon, error) {
	var outer struct {
		Type     string          `json:"type"`
		Geometry json.RawMessage `json:"geometry"`
	}
	if json.Unmarshal(c.File, &outer) != nil {
		return nil, fault.New(fault.Invalid, "geo.not_geojson", nil)
	}
	var g geo.Geometry
	var err error
	switch outer.Type {
	case "FeatureCollection":
		var list geo.Features
		if list, err = geo.DecodeFeatures(bytes.NewReader(c.File)); err == nil && len(list) != 1 {
			return nil, fault.New(fault.Invalid, "setup.border_one", nil, len(list))
		}
		if err == nil {
			g = list[0].Geometry
		}
	case "Feature":
		g, err = geo.DecodeGeometry(outer.Geometry)
	default:
		g, err = geo.DecodeGeometry(c.File)
	}
	if err == nil && len(g.Areas) == 0 {
		err = fault.New(fault.Invalid, "setup.border_area", nil)
	}
	if err == nil {
		err = toWGS84(g.Areas, geo.Datum(c.Datum))
	}
	return g.Areas, err
}

func toWGS84(shape geo.MultiPolygon, from geo.Datum) error {
	if from == "" || from == "wgs84" {
		return nil
	}
	for _, polygon := range shape {
		for _, ring := range polygon {
			for i, p := range ring {
				q, err := geo.ToWGS84(p, from)
				if err != nil {
					return err
				}
				ring[i] = q
			}
		}
	}
	return nil
}

func (s *Service) saveBorder(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("key")
	_, file, err := uploaded(r)
	if err == nil {
		v, _ := web.Form(r) // read before by uploaded
		err = s.SaveBorder(r.Context(), actor.From(r.Context()), SaveBorder{Area: key, File: file, Datum: v.String("datum", 10)})
	}
	switch {
	case fault.KindOf(err) == fault.Invalid:
		r.SetPathValue("kind", "areas")
		return s.showEntry(w, r, http.StatusUnprocessableEntity, key, func(p *EntryPage, now record) {
			p.Typed, p.Seen = now, p.Kind.seenText(now)
			for _, x := range p.Base.Problems(err) {
				p.Problems = append(p.Problems, page.Problem{Name: "file", Text: x.Text})
			}
		})
	case err != nil:
		return err
	}
	page.SetFlash(w, r, "good", "setup.saved")
	return web.See(w, r, "/setup/data/areas/entry/"+url.PathEscape(key))
}

// Pixels of the small map beside an area.
const mapWidth, mapHeight = 340, 240

var levels = map[string]citymap.Level{place.District: citymap.Districts, place.Street: citymap.Streets, place.Community: citymap.Communities, place.Grid: citymap.Grids}

// areaMap draws an area with its neighbours, "" where it has no border.
func (s *Service) areaMap(b page.Base, area place.Area) (string, error) {
	if area.Border == "" {
		return "", nil
	}
	g, err := geo.DecodeGeometry([]byte(area.Border))
	if err != nil {
		return "", err
	}
	return s.Land.Map().SVG(citymap.View{Bounds: g.Areas.Box().Grow(0.25), Width: mapWidth, Height: mapHeight, Borders: levels[area.Level], ID: "area", Plain: true,
		Title: b.T("setup.border_alt", area.Name), Tints: []citymap.Tint{{Shape: g.Areas, Step: 1, Title: area.Name}}}), nil
}
