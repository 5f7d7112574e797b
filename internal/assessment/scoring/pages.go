package scoring

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
)

// shownMonths is how many months a page offers.
const shownMonths = 6

// leaguePage shows a month scored.
type leaguePage struct {
	page.Base
	Month  string
	L      *League // nil: no scheme was in force
	If     *League // the same month by a draft
	Drafts []Version
	By     string // rate by which the evidence is shown
	Unit   Row    // of the page of one unit
	Typed  Give   // into the form of a figure
	Wrong  page.Problems
	Can    bool // give figures
	Setup  bool // the reader may look at the schemes
}

// span is the month that is asked for, this month by default.
func (s *Service) span(tx *sqldb.Tx, month string) (assessment.Span, error) {
	zone := s.Catalog.Book().Calendar.Zone
	month = cmp.Or(month, tx.Now.In(zone).Format("2006-01"))
	span, ok := assessment.Month(month, tx.Now, zone)
	if !ok {
		return span, fault.New(fault.NotFound, "scoring.no_month", nil, month)
	}
	return span, nil
}

// month scores a month by the version in force, and by a draft when one is named.
func (s *Service) month(tx *sqldb.Tx, a actor.Actor, month, draft string) (l, other *League, span assessment.Span, err error) {
	if span, err = s.span(tx, month); err != nil {
		return nil, nil, span, err
	}
	v, ok, err := InForce(tx, span.Name)
	if err != nil {
		return nil, nil, span, err
	}
	if ok {
		if l, err = s.score(tx, a, span, v); err != nil {
			return nil, nil, span, err
		}
	}
	if draft == "" {
		return l, nil, span, nil
	}
	d, err := Find(tx, draft)
	if err != nil {
		return nil, nil, span, err
	}
	other, err = s.score(tx, a, span, d)
	return l, other, span, err
}

func (s *Service) showLeague(w http.ResponseWriter, r *http.Request) error {
	a, q := actor.From(r.Context()), r.URL.Query()
	p := &leaguePage{Base: s.Base(w, r, "scoring.league"), Setup: actor.Allowed(a, "setup.look")}
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		l, other, span, err := s.month(tx, a, q.Get("month"), q.Get("if"))
		if err != nil {
			return err
		}
		p.L, p.If, p.Month = l, other, span.Name
		all, err := Versions(tx)
		p.Drafts = slices.DeleteFunc(all, func(v Version) bool { return v.State != Draft })
		return err
	})
	if err != nil {
		return err
	}
	p.choose(q.Get("by"))
	return page.View{}.Render(w, r, http.StatusOK, leagueView(p))
}

// choose sets the rate of the evidence: the one asked for, or the first.
func (p *leaguePage) choose(by string) {
	if p.L == nil || len(p.L.Rates) == 0 {
		return
	}
	if p.By = by; !slices.Contains(p.L.Rates, by) {
		p.By = p.L.Rates[0]
	}
}

func (s *Service) showUnit(w http.ResponseWriter, r *http.Request) error {
	return s.drawUnit(w, r, http.StatusOK, Give{Month: r.URL.Query().Get("month")}, nil)
}

// drawUnit draws the sums of a unit, with what was typed and what is wrong with it.
func (s *Service) drawUnit(w http.ResponseWriter, r *http.Request, status int, typed Give, fail error) error {
	a, q := actor.From(r.Context()), r.URL.Query()
	p := &leaguePage{Base: s.Base(w, r, "scoring.league"), Setup: actor.Allowed(a, "setup.look"), Can: actor.Allowed(a, "assessment.give"), Typed: typed}
	p.Wrong = p.Base.Problems(fail)
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		l, other, span, err := s.month(tx, a, typed.Month, q.Get("if"))
		if err != nil {
			return err
		}
		if p.Month, p.L = span.Name, l; other != nil {
			p.L = other
		}
		p.Unit, err = unitOf(tx, p.L, r.PathValue("unit"))
		return err
	})
	if err != nil {
		return err
	}
	p.Title = p.T("scoring.unit_title", p.Unit.Unit.Name, p.monthWords(p.Month))
	return page.View{}.Render(w, r, status, unitView(p))
}

// unitOf is the row of a unit, one without figures when it has none.
func unitOf(tx *sqldb.Tx, l *League, id string) (Row, error) {
	if l != nil {
		if r, ok := l.find(id); ok {
			return r, nil
		}
	}
	u, err := actor.FindUnit(tx, id)
	return Row{Unit: u}, err
}

// list is the address of the list of a filter.
func (p *leaguePage) list(f request.Filter) string { return listURL(p.Base, f) }

func listURL(b page.Base, f request.Filter) string {
	return b.URL("/list") + "?" + f.Query(b.Zone).Encode()
}

// monthWords is a month as people write it.
func (p *leaguePage) monthWords(month string) string { return monthWords(p.Base, month) }

func monthWords(b page.Base, month string) string {
	year, m, ok := strings.Cut(month, "-")
	if !ok {
		return month
	}
	return b.T("scoring.month_words", year, strings.TrimPrefix(m, "0"))
}

func monthSegments(b page.Base, current string) []page.Segment {
	var out []page.Segment
	list := months(b.Now.In(b.Zone), shownMonths)
	if !slices.Contains(list, current) {
		list = append(list, current)
	}
	for _, m := range list {
		out = append(out, page.Segment{Label: monthWords(b, m), Path: b.With("month", m), Count: -1, Current: m == current})
	}
	return out
}

func (p *leaguePage) rateSegments() []page.Segment {
	var out []page.Segment
	for _, name := range p.L.Rates {
		out = append(out, page.Segment{Label: p.T("assessment.rate_" + name), Path: p.With("by", name) + "#evidence", Count: -1, Current: name == p.By})
	}
	return out
}

func (p *leaguePage) groupName(g Group) string {
	if g.Name != "" {
		return g.Name
	}
	return p.T("actor.unit_" + g.Code)
}

// items are the items that a group is scored by.
func (p *leaguePage) items(g Group) []score.Points {
	if len(g.Rows) == 0 {
		return nil
	}
	return g.Rows[0].Items
}

func (p *leaguePage) columns(g Group) []page.Column {
	out := []page.Column{{Label: p.T("scoring.col_rank"), Number: true}, {Label: p.T("scoring.col_unit")}, {Label: p.T("scoring.col_came"), Number: true}}
	for _, it := range p.items(g) {
		label := it.Item.Name
		if it.Item.Kind != score.Bonus {
			label = p.T("scoring.col_item", label, it.Item.Full.String())
		}
		out = append(out, page.Column{Label: label, Number: true})
	}
	for _, name := range []string{"base", "lost", "bonus", "total"} {
		out = append(out, page.Column{Label: p.T("scoring.col_" + name), Number: true})
	}
	if p.If != nil {
		out = append(out, page.Column{Label: p.T("scoring.col_if"), Number: true})
	}
	return out
}

// unitURL leads to the sums of a unit.
func (p *leaguePage) unitURL(unit string) string {
	return p.URL("/scores/"+unit) + "?month=" + p.Month
}

// fixed is a figure with the decimals of the scheme's total.
func (p *leaguePage) fixed(n score.Num) string {
	if r := p.L.Version.Scheme.Total.Round; r != nil {
		return r.Text(n)
	}
	return n.Fixed(2)
}

// points of an item with all their digits, a few where they never end.
func points(it score.Points) string {
	if it.Item.Points != nil {
		return it.Item.Points.Text(it.Got)
	}
	if s := it.Got.String(); !strings.Contains(s, "/") {
		return s
	}
	return it.Got.Fixed(4)
}

// rate of an item, "" when it has none.
func (r Row) rate(name string) string {
	c := r.Counts[name]
	x, ok := score.Percent(score.Int(c.K), score.Int(c.N), score.Rounding{Decimals: 2})
	if !ok {
		return ""
	}
	return x.Fixed(2) + "%"
}

// interval of a rate in words, "" where it has none.
func interval(c score.Count) string {
	i, ok := score.Wilson(score.Int(c.K), score.Int(c.N))
	if !ok {
		return ""
	}
	return i.Low.Fixed(1) + "–" + i.High.Fixed(1) + "%"
}

// differs is the total and the rank by the draft.
func (p *leaguePage) differs(unit string) string {
	r, ok := p.If.find(unit)
	if !ok || r.Total == nil {
		return "–"
	}
	if r.Rank == 0 {
		return p.fixed(*r.Total)
	}
	return p.T("scoring.if_rank", p.fixed(*r.Total), r.Rank)
}

// apart says why a unit has no place.
func (p *leaguePage) apart(r Row) string {
	if r.Apart == "" {
		return ""
	}
	return p.T("score.apart_"+r.Apart, int(p.L.Version.Scheme.Least))
}

func (p *leaguePage) validity(v Version) string { return validity(p.Base, v) }

// validity of a version in words.
func validity(b page.Base, v Version) string {
	switch {
	case v.State == Draft:
		return b.T("scoring.state_draft")
	case v.Scheme.To == "":
		return b.T("scoring.valid_open", monthWords(b, v.Scheme.From))
	}
	return b.T("scoring.valid", monthWords(b, v.Scheme.From), monthWords(b, v.Scheme.To))
}

// draftOptions are the drafts to compare with.
func (p *leaguePage) draftOptions() []page.Option {
	out := []page.Option{{Label: p.T("scoring.if_none")}}
	for _, v := range p.Drafts {
		out = append(out, page.Option{Value: v.ID, Label: v.Scheme.Name + " " + p.Stamp(v.At), Selected: p.If != nil && p.If.Version.ID == v.ID})
	}
	return out
}

func (w Weighed) rate(least int64) page.Rate { return page.RateOf(w.Count.K, w.Count.N, int(least)) }

func place(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n)
}

// standingKind is the shape beside the word.
func standingKind(s score.Standing, low bool) string {
	switch {
	case s == score.Above && !low, s == score.Below && low:
		return "done"
	case s == score.Above, s == score.Below:
		return "late"
	}
	return "wait"
}

func (p *leaguePage) low() bool {
	r, _ := assessment.FindRate(p.By)
	return r.Low
}

func (p *leaguePage) expected(w Weighed) string {
	if w.Adjusted == nil || w.Count.N < p.L.Least {
		return "–"
	}
	return p.T("scoring.expected", w.Adjusted.Expected.Fixed(1), signed(w.Adjusted.Points))
}

func signed(n score.Num) string {
	if n.Sign() > 0 {
		return "+" + n.Fixed(1)
	}
	return strings.Replace(n.Fixed(1), "-", "−", 1)
}

func (p *leaguePage) names(list []string) string {
	if len(list) == 0 {
		return p.T("scoring.nobody")
	}
	return strings.Join(list, p.T("score.list_and"))
}

func (p *leaguePage) count(n int64) string { return locale.Count(int(n)) }

// row of a unit in the league.
func (p *leaguePage) row(unit string) Row {
	r, _ := p.L.find(unit)
	return r
}

// came are the requests of the month that a unit leads.
func came(l *League, unit string) request.Filter {
	return request.Filter{Unit: unit, From: l.Span.From, To: l.Span.To}
}
