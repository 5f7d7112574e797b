package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/sheet"
)

// readTable gives the rows of a CSV or Excel file to take, in order. Columns that
// are not there are named.
func readTable(path string, need []string, take func(sheet.Row) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := sheet.Open(path, f, info.Size(), sheet.Options{Columns: need, MaxBytes: 4 << 30})
	if err != nil {
		key, args := fault.KeyOf(err)
		return errors.New(locale.T(locale.EN, key, args...))
	}
	defer r.Close()
	for _, name := range need {
		if _, there := r.Header.Index(name); !there {
			return fmt.Errorf("%s has no column %q; it has %q", path, name, r.Header.Names)
		}
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = take(row)
		}
		if err != nil {
			return err
		}
	}
}

// cells are the named cells of a row.
func cells(row sheet.Row, names []string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, row.Get(n))
	}
	return slices.Clip(out)
}
