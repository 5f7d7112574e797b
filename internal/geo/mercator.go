package geo

import "math"

// TileSize is the pixel width of a map tile, the unit web maps count zoom in.
const TileSize = 256

// Mercator projects a point to the square 0..1 × 0..1 of Web Mercator, y down.
// Latitudes beyond 85.05 are held to the edge of the square.
func Mercator(p Point) (x, y float64) {
	lat := math.Max(-85.05112878, math.Min(85.05112878, p.Lat))
	s := math.Sin(radians(lat))
	return (p.Lng + 180) / 360, 0.5 - math.Log((1+s)/(1-s))/(4*math.Pi)
}

// Unmercator is the point at x, y of the square.
func Unmercator(x, y float64) Point {
	return Point{Lat: degrees(math.Atan(math.Sinh(math.Pi * (1 - 2*y)))), Lng: x*360 - 180}
}

// WorldSize is the width of the whole square in pixels at a zoom.
func WorldSize(zoom float64) float64 { return TileSize * math.Exp2(zoom) }

// MetresPerPixel at a latitude and zoom.
func MetresPerPixel(lat, zoom float64) float64 {
	// The projection's own radius is the equatorial one.
	return math.Cos(radians(lat)) * 2 * math.Pi * 6378137 / WorldSize(zoom)
}

// ZoomToFit is the largest zoom at which the box fits into so many pixels.
func ZoomToFit(b Box, width, height int) float64 {
	x0, y1 := Mercator(b.Min)
	x1, y0 := Mercator(b.Max)
	const least = 1e-9 // a single point still has a zoom
	zx := math.Log2(float64(width) / TileSize / math.Max(least, x1-x0))
	zy := math.Log2(float64(height) / TileSize / math.Max(least, y1-y0))
	return math.Min(math.Min(zx, zy), 19)
}
