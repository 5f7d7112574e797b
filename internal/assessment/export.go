package assessment

import (
	"math"
	"net/url"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Exports are this feature's lists as tables.
func (s *Service) Exports() []export.List {
	board := func(name string, rows func(*boardPage) ([]export.Column, [][]any)) export.List {
		return export.List{Name: "board-" + name, Back: "/board", Policy: "assessment.board", Open: s.exportBoard(rows)}
	}
	return []export.List{
		{Name: "review", Back: "/review", Policy: "assessment.review", Contact: true, Open: s.exportQueue(reviewQueue)},
		{Name: "callback", Back: "/callback", Policy: "assessment.callback", Contact: true, Open: s.exportQueue(callbackQueue)},
		{Name: "supervise", Back: "/supervise", Policy: "assessment.supervise", Contact: true, Open: s.exportSupervision},
		board("units", unitTable), board("topics", topicTable), board("areas", areaTable), board("inflow", inflowTable),
	}
}

type opener = func(*sqldb.Tx, page.Base, actor.Actor, url.Values) (export.Table, error)

func (s *Service) exportQueue(q queue) opener {
	return func(tx *sqldb.Tx, b page.Base, a actor.Actor, _ url.Values) (export.Table, error) {
		more := func(rows []request.Row) ([][]any, error) {
			calls, err := callsOf(tx, rows)
			out := make([][]any, len(rows))
			for i, r := range rows {
				last := ""
				if c := calls[r.ID]; c.N > 0 {
					last = b.T("assessment.outcome_" + c.Outcome)
				}
				out[i] = []any{calls[r.ID].N, last}
			}
			return out, err
		}
		f := request.Filter{States: []string{q.state}, Sort: "old"}
		t, err := export.Requests(tx, b, s.Catalog.Book().Calendar, a, f, export.Columns("calls", "call"), more)
		t.Filter = b.T("assessment." + q.name)
		return t, err
	}
}

func (s *Service) exportSupervision(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	kind := q.Get("kind")
	if !slices.Contains(marks, kind) {
		kind = marks[0]
	}
	more := func(rows []request.Row) ([][]any, error) {
		demands, err := demandsOn(tx, rows, kind)
		out := make([][]any, len(rows))
		for i, r := range rows {
			d, level := demands[r.ID], ""
			if d.Level != "" {
				level = b.T("assessment.level_" + d.Level)
			}
			out[i] = []any{export.When(b, d.At), d.By, d.Unit, level, export.When(b, d.Due)}
		}
		return out, err
	}
	f := request.Filter{Flag: kind, Open: "yes", Sort: "due"}
	t, err := export.Requests(tx, b, s.Catalog.Book().Calendar, a, f, export.Columns("demanded", "demanded_by", "demanded_of", "level", "answer_by"), more)
	t.Filter = b.T("assessment.kind_" + kind)
	return t, err
}

// exportBoard counts the board once more, by the code of the page.
func (s *Service) exportBoard(rows func(*boardPage) ([]export.Column, [][]any)) opener {
	return func(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
		book := s.Catalog.Book()
		p := &boardPage{Base: b, Sort: q.Get("sort"), whole: actor.SeesAll(a)}
		var err error
		if p.B, err = count(tx, a, newSpan(q.Get("span"), tx.Now, book.Calendar.Zone), q.Get("unit"), book.Tree, s.Atlas.Atlas()); err != nil {
			return export.Table{}, err
		}
		p.order()
		columns, cells := rows(p)
		return export.Rows(columns, p.B.Base.Name+" "+p.spanWords(), cells), nil
	}
}

// unitTable has counts and the counts behind each rate, so that every rate can
// be reckoned anew; one of too few answers is left out, as on the page.
func unitTable(p *boardPage) ([]export.Column, [][]any) {
	var out [][]any
	for _, r := range p.B.Units {
		name := r.Unit.Name
		if r.Total {
			name = p.T("assessment.total", name)
		}
		out = append(out, []any{name, r.Taken.N, r.Open.N, r.Overdue.N, r.Returned.N, r.Reopened.N, r.Finished.N, r.tookDays(.5), r.tookDays(.9),
			r.Kept.N, r.Due.N, share(r.Kept.N, r.Due.N), r.Solved.N, r.Reached.N, share(r.Solved.N, r.Reached.N)})
	}
	return export.Columns("unit", "taken", "open", "overdue", "returned", "reopened", "finished", "median_days", "p90_days",
		"kept", "fell_due", "kept_rate", "solved_n", "reached", "solved_rate"), out
}

// tookDays is took as a number.
func (r unitRow) tookDays(part float64) any {
	if r.took(part) == "–" {
		return nil
	}
	return math.Round(r.Took.days(part)*10) / 10
}

func share(k, n int64) any {
	if n < leastForRate {
		return nil
	}
	return math.Round(10_000*float64(k)/float64(n)) / 10_000
}

func topicTable(p *boardPage) ([]export.Column, [][]any) {
	var out [][]any
	for _, r := range p.B.Topics {
		var former any
		if p.former(r) != "–" {
			former = r.Former
		}
		out = append(out, []any{r.Name, r.Taken.N, former, r.Open.N, r.Overdue.N, r.Redone.N})
	}
	return export.Columns("category", "taken", "former", "open", "overdue", "reopened"), out
}

func areaTable(p *boardPage) ([]export.Column, [][]any) {
	var out [][]any
	for _, r := range p.B.Areas {
		out = append(out, []any{r.Area.Name, r.Open.N, r.Overdue.N})
	}
	return export.Columns("area", "open", "overdue"), out
}

func inflowTable(p *boardPage) ([]export.Column, [][]any) {
	var out [][]any
	for _, d := range p.B.Inflow.Days {
		cells := []any{export.When(p.Base, d.From), int64(d.N), nil, nil, nil}
		if d.Of > 0 {
			cells[2], cells[3], cells[4] = d.Low, d.High, d.Usual
		}
		out = append(out, cells)
	}
	return export.Columns("day", "taken", "low", "high", "usual"), out
}
