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
	return []export.List{{Name: "audit", Back: "/audit", Policy: "datasecurity.audit", Open: s.exportLog}}
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
