package scoring

import (
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
)

// Exports are this room's lists as tables. Figures leave it as text with all
// their digits, and the counts behind each rate beside it, so that every figure
// can be reckoned anew.
func (s *Service) Exports() []export.List {
	const see, look = "assessment.scores", "setup.look"
	return []export.List{
		{Name: "scores", Back: "/scores", Policy: see, Open: s.exportScores},
		{Name: "score-items", Back: "/scores/{of}", Policy: see, Open: s.exportItems},
		{Name: "rates", Back: "/rates", Policy: see, Open: s.exportRates},
		{Name: "schemes", Back: "/setup/schemes", Policy: look, Open: exportSchemes},
		{Name: "scheme-items", Back: "/setup/schemes/{of}", Policy: look, Open: exportScheme},
	}
}

func (s *Service) exportScores(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	p := &leaguePage{Base: b}
	l, _, span, err := s.month(tx, a, q.Get("month"), "")
	if err != nil {
		return export.Table{}, err
	}
	p.L, p.Month = l, span.Name
	columns := export.Columns("month", "group", "unit", "taken", "item", "numerator", "denominator", "rate", "points", "full", "base", "deductions", "bonus", "total", "rank", "grade", "remark")
	var out [][]any
	if l != nil {
		for _, g := range l.Groups {
			for _, r := range g.Rows {
				for _, it := range r.Items {
					out = append(out, p.cells(g, r, it))
				}
			}
		}
	}
	return export.Rows(columns, monthWords(b, span.Name), out), nil
}

// cells are one item of one unit; the unit's own figures stand in each row.
func (p *leaguePage) cells(g Group, r Row, it score.Points) []any {
	var k, n, rate, points, total, rank any
	if c, ok := r.Counts[it.Item.Rate]; ok {
		k, n, rate = c.K, c.N, r.rate(it.Item.Rate)
	}
	if it.State == score.Scored {
		points = it.Got.String()
	}
	if r.Total != nil {
		total = p.fixed(*r.Total)
	}
	if r.Rank > 0 {
		rank = int64(r.Rank)
	}
	return []any{p.Month, p.groupName(g), r.Unit.Name, r.Came, it.Item.Name, k, n, rate, points, it.Item.Full.String(), r.Base.String(), p.fixed(r.Lost), p.fixed(r.Bonus), total, rank, r.Grade, p.apart(r)}
}

func (s *Service) exportItems(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	l, _, span, err := s.month(tx, a, q.Get("month"), "")
	if err != nil {
		return export.Table{}, err
	}
	r, err := unitOf(tx, l, q.Get(export.Of))
	if err != nil {
		return export.Table{}, err
	}
	p := &leaguePage{Base: b, L: l, Month: span.Name}
	var out [][]any
	for _, it := range r.Items {
		var k, n any
		if c, ok := r.Counts[it.Item.Rate]; ok {
			k, n = c.K, c.N
		}
		out = append(out, []any{it.Item.Name, it.Item.Words(b.Lang), k, n, r.rate(it.Item.Rate), it.Sum(), points(it), it.Item.Full.String()})
	}
	return export.Rows(export.Columns("item", "rule", "numerator", "denominator", "rate", "sum", "points", "full"), r.Unit.Name+" "+p.monthWords(p.Month), out), nil
}

func (s *Service) exportRates(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	p := &ratePage{Base: b, Unit: q.Get("unit")}
	units, err := actor.Units(tx)
	if err != nil {
		return export.Table{}, err
	}
	p.offer(units)
	if err := s.rates(tx, a, q.Get("month"), p); err != nil {
		return export.Table{}, err
	}
	var out [][]any
	for _, r := range p.Rows {
		out = append(out, []any{b.T("assessment.rate_" + r.Name), r.Count.K, r.Count.N, r.Out, r.rate(), interval(r.Count), b.T("assessment.rate_" + r.Name + "_met"),
			b.T("assessment.rate_" + r.Name + "_of"), b.T("assessment.rate_" + r.Name + "_not"), p.rule()})
	}
	return export.Rows(export.Columns("item", "numerator", "denominator", "left_out", "rate", "interval", "met", "of", "not", "rule"), monthWords(b, p.Month), out), nil
}

func exportSchemes(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	all, err := Versions(tx)
	var out [][]any
	for _, v := range all {
		_, word := stateOf(b, v)
		out = append(out, []any{v.Scheme.Name, word, v.Scheme.From, v.Scheme.To, int64(len(v.Scheme.Items)), v.Scheme.Source})
	}
	return export.Rows(export.Columns("name", "state", "valid_from", "valid_to", "items", "source"), "", out), err
}

func exportScheme(tx *sqldb.Tx, b page.Base, _ actor.Actor, q url.Values) (export.Table, error) {
	v, err := Find(tx, q.Get(export.Of))
	if err != nil {
		return export.Table{}, err
	}
	var out [][]any
	for _, it := range v.Scheme.Items {
		out = append(out, []any{it.Code, it.Name, it.Full.String(), it.Words(b.Lang), fill(b, it), it.Note})
	}
	return export.Rows(export.Columns("code", "name", "full", "rule", "filled_by", "remark"), v.Scheme.Name, out), nil
}
