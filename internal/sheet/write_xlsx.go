package sheet

import (
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"gongzhi/internal/fault"
)

// Paper is what a workbook says of itself beside its table.
type Paper struct {
	Sheet   string      // name of the worksheet, "" Sheet1
	Widths  []float64   // of the columns in characters; 0 fits the header
	Title   string      // properties of the file
	Creator string      //
	Mark    string      // number of the export: properties, head and foot of each printed page
	Foot    string      // whose copy it is, on each printed page
	About   string      // name of a second worksheet that holds Notes, "" none
	Notes   [][2]string // what was exported, when, by whom
}

// XLSX writes a workbook of one worksheet. Every text is a typed string, so
// nothing can be a formula and no digit is lost. Widths are in characters;
// columns without one are fitted to their header.
func XLSX(w io.Writer, widths ...float64) Writer { return Workbook(w, Paper{Widths: widths}) }

// Workbook is XLSX that says what it is.
func Workbook(w io.Writer, p Paper) Writer {
	if p.Sheet == "" {
		p.Sheet = "Sheet1"
	}
	return &xlsxWriter{out: w, paper: p}
}

type xlsxWriter struct {
	out                io.Writer
	paper              Paper
	file               *excelize.File
	stream             *excelize.StreamWriter
	header, text, when int // styles
	rows               int
}

const excelCell = 32_767 // what one cell of Excel can hold, in UTF-16 units

func (x *xlsxWriter) Write(cells ...string) error { return x.Row(anys(cells)...) }

func (x *xlsxWriter) Row(cells ...any) error {
	if x.rows == 0 {
		if err := x.start(cells); err != nil {
			return fmt.Errorf("start workbook: %w", err)
		}
	}
	x.rows++
	values := make([]any, len(cells))
	for i, c := range cells {
		v, err := x.cell(i, c)
		if err != nil {
			return err
		}
		values[i] = v
	}
	if err := x.stream.SetRow(fmt.Sprintf("A%d", x.rows), values); err != nil {
		return fmt.Errorf("write row %d: %w", x.rows, err)
	}
	return nil
}

// cell gives texts the format of text: who edits one finds no formula in it.
func (x *xlsxWriter) cell(i int, c any) (any, error) {
	switch v := c.(type) {
	case nil, int64, float64:
		return v, nil
	case time.Time:
		if v.IsZero() {
			return nil, nil
		}
		return excelize.Cell{StyleID: x.when, Value: v}, nil
	}
	s := fmt.Sprint(c)
	if len(s) > excelCell && len(utf16.Encode([]rune(s))) > excelCell {
		return nil, fault.New(fault.Invalid, "sheet.excel_cell", nil, strconv.Itoa(x.rows), i+1, excelCell)
	}
	if Unguard(s) != s { // it would lose its own apostrophe on the way back
		s = Guard(s)
	}
	style := x.text
	if x.rows == 1 {
		style = x.header
	}
	return excelize.Cell{StyleID: style, Value: s}, nil
}

// textFormat is Excel's number 49, "@".
const textFormat = 49

func (x *xlsxWriter) start(header []any) (err error) {
	x.file = excelize.NewFile()
	if err := x.styles(); err != nil {
		return err
	}
	if err := x.file.SetSheetName("Sheet1", x.paper.Sheet); err != nil {
		return err
	}
	if err := x.describe(); err != nil {
		return err
	}
	if x.stream, err = x.file.NewStreamWriter(x.paper.Sheet); err != nil {
		return err
	}
	for i, name := range header {
		if err := x.stream.SetColWidth(i+1, i+1, x.width(i, fmt.Sprint(name))); err != nil {
			return err
		}
	}
	return x.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (x *xlsxWriter) styles() (err error) {
	x.header, err = x.file.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EDEFEA"}},
		Border:    []excelize.Border{{Type: "bottom", Style: 1, Color: "1F2A24"}},
		Alignment: &excelize.Alignment{Vertical: "center"},
		NumFmt:    textFormat,
	})
	if err != nil {
		return err
	}
	if x.text, err = x.file.NewStyle(&excelize.Style{NumFmt: textFormat}); err != nil {
		return err
	}
	format := "yyyy-mm-dd hh:mm:ss"
	x.when, err = x.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
	return err
}

// describe writes what stays with the file when its rows are copied out of it:
// its properties, the margins of each printed page, and the sheet about it.
func (x *xlsxWriter) describe() error {
	p := x.paper
	if p.Title != "" || p.Mark != "" {
		err := x.file.SetDocProps(&excelize.DocProperties{Title: p.Title, Creator: p.Creator, LastModifiedBy: p.Creator, Identifier: p.Mark,
			Subject: p.Mark, Keywords: p.Mark, Description: p.Foot})
		if err != nil {
			return err
		}
	}
	if p.Mark != "" {
		err := x.file.SetHeaderFooter(p.Sheet, &excelize.HeaderFooterOptions{OddHeader: "&L" + margin(p.Title) + "&R" + margin(p.Mark), OddFooter: "&L" + margin(p.Foot) + "&R&P/&N"})
		if err != nil {
			return err
		}
	}
	if p.About == "" {
		return nil
	}
	if _, err := x.file.NewSheet(p.About); err != nil {
		return err
	}
	for i, n := range p.Notes {
		for col, text := range map[string]string{"A": n[0], "B": n[1]} {
			if err := x.file.SetCellStr(p.About, fmt.Sprintf("%s%d", col, i+1), text); err != nil {
				return err
			}
		}
	}
	return x.file.SetColWidth(p.About, "A", "B", 40)
}

// margin is a text as the head or foot of a page holds it: an ampersand begins a
// code there, and all of it has 255 characters.
func margin(s string) string {
	out, n := "", 0
	for _, c := range s {
		if n++; n > 90 {
			break
		}
		if out += string(c); c == '&' {
			out += "&"
		}
	}
	return out
}

// width of a column in characters of Latin text; a Chinese one takes two.
func (x *xlsxWriter) width(i int, name string) float64 {
	if i < len(x.paper.Widths) && x.paper.Widths[i] > 0 {
		return min(x.paper.Widths[i], 255)
	}
	n := 4
	for _, r := range name {
		if n++; r >= 0x2e80 {
			n++
		}
	}
	return float64(min(max(n, 10), 60))
}

func (x *xlsxWriter) Close() error {
	if x.rows == 0 {
		if err := x.start(nil); err != nil {
			return fmt.Errorf("start workbook: %w", err)
		}
	}
	defer x.file.Close()
	if err := x.stream.Flush(); err != nil {
		return fmt.Errorf("finish workbook: %w", err)
	}
	if err := x.file.Write(x.out); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}
