package sheet

import (
	"slices"
	"strings"
	"time"
)

// Mapping says how the columns of somebody's table become the fields that we
// know. It is data: a JSON file in the repository or in a city's folder, see
// docs in mapping_load.go and the examples in testdata.
type Mapping struct {
	Name     string
	Source   string // where the rows come from: ids are unique within it
	Encoding string // hint for Options
	Sheet    string
	Header   int // row of the header as Excel counts; 0: found out
	Zone     *time.Location

	Fields []Field

	Settings map[string]string // what the taker of the records wants to know beside the fields

	id      []string            // columns that make up the source id
	aliases map[string][]string // folded column → other names, folded
}

// Field is one target field and the steps that fill it, taken in the order in
// which they stand here.
type Field struct {
	To       string   // target field
	From     []string // columns; more than one are joined
	Const    string   // instead of columns
	Join     string   // between joined columns; empty cells are left out
	Optional bool     // the columns may be missing in the file
	Raw      bool     // keep the spaces round the value

	Split   string // cut at this text …
	Part    int    // … and take this part, from 1, or from the end when negative; 0: all, one a line
	Default string
	Lookup  map[string]string // folded value → ours; "*" is any other, "=" keeps the value
	choices []string          // keys of Lookup as written, for the message
	Time    *TimeRule
	Number  *NumberRule
	Max     int // characters
	Require bool

	Note    string // for the template: what belongs here
	Example string
}

// TimeRule reads a moment; the record holds RFC 3339. Formats are Go layouts;
// without any, whatever Time understands is taken.
type TimeRule struct {
	Formats []string
	Shown   []string // the formats as the mapping file has them
}

// NumberRule reads a number; the record holds it in plain digits.
type NumberRule struct {
	Min, Max *float64
	Decimals int // most that are allowed; -1: any
}

// SourceID is the field of a Record that holds the id which the row has where
// it came from.
const SourceID = "source_id"

// Record is one row as our fields.
type Record map[string]string

// Problem is something a person can mend in the table. Its sentence is Key in
// the catalogues, filled with Args; row and column stand beside it.
type Problem struct {
	Row     int
	Column  string
	Value   string // what the cell holds, shortened
	Key     string
	Args    []any
	Warning bool // the row is taken all the same
}

// Options for opening a file that this mapping describes.
func (m *Mapping) Options() Options {
	return Options{Encoding: m.Encoding, Sheet: m.Sheet, HeaderRow: m.Header, Columns: m.wanted(), Trim: true}
}

func (m *Mapping) wanted() []string {
	var names []string
	for _, c := range m.Columns() {
		names = append(names, c.Name)
		for alias, others := range m.aliases {
			if alias == fold(c.Name) {
				names = append(names, others...)
			}
		}
	}
	return names
}

// Refused reports that among problems is one that keeps the row out.
func Refused(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}

// Apply turns a row into a record and lists what is wrong with it. All fields
// are tried, so that a person sees every problem of a row at once. A record
// with problems must not be stored unless they are all warnings.
func (m *Mapping) Apply(row Row) (Record, []Problem) {
	a := apply{m: m, row: row}
	if row.Ragged != nil {
		a.problems = append(a.problems, *row.Ragged)
	}
	record := make(Record, len(m.Fields)+1)
	if len(m.id) > 0 {
		record[SourceID] = a.sourceID()
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		record[f.To] = a.field(f)
	}
	return record, a.problems
}

type apply struct {
	m        *Mapping
	row      Row
	problems []Problem
}

// cell finds a column under its own name or another that the mapping allows.
func (a *apply) cell(column string) string {
	i, ok := a.m.find(a.row.header, column)
	if !ok || i >= len(a.row.Cells) {
		return ""
	}
	return a.row.Cells[i]
}

func (m *Mapping) find(h *Header, column string) (int, bool) {
	if i, ok := h.Index(column); ok {
		return i, true
	}
	for _, other := range m.aliases[fold(column)] {
		if i, ok := h.Index(other); ok {
			return i, true
		}
	}
	return 0, false
}

// sourceID joins the id columns. All must be filled: half an id would make two
// rows one.
func (a *apply) sourceID() string {
	parts := make([]string, len(a.m.id))
	for i, c := range a.m.id {
		if parts[i] = trim(a.cell(c)); parts[i] == "" {
			a.add(c, "", "sheet.id_missing")
			return ""
		}
	}
	return strings.Join(parts, "/")
}

func (a *apply) add(column, value, key string, args ...any) {
	a.problems = append(a.problems, Problem{Row: a.row.Number, Column: column, Value: shorten(value), Key: key, Args: args})
}

// field runs the steps of f. The first that fails ends it with its problem.
func (a *apply) field(f *Field) string {
	column := strings.Join(f.From, " + ")
	value := a.gather(f)
	given := value
	value, ok := f.cut(value)
	if !ok {
		a.add(column, given, "sheet.split_missing", f.Split, f.Part)
		return ""
	}
	if value == "" {
		value = f.Default
	}
	if value == "" {
		if f.Require {
			a.add(column, "", "sheet.required")
		}
		return ""
	}
	value, key, args := f.convert(value, a.m.Zone)
	if key != "" {
		a.add(column, given, key, args...)
		return ""
	}
	return value
}

func (a *apply) gather(f *Field) string {
	if len(f.From) == 0 {
		return f.Const
	}
	if len(f.From) == 1 {
		return f.tidy(a.cell(f.From[0]))
	}
	var parts []string
	for _, c := range f.From {
		if s := f.tidy(a.cell(c)); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, f.Join)
}

func (f *Field) tidy(s string) string {
	if f.Raw {
		return s
	}
	return trim(s)
}

// cut takes one part of the value, or all parts, one a line.
func (f *Field) cut(s string) (string, bool) {
	if f.Split == "" || s == "" {
		return s, true
	}
	parts := strings.Split(s, f.Split)
	for i := range parts {
		parts[i] = f.tidy(parts[i])
	}
	at := f.Part - 1
	switch {
	case f.Part == 0:
		parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
		return strings.Join(parts, "\n"), true
	case f.Part < 0:
		at = len(parts) + f.Part
	}
	if at < 0 || at >= len(parts) {
		return "", f.Optional || f.Default != ""
	}
	return parts[at], true
}

// Only is the mapping cut down to some of its target fields, for a first look
// at a file.
func (m *Mapping) Only(to ...string) *Mapping {
	less := *m
	less.id, less.Fields = nil, nil
	for _, f := range m.Fields {
		if slices.Contains(to, f.To) {
			less.Fields = append(less.Fields, f)
		}
	}
	return &less
}

// ID are the columns that make up the source id.
func (m *Mapping) ID() []string { return m.id }
