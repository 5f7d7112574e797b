package citymap

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
)

// Shelf keeps the city's map that is in force. It is safe for many goroutines.
type Shelf struct {
	DB   *sqldb.DB
	now  atomic.Pointer[Map]
	busy sync.Mutex
	seen string // how the land looked when the map was drawn up
}

// Reload draws up a new map when the land has changed since the last one:
// reading all of it takes longer than anybody should wait every minute.
func (s *Shelf) Reload(ctx context.Context) error {
	s.busy.Lock()
	defer s.busy.Unlock()
	return s.DB.View(ctx, func(tx *sqldb.Tx) error {
		seen, err := outline(tx)
		if err != nil || seen == s.seen {
			return err
		}
		layers, err := Load(tx)
		if err == nil {
			s.now.Store(New(layers))
			s.seen = seen
		}
		return err
	})
}

// Map is the one in force, without any land before the first Reload.
func (s *Shelf) Map() *Map {
	if m := s.now.Load(); m != nil {
		return m
	}
	return New(Layers{})
}

// outline is another text whenever a shape of the land is another.
func outline(tx *sqldb.Tx) (string, error) {
	const q = `select cast(count(*) as bigint), cast(coalesce(sum(n), 0) as bigint) from
		(select length(shape) as n from place_feature union all select length(border) from place_area where active) s`
	var count, sum int64
	if err := tx.QueryRow(q).Scan(&count, &sum); err != nil {
		return "", fmt.Errorf("outline of the land: %w", err)
	}
	return strconv.FormatInt(count, 10) + "/" + strconv.FormatInt(sum, 10), nil
}

// levels of the areas whose borders are drawn.
var levels = map[string]Level{place.District: Districts, place.Street: Streets, place.Community: Communities, place.Grid: Grids}

// Load reads the land: the features, and the borders of the areas themselves.
func Load(tx *sqldb.Tx) (Layers, error) {
	list, err := place.Features(tx)
	if err != nil {
		return Layers{}, err
	}
	var all geo.Features
	for _, f := range list {
		g, err := geo.DecodeGeometry([]byte(f.Shape))
		if err != nil {
			return Layers{}, fmt.Errorf("feature %s: %w", f.ID, err)
		}
		all = append(all, geo.Feature{ID: f.ID, Geometry: g, Properties: map[string]any{"kind": f.Kind, "class": f.Class, "name": f.Name, "rank": float64(f.Rank)}})
	}
	l, err := FromFeatures(all)
	if err != nil {
		return l, err
	}
	l.Borders, err = loadBorders(tx)
	return l, err
}

func loadBorders(tx *sqldb.Tx) ([]Border, error) {
	areas, err := place.Areas(tx)
	if err != nil {
		return nil, err
	}
	var out []Border
	for _, a := range areas {
		if a.Border == "" || !a.Active {
			continue
		}
		g, err := geo.DecodeGeometry([]byte(a.Border))
		if err != nil {
			return nil, fmt.Errorf("border of %s: %w", a.Code, err)
		}
		out = append(out, Border{Level: levels[a.Level], Name: a.Name, Shape: g.Areas, At: geo.Point{Lat: a.Lat, Lng: a.Lng}})
	}
	return out, nil
}
