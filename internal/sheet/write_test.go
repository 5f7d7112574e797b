package sheet_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"gongzhi/internal/fault"
	"gongzhi/internal/sheet"
)

var formats = map[string]func(io.Writer) sheet.Writer{
	"csv":  sheet.CSV,
	"xlsx": func(w io.Writer) sheet.Writer { return sheet.XLSX(w) },
}

func write(t interface{ Fatal(...any) }, format string, rows [][]string) []byte {
	var b bytes.Buffer
	w := formats[format](&b)
	for _, r := range rows {
		if err := w.Write(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var hostile = []string{
	"=1+1", "+86 138", "-1", "@sum(a1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", " =1", "\u3000=1", `"=1`, "'=1", "''=1",
	"\ufeff=1", "=cmd|' /C calc'!A0", "430102199001011234", "07311234567", "00", "'00", "13812345678", "1;=2", "a\tb", "x\r\ny", "x\ny",
	`say "hi"`, "'quoted'", "'", "", " ", "𠮷", "_x0041_", "<b>&amp;", "普通的一句话。",
}

func TestWhatWasWrittenIsReadBack(t *testing.T) {
	for format := range formats {
		t.Run(format, func(t *testing.T) {
			for _, value := range hostile {
				data := write(t, format, [][]string{{"a", "b"}, {value, "end"}})
				r, err := sheet.Open("f", bytes.NewReader(data), int64(len(data)), sheet.Options{})
				if err != nil {
					t.Fatal(err)
				}
				row, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if row.Get("a") != value || row.Get("b") != "end" {
					t.Errorf("wrote %q, read %q", value, row.Cells)
				}
			}
		})
	}
}

func TestAnyTableSurvivesTheRoundTrip(t *testing.T) {
	cell := rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringOfN(rapid.RuneFrom([]rune("ab'=+-@\"\t\n,;01　路灯𠮷")), 0, 12, -1))
	for format := range formats {
		t.Run(format, rapid.MakeCheck(func(t *rapid.T) {
			rows := [][]string{{"a", "b", "c"}}
			for range rapid.IntRange(1, 4).Draw(t, "rows") {
				rows = append(rows, []string{cell.Draw(t, "a"), cell.Draw(t, "b"), "x"})
			}
			data := write(t, format, rows)
			r, err := sheet.Open("f", bytes.NewReader(data), int64(len(data)), sheet.Options{HeaderRow: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for _, want := range rows[1:] {
				row, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want, row.Cells); d != "" {
					t.Fatal(d)
				}
			}
		}))
	}
}

func TestNoCellOfACSVStartsAFormula(t *testing.T) {
	var rows [][]string
	for _, v := range hostile {
		rows = append(rows, []string{v, "x"})
	}
	data := write(t, "csv", rows)
	if !bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		t.Error("without a byte order mark Excel shows noise")
	}
	read, err := csv.NewReader(bytes.NewReader(data[3:])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range read {
		shown := strings.TrimLeft(row[0], " \"\t\r\n\u3000\ufeff")
		if shown != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(shown)[0]) {
			t.Errorf("%q would be taken for a formula", row[0])
		}
	}
}

func TestWorkbookHoldsTypedTextOnly(t *testing.T) {
	data := write(t, "xlsx", [][]string{{"编号", "证件"}, {"=1+1", "430102199001011234"}})
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, cell := range []string{"A2", "B2"} {
		kind, err := f.GetCellType("Sheet1", cell)
		if err != nil || (kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString) {
			t.Errorf("%s has type %v, %v", cell, kind, err)
		}
		if formula, _ := f.GetCellFormula("Sheet1", cell); formula != "" {
			t.Errorf("%s is the formula %q", cell, formula)
		}
	}
	panes, err := f.GetPanes("Sheet1")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes = %+v, %v", panes, err)
	}
}

func TestTextTooLongForExcelIsRefusedNotCut(t *testing.T) {
	w := sheet.XLSX(io.Discard)
	err := w.Write(strings.Repeat("字", 32_768))
	if key, _ := fault.KeyOf(err); key != "sheet.excel_cell" {
		t.Errorf("got %v", err)
	}
}

func TestNumbersAndTimesKeepTheirTypes(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	at := time.Date(2026, 11, 23, 14, 5, 9, 0, zone)
	for format, make := range formats {
		t.Run(format, func(t *testing.T) {
			var b bytes.Buffer
			w := make(&b)
			for _, row := range [][]any{{"n", "x", "at", "text"}, {int64(-3), 0.25, at, "-3"}, {nil, int64(12345678901234), time.Time{}, ""}} {
				if err := w.Row(row...); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			r, err := sheet.Open("f", bytes.NewReader(b.Bytes()), int64(b.Len()), sheet.Options{})
			if err != nil {
				t.Fatal(err)
			}
			row, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]string{"-3", "0.25", "2026-11-23 14:05:09", "-3"}, row.Cells); d != "" {
				t.Error(d)
			}
		})
	}
	if text := string(write(t, "csv", [][]string{{"-3"}})); !strings.Contains(text, "'-3") {
		t.Errorf("a text that looks like a formula is not guarded: %q", text)
	}
}

func TestAWorkbookSaysWhoseCopyItIs(t *testing.T) {
	var b bytes.Buffer
	w := sheet.Workbook(&b, sheet.Paper{Sheet: "诉求", Title: "诉求清单", Creator: "王敏 1101", Mark: "E20261127-0003", Foot: "王敏 1101 & 云泽市", About: "说明", Notes: [][2]string{{"导出编号", "E20261127-0003"}}})
	if err := w.Write("编号"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	props, err := f.GetDocProps()
	if err != nil || props.Creator != "王敏 1101" || props.Identifier != "E20261127-0003" {
		t.Errorf("properties = %+v, %v", props, err)
	}
	margins, err := f.GetHeaderFooter("诉求")
	if err != nil || !strings.Contains(margins.OddHeader, "E20261127-0003") || !strings.Contains(margins.OddFooter, "&& 云泽市") {
		t.Errorf("head and foot of a printed page = %+v, %v", margins, err)
	}
	if note, err := f.GetCellValue("说明", "B1"); err != nil || note != "E20261127-0003" {
		t.Errorf("note = %q, %v", note, err)
	}
}

// What begins a cell where Excel splits at semicolons, and cannot know that the
// quotes are ours, is no formula either.
func TestNoPartOfACSVStartsAFormulaInAnyLocale(t *testing.T) {
	for _, v := range append([]string{"a;=cmd|'/c calc'!A0", "好\n=1+1", "a\t@x", "x; ＋1", "y;\u200b=1", `a","b;=1`}, hostile...) {
		data := write(t, "csv", [][]string{{"x", v, "y"}})
		for _, part := range strings.FieldsFunc(string(data[3:]), func(c rune) bool { return strings.ContainsRune(";\t\r\n", c) }) {
			lead := strings.TrimLeftFunc(part, func(c rune) bool {
				return unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) || strings.ContainsRune(`"“”‘’`, c)
			})
			if lead != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(lead)[0]) {
				t.Errorf("%q: %q would be taken for a formula", v, part)
			}
		}
	}
}
