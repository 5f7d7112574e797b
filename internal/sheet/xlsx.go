package sheet

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"gongzhi/internal/fault"
)

const (
	// unpackedRatio allows for text, which packs well; beyond it a file is a
	// bomb or holds pictures.
	unpackedRatio = 8
	// inMemory is how much of one worksheet is kept in memory; more goes to a
	// temporary file.
	inMemory = 16 << 20
	// zipEntries is far above what any workbook of tables has.
	zipEntries = 10_000
)

type workbook struct {
	file   *excelize.File
	rows   *excelize.Rows
	number int
}

func openXLSX(r io.ReaderAt, size int64, o Options, info *Info) (source, error) {
	if err := checkZip(r, size, o); err != nil {
		return nil, err
	}
	var w *workbook
	err := guarded(func() error {
		file, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
			UnzipSizeLimit:    unpackedRatio * o.MaxBytes,
			UnzipXMLSizeLimit: min(inMemory, unpackedRatio*o.MaxBytes),
			ShortDatePattern:  "yyyy/m/d", // as Chinese Excel shows them, and Time reads them
			LongDatePattern:   "yyyy年m月d日",
			LongTimePattern:   "h:mm:ss",
			CultureInfo:       excelize.CultureNameZhCN,
		})
		if err != nil {
			return fault.New(fault.Invalid, "sheet.workbook_broken", err)
		}
		w = &workbook{file: file}
		return w.pick(o.Sheet, info)
	})
	if err != nil {
		if w != nil {
			_ = w.close()
		}
		return nil, err
	}
	return w, nil
}

// checkZip refuses, before anything is unpacked, what is no workbook or would
// fill the machine.
func checkZip(r io.ReaderAt, size int64, o Options) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fault.New(fault.Invalid, "sheet.workbook_broken", err)
	}
	var total uint64
	found := false
	for _, f := range z.File {
		total += f.UncompressedSize64
		found = found || strings.EqualFold(strings.ReplaceAll(f.Name, `\`, "/"), "xl/workbook.xml")
	}
	if total > uint64(unpackedRatio*o.MaxBytes) || len(z.File) > zipEntries {
		return fault.New(fault.Invalid, "sheet.unpacked_too_large", nil, unpackedRatio*o.MaxBytes>>20)
	}
	if !found {
		return fault.New(fault.Invalid, "sheet.not_a_workbook", nil)
	}
	return nil
}

// pick opens the named worksheet, or the first that is not hidden.
func (w *workbook) pick(name string, info *Info) error {
	info.Format, info.Sheets = "xlsx", w.file.GetSheetList()
	for _, s := range info.Sheets {
		if name != "" && fold(s) != fold(name) {
			continue
		}
		if visible, err := w.file.GetSheetVisible(s); name == "" && (err != nil || !visible) {
			continue
		}
		rows, err := w.file.Rows(s)
		if err != nil {
			return fault.New(fault.Invalid, "sheet.workbook_broken", err)
		}
		w.rows, info.Sheet = rows, s
		return nil
	}
	return fault.New(fault.Invalid, "sheet.sheet_missing", nil, name, strings.Join(info.Sheets, "、"))
}

func (w *workbook) next() (int, []string, error) {
	var cells []string
	err := guarded(func() error {
		if !w.rows.Next() {
			if err := w.rows.Error(); err != nil {
				return fault.New(fault.Invalid, "sheet.workbook_broken", err)
			}
			return io.EOF
		}
		w.number++
		var err error
		if cells, err = w.rows.Columns(); err != nil {
			return fault.New(fault.Invalid, "sheet.workbook_broken", err)
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	return w.number, cells, nil
}

func (w *workbook) close() error {
	if w.rows != nil {
		_ = w.rows.Close() // only a temporary file, which the next line removes
	}
	return w.file.Close()
}

// guarded turns a panic of the library into an error: a workbook made to break
// the parser must cost its sender an error page, not the city its server.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Invalid, "sheet.workbook_broken", fmt.Errorf("panic in the XLSX reader: %v", p))
		}
	}()
	return f()
}
