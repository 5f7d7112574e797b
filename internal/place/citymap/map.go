package citymap

import "gongzhi/internal/geo"

// Map is the indexed land. It never changes, so one serves all requests.
type Map struct {
	layers Layers
}

// New indexes the layers.
func New(l Layers) *Map { return &Map{layers: l} }

// SVG draws the view as an inline element: colours come from the page's map.css.
func (m *Map) SVG(v View) string { return "" }

// SVGImage draws the view as a file of its own, colours included, for <img> and
// <input type="image">. Serve it with a policy that allows its own style.
func (m *Map) SVGImage(v View, t Theme) []byte { return nil }

// Theme fixes the colours of an SVGImage, which cannot see the page's settings.
type Theme string

// The themes; Auto follows the reader's device.
const (
	Auto     Theme = ""
	Light    Theme = "light"
	Dark     Theme = "dark"
	Contrast Theme = "contrast"
)

// PointAt is the place under a pixel of the picture: what a click on an
// <input type="image"> means.
func (v View) PointAt(x, y float64) geo.Point { return geo.Point{} }
