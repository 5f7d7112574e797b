package sheet_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"

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
