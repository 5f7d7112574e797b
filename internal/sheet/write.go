package sheet

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"gongzhi/internal/fault"
)

// Writer takes a table row by row; the first row is the header. Close writes
// what is left; it does not close the underlying writer. What a Writer wrote,
// Open reads back unchanged.
type Writer interface {
	Write(cells ...string) error
	Close() error
}

// CSV writes UTF-8 with a byte order mark, without which Excel shows Chinese
// as noise, every cell guarded against being taken for a formula.
func CSV(w io.Writer) Writer { return &csvWriter{out: bufio.NewWriter(w)} }

type csvWriter struct {
	out     *bufio.Writer
	started bool
}

func (c *csvWriter) Write(cells ...string) error {
	if !c.started {
		c.started = true
		_, _ = c.out.WriteString("\ufeff")
	}
	for i, cell := range cells {
		if i > 0 {
			_ = c.out.WriteByte(',')
		}
		c.cell(Guard(cell), len(cells) == 1)
	}
	_, err := c.out.WriteString("\r\n") // bufio keeps the first error and returns it here
	return err
}

// cell quotes what holds a delimiter of any locale: Excel splits at semicolons
// where the comma is the decimal sign. A lone empty cell is quoted too, or the
// row would read as a blank line.
func (c *csvWriter) cell(s string, alone bool) {
	if strings.ContainsAny(s, "\",;\t\r\n") || (alone && s == "") || strings.HasPrefix(s, "\ufeff") {
		_, _ = c.out.WriteString(`"` + strings.ReplaceAll(s, `"`, `""`) + `"`)
		return
	}
	_, _ = c.out.WriteString(s)
}

func (c *csvWriter) Close() error { return c.out.Flush() }

// XLSX writes a workbook of one worksheet. Every cell is a typed string, so
// nothing can be a formula and no digit is lost. Widths are in characters;
// columns without one are fitted to their header.
func XLSX(w io.Writer, widths ...float64) Writer {
	return &xlsxWriter{out: w, widths: widths}
}

type xlsxWriter struct {
	out    io.Writer
	widths []float64
	file   *excelize.File
	stream *excelize.StreamWriter
	header int // style
	rows   int
}

const excelCell = 32_767 // what one cell of Excel can hold, in UTF-16 units

func (x *xlsxWriter) Write(cells ...string) error {
	if x.rows == 0 {
		if err := x.start(cells); err != nil {
			return fmt.Errorf("start workbook: %w", err)
		}
	}
	x.rows++
	values := make([]any, len(cells))
	for i, c := range cells {
		if len(c) > excelCell && len(utf16.Encode([]rune(c))) > excelCell {
			return fault.New(fault.Invalid, "sheet.excel_cell", nil, strconv.Itoa(x.rows), i+1, excelCell)
		}
		if Unguard(c) != c { // it would lose its own apostrophe on the way back
			c = Guard(c)
		}
		values[i] = c
		if x.rows == 1 {
			values[i] = excelize.Cell{StyleID: x.header, Value: c}
		}
	}
	if err := x.stream.SetRow(fmt.Sprintf("A%d", x.rows), values); err != nil {
		return fmt.Errorf("write row %d: %w", x.rows, err)
	}
	return nil
}

func (x *xlsxWriter) start(header []string) error {
	x.file = excelize.NewFile()
	style, err := x.file.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EDEFEA"}},
		Border:    []excelize.Border{{Type: "bottom", Style: 1, Color: "1F2A24"}},
		Alignment: &excelize.Alignment{Vertical: "center"},
	})
	if err != nil {
		return err
	}
	x.header = style
	if x.stream, err = x.file.NewStreamWriter("Sheet1"); err != nil {
		return err
	}
	for i, name := range header {
		if err := x.stream.SetColWidth(i+1, i+1, x.width(i, name)); err != nil {
			return err
		}
	}
	return x.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// width of a column in characters of Latin text; a Chinese one takes two.
func (x *xlsxWriter) width(i int, name string) float64 {
	if i < len(x.widths) && x.widths[i] > 0 {
		return min(x.widths[i], 255)
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
