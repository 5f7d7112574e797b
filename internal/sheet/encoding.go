package sheet

import (
	"bytes"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"gongzhi/internal/fault"
)

// Names of encodings, as Options and Info hold them.
const (
	UTF8    = "utf-8"
	UTF16   = "utf-16"
	GB18030 = "gb18030"
)

const chunk = 64 << 10

// decode finds the encoding of the text in r and returns a reader of UTF-8.
// The whole file is looked at first, because one wrong guess at the top would
// turn a city's street names into noise further down.
func decode(r io.ReaderAt, size int64, hint string) (io.Reader, string, error) {
	head := make([]byte, min(size, 1024))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, "", err
	}
	if err := refuseForeign(head); err != nil {
		return nil, "", err
	}
	body := func(skip int64) *io.SectionReader { return io.NewSectionReader(r, skip, size-skip) }
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		d := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		return d.Reader(body(0)), UTF16, nil
	}
	marked := bytes.HasPrefix(head, []byte("\xef\xbb\xbf"))
	if marked {
		return expectUTF8(body(3), 3)
	}
	switch hint {
	case GB18030:
		return expectGB18030(body(0), func(at int64) error {
			return fault.New(fault.Invalid, "sheet.gb18030_broken", nil, offsetOf(at))
		})
	case UTF8:
		return expectUTF8(body(0), 0)
	}
	scan, err := scanUTF8(body(0))
	if err != nil {
		return nil, "", err
	}
	if scan.firstBad < 0 {
		return body(0), UTF8, nil
	}
	if scan.mostlyUTF8() {
		return nil, "", fault.New(fault.Invalid, "sheet.utf8_broken", nil, offsetOf(scan.firstBad))
	}
	return expectGB18030(body(0), func(at int64) error {
		return fault.New(fault.Invalid, "sheet.encoding_unknown", nil, offsetOf(at))
	})
}

// refuseForeign names the files that people take for tables most often.
func refuseForeign(head []byte) error {
	lower := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))))
	switch {
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return fault.New(fault.Invalid, "sheet.old_excel", nil)
	case bytes.HasPrefix(lower, []byte("<html")), bytes.HasPrefix(lower, []byte("<!doctype")),
		bytes.HasPrefix(lower, []byte("<table")), bytes.HasPrefix(lower, []byte("<?xml")):
		return fault.New(fault.Invalid, "sheet.web_page", nil)
	case bytes.HasPrefix(head, []byte("%PDF")), bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return fault.New(fault.Invalid, "sheet.not_a_table", nil)
	}
	return nil
}

func expectUTF8(r *io.SectionReader, skipped int64) (io.Reader, string, error) {
	scan, err := scanUTF8(r)
	if err != nil {
		return nil, "", err
	}
	if scan.firstBad >= 0 {
		return nil, "", fault.New(fault.Invalid, "sheet.utf8_broken", nil, offsetOf(skipped+scan.firstBad))
	}
	_, err = r.Seek(0, io.SeekStart)
	return r, UTF8, err
}

// utf8Scan counts what speaks for and against UTF-8.
type utf8Scan struct {
	firstBad int64 // offset of the first byte that is not UTF-8, or -1
	bad      int64
	long     int64 // characters of three bytes or more: Chinese text has many
}

// mostlyUTF8 tells a damaged UTF-8 file from GB18030. Bytes of GB18030 form a
// long UTF-8 character only by rare accident.
func (s utf8Scan) mostlyUTF8() bool { return s.long > 10*s.bad }

func scanUTF8(r io.Reader) (utf8Scan, error) {
	s := utf8Scan{firstBad: -1}
	buf := make([]byte, chunk)
	kept, offset := 0, int64(0)
	for {
		n, err := io.ReadFull(r, buf[kept:])
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return s, err
		}
		data := buf[:kept+n]
		if at := bytes.IndexByte(data, 0); at >= 0 {
			return s, fault.New(fault.Invalid, "sheet.not_text", nil, offsetOf(offset+int64(at)))
		}
		used := s.count(data, offset, last)
		kept = copy(buf, data[used:])
		offset += int64(used)
		if last {
			return s, nil
		}
	}
}

// count looks at data and returns how much of it was understood; a character
// cut by the end of data is left for the next call.
func (s *utf8Scan) count(data []byte, offset int64, last bool) int {
	i := 0
	for i < len(data) {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		if !last && !utf8.FullRune(data[i:]) {
			break
		}
		_, size := utf8.DecodeRune(data[i:])
		switch {
		case size == 1: // U+FFFD written out in the file has three bytes
			if s.bad++; s.firstBad < 0 {
				s.firstBad = offset + int64(i)
			}
		case size >= 3:
			s.long++
		}
		i += size
	}
	return i
}

func expectGB18030(r *io.SectionReader, broken func(at int64) error) (io.Reader, string, error) {
	at, err := scanGB18030(r)
	if err != nil {
		return nil, "", err
	}
	if at >= 0 {
		return nil, "", broken(at)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	return simplifiedchinese.GB18030.NewDecoder().Reader(r), GB18030, nil
}

// scanGB18030 returns the offset of the first byte that is not GB18030, or -1.
func scanGB18030(r io.Reader) (int64, error) {
	buf, out := make([]byte, chunk), make([]byte, 4*chunk)
	decoder := simplifiedchinese.GB18030.NewDecoder()
	kept, offset := 0, int64(0)
	for {
		n, err := io.ReadFull(r, buf[kept:])
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return 0, err
		}
		data := buf[:kept+n]
		written, used, _ := decoder.Transform(out, data, last)
		if bytes.Contains(out[:written], []byte("\ufffd")) {
			return offset + int64(firstReplaced(data)), nil
		}
		kept = copy(buf, data[used:])
		offset += int64(used)
		if last {
			return -1, nil
		}
	}
}

// firstReplaced walks data character by character to the one that cannot be
// decoded.
func firstReplaced(data []byte) int {
	decoder := simplifiedchinese.GB18030.NewDecoder()
	out := make([]byte, 16)
	for i := 0; i < len(data); {
		size := gbLength(data[i:])
		written, _, _ := decoder.Transform(out, data[i:i+size], true)
		if bytes.Contains(out[:written], []byte("\ufffd")) {
			return i
		}
		i += size
	}
	return 0
}

func gbLength(b []byte) int {
	switch {
	case b[0] < 0x81 || len(b) == 1:
		return 1
	case b[1] >= '0' && b[1] <= '9':
		return min(4, len(b))
	}
	return 2
}

// offsetOf is a place in a file as text, because messages group the digits of
// numbers and nobody's editor does.
func offsetOf(n int64) string { return strconv.FormatInt(n, 10) }
