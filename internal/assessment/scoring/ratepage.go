package scoring

import (
	"net/http"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
)

// ratePage is every rate with its definition, its figure of a month, and the
// lists behind numerator and denominator.
type ratePage struct {
	page.Base
	Month   string
	Version Version // whose choices hold; none: the usual ones
	Unit    string
	Units   []page.Option
	Rows    []RateRow
}

// RateRow is one rate of a month.
type RateRow struct {
	Name    string
	Count   score.Count
	Met, Of request.Filter
	Out     int64 // requests left out by exclusion
	Left    request.Filter
}

func (s *Service) showRates(w http.ResponseWriter, r *http.Request) error {
	a, q := actor.From(r.Context()), r.URL.Query()
	p := &ratePage{Base: s.Base(w, r, "scoring.rates"), Unit: q.Get("unit")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		units, err := actor.Units(tx)
		if err != nil {
			return err
		}
		p.offer(units)
		return s.rates(tx, a, q.Get("month"), p)
	})
	if err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, ratesView(p))
}

func (p *ratePage) offer(units []actor.Unit) {
	p.Units = []page.Option{{Label: p.T("scoring.whole_city")}}
	known := false
	for _, u := range units {
		if u.Active && u.Parent != "" {
			known = known || u.ID == p.Unit
			p.Units = append(p.Units, page.Option{Value: u.ID, Label: u.Name, Selected: u.ID == p.Unit})
		}
	}
	if !known {
		p.Unit = ""
	}
}

// rates counts every rate of a month: three counts each, as many as there are
// definitions.
func (s *Service) rates(tx *sqldb.Tx, a actor.Actor, month string, p *ratePage) error {
	span, err := s.span(tx, month)
	if err != nil {
		return err
	}
	p.Month = span.Name
	v, _, err := InForce(tx, span.Name)
	if err != nil {
		return err
	}
	p.Version = v
	choice, _ := choices(v.Scheme)
	for _, r := range assessment.Rates {
		row := RateRow{Name: r.Name, Of: r.Counted(request.Filter{Unit: p.Unit}, span, choice), Left: r.Excluded(request.Filter{Unit: p.Unit}, span, choice)}
		row.Met = r.Met(row.Of, choice)
		if row.Count.N, err = request.Count(tx, a, row.Of); err != nil {
			return err
		}
		if row.Count.K, err = request.Count(tx, a, row.Met); err != nil {
			return err
		}
		if row.Out, err = request.Count(tx, a, row.Left); err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}

// rate is the figure with its rounding, "–" where nothing was to be counted.
func (r RateRow) rate() string {
	x, ok := score.Percent(score.Int(r.Count.K), score.Int(r.Count.N), score.Rounding{Decimals: 2})
	if !ok {
		return "–"
	}
	return x.Fixed(2) + "%"
}

// chosen are the choices of a version in words; without one the usual ones.
func chosen(b page.Base, v Version) []page.Pair {
	c, least := choices(v.Scheme)
	yes := func(x bool) string {
		if x {
			return b.T("scoring.yes")
		}
		return b.T("scoring.no")
	}
	out := []page.Pair{
		{Term: b.T("scoring.choice_basic"), Text: yes(c.Basic)},
		{Term: b.T("scoring.choice_unreached"), Text: yes(c.Unreached)},
		{Term: b.T("scoring.choice_hours"), Text: strconv.Itoa(c.Hours)},
		{Term: b.T("scoring.choice_least"), Text: strconv.FormatInt(least, 10)},
	}
	if v.Scheme != nil && v.Scheme.Least > 0 {
		out = append(out, page.Pair{Term: b.T("scoring.choice_volume"), Text: strconv.FormatInt(v.Scheme.Least, 10)})
	}
	return out
}

// chosen are the choices of the month and the rule they come from.
func (p *ratePage) chosen() []page.Pair {
	return append(chosen(p.Base, p.Version), page.Pair{Term: p.T("scoring.choice_rounding"), Text: p.T("scoring.rounding_words", 2, p.T("score.mode_half_up"))},
		page.Pair{Term: p.T("scoring.choice_rule"), Text: p.rule()})
}

func (p *ratePage) rule() string {
	if p.Version.Scheme == nil {
		return p.T("scoring.no_rule")
	}
	return p.Version.Scheme.Name + " " + validity(p.Base, p.Version)
}
