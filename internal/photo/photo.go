// Package photo turns what people upload into pictures that are safe to keep and
// show: decoded, turned upright, made smaller and encoded again as JPEG. Nothing
// of the sender's bytes survives, so neither does anything hidden in them: where
// the photo was taken, the serial number of the camera, a script.
//
// Place and time that the camera wrote are returned beside the picture, to be
// offered to the person who took it and used only when they agree.
package photo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
)

// Limits bound the work on one photo. Zero values stand for the defaults.
type Limits struct {
	Bytes   int64          // of the upload; 10 MiB
	Pixels  int            // of the picture in it; 50 million
	Side    int            // longest side kept; 2048
	Thumb   int            // longest side of the small copy; 480
	Quality int            // of the JPEG; 82
	Timeout time.Duration  // for one photo, waiting included; 30 s
	Zone    *time.Location // in which the camera's clock is read; UTC
}

// Image is a photo made safe.
type Image struct {
	JPEG, Thumb []byte
	W, H        int        // of JPEG
	Taken       time.Time  // by the camera's clock; zero when it does not say
	GPS         *geo.Point // where the camera says it was; nil when it does not
}

// memory bounds what all decoders together may hold, in bytes of pixels: one of
// the largest photos in the most wasteful usual form, or many from usual phones.
const memory = 384 << 20

var (
	room  = semaphore.NewWeighted(memory)
	hands = semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)))) // more would only be slower
)

// Clean reads a JPEG, PNG or WebP photo. What a person can mend is a
// fault.Invalid whose key says how: too many bytes or pixels, a format that
// browsers cannot show, a file that did not arrive whole.
func Clean(ctx context.Context, r io.Reader, l Limits) (Image, error) {
	l = l.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	raw, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return Image{}, fmt.Errorf("read photo: %w", err)
	}
	if int64(len(raw)) > l.Bytes {
		return Image{}, invalid("photo.too_large", nil, l.Bytes>>20)
	}
	f, err := formatOf(raw)
	if err != nil {
		return Image{}, err
	}
	cost, err := f.measure(raw, l)
	if err != nil {
		return Image{}, err
	}
	release, err := reserve(ctx, cost)
	if err != nil {
		return Image{}, err
	}
	defer release()
	src, err := f.decode(ctxReader{ctx, bytes.NewReader(raw)})
	if ctx.Err() != nil {
		return Image{}, fault.New(fault.Unavailable, "photo.busy", ctx.Err())
	}
	if err != nil {
		return Image{}, f.fault(raw, err)
	}
	return render(src, parseExif(f.exif(raw), l.Zone), l)
}

func (l Limits) withDefaults() Limits {
	def := func(p *int, n int) {
		if *p == 0 {
			*p = n
		}
	}
	def(&l.Pixels, 50_000_000)
	def(&l.Side, 2048)
	def(&l.Thumb, 480)
	def(&l.Quality, 82)
	if l.Bytes == 0 {
		l.Bytes = 10 << 20
	}
	if l.Timeout == 0 {
		l.Timeout = 30 * time.Second
	}
	if l.Zone == nil {
		l.Zone = time.UTC
	}
	return l
}

func invalid(key string, cause error, args ...any) error {
	return fault.New(fault.Invalid, key, cause, args...)
}

// measure reads the header alone and gives the bytes that decoding will take. A
// file of a few kilobytes can claim gigabytes, so this comes before decoding.
func (f format) measure(raw []byte, l Limits) (int64, error) {
	c, err := f.config(bytes.NewReader(raw))
	if err != nil {
		return 0, f.fault(raw, err)
	}
	pixels := int64(c.Width) * int64(c.Height)
	if c.Width <= 0 || c.Height <= 0 {
		return 0, invalid("photo.unreadable", nil)
	}
	weight, ok := f.weight(raw, c)
	if !ok {
		return 0, invalid("photo.unreadable", nil)
	}
	cost := int64(float64(pixels) * weight)
	if pixels > int64(l.Pixels) || cost > memory {
		return 0, invalid("photo.too_many_pixels", nil, l.Pixels/1_000_000)
	}
	return cost, nil
}

// reserve waits for a processor and for memory, as long as somebody waits for
// the answer.
func reserve(ctx context.Context, cost int64) (release func(), err error) {
	if err := hands.Acquire(ctx, 1); err != nil {
		return nil, fault.New(fault.Unavailable, "photo.busy", err)
	}
	if err := room.Acquire(ctx, cost); err != nil {
		hands.Release(1)
		return nil, fault.New(fault.Unavailable, "photo.busy", err)
	}
	return func() { room.Release(cost); hands.Release(1) }, nil
}

// fault tells a photo that did not arrive whole, which is worth another try,
// from one that nobody can open.
func (f format) fault(raw []byte, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || !f.whole(raw) {
		return invalid("photo.truncated", err)
	}
	return invalid("photo.unreadable", err)
}

func render(src image.Image, e exif, l Limits) (Image, error) {
	large := turn(shrink(src, l.Side), e.orientation)
	small := shrink(large, l.Thumb)
	out := Image{W: large.Bounds().Dx(), H: large.Bounds().Dy(), Taken: e.taken, GPS: e.gps}
	var err error
	if out.JPEG, err = encode(large, l.Quality); err != nil {
		return Image{}, err
	}
	out.Thumb, err = encode(small, l.Quality)
	return out, err
}

// encode writes a JPEG of picture data alone: the encoder knows no metadata.
func encode(img image.Image, quality int) ([]byte, error) {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode photo: %w", err)
	}
	return buf.Bytes(), nil
}

// ctxReader makes a decoder stop when its time is over.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
