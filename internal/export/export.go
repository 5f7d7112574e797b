// Package export is what a list offers so that it can leave the program as a
// table: its columns, how many rows it has now, and the rows one by one, read by
// the same query and for the same person as the page. How such a table is asked
// for, approved, marked and handed over is package datasecurity's.
package export

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// List is a list that can be exported.
type List struct {
	Name    string       // in the address /export/NAME, and of its words export.list_NAME
	Back    string       // the page it belongs to; {of} stands for what the list is about
	Policy  actor.Action // who sees the page, and so may export it
	Contact bool         // its rows are requests, whose contact data can be asked for
	Always  bool         // it holds personal data whatever is asked for
	Open    func(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (Table, error)
}

// Table is a list as it is at one moment for one person.
type Table struct {
	Columns []Column
	Filter  string // what narrows it, in words
	Count   int64  // as the page says
	Each    func(yield func(Row) error) error
}

// Column is one column, in the order of the cells.
type Column struct {
	Name  string // what the form sends, and the end of the key of its words
	Label string // words where the catalogue has none, as for a file of somebody else
	Width float64
}

// Row is one line of a table. A cell is a string, an int64, a float64, a
// time.Time or nil.
type Row struct {
	Cells []any
	Order *request.Order // whose contact data belong to it
}

// Of is the name by which a question says what its list is about, such as one
// device, and by which Back takes it.
const Of = "of"

// BackTo is the page that a question came from, narrowed as it was.
func (l List) BackTo(q url.Values) string {
	rest, to := maps.Clone(q), strings.ReplaceAll(l.Back, "{"+Of+"}", url.PathEscape(q.Get(Of)))
	if to != l.Back {
		delete(rest, Of)
	}
	if len(rest) > 0 {
		to += "?" + rest.Encode()
	}
	return to
}

// Heading is the word above a column.
func (c Column) Heading(b page.Base) string {
	if c.Label != "" || !locale.Has(b.Lang, "export.col_"+c.Name) {
		return c.Label
	}
	return b.T("export.col_" + c.Name)
}

// Columns names columns one after the other.
func Columns(names ...string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		out[i] = Column{Name: n}
	}
	return out
}

// Keep is the table with the named columns only, in its own order; an unknown
// name keeps nothing, and without any known name all stay.
func (t Table) Keep(names []string) Table {
	var at []int
	for i, c := range t.Columns {
		if slices.Contains(names, c.Name) {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return t
	}
	out := Table{Filter: t.Filter, Count: t.Count}
	for _, i := range at {
		out.Columns = append(out.Columns, t.Columns[i])
	}
	out.Each = func(yield func(Row) error) error {
		return t.Each(func(r Row) error {
			cells := make([]any, len(at))
			for j, i := range at {
				cells[j] = r.Cells[i]
			}
			return yield(Row{cells, r.Order})
		})
	}
	return out
}

// Rows is a table whose rows are few and known.
func Rows(columns []Column, filter string, rows [][]any) Table {
	return Table{Columns: columns, Filter: filter, Count: int64(len(rows)), Each: func(yield func(Row) error) error {
		for _, cells := range rows {
			if err := yield(Row{Cells: cells}); err != nil {
				return err
			}
		}
		return nil
	}}
}

// Lots is a table that is read lot by lot: next gives those behind a cursor, and
// the cursor of the lot after them, "" none.
func Lots[T any](columns []Column, filter string, count int64, next func(after string) ([]T, string, error), cells func(T) []any) Table {
	return Table{Columns: columns, Filter: filter, Count: count, Each: func(yield func(Row) error) error {
		for after := ""; ; {
			lot, more, err := next(after)
			if err != nil {
				return err
			}
			for _, x := range lot {
				if err := yield(Row{Cells: cells(x)}); err != nil {
					return err
				}
			}
			if after = more; after == "" {
				return nil
			}
		}
	}}
}
