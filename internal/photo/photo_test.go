package photo_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	tiffs "golang.org/x/image/tiff"

	"gongzhi/internal/fault"
	"gongzhi/internal/photo"
)

var colours = map[byte]color.RGBA{'R': {200, 0, 0, 255}, 'G': {0, 160, 0, 255}, 'B': {0, 0, 200, 255}, 'W': {255, 255, 255, 255}}

// quarters is a picture with a colour in each quarter: top left, top right,
// bottom left, bottom right.
func quarters(w, h int, names string) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, r := range []image.Rectangle{{Max: image.Pt(w/2, h/2)}, image.Rect(w/2, 0, w, h/2), image.Rect(0, h/2, w/2, h), image.Rect(w/2, h/2, w, h)} {
		draw.Draw(img, r, image.NewUniform(colours[names[i]]), image.Point{}, draw.Src)
	}
	return img
}

// quartersOf reads the four colours back.
func quartersOf(t *testing.T, raw []byte) string {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var names strings.Builder
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for _, p := range []image.Point{{w / 4, h / 4}, {3 * w / 4, h / 4}, {w / 4, 3 * h / 4}, {3 * w / 4, 3 * h / 4}} {
		names.WriteByte(nearest(img.At(p.X, p.Y)))
	}
	return names.String()
}

func nearest(c color.Color) (name byte) {
	r, g, b, _ := c.RGBA()
	best := math.MaxFloat64
	for n, want := range colours {
		d := math.Hypot(math.Hypot(float64(r>>8)-float64(want.R), float64(g>>8)-float64(want.G)), float64(b>>8)-float64(want.B))
		if d < best {
			name, best = n, d
		}
	}
	return name
}

func asJPEG(img image.Image) []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, img, &jpeg.Options{Quality: 95})
	return b.Bytes()
}

func asPNG(img image.Image) []byte {
	var b bytes.Buffer
	png.Encode(&b, img)
	return b.Bytes()
}

func asGIF(img image.Image) []byte {
	var b bytes.Buffer
	gif.Encode(&b, img, nil)
	return b.Bytes()
}

func asTIFF(img image.Image) []byte {
	var b bytes.Buffer
	tiffs.Encode(&b, img, &tiffs.Options{Compression: tiffs.Deflate})
	return b.Bytes()
}

func half(raw []byte) []byte { return raw[:len(raw)/2] }

// segment puts a marker segment behind the start of a JPEG.
func segment(raw []byte, marker byte, body string) []byte {
	head := []byte{0xff, 0xd8, 0xff, marker, 0, 0}
	binary.BigEndian.PutUint16(head[4:], uint16(len(body)+2))
	return append(append(head, body...), raw[2:]...)
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// tiff writes what a camera writes: orientation, time and place.
func tiff(order byteOrder, orientation uint16) string {
	b := []byte("II*\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*")
	}
	entry := func(tag, kind uint16, count, value uint32) {
		b = order.AppendUint16(order.AppendUint16(b, tag), kind)
		b = order.AppendUint32(b, count)
		if kind == 3 {
			b = order.AppendUint16(order.AppendUint16(b, uint16(value)), 0)
		} else {
			b = order.AppendUint32(b, value)
		}
	}
	short := func(s string) uint32 { return order.Uint32(append([]byte(s), 0, 0, 0)[:4]) }
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 3)
	entry(0x0112, 3, 1, uint32(orientation))
	entry(0x8769, 4, 1, 50)
	entry(0x8825, 4, 1, 68)
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 1) // at 50
	entry(0x9003, 2, 20, 122)
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 4) // at 68
	entry(1, 2, 2, short("N"))
	entry(2, 5, 3, 142)
	entry(3, 2, 2, short("W"))
	entry(4, 5, 3, 166)
	b = order.AppendUint32(b, 0)
	b = append(b, "2026:03:18 09:30:00\x00"...) // at 122
	for _, n := range []uint32{30, 1, 15, 1, 3600, 100, 114, 1, 30, 1, 0, 1} {
		b = order.AppendUint32(b, n) // at 142 and 166
	}
	return string(b)
}

// withExif puts TIFF data into a file of each kind.
func withExif(raw []byte, data string) []byte {
	switch {
	case raw[0] == 0xff:
		return segment(raw, 0xe1, "Exif\x00\x00"+data)
	case raw[0] == 0x89:
		chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		chunk = append(append(chunk, "eXIf"...), data...)
		chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
		return append(append(bytes.Clone(raw[:33]), chunk...), raw[33:]...)
	default:
		raw = append(bytes.Clone(raw), "EXIF"...)
		raw = binary.LittleEndian.AppendUint32(raw, uint32(len(data)))
		raw = append(raw, data...)
		binary.LittleEndian.PutUint32(raw[4:], uint32(len(raw)-8))
		return raw
	}
}

// asWebP writes a lossless WebP of one colour: each of the five prefix codes has
// one symbol, so that the pixels take no bits at all.
func asWebP(w, h int, c color.RGBA) []byte {
	var bits uint64
	var used uint
	data := []byte{0x2f}
	put := func(v uint64, n uint) {
		bits, used = bits|v<<used, used+n
		for ; used >= 8; used -= 8 {
			data = append(data, byte(bits))
			bits >>= 8
		}
	}
	put(uint64(w-1), 14)
	put(uint64(h-1), 14)
	put(0, 4) // no alpha, version 0
	put(0, 3) // no transform, no colour cache, no meta prefix codes
	for _, symbol := range []byte{c.G, c.R, c.B, c.A} {
		put(1, 1) // a simple code
		put(0, 1) // of one symbol
		put(1, 1) // written with eight bits
		put(uint64(symbol), 8)
	}
	put(1, 1) // distances: one symbol of one bit
	put(0, 1)
	put(0, 1)
	put(0, 1)
	put(0, 8)
	data = append(data, make([]byte, 8+len(data)&1)...)
	out := []byte("RIFF\x00\x00\x00\x00WEBPVP8L")
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	out = append(out, data...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func clean(t *testing.T, raw []byte) photo.Image {
	t.Helper()
	img, err := photo.Clean(t.Context(), bytes.NewReader(raw), photo.Limits{Zone: time.FixedZone("CST", 8*3600)})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestEveryFormatBecomesJPEGOfTwoSizes(t *testing.T) {
	for name, raw := range map[string][]byte{
		"jpeg": asJPEG(quarters(2400, 1200, "RGBW")),
		"png":  asPNG(quarters(2400, 1200, "RGBW")),
		"webp": asWebP(2400, 1200, colours['R']),
		"gif":  asGIF(quarters(2400, 1200, "RGBW")),
		"tiff": asTIFF(quarters(2400, 1200, "RGBW")),
	} {
		img := clean(t, raw)
		want := "RGBW"
		if name == "webp" {
			want = "RRRR"
		}
		if got := quartersOf(t, img.JPEG); got != want || img.W != 2048 || img.H != 1024 {
			t.Errorf("%s: %s, %d×%d", name, got, img.W, img.H)
		}
		thumb, _ := jpeg.DecodeConfig(bytes.NewReader(img.Thumb))
		if got := quartersOf(t, img.Thumb); got != want || thumb.Width != 480 || thumb.Height != 240 {
			t.Errorf("%s, small: %s, %d×%d", name, got, thumb.Width, thumb.Height)
		}
	}
}

func TestPhotosAreTurnedUpright(t *testing.T) {
	upright := map[int]string{1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB", 0: "RGBW", 9: "RGBW"}
	for o, want := range upright {
		img := clean(t, withExif(asJPEG(quarters(80, 40, "RGBW")), tiff(binary.LittleEndian, uint16(o))))
		w, h := 80, 40
		if o >= 5 && o <= 8 {
			w, h = 40, 80
		}
		if got := quartersOf(t, img.JPEG); got != want || img.W != w || img.H != h {
			t.Errorf("orientation %d: %s %d×%d, want %s %d×%d", o, got, img.W, img.H, want, w, h)
		}
	}
}

func TestCameraDataIsReturnedBesideThePicture(t *testing.T) {
	for name, raw := range map[string][]byte{
		"jpeg": asJPEG(quarters(40, 40, "RGBW")), "png": asPNG(quarters(40, 40, "RGBW")), "webp": asWebP(40, 40, colours['R']),
	} {
		for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
			img := clean(t, withExif(raw, tiff(order, 6)))
			if img.GPS == nil || math.Abs(img.GPS.Lat-30.26) > 1e-6 || math.Abs(img.GPS.Lng+114.5) > 1e-6 {
				t.Errorf("%s, %v: place %v", name, order, img.GPS)
			}
			if want := time.Date(2026, 3, 18, 1, 30, 0, 0, time.UTC); !img.Taken.Equal(want) {
				t.Errorf("%s, %v: taken %v", name, order, img.Taken)
			}
		}
	}
	if img := clean(t, asJPEG(quarters(40, 40, "RGBW"))); img.GPS != nil || !img.Taken.IsZero() {
		t.Errorf("nothing written, yet got %v, %v", img.GPS, img.Taken)
	}
}

func TestNoMetadataIsKept(t *testing.T) {
	raw := asJPEG(quarters(40, 40, "RGBW"))
	raw = segment(raw, 0xfe, "<script>canary</script>")
	raw = segment(raw, 0xe2, "ICC_PROFILE\x00\x01\x01canary")
	raw = segment(raw, 0xe1, "http://ns.adobe.com/xap/1.0/\x00canary")
	raw = append(withExif(raw, tiff(binary.BigEndian, 1)+"canary"), "<html>canary"...)
	img := clean(t, raw)
	for name, out := range map[string][]byte{"large": img.JPEG, "small": img.Thumb} {
		if bytes.Contains(out, []byte("canary")) || bytes.Contains(out, []byte("Exif")) {
			t.Errorf("%s: something of the upload is in it", name)
		}
		for p := 2; out[p+1] != 0xda; p += 2 + int(binary.BigEndian.Uint16(out[p+2:])) {
			if m := out[p+1]; m >= 0xe1 && m <= 0xef || m == 0xfe {
				t.Errorf("%s: segment %x", name, m)
			}
		}
		if !bytes.HasSuffix(out, []byte{0xff, 0xd9}) {
			t.Errorf("%s: something follows the picture", name)
		}
	}
}

func TestTransparentPicturesAreDrawnOnWhite(t *testing.T) {
	img := clean(t, asPNG(image.NewNRGBA(image.Rect(0, 0, 50, 50))))
	if got := quartersOf(t, img.JPEG); got != "WWWW" {
		t.Errorf("got %s", got)
	}
}

// claim writes a picture's size over the true one.
func claim(raw []byte, w, h uint32) []byte {
	raw = bytes.Clone(raw)
	if raw[0] == 0x89 {
		binary.BigEndian.PutUint32(raw[16:], w)
		binary.BigEndian.PutUint32(raw[20:], h)
		binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
		return raw
	}
	sof := bytes.Index(raw, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(raw[sof+5:], uint16(h))
	binary.BigEndian.PutUint16(raw[sof+7:], uint16(w))
	return raw
}

func TestUnfitFilesAreRefusedWithTheReason(t *testing.T) {
	small := asJPEG(quarters(64, 64, "RGBW"))
	deep := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	deep.SetNRGBA64(1, 1, color.NRGBA64{1, 2, 3, 4})
	scans := append(bytes.Clone(small[:len(small)-2]), bytes.Repeat([]byte("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), 10_000)...)
	for name, c := range map[string]struct {
		raw []byte
		key string
	}{
		"empty":               {nil, "photo.empty"},
		"text":                {[]byte("hello, this is no photo"), "photo.format"},
		"html":                {[]byte("<!doctype html><script>alert(1)</script>"), "photo.format"},
		"empty gif":           {[]byte("GIF89a" + strings.Repeat("\x00", 30)), "photo.unreadable"},
		"gif cut off":         {half(asGIF(quarters(64, 64, "RGBW"))), "photo.truncated"},
		"gif of no size":      {[]byte("GIF89a"), "photo.truncated"},
		"tiff of words only":  {[]byte(tiff(binary.LittleEndian, 1)), "photo.unreadable"},
		"tiff cut off":        {half(asTIFF(quarters(64, 64, "RGBW"))), "photo.truncated"},
		"pdf":                 {[]byte("%PDF-1.7"), "photo.format"},
		"svg":                 {[]byte(" <svg onload=alert(1)>"), "photo.svg"},
		"svg as xml":          {[]byte("\xef\xbb\xbf<?xml version='1.0'?><SVG/>"), "photo.svg"},
		"heic":                {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "photo.heic"},
		"avif":                {[]byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif"), "photo.heic"},
		"truncated jpeg":      {small[:len(small)/2], "photo.truncated"},
		"truncated header":    {small[:10], "photo.truncated"},
		"truncated png":       {asPNG(quarters(64, 64, "RGBW"))[:60], "photo.truncated"},
		"damaged":             {append([]byte("\xff\xd8\xff\xe0\x00\x02\xff\xc0\x00\x02"), small...), "photo.unreadable"},
		"pixel flood png":     {claim(asPNG(quarters(64, 64, "RGBW")), 65535, 65535), "photo.too_many_pixels"},
		"pixel flood jpeg":    {claim(small, 65535, 65535), "photo.too_many_pixels"},
		"too fine":            {claim(asPNG(deep), 7500, 6800), "photo.too_many_pixels"},
		"ten thousand passes": {scans, "photo.unreadable"},
		"too large":           {append(small, make([]byte, 10<<20)...), "photo.too_large"},
		"no width":            {claim(small, 0, 10), "photo.unreadable"},
	} {
		_, err := photo.Clean(t.Context(), bytes.NewReader(c.raw), photo.Limits{})
		if key, _ := fault.KeyOf(err); key != c.key || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want %s", name, err, c.key)
		}
	}
}

func TestHostileCameraDataIsPassedOver(t *testing.T) {
	good := tiff(binary.LittleEndian, 6)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		data := []byte(good)
		for range 1 + rng.IntN(8) {
			data[rng.IntN(len(data))] = byte(rng.Uint32())
		}
		raw := withExif(asWebP(4, 4, colours['R']), string(data[:rng.IntN(len(data)+1)]))
		if _, err := photo.Clean(t.Context(), bytes.NewReader(raw), photo.Limits{}); err != nil {
			t.Fatalf("%x: %v", data, err)
		}
	}
}

func TestBrokenLineAndImpatientCaller(t *testing.T) {
	broken := errors.New("line cut")
	if _, err := photo.Clean(t.Context(), iotest.ErrReader(broken), photo.Limits{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := photo.Clean(ctx, bytes.NewReader(asJPEG(quarters(64, 64, "RGBW"))), photo.Limits{})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
}

func TestManyAtOnceStayWithinMemory(t *testing.T) {
	raw := asJPEG(quarters(4000, 3000, "RGBW"))
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := photo.Clean(t.Context(), bytes.NewReader(raw), photo.Limits{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapSys > 512<<20 {
		t.Errorf("the heap grew to %d MiB", m.HeapSys>>20)
	}
}

func FuzzClean(f *testing.F) {
	f.Add(asJPEG(quarters(16, 16, "RGBW")))
	f.Add(withExif(asJPEG(quarters(16, 16, "RGBW")), tiff(binary.BigEndian, 7)))
	f.Add(withExif(asPNG(quarters(16, 16, "RGBW")), tiff(binary.LittleEndian, 3)))
	f.Add(withExif(asWebP(16, 16, colours['G']), tiff(binary.LittleEndian, 3)))
	f.Add(asGIF(quarters(16, 16, "RGBW")))
	f.Add(asTIFF(quarters(16, 16, "RGBW")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		img, err := photo.Clean(t.Context(), bytes.NewReader(raw), photo.Limits{Pixels: 1 << 20, Bytes: 1 << 20})
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.Unavailable {
				t.Fatalf("kind %s: %v", k, err)
			}
			return
		}
		for _, out := range [][]byte{img.JPEG, img.Thumb} {
			if _, err := jpeg.Decode(bytes.NewReader(out)); err != nil {
				t.Fatal(err)
			}
		}
		if img.GPS != nil && (math.IsNaN(img.GPS.Lat) || math.Abs(img.GPS.Lat) > 90 || math.Abs(img.GPS.Lng) > 180) {
			t.Fatalf("place %v", img.GPS)
		}
	})
}

func BenchmarkTwelveMegapixels(b *testing.B) {
	raw := asJPEG(quarters(4000, 3000, "RGBW"))
	for b.Loop() {
		if _, err := photo.Clean(b.Context(), io.NewSectionReader(bytes.NewReader(raw), 0, int64(len(raw))), photo.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
