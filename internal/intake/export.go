package intake

import (
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// Exports are this feature's lists as tables: what an import kept out. Rows of
// other systems name people, so taking them is taking contact data.
func (s *Service) Exports() []export.List {
	return []export.List{{Name: "sms", Back: "/sms", Policy: "intake.desk", Open: s.exportSMS}, {Name: "imports", Back: "/import", Policy: "intake.import", Open: exportImports}, {Name: "refused", Back: "/import/{of}", Policy: "intake.import", Always: true, Open: s.exportRefused}}
}

// exportRefused are the rows that were kept out, as they were, each with its
// number and what to mend. Mended it can be imported again as it is.
func (s *Service) exportRefused(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	run, err := FindImport(tx, q.Get("of"))
	if err != nil {
		return export.Table{}, err
	}
	im, err := s.importOf(run)
	if err != nil {
		return export.Table{}, err
	}
	units, err := actor.Units(tx)
	if err != nil {
		return export.Table{}, err
	}
	im.now, im.reader = tx.Now, s.newRowReader(im.m, units, tx.Now)
	d, err := im.open(im.m.Mapping)
	if err != nil {
		return export.Table{}, err
	}
	t := export.Table{Filter: run.Name, Count: run.Refused}
	width := len(d.Header.Names)
	for i, name := range append(append([]string{}, d.Header.Names...), b.T("intake.import_row_number"), b.T("intake.import_reason")) {
		t.Columns = append(t.Columns, export.Column{Name: "c" + strconv.Itoa(i+1), Label: name})
	}
	t.Each = func(yield func(export.Row) error) error {
		return im.eachRefused(tx, func(row sheet.Row, problems []sheet.Problem) error {
			cells := make([]any, 0, width+2)
			for _, c := range row.Cells[:width] {
				cells = append(cells, c)
			}
			return yield(export.Row{Cells: append(cells, int64(row.Number), sayAll(b, problems))})
		})
	}
	return t, d.Close()
}

func sayAll(b page.Base, problems []sheet.Problem) string {
	var out []string
	for _, p := range problems {
		out = append(out, sayProblem(b, p))
	}
	return strings.Join(out, "；")
}

// eachRefused reads the file once more. Nothing is written: what kept a row out
// is in the row itself.
func (im *importing) eachRefused(tx *sqldb.Tx, do func(sheet.Row, []sheet.Problem) error) error {
	if err := im.survey(tx.Ctx); err != nil {
		return err
	}
	d, err := im.open(im.m.Mapping)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		row, err := d.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if x := im.reader.read(row); x.refused() {
			if err := do(row, x.problems); err != nil {
				return err
			}
		}
	}
}

// exportImports are the files that came in, the newest first.
func exportImports(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	runs, err := Imports(tx, mostRuns)
	rows := make([][]any, len(runs))
	for i, r := range runs {
		_, state := importState(b, r)
		rows[i] = []any{r.Name, r.Source, state, r.Rows, r.Imported, r.Existing, r.Refused, export.When(b, r.Created), export.When(b, r.Finished)}
	}
	return export.Rows(export.Columns("file", "source", "state", "rows", "imported", "existing", "refused", "at", "ended"), "", rows), err
}

// mostRuns is more imports than a city makes.
const mostRuns = 10_000
