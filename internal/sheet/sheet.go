// Package sheet reads and writes tables as strangers send them: CSV and XLSX,
// in whatever encoding and with whatever title rows an office produces. Rows
// are streamed, so memory does not grow with the number of rows. A Mapping
// turns rows into records, with a sentence for every cell that must be mended.
//
// Row numbers are always those that Excel shows, so that "row 37" in a message
// is row 37 on the person's screen.
package sheet

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/width"

	"gongzhi/internal/fault"
)

// Options says what to expect of a file. The zero value suits files from
// strangers.
type Options struct {
	Encoding  string   // "utf-8", "utf-16" or "gb18030"; empty: found out
	Sheet     string   // name of the worksheet; empty: the first visible one
	Columns   []string // columns that must be there: they mark the header row
	HeaderRow int      // row of the header as Excel counts; 0: found out
	Trim      bool     // cut tabs, spaces, U+3000 and U+00A0 round every cell

	// Limits; 0 takes the default. A file past a limit is refused with a
	// sentence that names it.
	MaxBytes   int64 // of the file, and eight times that once unpacked; 64 MiB
	MaxCell    int   // bytes of one cell; 1 MiB
	MaxColumns int   // 1,024
	MaxRows    int   // 1,048,576, as many as Excel has
}

func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 64 << 20
	}
	if o.MaxCell == 0 {
		o.MaxCell = 1 << 20
	}
	if o.MaxColumns == 0 {
		o.MaxColumns = 1024
	}
	if o.MaxRows == 0 {
		o.MaxRows = 1 << 20
	}
	return o
}

// Info is what was found out about a file.
type Info struct {
	Name      string
	Format    string // "csv" or "xlsx"
	Encoding  string // of a CSV file
	Delimiter string // of a CSV file
	Sheet     string // of a workbook: the worksheet read
	Sheets    []string
	HeaderRow int // as Excel counts
}

// source gives the raw rows of one format. It returns io.EOF after the last.
type source interface {
	next() (number int, cells []string, err error)
	close() error
}

// Reader gives the rows under the header, one at a time.
type Reader struct {
	Info   Info
	Header *Header

	opt     Options
	src     source
	pending []Row // rows read while looking for the header
	err     error
}

// Row is one row of the table. Cells has at least as many entries as the
// header has columns.
type Row struct {
	Number int // as Excel shows it
	Cells  []string
	Ragged *Problem // set when the row is wider or narrower than the header

	header *Header
}

// Get returns the cell under the named column, or "" when there is no such
// column. Names are compared as Header.Index does.
func (r Row) Get(column string) string {
	i, ok := r.header.Index(column)
	if !ok || i >= len(r.Cells) {
		return ""
	}
	return r.Cells[i]
}

func (r Row) blank() bool {
	return !slices.ContainsFunc(r.Cells, func(c string) bool { return trim(c) != "" })
}

// Header holds the column names as written, in order.
type Header struct {
	Names []string
	index map[string]int
}

// NewHeader makes a header of names. Of two columns with one name the first
// is found.
func NewHeader(names ...string) *Header {
	h := &Header{Names: names, index: make(map[string]int, len(names))}
	for i, n := range names {
		f := fold(n)
		if _, seen := h.index[f]; !seen && f != "" {
			h.index[f] = i
		}
	}
	return h
}

// Row makes a row under h: for tests, and for tables that are not files.
func (h *Header) Row(number int, cells ...string) Row {
	return Row{Number: number, Cells: cells, header: h}
}

// Index finds a column by name; spaces, case and full-width forms make no
// difference.
func (h *Header) Index(name string) (int, bool) {
	if h == nil {
		return 0, false
	}
	if i, ok := h.index[name]; ok { // names already folded, as mappings hold them
		return i, true
	}
	i, ok := h.index[fold(name)]
	return i, ok
}

// Open finds out what r holds, by content and not by name, and reads as far as
// the header. Errors are faults whose sentence says how to mend the file.
func Open(name string, r io.ReaderAt, size int64, o Options) (*Reader, error) {
	o = o.withDefaults()
	if size == 0 {
		return nil, fault.New(fault.Invalid, "sheet.empty_file", nil)
	}
	if size > o.MaxBytes {
		return nil, fault.New(fault.Invalid, "sheet.file_too_large", nil, o.MaxBytes>>20)
	}
	d := &Reader{opt: o, Info: Info{Name: name}}
	var err error
	if isZip(r) {
		d.src, err = openXLSX(r, size, o, &d.Info)
	} else {
		d.src, err = openCSV(r, size, o, &d.Info)
	}
	if err != nil {
		return nil, err
	}
	if err := d.findHeader(); err != nil {
		return nil, errors.Join(err, d.src.close())
	}
	return d, nil
}

// Next returns the next row that is not blank, or io.EOF.
func (d *Reader) Next() (Row, error) {
	for {
		row, err := d.take()
		if err != nil {
			return Row{}, err
		}
		if !row.blank() {
			return d.fit(row), nil
		}
	}
}

// Close lets go of the file.
func (d *Reader) Close() error { return d.src.close() }

func (d *Reader) take() (Row, error) {
	if len(d.pending) > 0 {
		row := d.pending[0]
		d.pending = d.pending[1:]
		return row, nil
	}
	return d.read()
}

// read returns the next raw row, blank or not. After an error it keeps
// returning it.
func (d *Reader) read() (Row, error) {
	if d.err != nil {
		return Row{}, d.err
	}
	number, cells, err := d.src.next()
	switch {
	case err != nil:
	case number > d.opt.MaxRows:
		err = fault.New(fault.Invalid, "sheet.too_many_rows", nil, d.opt.MaxRows)
	case len(cells) > d.opt.MaxColumns:
		err = fault.New(fault.Invalid, "sheet.too_many_columns", nil, strconv.Itoa(number), d.opt.MaxColumns)
	}
	if err != nil {
		d.err = err
		return Row{}, err
	}
	for i, c := range cells {
		if cells[i] = Unguard(c); d.opt.Trim {
			cells[i] = trim(cells[i])
		}
	}
	return Row{Number: number, Cells: cells}, nil
}

// fit gives row the header and its width, and notes a row that differs. Excel
// leaves empty cells at the end of a row out, so a short row is only worth a
// word in a CSV file.
func (d *Reader) fit(row Row) Row {
	row.header = d.Header
	want, got := len(d.Header.Names), len(row.Cells)
	switch {
	case got > want && slices.ContainsFunc(row.Cells[want:], func(c string) bool { return trim(c) != "" }):
		row.Ragged = &Problem{Row: row.Number, Key: "sheet.row_long", Args: []any{got, want}, Warning: true}
	case got < want && d.Info.Format == "csv":
		row.Ragged = &Problem{Row: row.Number, Key: "sheet.row_short", Args: []any{got, want}, Warning: true}
	}
	for len(row.Cells) < want {
		row.Cells = append(row.Cells, "")
	}
	return row
}

// lookahead is how many rows may stand above the header: titles, notes, the
// name of the office that made the table.
const lookahead = 20

func (d *Reader) findHeader() error {
	var rows []Row
	for len(rows) < lookahead || (d.opt.HeaderRow > 0 && rows[len(rows)-1].Number < d.opt.HeaderRow) {
		row, err := d.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if len(rows) >= lookahead { // a header set far down: rows above it are not data
			rows = rows[1:]
		}
		rows = append(rows, row)
	}
	at := d.headerAmong(rows)
	if at < 0 {
		return fault.New(fault.Invalid, "sheet.no_header", nil)
	}
	names := rows[at].Cells
	for i, n := range names {
		names[i] = trim(n)
	}
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	d.Header, d.pending, d.Info.HeaderRow = NewHeader(names...), rows[at+1:], rows[at].Number
	return nil
}

// headerAmong picks the row that was asked for, else the row with most of the
// wanted columns, else the first row about as wide as the widest: a title
// above a table fills one cell or two.
func (d *Reader) headerAmong(rows []Row) int {
	if n := d.opt.HeaderRow; n > 0 {
		return slices.IndexFunc(rows, func(r Row) bool { return r.Number == n && !r.blank() })
	}
	best, most, widest := -1, 0, 0
	for i, r := range rows {
		h := NewHeader(r.Cells...)
		found := 0
		for _, c := range d.opt.Columns {
			if _, ok := h.Index(c); ok {
				found++
			}
		}
		if found > most {
			best, most = i, found
		}
		widest = max(widest, filled(r))
	}
	if best >= 0 {
		return best
	}
	return slices.IndexFunc(rows, func(r Row) bool { return filled(r) > 0 && filled(r)*5 >= widest*3 })
}

func filled(r Row) int {
	n := 0
	for _, c := range r.Cells {
		if trim(c) != "" {
			n++
		}
	}
	return n
}

// trim cuts the invisible characters that people paste round a cell. U+3000
// and U+00A0 count as spaces; the zero-width ones and stray byte order marks
// do not for unicode.IsSpace, yet nobody can see them either.
func trim(s string) string {
	return strings.Trim(s, " \t\r\n\v\f\u00a0\u3000\ufeff\u200b\u200e\u2028\u2029")
}

// fold makes two spellings of a name equal: full width, case and spaces.
func fold(s string) string {
	if plain(s) {
		return s
	}
	s = strings.ToLower(width.Fold.String(s))
	return strings.Map(func(r rune) rune {
		if trim(string(r)) == "" {
			return -1
		}
		return r
	}, s)
}

// plain reports that folding would change nothing: the usual case for names
// that were folded before.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || c <= ' ' || ('A' <= c && c <= 'Z') {
			return false
		}
	}
	return true
}
