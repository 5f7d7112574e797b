package geo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// MaxVertices is how many positions one geometry may have. A surveyed district
// has some thousands; beyond this it is a mistake or an attack.
const MaxVertices = 100_000

// Geometry is exactly one of a point, lines or areas.
type Geometry struct {
	Point *Point
	Lines []Line
	Areas MultiPolygon
}

// PointGeometry wraps a point.
func PointGeometry(p Point) Geometry { return Geometry{Point: &p} }

// LineGeometry wraps lines.
func LineGeometry(lines ...Line) Geometry { return Geometry{Lines: lines} }

// AreaGeometry wraps polygons.
func AreaGeometry(areas ...Polygon) Geometry { return Geometry{Areas: areas} }

// Box around the geometry.
func (g Geometry) Box() Box {
	if g.Point != nil {
		return BoxOf(*g.Point)
	}
	b := g.Areas.Box()
	for _, l := range g.Lines {
		b = b.Union(l.Box())
	}
	return b
}

// DecodeGeometry reads one GeoJSON geometry and refuses what is not sound:
// positions off the earth, open or flat rings, rings that cut themselves, and
// more than MaxVertices positions.
func DecodeGeometry(data []byte) (Geometry, error) {
	var g Geometry
	err := json.Unmarshal(data, &g)
	if e := new(Error); errors.As(err, &e) {
		return Geometry{}, e
	}
	if err != nil {
		return Geometry{}, fmt.Errorf("%w: %w", invalid("geo.not_geojson"), err)
	}
	return g, nil
}

// UnmarshalJSON is DecodeGeometry for use inside other values.
func (g *Geometry) UnmarshalJSON(data []byte) error {
	var in struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return invalid("geo.not_geojson")
	}
	depth, known := map[string]int{"Point": 0, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}[in.Type]
	if !known {
		return invalid("geo.type_unknown", in.Type)
	}
	if len(in.Coordinates) == 0 {
		return invalid("geo.not_geojson")
	}
	r := reader{dec: json.NewDecoder(bytes.NewReader(in.Coordinates))}
	n, err := r.node(depth)
	if err != nil {
		return err
	}
	*g, err = n.geometry(in.Type)
	return err
}

// node is a position or a list of nodes.
type node struct {
	at    Point
	parts []node
}

// reader walks the coordinate arrays token by token, so that a file with a
// million positions is refused at the cap and not after it filled the memory.
type reader struct {
	dec   *json.Decoder
	count int
}

func (r *reader) node(depth int) (node, error) {
	if err := r.delim('['); err != nil {
		return node{}, err
	}
	if depth == 0 {
		return r.position()
	}
	var n node
	for r.dec.More() {
		part, err := r.node(depth - 1)
		if err != nil {
			var e *Error
			if errors.As(err, &e) {
				e.Where = strconv.Itoa(len(n.parts)) + prefix("/", e.Where)
			}
			return node{}, err
		}
		n.parts = append(n.parts, part)
	}
	return n, r.delim(']')
}

func prefix(sep, s string) string {
	if s == "" {
		return ""
	}
	return sep + s
}

func (r *reader) delim(want json.Delim) error {
	if tok, err := r.dec.Token(); err != nil || tok != want {
		return invalid("geo.not_geojson")
	}
	return nil
}

// position reads longitude, latitude and lets a height pass.
func (r *reader) position() (node, error) {
	if r.count++; r.count > MaxVertices {
		return node{}, invalid("geo.too_many", MaxVertices)
	}
	var v []float64
	for r.dec.More() {
		tok, err := r.dec.Token()
		f, ok := tok.(float64)
		if err != nil || !ok || len(v) == 3 {
			return node{}, invalid("geo.not_a_number")
		}
		v = append(v, f)
	}
	if len(v) < 2 {
		return node{}, invalid("geo.not_a_number")
	}
	if err := r.delim(']'); err != nil {
		return node{}, err
	}
	p := Point{Lat: v[1], Lng: v[0]}
	return node{at: p}, p.Check()
}

func (n node) geometry(kind string) (Geometry, error) {
	switch kind {
	case "Point":
		return PointGeometry(n.at), nil
	case "LineString":
		l, err := n.line()
		return LineGeometry(l), err
	case "MultiLineString":
		lines, err := each(n.parts, node.line)
		return Geometry{Lines: lines}, notEmpty(len(lines), err)
	case "Polygon":
		p, err := n.polygon()
		return AreaGeometry(p), err
	}
	areas, err := each(n.parts, node.polygon)
	return Geometry{Areas: areas}, notEmpty(len(areas), err)
}

func notEmpty(n int, err error) error {
	if err == nil && n == 0 {
		return invalid("geo.empty")
	}
	return err
}

func each[T any](parts []node, read func(node) (T, error)) ([]T, error) {
	out := make([]T, 0, len(parts))
	for i, p := range parts {
		v, err := read(p)
		if err != nil {
			var e *Error
			if errors.As(err, &e) {
				e.Where = strconv.Itoa(i) + prefix("/", e.Where)
			}
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (n node) line() (Line, error) {
	if len(n.parts) < 2 {
		return nil, invalid("geo.line_short")
	}
	out := make(Line, len(n.parts))
	for i, p := range n.parts {
		out[i] = p.at
	}
	return out, nil
}

func (n node) polygon() (Polygon, error) {
	rings, err := each(n.parts, node.ring)
	return rings, notEmpty(len(rings), err)
}

func (n node) ring() (Ring, error) {
	last := len(n.parts) - 1
	if last < 3 {
		return nil, invalid("geo.ring_short")
	}
	if n.parts[0].at != n.parts[last].at {
		return nil, invalid("geo.ring_open")
	}
	out := make(Ring, 0, last)
	for _, p := range n.parts[:last] {
		if len(out) == 0 || out[len(out)-1] != p.at { // a repeated position is harmless
			out = append(out, p.at)
		}
	}
	if len(out) < 3 || out.Area() == 0 {
		return nil, invalid("geo.ring_flat")
	}
	if out.Crosses() {
		return nil, invalid("geo.ring_crosses")
	}
	return out, nil
}

// MarshalJSON writes the smallest type that holds the geometry, rings closed,
// numbers without loss.
func (g Geometry) MarshalJSON() ([]byte, error) {
	switch {
	case g.Point != nil:
		return append(appendPoint([]byte(`{"type":"Point","coordinates":`), *g.Point), '}'), nil
	case len(g.Lines) == 1:
		return append(appendPoints([]byte(`{"type":"LineString","coordinates":`), g.Lines[0], false), '}'), nil
	case len(g.Lines) > 1:
		return append(appendList([]byte(`{"type":"MultiLineString","coordinates":`), g.Lines, appendLine), '}'), nil
	case len(g.Areas) == 1:
		return append(appendPolygon([]byte(`{"type":"Polygon","coordinates":`), g.Areas[0]), '}'), nil
	case len(g.Areas) > 1:
		return append(appendList([]byte(`{"type":"MultiPolygon","coordinates":`), g.Areas, appendPolygon), '}'), nil
	}
	return []byte("null"), nil
}

func appendPolygon(b []byte, p Polygon) []byte { return appendList(b, p, appendRing) }
func appendRing(b []byte, r Ring) []byte       { return appendPoints(b, r, true) }
func appendLine(b []byte, l Line) []byte       { return appendPoints(b, l, false) }

func appendList[T any](b []byte, items []T, add func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = add(b, item)
	}
	return append(b, ']')
}

func appendPoints(b []byte, points []Point, closed bool) []byte {
	b = appendList(b, points, appendPoint)
	if closed && len(points) > 0 {
		b = append(appendPoint(append(b[:len(b)-1], ','), points[0]), ']')
	}
	return b
}

func appendPoint(b []byte, p Point) []byte {
	b = strconv.AppendFloat(append(b, '['), p.Lng, 'f', -1, 64)
	return append(strconv.AppendFloat(append(b, ','), p.Lat, 'f', -1, 64), ']')
}
