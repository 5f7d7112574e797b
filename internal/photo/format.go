package photo

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	tiffs "golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// format is a kind of file we read. The decoders are called by name and never
// through image.Decode: what other packages register must not open a door here.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	exif   func([]byte) []byte // the TIFF data that the camera wrote, or nil
	weight func([]byte, image.Config) (bytesPerPixel float64, ok bool)
	whole  func([]byte) bool // the end of the file is there
}

var (
	jpegFormat = format{jpeg.DecodeConfig, jpeg.Decode, jpegExif, jpegWeight, jpegWhole}
	pngFormat  = format{png.DecodeConfig, png.Decode, pngExif, pngWeight, pngWhole}
	webpFormat = format{webp.DecodeConfig, webp.Decode, webpExif, fineWeight, webpWhole}
	gifFormat  = format{gif.DecodeConfig, gif.Decode, gifExif, gifWeight, gifWhole} // of moving ones the first picture
	tiffFormat = format{tiffs.DecodeConfig, tiffs.Decode, tiffExif, fineWeight, tiffWhole}
)

// maxScans bounds progressive JPEGs. Encoders write about ten passes; thousands
// of nearly empty ones keep a processor busy for minutes. Their markers can be
// counted by a plain search, as 0xff inside picture data is followed by zero.
const maxScans = 64

// formatOf looks at the first bytes; what the sender calls the file is no
// evidence.
func formatOf(raw []byte) (format, error) {
	switch {
	case len(raw) == 0:
		return format{}, invalid("photo.empty", nil)
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		return jpegFormat, nil
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		return pngFormat, nil
	case len(raw) >= 12 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == "WEBP":
		return webpFormat, nil
	case bytes.HasPrefix(raw, []byte("GIF87a")), bytes.HasPrefix(raw, []byte("GIF89a")):
		return gifFormat, nil
	case bytes.HasPrefix(raw, []byte("II*\x00")), bytes.HasPrefix(raw, []byte("MM\x00*")):
		return tiffFormat, nil
	case len(raw) >= 12 && string(raw[4:8]) == "ftyp":
		return format{}, invalid("photo.heic", nil)
	case looksLikeSVG(raw):
		return format{}, invalid("photo.svg", nil)
	}
	return format{}, invalid("photo.format", nil)
}

func looksLikeSVG(raw []byte) bool {
	head := bytes.ToLower(raw[:min(len(raw), 1024)])
	return bytes.Contains(head, []byte("<svg")) || bytes.HasPrefix(bytes.TrimLeft(head, "\xef\xbb\xbf \r\n\t"), []byte("<?xml"))
}

// pngWeight: a fine PNG takes twice the memory of others with as many pixels.
func pngWeight(_ []byte, c image.Config) (float64, bool) {
	switch c.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		return 8, true
	}
	return 4, true
}

func fineWeight([]byte, image.Config) (float64, bool) { return 8, true }

func gifWeight([]byte, image.Config) (float64, bool) { return 1, true }

// jpegWeight follows the frame header: a progressive file keeps each sample as a
// four-byte number until its last pass has been read.
func jpegWeight(raw []byte, _ image.Config) (weight float64, ok bool) {
	segments(raw, func(marker byte, body []byte) bool {
		if marker < 0xc0 || marker > 0xc2 || len(body) < 6 || len(body) < 6+3*int(body[5]) {
			return true
		}
		weight = samples(body[6 : 6+3*int(body[5])])
		if marker == 0xc2 {
			weight *= 5
		}
		return false
	})
	return weight, weight > 0 && bytes.Count(raw, []byte{0xff, 0xda}) <= maxScans
}

// samples is how many there are for one pixel, from three bytes a component.
func samples(components []byte) float64 {
	var sum, most float64
	for i := 1; i < len(components); i += 3 {
		n := float64(components[i]>>4) * float64(components[i]&15)
		sum, most = sum+n, max(most, n)
	}
	if most == 0 {
		return 0
	}
	return sum / most
}

// segments walks the marker segments of a JPEG's header, as far as they are whole.
func segments(raw []byte, f func(marker byte, body []byte) (more bool)) {
	for p := 2; p+4 <= len(raw) && raw[p] == 0xff; {
		marker := raw[p+1]
		if marker == 0xff { // padding
			p++
			continue
		}
		size := int(binary.BigEndian.Uint16(raw[p+2:]))
		if marker == 0xda || size < 2 || p+2+size > len(raw) {
			return
		}
		if !f(marker, raw[p+4:p+2+size]) {
			return
		}
		p += 2 + size
	}
}

func jpegExif(raw []byte) (tiff []byte) {
	segments(raw, func(marker byte, body []byte) bool {
		rest, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
		if marker == 0xe1 && ok {
			tiff = rest
		}
		return tiff == nil
	})
	return tiff
}

func pngExif(raw []byte) []byte {
	for p := 8; p+12 <= len(raw); {
		size := int(binary.BigEndian.Uint32(raw[p:]))
		if size > len(raw)-p-12 {
			return nil
		}
		if string(raw[p+4:p+8]) == "eXIf" {
			return raw[p+8 : p+8+size]
		}
		p += 12 + size
	}
	return nil
}

func webpExif(raw []byte) []byte {
	for p := 12; p+8 <= len(raw); {
		size := int(binary.LittleEndian.Uint32(raw[p+4:]))
		if size > len(raw)-p-8 {
			return nil
		}
		if string(raw[p:p+4]) == "EXIF" {
			return bytes.TrimPrefix(raw[p+8:p+8+size], []byte("Exif\x00\x00"))
		}
		p += 8 + size + size&1
	}
	return nil
}

func gifExif([]byte) []byte { return nil }

// tiffExif: the file is itself what other formats carry of the camera's words.
func tiffExif(raw []byte) []byte { return raw }

func jpegWhole(raw []byte) bool { return bytes.Contains(raw, []byte{0xff, 0xd9}) }

func pngWhole(raw []byte) bool { return bytes.Contains(raw, []byte("IEND")) }

func webpWhole(raw []byte) bool {
	return len(raw) >= 8 && uint64(binary.LittleEndian.Uint32(raw[4:]))+8 <= uint64(len(raw))
}

func gifWhole(raw []byte) bool { return len(raw) > 13 && bytes.IndexByte(raw[13:], 0x3b) >= 0 }

// tiffWhole: its parts may stand in any order, so that only reading tells.
func tiffWhole([]byte) bool { return true }
