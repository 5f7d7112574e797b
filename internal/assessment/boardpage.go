package assessment

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/geo"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// boardPage is the supervisor's one screen.
type boardPage struct {
	page.Base
	B     *board
	Sort  string
	Map   string // drawn
	whole bool   // the actor sees the whole city
}

// showBoard answers GET /board.
func (s *Service) showBoard(w http.ResponseWriter, r *http.Request) error {
	a, q, book := actor.From(r.Context()), r.URL.Query(), s.Catalog.Book()
	title := "assessment.board"
	if !actor.SeesAll(a) {
		title = "assessment.board_own"
	}
	p := &boardPage{Base: s.Base(w, r, title), Sort: q.Get("sort"), whole: actor.SeesAll(a)}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		p.B, err = count(tx, a, newSpan(q.Get("span"), tx.Now, book.Calendar.Zone), q.Get("unit"), book.Tree, s.Atlas.Atlas())
		return err
	})
	if err != nil {
		return err
	}
	p.order()
	p.draw(s.Land.Map())
	return page.View{}.Render(w, r, http.StatusOK, boardView(p))
}

// list is the address of the list of a filter.
func (p *boardPage) list(f request.Filter) string {
	return p.URL("/list") + "?" + f.Query(p.B.Span.From.Location()).Encode()
}

// sorts are the columns a person may order the units by, the largest first. A
// rate of too few answers is not ranked: it comes last.
var sorts = map[string]func(unitRow) float64{
	"taken":    func(r unitRow) float64 { return float64(r.Taken.N) },
	"open":     func(r unitRow) float64 { return float64(r.Open.N) },
	"overdue":  func(r unitRow) float64 { return float64(r.Overdue.N) },
	"returned": func(r unitRow) float64 { return float64(r.Returned.N) },
	"reopened": func(r unitRow) float64 { return float64(r.Reopened.N) },
	"kept":     func(r unitRow) float64 { return ranked(r.Kept.N, r.Due.N) },
	"solved":   func(r unitRow) float64 { return ranked(r.Solved.N, r.Reached.N) },
}

func ranked(k, n int64) float64 {
	if n < leastForRate {
		return -1
	}
	return float64(k) / float64(n)
}

func (p *boardPage) order() {
	by, known := sorts[p.Sort]
	if !known {
		p.Sort, by = "taken", sorts["taken"]
	}
	slices.SortStableFunc(p.B.Units, func(x, y unitRow) int {
		if x.Total != y.Total {
			return map[bool]int{true: -1, false: 1}[x.Total]
		}
		return cmp.Compare(by(y), by(x))
	})
}

// column is a heading of the table of units that orders it.
func (p *boardPage) column(name string) page.Column {
	c := page.Column{Label: p.T("assessment.col_" + name), Number: name != "solved"}
	if _, sortable := sorts[name]; sortable {
		c.Path = p.With("sort", name) + "#units"
	}
	if p.Sort == name {
		c.Sorted = "descending"
	}
	return c
}

func (p *boardPage) columns() []page.Column {
	out := []page.Column{{Label: p.T("assessment.col_unit")}}
	for _, name := range []string{"taken", "open", "overdue", "returned", "reopened", "median", "p90", "kept", "solved", "n"} {
		out = append(out, p.column(name))
	}
	return append(out, page.Column{Label: p.T("assessment.col_weeks")})
}

// segments are the spans to choose from.
func (p *boardPage) segments() []page.Segment {
	var out []page.Segment
	for _, name := range spans {
		out = append(out, page.Segment{Label: p.T("assessment.span_" + name), Path: p.With("span", name), Count: -1, Current: name == p.B.Span.Name})
	}
	return out
}

// spanWords are the first and the last day of the span.
func (p *boardPage) spanWords() string {
	return p.T("assessment.from_to", p.Day(p.B.Span.From), p.Day(p.B.Span.To.Add(-time.Second)))
}

// usual compares yesterday with the same weekday before.
func (p *boardPage) usual() string {
	d, ok := p.B.Inflow.yesterday()
	switch {
	case !ok || d.Of == 0:
		return p.T("assessment.usual_none")
	case d.Usual == 0:
		return p.T("assessment.usual", d.Of, half(d.Usual))
	}
	change := (d.N - d.Usual) / d.Usual
	word := "assessment.usual_more"
	if change < 0 {
		word, change = "assessment.usual_less", -change
	}
	return p.T(word, d.Of, half(d.Usual), locale.Percent(change))
}

// half writes a median of counts, which is whole or ends in a half.
func half(x float64) string { return strings.TrimSuffix(locale.Decimal(x, 1), ".0") }

// chart draws the inflow.
func (p *boardPage) chart() page.Chart {
	c := page.Chart{Title: p.T("assessment.inflow"), Desc: p.T("assessment.inflow_desc", len(p.B.Inflow.Days), p.B.Inflow.above())}
	for i, d := range p.B.Inflow.Days {
		c.Values = append(c.Values, d.N)
		if p.B.Inflow.Band {
			c.Low, c.High = append(c.Low, d.Low), append(c.High, d.High)
		}
		if last := len(p.B.Inflow.Days) - 1; i == last || i%14 == 0 && last-i > 6 {
			c.Labels = append(c.Labels, page.ChartLabel{At: i, Text: d.From.Format("1/2")})
		}
	}
	return c
}

// dayFigure is one day in the table beside the chart.
func (p *boardPage) dayFigure(d inflowDay) figure {
	return figure{int64(d.N), request.Filter{From: d.From, To: d.To}}
}

// former is what a category brought in the span before, nothing when there was
// no hotline then.
func (p *boardPage) former(r topicRow) string {
	known := func(x topicRow) bool { return x.Former > 0 }
	if !slices.ContainsFunc(p.B.Topics, known) {
		return "–"
	}
	return locale.Count(int(r.Former))
}

// took is a percentile of the time to close, in days; with too few it says nothing.
func (r unitRow) took(share float64) string {
	if r.Took.n() == 0 || share > 0.5 && r.Took.n() < 10 {
		return "–"
	}
	return locale.Decimal(r.Took.days(share), 1)
}

func (r unitRow) rate() page.Rate { return page.RateOf(r.Solved.N, r.Reached.N, leastForRate) }

// kept is the share of promises kept, "" below the least number.
func (r unitRow) kept() string {
	if r.Due.N < leastForRate {
		return ""
	}
	return locale.Percent(float64(r.Kept.N) / float64(r.Due.N))
}

// worst is the date of the oldest promise still open, as how long ago it was.
func (p *boardPage) worst() string {
	if p.B.Worst.IsZero() {
		return p.T("assessment.nothing_late")
	}
	return p.T("assessment.late_units", p.B.OverUnits, p.Day(p.B.Worst))
}

// draw colours the streets by how many are overdue.
func (p *boardPage) draw(land *citymap.Map) {
	most := int64(0)
	for _, r := range p.B.Areas {
		most = max(most, r.Overdue.N)
	}
	v := citymap.View{Width: 660, Height: 540, Title: p.T("assessment.map"), ID: "board", Plain: true}
	for _, r := range p.B.Areas {
		g, err := geo.DecodeGeometry([]byte(r.Area.Border))
		if err != nil || r.Area.Border == "" {
			continue // the table names it all the same
		}
		t := citymap.Tint{Shape: g.Areas, Title: p.T("assessment.map_street", r.Area.Name, r.Open.N, r.Overdue.N), Link: p.list(r.Overdue.F), Label: r.Area.Name + " " + locale.Count(int(r.Overdue.N))}
		if r.Overdue.N > 0 {
			t.Step = int((r.Overdue.N*4 + most - 1) / max(most, 4)) // a single one is not dark because there is none worse
		}
		v.Bounds, v.Tints = v.Bounds.Union(g.Box()), append(v.Tints, t)
	}
	if len(v.Tints) > 0 {
		v.Bounds = v.Bounds.Grow(0.02)
		p.Map = land.SVG(v)
	}
}
