package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"gongzhi/internal/fault"
	"gongzhi/internal/sheet"
)

// read returns the rows under the header as "number|cell|cell".
func read(t *testing.T, data []byte, o sheet.Options) (*sheet.Reader, []string) {
	t.Helper()
	r, err := sheet.Open("file", bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	var rows []string
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r, rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprint(row.Number)+"|"+strings.Join(row.Cells, "|"))
	}
}

func refusal(t *testing.T, data []byte, o sheet.Options) (key string, args []any) {
	t.Helper()
	r, err := sheet.Open("file", bytes.NewReader(data), int64(len(data)), o)
	for err == nil {
		_, err = r.Next()
	}
	if got := fault.KindOf(err); got != fault.Invalid {
		t.Errorf("kind of %v = %q, want %q", err, got, fault.Invalid)
	}
	return fault.KeyOf(err)
}

func gb18030(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryEncodingGivesTheSameRows(t *testing.T) {
	const text = "编号,内容\r\n1,路灯不亮\r\n2,𠮷屋门前积水，㐂寿里\r\n"
	want := []string{"2|1|路灯不亮", "3|2|𠮷屋门前积水，㐂寿里"}
	le, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(text))
	be, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(text))
	for _, c := range []struct {
		name, encoding string
		data           []byte
	}{
		{"plain UTF-8", sheet.UTF8, []byte(text)},
		{"UTF-8 with mark", sheet.UTF8, []byte("\ufeff" + text)},
		{"UTF-16 little endian", sheet.UTF16, le},
		{"UTF-16 big endian", sheet.UTF16, be},
		{"GB18030", sheet.GB18030, gb18030(t, text)},
		{"GB18030 with mark", sheet.GB18030, gb18030(t, "\ufeff"+text)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, got := read(t, c.data, sheet.Options{})
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if r.Info.Encoding != c.encoding || r.Header.Names[0] != "编号" {
				t.Errorf("got %+v, %q", r.Info, r.Header.Names)
			}
		})
	}
}

func TestBytesThatNobodyCanReadAreNamedByOffset(t *testing.T) {
	long := strings.Repeat("路灯不亮，", 20_000)
	for _, c := range []struct {
		name, key string
		at        any
		data      []byte
	}{
		{"neither", "sheet.encoding_unknown", "4", []byte("a,b\n\xff\xfe,\xff\n")},
		{"neither, far down", "sheet.encoding_unknown", fmt.Sprint(len(gb18030(t, long)) + 4), append(gb18030(t, "a,b\n"+long), "\xff,1\n"...)},
		{"UTF-8 cut off", "sheet.utf8_broken", fmt.Sprint(len(long) + 4), []byte("a,b\n" + long + "\xe8\xb7")},
		{"marked UTF-8", "sheet.utf8_broken", "7", []byte("\ufeffa,b\n\xff\n")},
		{"zero byte", "sheet.not_text", "5", []byte("a,b\n1\x00,2\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, args := refusal(t, c.data, sheet.Options{})
			if key != c.key || len(args) == 0 || args[0] != c.at {
				t.Errorf("got %s %v, want %s at %v", key, args, c.key, c.at)
			}
		})
	}
}

func TestFilesThatAreNoTablesAreNamed(t *testing.T) {
	for _, c := range []struct{ name, data, key string }{
		{"empty", "", "sheet.empty_file"},
		{"old Excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "sheet.old_excel"},
		{"web page", " <HTML><table>", "sheet.web_page"},
		{"PDF", "%PDF-1.7", "sheet.not_a_table"},
		{"only blank lines", "\n\n ,\n", "sheet.no_header"},
		{"broken zip", "PK\x03\x04....", "sheet.workbook_broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if key, _ := refusal(t, []byte(c.data), sheet.Options{}); key != c.key {
				t.Errorf("got %s, want %s", key, c.key)
			}
		})
	}
}

func TestCSVIsReadAsExcelShowsIt(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       []string
	}{
		{"blank lines count", "a,b\n\n\n1,2\n", []string{"4|1|2"}},
		{"quoted newline is one row", "a,b\n\"x\ny\",2\n3,4\n", []string{"2|x\ny|2", "3|3|4"}},
		{"doubled quotes", "a,b\n\"say \"\"hi\"\"\",2\n", []string{`2|say "hi"|2`}},
		{"quote inside a cell", "a,b\n5\" pipe,2\n", []string{`2|5" pipe|2`}},
		{"text after the closing quote", "a,b\n\"x\"y,2\n", []string{"2|xy|2"}},
		{"semicolons", "a;b\n1,5;2\n", []string{"2|1,5|2"}},
		{"tabs", "a\tb\n1,2,3\t2\n", []string{"2|1,2,3|2"}},
		{"old Mac line ends", "a,b\r1,2\r", []string{"2|1|2"}},
		{"no last line end", "a,b\n1,2", []string{"2|1|2"}},
		{"one column", "name\n甲\n乙\n", []string{"2|甲", "3|乙"}},
		{"title above the header", "2019年留言清单\n\n编号,内容,时间\n1,x,y\n", []string{"4|1|x|y"}},
		{"rows of delimiters only", "a,b\n1,2\n,\n,\n", []string{"2|1|2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := read(t, []byte(c.data), sheet.Options{})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestHeaderRow(t *testing.T) {
	const data = "单位,街道办,日期\n编号,内容\n1,x\n"
	for _, c := range []struct {
		name string
		o    sheet.Options
		want int
	}{
		{"the row with the wanted columns", sheet.Options{Columns: []string{"内容", "编号"}}, 2},
		{"the row that was asked for", sheet.Options{HeaderRow: 2}, 2},
		{"else the first wide one", sheet.Options{}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r, _ := read(t, []byte(data), c.o); r.Info.HeaderRow != c.want {
				t.Errorf("header row = %d, want %d", r.Info.HeaderRow, c.want)
			}
		})
	}
	if key, _ := refusal(t, []byte(data), sheet.Options{HeaderRow: 9}); key != "sheet.no_header" {
		t.Errorf("header below the end: %s", key)
	}
}

func TestColumnsAreFoundWhateverTheirSpelling(t *testing.T) {
	r, _ := read(t, []byte(" Ｐhone No ,内　容\n1,2\n"), sheet.Options{})
	for name, want := range map[string]int{"phone no": 0, "PHONENO": 0, "内容": 1} {
		if got, ok := r.Header.Index(name); !ok || got != want {
			t.Errorf("Index(%q) = %d, %v, want %d", name, got, ok, want)
		}
	}
}

func TestTrimCutsWhatNobodySees(t *testing.T) {
	data := []byte("a,b\n\t\t\u3000\u00a0路灯 不亮\u200b,\" x \"\n")
	_, got := read(t, data, sheet.Options{Trim: true})
	if want := []string{"2|路灯 不亮|x"}; !cmp.Equal(want, got) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, got := read(t, data, sheet.Options{}); got[0] == "2|路灯 不亮|x" {
		t.Error("trimmed without being asked")
	}
}

func TestRaggedRowsAreTakenAndReported(t *testing.T) {
	data := []byte("a,b\n1\n1,2,3\n1,2,\n")
	r, err := sheet.Open("f", bytes.NewReader(data), int64(len(data)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sheet.row_short", "sheet.row_long", ""} {
		row, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if row.Ragged != nil {
			got = row.Ragged.Key
		}
		if got != want || len(row.Cells) < 2 {
			t.Errorf("row %d: %q %q, want %q", row.Number, got, row.Cells, want)
		}
	}
}

func TestLimitsAreNamed(t *testing.T) {
	for _, c := range []struct {
		key, data string
		o         sheet.Options
	}{
		{"sheet.file_too_large", "a,b\n1,2\n", sheet.Options{MaxBytes: 4}},
		{"sheet.cell_too_large", "a,b\n1,2345678\n", sheet.Options{MaxCell: 5}},
		{"sheet.quote_open", "a,b\n1,\"2\n3,4\n", sheet.Options{}},
		{"sheet.quote_open", "a,b\n1,\"2\n3,4\n5,6\n", sheet.Options{MaxCell: 5}},
		{"sheet.too_many_columns", "a,b\n1,2,3,4\n", sheet.Options{MaxColumns: 3}},
		{"sheet.too_many_rows", "a,b\n1,2\n1,2\n1,2\n", sheet.Options{MaxRows: 3}},
	} {
		if key, _ := refusal(t, []byte(c.data), c.o); key != c.key {
			t.Errorf("%q: got %s, want %s", c.data, key, c.key)
		}
	}
}

func workbook(t *testing.T, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t *testing.T, f *excelize.File, cell string, v any) {
	t.Helper()
	if err := f.SetCellValue("Sheet1", cell, v); err != nil {
		t.Fatal(err)
	}
}

func TestWorkbookCellsComeAsShown(t *testing.T) {
	data := workbook(t, func(f *excelize.File) {
		for cell, v := range map[string]any{"A1": "电话", "B1": "日期", "C1": "时刻", "D1": "序号",
			"A4": 13812345678, "B4": 43524, "C4": 43524.475752314815, "D4": 43524.5, "A6": "最后"} {
			set(t, f, cell, v)
		}
		for cell, format := range map[string]int{"B4": 14, "C4": 22} {
			style, err := f.NewStyle(&excelize.Style{NumFmt: format})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
				t.Fatal(err)
			}
		}
	})
	r, got := read(t, data, sheet.Options{})
	want := []string{"4|13812345678|2019/2/28|2019/2/28 11:25|43524.5", "6|最后|||"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.Info.Format != "xlsx" || r.Info.Sheet != "Sheet1" {
		t.Errorf("info = %+v", r.Info)
	}
}

func TestThousandsOfBlankRowsAreNoRows(t *testing.T) {
	data := workbook(t, func(f *excelize.File) {
		set(t, f, "A1", "编号")
		set(t, f, "A2", "1")
		for row := 3; row <= 64_000; row++ {
			if err := f.SetRowHeight("Sheet1", row, 20); err != nil {
				t.Fatal(err)
			}
		}
		set(t, f, "A64001", " ")
	})
	if _, got := read(t, data, sheet.Options{}); !cmp.Equal(got, []string{"2|1"}) {
		t.Errorf("got %q", got)
	}
}

func TestHiddenWorksheetsArePassedOver(t *testing.T) {
	data := workbook(t, func(f *excelize.File) {
		set(t, f, "A1", "秘密")
		if _, err := f.NewSheet("清单"); err != nil {
			t.Fatal(err)
		}
		f.SetActiveSheet(1)
		if err := f.SetCellStr("清单", "A1", "编号"); err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetVisible("Sheet1", false); err != nil {
			t.Fatal(err)
		}
	})
	if r, _ := read(t, data, sheet.Options{}); r.Info.Sheet != "清单" || r.Header.Names[0] != "编号" {
		t.Errorf("read %+v", r.Info)
	}
	if key, _ := refusal(t, data, sheet.Options{Sheet: "没有"}); key != "sheet.sheet_missing" {
		t.Errorf("missing sheet: %s", key)
	}
}

func TestBombsAreRefusedBeforeUnpacking(t *testing.T) {
	data := workbook(t, func(f *excelize.File) {
		for row := 1; row <= 2_000; row++ {
			set(t, f, fmt.Sprintf("A%d", row), fmt.Sprint(row)+strings.Repeat("a", 1_000))
		}
	})
	if key, _ := refusal(t, data, sheet.Options{MaxBytes: int64(len(data))}); key != "sheet.unpacked_too_large" {
		t.Errorf("got %s for %d bytes", key, len(data))
	}
}
