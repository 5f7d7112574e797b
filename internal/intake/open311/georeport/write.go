package georeport

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// Writer writes one document in either format by the same calls, so that the
// two cannot differ in what they say. In JSON, by the Spark convention, the
// element around a list disappears and an empty element is null.
type Writer struct {
	format Format
	buf    []byte
	stack  []frame
}

// frame is an open element.
type frame struct {
	name string
	list bool
	used bool // something stands in it already
}

// NewWriter begins a document.
func NewWriter(f Format) *Writer {
	w := &Writer{format: f, buf: make([]byte, 0, 4096)}
	if f == XML {
		w.buf = append(w.buf, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	}
	return w
}

// Bytes is the document.
func (w *Writer) Bytes() []byte { return append(w.buf, '\n') }

// open writes what comes before an element and its value.
func (w *Writer) open(name string) {
	if w.format == XML {
		w.buf = append(append(append(w.buf, '<'), name...), '>')
		return
	}
	if len(w.stack) == 0 {
		return
	}
	top := &w.stack[len(w.stack)-1]
	if top.used {
		w.buf = append(w.buf, ',')
	}
	if top.used = true; !top.list {
		w.buf = append(append(append(w.buf, '"'), name...), '"', ':')
	}
}

func (w *Writer) shut(name string) {
	if w.format == XML {
		w.buf = append(append(append(w.buf, '<', '/'), name...), '>')
	}
}

// List begins a list; its items are begun with Object, or written with Text.
func (w *Writer) List(name string) { w.begin(name, true, '[') }

// Object begins an element with fields.
func (w *Writer) Object(name string) { w.begin(name, false, '{') }

func (w *Writer) begin(name string, list bool, bracket byte) {
	w.open(name)
	if w.format == JSON {
		w.buf = append(w.buf, bracket)
	}
	w.stack = append(w.stack, frame{name: name, list: list})
}

// End ends what was begun last.
func (w *Writer) End() {
	top := w.stack[len(w.stack)-1]
	w.stack = w.stack[:len(w.stack)-1]
	if w.format == JSON {
		w.buf = append(w.buf, map[bool]byte{true: ']', false: '}'}[top.list])
	}
	w.shut(top.name)
}

// Text writes a field. An empty one is null.
func (w *Writer) Text(name, value string) {
	if value == "" {
		w.Null(name)
		return
	}
	w.open(name)
	if w.format == XML {
		w.buf = appendXML(w.buf, value)
	} else {
		w.buf = appendJSON(w.buf, value)
	}
	w.shut(name)
}

// Null writes an empty field.
func (w *Writer) Null(name string) {
	if w.format == XML {
		w.buf = append(append(append(w.buf, '<'), name...), '/', '>')
		return
	}
	w.open(name)
	w.buf = append(w.buf, "null"...)
}

// raw writes a number or a truth, which stand without quotation marks.
func (w *Writer) raw(name string, value []byte) {
	w.open(name)
	w.buf = append(w.buf, value...)
	w.shut(name)
}

// Bool writes true or false.
func (w *Writer) Bool(name string, v bool) { w.raw(name, strconv.AppendBool(nil, v)) }

// Int writes a whole number.
func (w *Writer) Int(name string, v int64) { w.raw(name, strconv.AppendInt(nil, v, 10)) }

// Float writes a number.
func (w *Writer) Float(name string, v float64) { w.raw(name, strconv.AppendFloat(nil, v, 'f', -1, 64)) }

// Time writes a time, or null.
func (w *Writer) Time(name string, t time.Time) { w.Text(name, FormatTime(t)) }

// allowed reports a character that XML 1.0 can hold; others are left out.
func allowed(c rune) bool {
	return c == '\t' || c == '\n' || c == '\r' || c >= 0x20 && c <= 0xD7FF || c >= 0xE000 && c <= 0xFFFD || c >= 0x10000 && c <= 0x10FFFF
}

// appendXML writes text. The end of a line is kept as it is but for a carriage
// return, which a reader would otherwise turn into a line feed.
func appendXML(dst []byte, s string) []byte {
	for i, c := range s {
		switch {
		case c == utf8.RuneError && s[i] != "\uFFFD"[0], !allowed(c):
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '\r':
			dst = append(dst, "&#xD;"...)
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return dst
}

const hex = "0123456789abcdef"

// appendJSON writes text with quotation marks. < is written so that the answer
// means nothing to a browser that takes it for a page.
func appendJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i, c := range s {
		switch {
		case c == utf8.RuneError && s[i] != "\uFFFD"[0], !allowed(c):
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029:
			dst = append(dst, '\\', 'u', hex[c>>12&15], hex[c>>8&15], hex[c>>4&15], hex[c&15])
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}
