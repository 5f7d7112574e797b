package sheet

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"gongzhi/internal/locale"
)

// Template writes the workbook that people fill in for this mapping: one
// worksheet with the columns, one that says what belongs into them. The
// examples stand apart from the table, so that nobody imports them.
func (m *Mapping) Template(w io.Writer, lang locale.Lang) error {
	columns := m.Columns()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	x := &xlsxWriter{paper: Paper{Sheet: "Sheet1"}}
	if err := x.Write(names...); err != nil {
		return err
	}
	defer x.file.Close()
	if err := x.stream.Flush(); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	if err := m.notes(x.file, lang, x.header); err != nil {
		return fmt.Errorf("write template notes: %w", err)
	}
	return x.file.Write(w)
}

func (m *Mapping) notes(file *excelize.File, lang locale.Lang, header int) error {
	name := locale.T(lang, "sheet.template_notes")
	if _, err := file.NewSheet(name); err != nil {
		return err
	}
	rows := [][]string{{
		locale.T(lang, "sheet.template_column"), locale.T(lang, "sheet.template_rule"),
		locale.T(lang, "sheet.template_what"), locale.T(lang, "sheet.template_example"),
	}}
	for _, c := range m.Columns() {
		rule := "sheet.template_optional"
		if c.Required {
			rule = "sheet.template_required"
		}
		rows = append(rows, []string{c.Name, locale.T(lang, rule), c.Note, c.Example})
	}
	for r, row := range rows {
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
	if err := file.SetColWidth(name, "A", "D", 28); err != nil {
		return err
	}
	return file.SetRowStyle(name, 1, 1, header)
}
