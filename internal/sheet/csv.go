package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"

	"gongzhi/internal/fault"
)

// openCSV reads delimited text. The parser is our own because encoding/csv
// skips blank lines, which shifts every row number after them away from what
// Excel shows, and because it lets one forgotten quote swallow a whole file.
func openCSV(r io.ReaderAt, size int64, o Options, info *Info) (source, error) {
	text, encoding, err := decode(r, size, o.Encoding)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(text, chunk)
	sample, err := in.Peek(chunk)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.HasPrefix(sample, []byte("\ufeff")) { // GB18030 has a mark of its own
		_, _ = in.Discard(len("\ufeff"))
		sample = sample[len("\ufeff"):]
	}
	delimiter := sniff(sample)
	info.Format, info.Encoding, info.Delimiter = "csv", encoding, string(delimiter)
	return &parser{in: in, delimiter: delimiter, maxCell: o.MaxCell, maxColumns: o.MaxColumns}, nil
}

// sniff picks the delimiter that gives the most rows of one width.
func sniff(sample []byte) byte {
	best, most := byte(','), 0
	for _, d := range []byte{',', '\t', ';'} {
		widths := map[int]int{}
		p := parser{in: bufio.NewReader(bytes.NewReader(sample)), delimiter: d, maxCell: len(sample) + 1, maxColumns: 1 << 14}
		for range 50 {
			_, cells, err := p.next()
			if err != nil {
				break
			}
			if len(cells) > 1 {
				widths[len(cells)]++
			}
		}
		score := 0
		for _, n := range widths {
			score = max(score, n)
		}
		if score > most {
			best, most = d, score
		}
	}
	return best
}

// parser reads delimited text as Excel does: quotes count only at the start
// of a cell, a doubled quote is a quote, and text after the closing quote is
// kept.
type parser struct {
	in         *bufio.Reader
	delimiter  byte
	maxCell    int
	maxColumns int

	number int
	text   []byte // the row so far
	ends   []int  // where each of its cells ends in text
}

func (p *parser) close() error { return nil }

func (p *parser) next() (int, []string, error) {
	p.number++
	p.text, p.ends = p.text[:0], p.ends[:0]
	if _, err := p.in.Peek(1); err != nil {
		return 0, nil, err
	}
	for {
		more, err := p.cell()
		if err != nil {
			return 0, nil, err
		}
		p.ends = append(p.ends, len(p.text))
		if len(p.ends) > p.maxColumns {
			return 0, nil, fault.New(fault.Invalid, "sheet.too_many_columns", nil, strconv.Itoa(p.number), p.maxColumns)
		}
		if !more {
			return p.number, p.cells(), nil
		}
	}
}

// cells cuts one string into the row's cells: one allocation for the text.
func (p *parser) cells() []string {
	row := string(p.text)
	cells := make([]string, len(p.ends))
	start := 0
	for i, end := range p.ends {
		cells[i] = row[start:end]
		start = end
	}
	return cells
}

// cell reads one cell and reports whether another follows in this row.
func (p *parser) cell() (more bool, err error) {
	start := len(p.text)
	c, err := p.in.ReadByte()
	if err != nil {
		return false, eofIsEnd(err)
	}
	if c == '"' {
		if err := p.quoted(start); err != nil {
			return false, err
		}
		if c, err = p.in.ReadByte(); err != nil {
			return false, eofIsEnd(err)
		}
	}
	for {
		switch c {
		case p.delimiter:
			return true, nil
		case '\n':
			return false, nil
		case '\r':
			if next, err := p.in.Peek(1); err == nil && next[0] == '\n' {
				_, _ = p.in.Discard(1)
			}
			return false, nil
		}
		p.text = append(p.text, c)
		if len(p.text)-start > p.maxCell {
			return false, fault.New(fault.Invalid, "sheet.cell_too_large", nil, strconv.Itoa(p.number), p.maxCell>>10)
		}
		if c, err = p.in.ReadByte(); err != nil {
			return false, eofIsEnd(err)
		}
	}
}

// quoted reads up to the closing quote. A quote that is never closed would
// take the rest of the file into one cell, so it ends at the limit and the
// message names the row where it was opened.
func (p *parser) quoted(start int) error {
	for {
		c, err := p.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return fault.New(fault.Invalid, "sheet.quote_open", nil, strconv.Itoa(p.number))
		}
		if err != nil {
			return err
		}
		if c == '"' {
			next, err := p.in.Peek(1)
			if err != nil || next[0] != '"' {
				return nil
			}
			_, _ = p.in.Discard(1)
		}
		p.text = append(p.text, c)
		if len(p.text)-start > p.maxCell {
			return fault.New(fault.Invalid, "sheet.quote_open", nil, strconv.Itoa(p.number))
		}
	}
}

func eofIsEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// isZip reports that r begins as every XLSX does.
func isZip(r io.ReaderAt) bool {
	head := make([]byte, 4)
	n, _ := r.ReadAt(head, 0)
	return slices.Equal(head[:n], []byte("PK\x03\x04"))
}
