package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"gongzhi/internal/locale"
)

// Table is one worksheet of a workbook with several tables.
type Table struct {
	Name    string
	Mapping *Mapping
}

// Templates writes one workbook for several tables: a worksheet for each, empty
// but for its header, behind one that says what belongs into them.
func Templates(w io.Writer, lang locale.Lang, tables []Table) error {
	file := excelize.NewFile()
	defer file.Close()
	notes := locale.T(lang, "sheet.template_notes")
	if err := file.SetSheetName("Sheet1", notes); err != nil {
		return err
	}
	bold, err := file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	rows := [][]string{{locale.T(lang, "sheet.template_table"), locale.T(lang, "sheet.template_column"), locale.T(lang, "sheet.template_rule"),
		locale.T(lang, "sheet.template_what"), locale.T(lang, "sheet.template_example")}}
	for _, t := range tables {
		more, err := t.write(file, lang, bold)
		if err != nil {
			return fmt.Errorf("write template %s: %w", t.Name, err)
		}
		rows = append(rows, more...)
	}
	if err := fill(file, notes, rows, bold); err != nil {
		return fmt.Errorf("write template notes: %w", err)
	}
	return file.Write(w)
}

// write makes the worksheet of the table and returns its lines of the notes.
func (t Table) write(file *excelize.File, lang locale.Lang, bold int) (notes [][]string, err error) {
	if _, err := file.NewSheet(t.Name); err != nil {
		return nil, err
	}
	var header []string
	for _, c := range t.Mapping.Columns() {
		rule := "sheet.template_optional"
		if c.Required {
			rule = "sheet.template_required"
		}
		header = append(header, c.Name)
		notes = append(notes, []string{t.Name, c.Name, locale.T(lang, rule), c.Note, c.Example})
	}
	if err := fill(file, t.Name, [][]string{header}, bold); err != nil {
		return nil, err
	}
	return notes, file.SetPanes(t.Name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func fill(file *excelize.File, name string, rows [][]string, bold int) error {
	widest := 1
	for r, row := range rows {
		widest = max(widest, len(row))
		for c, value := range row {
			cell, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err != nil {
				return err
			}
			if err := file.SetCellStr(name, cell, strings.ToValidUTF8(value, "")); err != nil {
				return err
			}
		}
	}
	last, err := excelize.ColumnNumberToName(widest)
	if err != nil {
		return err
	}
	if err := file.SetColWidth(name, "A", last, 22); err != nil {
		return err
	}
	return file.SetRowStyle(name, 1, 1, bold)
}

// Names are the worksheets of a workbook; a file that is no workbook has none.
func Names(name string, file []byte) ([]string, error) {
	d, err := Open(name, bytes.NewReader(file), int64(len(file)), Options{HeaderRow: 1})
	if err != nil {
		return nil, err
	}
	return d.Info.Sheets, d.Close()
}
