package dispatch

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
	return append(s.adviceTables(), []export.List{
		{Name: "dispatch", Back: "/dispatch", Policy: "dispatch.queue", Contact: true, Open: s.exportQueue},
		{Name: "direct", Back: "/dispatch/direct", Policy: "advice.look", Open: s.exportDirect},
		{Name: "publish", Back: "/publish", Policy: "dispatch.publish", Contact: true, Open: s.exportScreen},
	}...)
}

// exportQueue is one tab of the queue with what is proposed, or asked for.
func (s *Service) exportQueue(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	part := partOf(q.Get("part"))
	if q.Get("repeat") == "any" {
		part.repeat = "any"
	}
	more := func(rows []request.Row) ([][]any, error) { return s.queueCells(tx, b, part, rows) }
	t, err := export.Requests(tx, b, s.Catalog.Book().Calendar, a, part.filter(), export.Columns("waited", "proposed", "assists", "plea"), more)
	t.Filter = b.T("dispatch.part_" + part.name)
	return t, err
}

// exportScreen is what waits for a look before the public sees it.
func (s *Service) exportScreen(tx *sqldb.Tx, b page.Base, a actor.Actor, _ url.Values) (export.Table, error) {
	return export.Requests(tx, b, s.Catalog.Book().Calendar, a, unscreened, nil, nil)
}

func (s *Service) queueCells(tx *sqldb.Tx, b page.Base, part part, rows []request.Row) ([][]any, error) {
	orders := make([]*request.Order, len(rows))
	for i := range rows {
		orders[i] = &rows[i].Order
	}
	pr, err := s.proposer(tx, orders...)
	if err != nil {
		return nil, err
	}
	out := make([][]any, len(rows))
	for i, row := range rows {
		q := queueRow{Row: row}
		if part.sends() {
			q.Proposal = pr.propose(orders[i])
		}
		q.plea(pr)
		var assists []string
		for _, x := range q.Proposal.Assists {
			assists = append(assists, x.Unit.Name)
		}
		lead, plea := q.Proposal.Lead.Name, ""
		if q.Plea != nil {
			lead, plea = q.Proposed, b.T("dispatch.plea_"+q.Plea.Kind, q.Plea.UnitName)
		}
		out[i] = []any{waited(b, row.OpenedAt), lead, strings.Join(assists, b.T("export.comma")), plea}
	}
	return out, nil
}

// exportDirect is what was measured of each category.
func (s *Service) exportDirect(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	rows, err := s.directRows(tx)
	t := export.Table{Count: int64(len(rows)), Columns: export.Columns("category", "decisions", "precision", "direct")}
	t.Each = func(yield func(export.Row) error) error {
		for _, r := range rows {
			if err := yield(export.Row{Cells: []any{r.Name, r.Decisions, r.Precision(), b.T(r.stateKey())}}); err != nil {
				return err
			}
		}
		return nil
	}
	return t, err
}
