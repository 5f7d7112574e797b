package sheet

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Writer takes a table row by row; the first row is the header. Close writes
// what is left; it does not close the underlying writer. What a Writer wrote,
// Open reads back unchanged.
type Writer interface {
	Write(cells ...string) error
	// Row writes cells of other types too: an int64 or a float64 is a number to
	// reckon with, a time.Time a date and clock in its own zone, nil nothing.
	// Whatever is text stays text.
	Row(cells ...any) error
	Close() error
}

// clock is how a table writes a moment; Time reads it.
const clock = "2006-01-02 15:04:05"

// CSV writes UTF-8 with a byte order mark, without which Excel shows Chinese
// as noise, every cell guarded against being taken for a formula.
func CSV(w io.Writer) Writer { return &csvWriter{out: bufio.NewWriter(w)} }

type csvWriter struct {
	out     *bufio.Writer
	started bool
}

func (c *csvWriter) Write(cells ...string) error { return c.Row(anys(cells)...) }

func anys(cells []string) []any {
	out := make([]any, len(cells))
	for i, s := range cells {
		out[i] = s
	}
	return out
}

func (c *csvWriter) Row(cells ...any) error {
	if !c.started {
		c.started = true
		_, _ = c.out.WriteString("\ufeff")
	}
	for i, cell := range cells {
		if i > 0 {
			_ = c.out.WriteByte(',')
		}
		c.cell(csvText(cell), len(cells) == 1)
	}
	_, err := c.out.WriteString("\r\n") // bufio keeps the first error and returns it here
	return err
}

// csvText guards texts only: a negative number is no formula.
func csvText(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case string:
		return Guard(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.Format(clock)
	}
	return Guard(fmt.Sprint(cell))
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
