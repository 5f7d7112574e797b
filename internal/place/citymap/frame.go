package citymap

import (
	"math"

	"gongzhi/internal/geo"
)

// Pixel limits: a picture is a part of a page, and its cost is bounded.
const (
	least = 16
	most  = 4096
)

// frame is a view made exact: how the square of Web Mercator becomes pixels.
type frame struct {
	View
	x0, y0 float64 // the upper left corner, in the square
	scale  float64 // pixels to the square
	box    geo.Box // what is seen, a little more than the picture
}

func (v View) frame() frame {
	f := frame{View: v}
	f.Width = min(max(v.Width, least), most)
	f.Height = min(max(v.Height, least), most)
	if !v.Bounds.Empty() {
		f.Center = v.Bounds.Center()
		f.Zoom = geo.ZoomToFit(v.Bounds, f.Width, f.Height)
	}
	if math.IsNaN(f.Zoom) {
		f.Zoom = 12
	}
	f.Zoom = math.Max(1, math.Min(20, f.Zoom))
	f.scale = geo.WorldSize(f.Zoom)
	x, y := geo.Mercator(f.Center)
	f.x0, f.y0 = x-float64(f.Width)/2/f.scale, y-float64(f.Height)/2/f.scale
	f.box = geo.BoxOf(f.place(-margin, -margin), f.place(float64(f.Width)+margin, float64(f.Height)+margin))
	return f
}

// margin in pixels keeps the cut ends of strokes out of sight.
const margin = 24

// PointAt is the place under a pixel of the picture: what a click on an
// <input type="image"> means, provided the page does not scale the picture.
func (v View) PointAt(x, y float64) geo.Point {
	f := v.frame()
	return f.place(x, y)
}

func (f *frame) place(x, y float64) geo.Point {
	return geo.Unmercator(f.x0+x/f.scale, f.y0+y/f.scale)
}

// px is where a place of the square falls in the picture.
func (f *frame) px(s spot) spot {
	return spot{(s.x - f.x0) * f.scale, (s.y - f.y0) * f.scale}
}

func (f *frame) at(p geo.Point) spot {
	x, y := geo.Mercator(p)
	return f.px(spot{x, y})
}

func (f *frame) sees(s spot) bool {
	return s.x >= 0 && s.y >= 0 && s.x <= float64(f.Width) && s.y <= float64(f.Height)
}

func (f *frame) metresPerPixel() float64 { return geo.MetresPerPixel(f.Center.Lat, f.Zoom) }
