package place

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"gongzhi/internal/geo"
	"gongzhi/internal/place/mention"
	"gongzhi/internal/sqldb"
)

// Atlas is the city's ground in memory: names by code, and which grid or
// community a point lies in. It does not change; load a new one after an edit.
type Atlas struct {
	Areas  []Area
	byCode map[string]int
	below  map[string][]string
	finest *Ground
	codes  []string // of the ground's areas
	bounds geo.Box
}

// Bounds is the box around the city, empty when no area has a border.
func (a *Atlas) Bounds() geo.Box { return a.bounds }

// LoadAtlas reads the areas. Points are located in the lowest level that has
// borders.
func LoadAtlas(tx *sqldb.Tx) (*Atlas, error) {
	areas, err := Areas(tx)
	if err != nil {
		return nil, err
	}
	a := &Atlas{Areas: areas, byCode: map[string]int{}, below: map[string][]string{}}
	for i, area := range areas {
		a.byCode[area.Code] = i
		a.below[area.Parent] = append(a.below[area.Parent], area.Code)
	}
	var shapes []geo.MultiPolygon
	for _, area := range areas {
		if area.Border == "" || a.hasBordersBelow(area.Code) {
			continue
		}
		g, err := geo.DecodeGeometry([]byte(area.Border))
		if err != nil {
			return nil, fmt.Errorf("border of %s: %w", area.Code, err)
		}
		shapes, a.codes = append(shapes, g.Areas), append(a.codes, area.Code)
		a.bounds = a.bounds.Union(g.Box())
	}
	a.finest = NewGround(shapes)
	return a, nil
}

func (a *Atlas) hasBordersBelow(code string) bool {
	for _, c := range a.below[code] {
		if a.Areas[a.byCode[c]].Border != "" {
			return true
		}
	}
	return false
}

// Locate is the code of the grid (or community) that holds the point, "" when
// it lies outside of the city.
func (a *Atlas) Locate(p geo.Point) string {
	if p.Zero() || a.finest == nil || len(a.codes) == 0 {
		return ""
	}
	if i := a.finest.Find(p); i >= 0 {
		return a.codes[i]
	}
	return ""
}

// Find is the area of a code; ok is false when there is none.
func (a *Atlas) Find(code string) (Area, bool) {
	i, ok := a.byCode[code]
	if !ok {
		return Area{}, false
	}
	return a.Areas[i], true
}

// Below are the areas directly below a code, "" the districts.
func (a *Atlas) Below(code string) []Area {
	var out []Area
	for _, c := range a.below[code] {
		out = append(out, a.Areas[a.byCode[c]])
	}
	return out
}

// Path are the areas from the district down to code.
func (a *Atlas) Path(code string) []Area {
	var out []Area
	for range len(Levels) {
		area, ok := a.Find(code)
		if !ok {
			break
		}
		out = append([]Area{area}, out...)
		code = area.Parent
	}
	return out
}

// Name is an area with those above it, without the grid: 南湖区 文昌街道 梧桐社区.
func (a *Atlas) Name(code string) string {
	var names []string
	for _, area := range a.Path(code) {
		if area.Level != Grid {
			names = append(names, area.Name)
		}
	}
	return strings.Join(names, " ")
}

// Shelf keeps the atlas that is in force, the names of the city beside it, and
// the points that are no places. It is safe for many goroutines.
type Shelf struct {
	DB       *sqldb.DB
	now      atomic.Pointer[Atlas]
	names    atomic.Pointer[mention.Gazetteer]
	defaults atomic.Pointer[map[geo.Point]bool]
	known    known
}

// Reload reads all of it anew: at the start and after an edit.
func (s *Shelf) Reload(ctx context.Context) error {
	return s.DB.View(ctx, func(tx *sqldb.Tx) error {
		a, err := LoadAtlas(tx)
		if err != nil {
			return err
		}
		names, err := LoadGazetteer(tx, a.Areas)
		if err != nil {
			return err
		}
		list, err := Defaults(tx)
		if err != nil {
			return err
		}
		points := map[geo.Point]bool{}
		for _, d := range list {
			if d.Verdict == "yes" {
				points[d.Point.Round(defaultDecimals)] = true
			}
		}
		s.now.Store(a)
		s.names.Store(names)
		s.defaults.Store(&points)
		s.known.forget()
		return nil
	})
}

// defaultDecimals is how exactly a point must be a default one: a tenth of a
// metre, which is what converting between coordinate systems may lose.
const defaultDecimals = 6

// Atlas is the one in force, empty before the first Reload.
func (s *Shelf) Atlas() *Atlas {
	if a := s.now.Load(); a != nil {
		return a
	}
	return &Atlas{}
}

// Find lists the places that a text names.
func (s *Shelf) Find(text string) []mention.Mention {
	if g := s.names.Load(); g != nil {
		return g.Find(text)
	}
	return nil
}

// Default reports a point that was confirmed to be no place.
func (s *Shelf) Default(p geo.Point) bool {
	m := s.defaults.Load()
	return m != nil && len(*m) > 0 && (*m)[p.Round(defaultDecimals)]
}
