package photo

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// shrink draws src with its longest side at most side, on white where it is
// transparent. A picture that is small enough keeps its size.
func shrink(src image.Image, side int) *image.RGBA {
	b := src.Bounds()
	w, h := fit(b.Dx(), b.Dy(), side)
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if !opaque(src) {
		draw.Draw(dst, dst.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	}
	// The quick way looks at four pixels for each new one, and so drops lines of
	// the picture when it becomes less than half as large.
	var scale draw.Scaler = draw.ApproxBiLinear
	if b.Dx() > 2*w || b.Dy() > 2*h {
		scale = draw.BiLinear
	}
	scale.Scale(dst, dst.Bounds(), src, b, draw.Over, nil)
	return dst
}

func opaque(src image.Image) bool {
	o, ok := src.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

func fit(w, h, side int) (int, int) {
	switch {
	case w <= side && h <= side:
		return w, h
	case w >= h:
		return side, max(1, h*side/w)
	}
	return max(1, w*side/h), side
}

// turn makes a picture upright. The numbers are those of the EXIF orientation:
// how the camera was held, mirrored or not.
func turn(src *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	r := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		r = image.Rect(0, 0, h, w)
	}
	dst := image.NewRGBA(r)
	for y := range h {
		for x := range w {
			dx, dy := place(x, y, w, h, orientation)
			from, to := src.PixOffset(x, y), dst.PixOffset(dx, dy)
			copy(dst.Pix[to:to+4], src.Pix[from:from+4])
		}
	}
	return dst
}

// place says where the pixel at x, y of a picture of w × h goes.
func place(x, y, w, h, orientation int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}
