package citymap

import (
	"fmt"

	"gongzhi/internal/geo"
)

// FromFeatures sorts a feature collection into layers. Each feature says with
// its property "kind" what it is:
//
//	kind       geometry  further properties
//	water      area      name
//	park       area      name
//	green      area      name
//	block      area      name
//	building   area
//	road       line      name, class 1 expressway, 2 arterial, 3 street, 4 lane
//	rail       line      name
//	border     area      name, level 1 district, 2 street, 3 community, 4 grid
//	place      point     name, rank 1 shop … 9 city
//
// Features of another kind are left out, so a city can keep more in its file.
// A known kind with the wrong geometry is refused by its position.
func FromFeatures(features geo.Features) (Layers, error) {
	var l Layers
	for i, f := range features {
		if !l.add(f) {
			return Layers{}, fmt.Errorf("feature %d: %w", i, &geo.Error{Key: "geo.kind_geometry", Args: []any{f.Text("kind")}})
		}
	}
	return l, nil
}

// add reports false when the geometry does not suit the kind.
func (l *Layers) add(f geo.Feature) bool {
	area := map[string]*[]Area{"water": &l.Water, "park": &l.Parks, "green": &l.Greens, "block": &l.Blocks, "building": &l.Buildings}
	g := f.Geometry
	switch kind := f.Text("kind"); kind {
	case "water", "park", "green", "block", "building":
		list := area[kind]
		*list = append(*list, Area{Name: f.Text("name"), Shape: g.Areas})
		return len(g.Areas) > 0
	case "road":
		class := min(max(int(f.Number("class")), 1), 4)
		l.Roads = append(l.Roads, Line{Name: f.Text("name"), Class: class, Lines: g.Lines})
		return len(g.Lines) > 0
	case "rail":
		l.Rails = append(l.Rails, Line{Name: f.Text("name"), Lines: g.Lines})
		return len(g.Lines) > 0
	case "border":
		level := min(max(Level(f.Number("level")), Districts), Grids)
		l.Borders = append(l.Borders, Border{Level: level, Name: f.Text("name"), Shape: g.Areas})
		return len(g.Areas) > 0
	case "place":
		if g.Point == nil {
			return false
		}
		l.Labels = append(l.Labels, Label{Name: f.Text("name"), At: *g.Point, Rank: min(max(int(f.Number("rank")), 1), 9)})
	}
	return true
}
