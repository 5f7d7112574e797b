package photo

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"gongzhi/internal/geo"
)

// exif is the little that we want to know of what a camera writes.
type exif struct {
	orientation int // 1 to 8; 1 is upright
	taken       time.Time
	gps         *geo.Point
}

// tiff reads the directories of TIFF data. Every offset comes from the sender,
// so each read is checked against the length; a directory is visited once, so
// there is nothing to loop in.
type tiff struct {
	data  []byte
	order binary.ByteOrder
}

type entry struct {
	kind  uint16
	count uint32
	value []byte // the four bytes that hold the value or where it is
}

const (
	tagOrientation = 0x0112
	tagExif        = 0x8769
	tagGPS         = 0x8825
	tagTaken       = 0x9003
	tagTakenOffset = 0x9011
	maxEntries     = 512
)

// parseExif never fails: what cannot be read is as good as absent.
func parseExif(data []byte, zone *time.Location) exif {
	e := exif{orientation: 1}
	t := tiff{data: data}
	switch {
	case bytes.HasPrefix(data, []byte("II*\x00")):
		t.order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("MM\x00*")):
		t.order = binary.BigEndian
	default:
		return e
	}
	main := t.directory(t.offset(data[4:]))
	if o := t.number(main[tagOrientation]); o >= 1 && o <= 8 {
		e.orientation = o
	}
	more := t.directory(t.number(main[tagExif]))
	e.taken = taken(t.text(more[tagTaken]), t.text(more[tagTakenOffset]), zone)
	e.gps = t.point(t.directory(t.number(main[tagGPS])))
	return e
}

func (t tiff) offset(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	return int(t.order.Uint32(b))
}

func (t tiff) directory(at int) map[uint16]entry {
	out := map[uint16]entry{}
	if at < 8 || at+2 > len(t.data) {
		return out
	}
	n := min(int(t.order.Uint16(t.data[at:])), maxEntries)
	for i := range n {
		p := at + 2 + 12*i
		if p+12 > len(t.data) {
			return out
		}
		b := t.data[p : p+12]
		out[t.order.Uint16(b)] = entry{t.order.Uint16(b[2:]), t.order.Uint32(b[4:]), b[8:]}
	}
	return out
}

// number reads a short or long integer; 0 when it is neither.
func (t tiff) number(e entry) int {
	switch {
	case e.count != 1:
		return 0
	case e.kind == 3:
		return int(t.order.Uint16(e.value))
	case e.kind == 4:
		return int(t.order.Uint32(e.value))
	}
	return 0
}

// bytes gives a value of size bytes, which lies elsewhere when it is longer
// than four.
func (t tiff) bytes(e entry, size uint64) []byte {
	if size <= 4 {
		return e.value[:min(int(size), len(e.value))]
	}
	at := uint64(t.offset(e.value))
	if size > 1024 || at+size > uint64(len(t.data)) {
		return nil
	}
	return t.data[at : at+size]
}

func (t tiff) text(e entry) string {
	if e.kind != 2 {
		return ""
	}
	return string(bytes.TrimRight(t.bytes(e, uint64(e.count)), "\x00 "))
}

func taken(text, offset string, zone *time.Location) time.Time {
	at, err := time.Parse("2006:01:02 15:04:05-07:00", text+offset)
	if err != nil {
		at, err = time.ParseInLocation("2006:01:02 15:04:05", text, zone)
	}
	if err != nil || at.Year() < 1990 || at.Year() > 2200 { // a camera whose clock was never set
		return time.Time{}
	}
	return at
}

// point reads the four entries of a position: the hemispheres and, for each
// axis, degrees, minutes and seconds.
func (t tiff) point(gps map[uint16]entry) *geo.Point {
	lat, okLat := t.degrees(gps[2])
	lng, okLng := t.degrees(gps[4])
	if !okLat || !okLng || lat == 0 && lng == 0 { // 0, 0 is what phones write without a fix
		return nil
	}
	if t.text(gps[1]) == "S" {
		lat = -lat
	}
	if t.text(gps[3]) == "W" {
		lng = -lng
	}
	if math.Abs(lat) > 90 || math.Abs(lng) > 180 {
		return nil
	}
	return &geo.Point{Lat: lat, Lng: lng}
}

func (t tiff) degrees(e entry) (float64, bool) {
	raw := t.bytes(e, 24)
	if e.kind != 5 || e.count != 3 || len(raw) != 24 {
		return 0, false
	}
	sum := 0.0
	for i, unit := range []float64{1, 60, 3600} {
		over, under := t.order.Uint32(raw[8*i:]), t.order.Uint32(raw[8*i+4:])
		if under == 0 {
			return 0, false
		}
		sum += float64(over) / float64(under) / unit
	}
	return sum, true
}
