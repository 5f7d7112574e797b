package geography

import "gongzhi/internal/geo"

// Features is the land in the form citymap.FromFeatures reads.
func (c City) Features() geo.Features {
	var out geo.Features
	add := func(g geo.Geometry, kind string, more ...any) {
		props := map[string]any{"kind": kind}
		for i := 0; i+1 < len(more); i += 2 {
			props[more[i].(string)] = more[i+1]
		}
		out = append(out, geo.Feature{Properties: props, Geometry: g})
	}
	for _, z := range c.Water {
		add(geo.AreaGeometry(z.Shape), "water", "name", z.Name)
	}
	for _, z := range c.Parks {
		add(geo.AreaGeometry(z.Shape), "park", "name", z.Name)
	}
	for _, b := range c.Blocks {
		add(geo.AreaGeometry(b.Shape), "block", "name", b.Name, "use", string(b.Use))
	}
	for _, r := range c.Buildings {
		add(geo.AreaGeometry(geo.Polygon{r}), "building")
	}
	for _, r := range c.Roads {
		add(geo.LineGeometry(r.Lines...), "road", "name", r.Name, "class", r.Class)
	}
	for _, r := range c.Rails {
		add(geo.LineGeometry(r), "rail")
	}
	for level, list := range [][]Area{c.Districts, c.Streets, c.Communities, c.Grids} {
		for _, a := range list {
			add(geo.AreaGeometry(a.Shape...), "border", "name", a.Name, "level", level+1, "code", a.Code)
		}
	}
	return append(out, c.places()...)
}

// ranks order what the map names first.
var ranks = map[FacilityKind]int{
	Station: 8, Hospital: 6, Culture: 5, School: 5, Hall: 4, Police: 4, Market: 4, Fire: 3, Clinic: 3, Kindergarten: 3, Parking: 2, BusStop: 1, Toilet: 1,
}

func (c City) places() geo.Features {
	var out geo.Features
	add := func(name string, at geo.Point, rank int) {
		props := map[string]any{"kind": "place", "name": name, "rank": rank}
		out = append(out, geo.Feature{Properties: props, Geometry: geo.PointGeometry(at)})
	}
	add(c.Name, c.Center, 9)
	for _, f := range c.Facilities {
		if rank := ranks[f.Kind]; rank > 0 {
			add(f.Name, f.Point, rank)
		}
	}
	for _, v := range c.Communities {
		if v.Kind == Village {
			add(v.Name, v.Center, 5)
		}
	}
	return out
}
