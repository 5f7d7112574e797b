package sheet_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/sheet"
)

// FuzzOpen gives a file to the reader that nobody made with care. It may be
// refused with a sentence; it may not panic, and no row may be out of order.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("a,b\n1,\"x\ny\"\n"))
	f.Add([]byte("\ufeffa;b\r\n'=1;2\r\n"))
	f.Add([]byte("\xb1\xe0\xba\xc5,b\n1,2\n"))
	f.Add([]byte("\xff\xfea\x00,\x00b\x00\n\x00"))
	f.Add(write(f, "xlsx", [][]string{{"a", "b"}, {"1", "2"}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := sheet.Options{MaxBytes: 1 << 20, MaxCell: 1 << 10, MaxRows: 2_000, Trim: true}
		r, err := sheet.Open("f", bytes.NewReader(data), int64(len(data)), o)
		last := 0
		for err == nil {
			var row sheet.Row
			if row, err = r.Next(); err != nil {
				break
			}
			if row.Number <= last || len(row.Cells) < len(r.Header.Names) {
				t.Fatalf("row %d after %d with %d cells", row.Number, last, len(row.Cells))
			}
			last = row.Number
		}
		if r != nil {
			_ = r.Close()
		}
		if key, _ := fault.KeyOf(err); !errors.Is(err, io.EOF) && !locale.Has(locale.ZH, key) {
			t.Fatalf("no sentence for %v", err)
		}
	})
}

// FuzzMapping reads mapping files that nobody checked and, where one is taken,
// applies it to a row.
func FuzzMapping(f *testing.F) {
	f.Add(`{"id":"a","fields":[{"to":"x","from":["a","b"],"join":"-","split":"/","part":-1,"number":{"min":0}}]}`, "1/2", "3")
	f.Add(`{"fields":[{"to":"x","from":"a","time":["yyyy/M/d"]},{"to":"y","from":"b","lookup":{"*":"="},"max":3}]}`, "2019/1/2", "x")
	f.Fuzz(func(t *testing.T, text, a, b string) {
		m, err := sheet.LoadMapping(strings.NewReader(text))
		if err != nil {
			if key, _ := fault.KeyOf(err); !locale.Has(locale.ZH, key) {
				t.Fatalf("no sentence for %v", err)
			}
			return
		}
		h := sheet.NewHeader("a", "b")
		_ = m.Check(h)
		_, problems := m.Apply(h.Row(2, a, b))
		for _, p := range problems {
			if !locale.Has(locale.ZH, p.Key) {
				t.Fatalf("no sentence for %+v", p)
			}
		}
	})
}
