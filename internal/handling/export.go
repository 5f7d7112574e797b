package handling

import (
	"net/url"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Exports are this feature's lists as tables.
func (s *Service) Exports() []export.List {
	return []export.List{
		{Name: "list", Back: "/list", Policy: "request.list", Contact: true, Open: s.exportList},
		{Name: "today", Back: "/today", Policy: "handling.work", Contact: true, Open: s.exportToday},
	}
}

func (s *Service) exportList(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	f := request.ParseFilter(q, s.zone())
	p := &listPage{Base: b, Filter: f}
	p.Path = "/list"
	f.Categories = s.below(f.Categories)
	t, err := export.Requests(tx, b, s.Catalog.Book().Calendar, a, f, nil, nil)
	if err != nil {
		return t, err
	}
	if p.Units, err = s.unitOptions(tx, b, &request.Order{}, ""); err != nil {
		return t, err
	}
	var words []string
	if !actor.SeesAll(a) {
		words = append(words, b.T("handling.list_mine"))
	}
	for _, c := range s.chips(p, q) {
		words = append(words, c.Label)
	}
	t.Filter = strings.Join(words, b.T("handling.semicolon"))
	return t, nil
}

// exportToday has the jobs that the page has, in its order.
func (s *Service) exportToday(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	p := &todayPage{Base: b, Unit: a.UnitName, Segment: q.Get("part")}
	if err := s.fillToday(tx, a, p); err != nil {
		return export.Table{}, err
	}
	t := export.Table{Columns: append(append([]export.Column{}, export.RequestColumns...), export.Columns("role", "task", "task_due", "task_standing")...),
		Count: int64(len(p.Jobs)), Filter: a.UnitName + b.T("handling.semicolon") + b.T("handling.part_"+orAll(p.Segment))}
	t.Each = func(yield func(export.Row) error) error {
		for i := range p.Jobs {
			if err := yield(s.jobRow(b, &p.Jobs[i])); err != nil {
				return err
			}
		}
		return nil
	}
	return t, nil
}

func (s *Service) jobRow(b page.Base, j *job) export.Row {
	role := b.T("handling.assistant")
	if j.Task.Lead {
		role = b.T("handling.lead")
	}
	cells := append(export.Cells(b, s.Catalog.Book().Calendar, &j.Row), role, b.T("handling.part_"+j.Segment), export.When(b, j.Task.DueAt), j.Word)
	return export.Row{Cells: cells, Order: &j.Order}
}
