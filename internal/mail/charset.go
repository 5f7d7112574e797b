package mail

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// decodeText makes UTF-8 of bytes. The label is believed unless the bytes speak
// against it; guessed tells that they did, or that there was none.
func decodeText(b []byte, label string) (text string, guessed bool) {
	if plainASCII(b) && !escapes(label) {
		return string(b), false
	}
	if e := marked(b); e != nil {
		return decoded(e, b), false
	}
	e := labelled(label)
	multi, wide := utf8Runs(b)
	switch {
	case multi && (e == nil || e == unicode.UTF8):
		return string(b), e == nil && label != ""
	case multi && (wide || western(e)): // says GBK or Latin and is UTF-8: a row of such characters is no accident
		return string(b), true
	case e == nil || e == unicode.UTF8 || western(e) && chinese(b) != nil:
		return decoded(detect(b), b), true
	}
	text = decoded(e, b)
	if bad := strings.Count(text, "\ufffd"); bad*20 > utf8.RuneCountInString(text) {
		if other := detect(b); other != e {
			return decoded(other, b), true
		}
	}
	return text, false
}

func decoded(e encoding.Encoding, b []byte) string {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(out)
}

// plainASCII reports bytes that mean the same in nearly every encoding.
func plainASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == 0x1b || c == 0 {
			return false
		}
	}
	return true
}

// escapes are the encodings that write Chinese or Japanese in ASCII.
func escapes(label string) bool {
	l := strings.ToLower(label)
	return strings.HasPrefix(l, "hz") || strings.HasPrefix(l, "iso-2022") || strings.HasPrefix(l, "utf-16") || strings.HasPrefix(l, "utf-7")
}

// marked finds the encoding that a byte order mark tells.
func marked(b []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return unicode.UTF8BOM
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	}
	return nil
}

// labelled is the encoding of a name, nil for one that tells nothing.
func labelled(label string) encoding.Encoding {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'`))
	switch label {
	case "", "us-ascii", "ascii", "default", "unknown", "unknown-8bit", "x-unknown":
		return nil
	case "gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936", "windows-936", "euc-cn", "csgb2312", "chinese", "gb", "gb2312-80", "iso-ir-58":
		return simplifiedchinese.GB18030 // each is part of the next, and people label the wrong one
	case "hz", "hz-gb-2312":
		return simplifiedchinese.HZGB2312
	case "big5", "big5-hkscs", "cn-big5", "x-x-big5", "cp950":
		return traditionalchinese.Big5
	case "utf-8", "utf8", "unicode-1-1-utf-8", "x-utf_8j":
		return unicode.UTF8
	}
	e, err := htmlindex.Get(label)
	if err != nil || e == encoding.Replacement {
		return nil
	}
	return e
}

func western(e encoding.Encoding) bool {
	name, _ := htmlindex.Name(e)
	return strings.HasPrefix(name, "windows-125") || strings.HasPrefix(name, "iso-8859")
}

// utf8Runs reports whether bytes are UTF-8, and whether most characters beyond
// ASCII are long, as Chinese ones are: two bytes in a row are UTF-8 by accident
// now and then (联通 in GBK is the famous case), three hardly ever.
func utf8Runs(b []byte) (valid, wide bool) {
	if !utf8.Valid(b) || bytes.IndexByte(b, 0x1b) >= 0 {
		return false, false
	}
	two, three := 0, 0
	for _, r := range string(b) {
		switch {
		case r >= 0x800:
			three++
		case r >= 0x80:
			two++
		}
	}
	return true, three > two
}

// detect finds the likeliest encoding of bytes that are not UTF-8.
func detect(b []byte) encoding.Encoding {
	if e := chinese(b); e != nil {
		return e
	}
	if bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b(J")) {
		e, _ := htmlindex.Get("iso-2022-jp")
		return e
	}
	if mostlyUTF8(b) {
		return unicode.UTF8
	}
	return charmap.Windows1252
}

// mostlyUTF8 tells UTF-8 that was cut or damaged in a few places.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return good > 4*bad
}

// chinese tells GB18030 and Big5 apart by their common characters, which lie in
// different ranges, and both from anything else. nil means neither.
func chinese(b []byte) encoding.Encoding {
	gb := commonShare(b, func(lead, trail byte) bool {
		return lead >= 0xb0 && lead <= 0xd7 && trail >= 0xa1 || lead == 0xa1 || lead == 0xa3
	})
	big := commonShare(b, func(lead, trail byte) bool { return lead >= 0xa4 && lead <= 0xc6 || lead >= 0xa1 && lead <= 0xa3 })
	switch {
	case gb >= 0.6 && gb >= big:
		return simplifiedchinese.GB18030
	case big >= 0.6:
		return traditionalchinese.Big5
	}
	return nil
}

// commonShare reads bytes in pairs as both encodings do and tells which share of
// the pairs is common. A byte beyond ASCII that forms no pair counts against it.
func commonShare(b []byte, common func(lead, trail byte) bool) float64 {
	pairs, good := 0, 0
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		pairs++
		if i+1 < len(b) && b[i] >= 0x81 && b[i] <= 0xfe && b[i+1] >= 0x40 && b[i+1] != 0x7f {
			if common(b[i], b[i+1]) {
				good++
			}
			i++
		}
	}
	if pairs < 2 {
		return 0
	}
	return float64(good) / float64(pairs)
}
