// Package citymap draws a city as SVG on the server: no script, no tiles from
// elsewhere, and the same picture on paper. It draws whatever layers it is
// given, so a real city loads its own GeoJSON (see FromFeatures); a raster
// background from the city's own tile server can take the place of the land.
package citymap

import "gongzhi/internal/geo"

// Layers is the land as plain data, in WGS-84.
type Layers struct {
	Water     []Area
	Parks     []Area
	Greens    []Area
	Blocks    []Area
	Buildings []Area
	Roads     []Line // Class 1 expressway, 2 arterial, 3 street, 4 lane
	Rails     []Line
	Borders   []Border
	Labels    []Label
	// Attribution is shown in the corner of each map: the source, and the
	// review number (审图号) where the law asks for one.
	Attribution string
}

// Area is a filled shape; its name becomes a label when there is room.
type Area struct {
	Name  string
	Shape geo.MultiPolygon
}

// Line is a road or a railway.
type Line struct {
	Name  string
	Class int
	Lines []geo.Line
}

// Level of a border: which sort of area it runs round.
type Level int

// The levels, from none to all.
const (
	NoBorder Level = iota
	Districts
	Streets
	Communities
	Grids
)

// Border is the outline of an area with a government.
type Border struct {
	Level Level
	Name  string
	Shape geo.MultiPolygon
	At    geo.Point // for the name; worked out when zero
}

// Label is a place name without a shape. Higher ranks are placed first: 1 is
// small (a shop), 9 is large (the city).
type Label struct {
	Name string
	At   geo.Point
	Rank int
}

// View is one picture. Either Bounds (fitted) or Center and Zoom say where.
type View struct {
	Center geo.Point
	Zoom   float64 // as on web maps: 12 a city, 16 a neighbourhood
	Bounds geo.Box
	Width  int // pixels
	Height int

	Borders Level // draws the borders down to this level
	Markers []Marker
	Tints   []Tint
	Me      *geo.Point // where the reader is
	Spread  float64    // how many metres Me may be off; draws a circle

	// Title says in words what the picture shows; screen readers get it.
	Title string
	// ID keeps the ids of two maps on one page apart.
	ID string
	// Tiles is the address of the city's raster tiles with {z}, {x} and {y};
	// the land is then left to them.
	Tiles string
	// Metres and Kilometres name the units on the scale bar: 米 and 公里 when empty.
	Metres, Kilometres string
	Plain              bool // leaves scale bar and attribution out
}

// Shape of a marker. A shape, not a colour alone, tells them apart.
type Shape int

// The shapes.
const (
	Dot    Shape = iota // something open near by
	Pin                 // the place meant
	Late                // a triangle: over its date
	Done                // a square: solved
	Square              // a hollow square: so many in about 100 metres, no one of them
)

// Marker is a point with an optional letter or number.
type Marker struct {
	At    geo.Point
	Shape Shape
	Label string // one to three characters
	Title string // read out, and shown on hover
	Link  string // where a click leads; only in SVG, never in SVGImage
}

// Tint fills an area with one of five steps of one ink: a choropleth.
type Tint struct {
	Shape geo.MultiPolygon
	Step  int // 0 lightest … 4 darkest
	Title string
	Link  string
	Label string // a figure in the middle
}
