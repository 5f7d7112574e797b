package datasecurity

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Exports are this feature's lists as tables: the log, as the auditor reads it.
func (s *Service) Exports() []export.List {
	return []export.List{
		{Name: "audit", Back: "/audit", Policy: "datasecurity.audit", Open: s.exportLog},
		{Name: "exports", Back: "/exports", Policy: "datasecurity.exports", Open: exportExports},
	}
}

func (s *Service) exportLog(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	p := &auditPage{Base: b, F: searchOf(q, s.zone())}
	n, err := Count(tx, a, p.F)
	if err != nil {
		return export.Table{}, err
	}
	t := export.Table{Count: n, Filter: p.filterWords(q), Columns: export.Columns("at", "who", "login", "of_unit", "deed", "about", "detail")}
	t.Each = func(yield func(export.Row) error) error {
		for f := p.F; ; {
			lines, next, err := Read(tx, a, f)
			if err != nil {
				return err
			}
			for _, l := range lines {
				if err := yield(export.Row{Cells: []any{export.When(b, l.At), l.Who, l.Login, l.Unit, p.deed(l), l.About, l.Detail}}); err != nil {
					return err
				}
			}
			if f.After = next; next == "" {
				return nil
			}
		}
	}
	return t, nil
}

// searchOf reads the conditions of the log's page. What cannot be read does not
// narrow; the page says so, and its export follows the page.
func searchOf(q url.Values, zone *time.Location) Search {
	f := Search{Kind: q.Get("kind"), Person: strings.TrimSpace(q.Get("person")), Number: id.CleanNumber(q.Get("number"))}
	if !slices.Contains(Kinds, f.Kind) {
		f.Kind = Kinds[0]
	}
	day := func(name string) time.Time {
		t, _ := time.ParseInLocation(time.DateOnly, q.Get(name), zone)
		return t
	}
	if f.From, f.To = day("from"), day("to"); !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1) // the day itself is meant
	}
	return f
}

func (p *auditPage) filterWords(q url.Values) string {
	words := []string{p.T("datasecurity.kind_" + p.F.Kind)}
	for _, name := range []string{"person", "number", "from", "to"} {
		if v := strings.TrimSpace(q.Get(name)); v != "" {
			words = append(words, p.T("datasecurity."+name)+" "+v)
		}
	}
	return strings.Join(words, " · ")
}

// exportExports is who took what, as the page of exports lists it.
func exportExports(tx *sqldb.Tx, b page.Base, a actor.Actor, _ url.Values) (export.Table, error) {
	var n int64
	const q = `select cast(count(*) as bigint) from datasecurity_export where $1 or staff_id = $2`
	if err := tx.QueryRow(q, actor.Allowed(a, "datasecurity.audit"), a.ID).Scan(&n); err != nil {
		return export.Table{}, err
	}
	next := func(after string) ([]*Export, string, error) { return Exports(tx, a, after) }
	columns := export.Columns("number", "table", "filter", "rows", "with_contact", "reason", "who", "of_unit", "at", "state", "decided_by")
	return export.Lots(columns, "", n, next, func(e *Export) []any {
		_, state := exportState(b, e)
		contact := ""
		if e.Contact {
			contact = b.T("datasecurity.export_with_contact")
		}
		return []any{e.Number, b.T("export.list_" + e.List), e.Filter, e.Total, contact, e.Reason, e.Who, e.UnitName, export.When(b, e.AskedAt), state, e.DeciderName}
	}), nil
}
