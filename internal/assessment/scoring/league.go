package scoring

import (
	"cmp"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment"
	"gongzhi/internal/request"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
)

// League is a month scored: the units by group and place.
type League struct {
	Month    string
	Span     assessment.Span
	Version  Version
	Choices  assessment.Choices
	Least    int64    // cases below which a rate says too little
	Rates    []string // that its items use
	Unfilled []string // items that the program has no rate for
	Groups   []Group
	Idle     int // units without a single request
	Outside  int // units for which the scheme has no group
	hand     map[string]map[string]score.Num
}

// Group are units that are ranked among themselves.
type Group struct {
	Code, Name string
	Rows       []Row
}

// Row is one unit.
type Row struct {
	Unit actor.Unit
	score.Result
	Came   int64                  // requests that came in the month
	Counts map[string]score.Count // behind each rate
	mixes  map[string]score.Mix
}

// notRanked are kinds of unit that hand requests on and do not answer for them.
var notRanked = []string{"city", "hotline"}

// score scores a month by a version.
func (s *Service) score(tx *sqldb.Tx, a actor.Actor, span assessment.Span, v Version) (*League, error) {
	l := &League{Month: span.Name, Span: span, Version: v}
	l.Choices, l.Least = choices(v.Scheme)
	l.needs()
	units, err := actor.Units(tx)
	if err != nil {
		return nil, err
	}
	rows, err := l.count(tx, a, units)
	if err != nil {
		return nil, err
	}
	if l.hand, err = givens(tx, l.Month); err != nil {
		return nil, err
	}
	return l, l.rank(rows)
}

// needs lists the rates that items use, and the items that nothing fills.
func (l *League) needs() {
	use := func(name, rate string) {
		switch {
		case rate == "":
			l.Unfilled = append(l.Unfilled, name)
		case !slices.Contains(l.Rates, rate):
			l.Rates = append(l.Rates, rate)
		}
	}
	for _, it := range l.Version.Scheme.Items {
		for _, p := range it.Parts {
			use(p.Name, p.Rate)
		}
		if len(it.Parts) == 0 && it.Kind != score.Fixed {
			use(it.Name, it.Rate)
		}
	}
}

// count counts each rate for each unit with all below it: two queries a rate,
// whatever the number of units.
func (l *League) count(tx *sqldb.Tx, a actor.Actor, units []actor.Unit) ([]*Row, error) {
	t := &totals{paths: map[string]string{}, rows: map[string]*Row{}}
	var order []*Row
	for _, u := range units {
		t.paths[u.ID] = u.Path
		if u.Active && !slices.Contains(notRanked, u.Kind) {
			r := &Row{Unit: u, Counts: map[string]score.Count{}, mixes: map[string]score.Mix{}}
			t.rows[u.ID], order = r, append(order, r)
		}
	}
	came, err := request.Cross(tx, a, request.Filter{From: l.Span.From, To: l.Span.To})
	if err != nil {
		return nil, err
	}
	for key, n := range came {
		t.up(key[0], func(r *Row) { r.Came += n })
	}
	for _, name := range l.Rates {
		rate, _ := assessment.FindRate(name)
		of := rate.Counted(request.Filter{}, l.Span, l.Choices)
		if err := t.add(tx, a, name, of, func(c *score.Count, n int64) { c.N += n }); err != nil {
			return nil, err
		}
		if err := t.add(tx, a, name, rate.Met(of, l.Choices), func(c *score.Count, n int64) { c.K += n }); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// totals add the counts of each unit to it and to all above it.
type totals struct {
	paths map[string]string
	rows  map[string]*Row
}

func (t *totals) up(unit string, f func(*Row)) {
	for id := range strings.SplitSeq(strings.TrimSuffix(t.paths[unit], "/"), "/") {
		if r := t.rows[id]; r != nil {
			f(r)
		}
	}
}

func (t *totals) add(tx *sqldb.Tx, a actor.Actor, rate string, f request.Filter, put func(*score.Count, int64)) error {
	cross, err := request.Cross(tx, a, f)
	if err != nil {
		return err
	}
	for key, n := range cross {
		t.up(key[0], func(r *Row) {
			c := r.Counts[rate]
			put(&c, n)
			r.Counts[rate] = c
			if r.mixes[rate] == nil {
				r.mixes[rate] = score.Mix{}
			}
			x := r.mixes[rate][key[1]]
			put(&x, n)
			r.mixes[rate][key[1]] = x
		})
	}
	return nil
}

// rank scores the units and puts them in order.
func (l *League) rank(rows []*Row) error {
	s := l.Version.Scheme
	var entries []score.Entry
	var ranked []*Row
	for _, r := range rows {
		e := r.entry(s, l.Month, l.hand[r.Unit.ID])
		switch {
		case r.Came == 0 && r.empty():
			l.Idle++
		case !s.Places(e):
			l.Outside++
		default:
			entries, ranked = append(entries, e), append(ranked, r)
		}
	}
	results, err := s.Score(entries)
	if err != nil {
		return err
	}
	for i := range results {
		ranked[i].Result = results[i]
		l.put(*ranked[i])
	}
	for _, g := range l.Groups {
		slices.SortStableFunc(g.Rows, func(a, b Row) int {
			return cmp.Or(cmp.Compare(behind(a.Rank), behind(b.Rank)), cmp.Compare(b.Came, a.Came), cmp.Compare(a.Unit.ID, b.Unit.ID))
		})
	}
	slices.SortStableFunc(l.Groups, func(a, b Group) int { return cmp.Compare(l.place(a.Code), l.place(b.Code)) })
	return nil
}

// behind puts those without a place last.
func behind(rank int) int {
	if rank == 0 {
		return 1 << 30
	}
	return rank
}

func (r *Row) empty() bool {
	for _, c := range r.Counts {
		if c.N > 0 {
			return false
		}
	}
	return true
}

// entry is what the scheme is given of a unit. Without groups of its own a
// scheme ranks units of one kind among themselves.
func (r *Row) entry(s *score.Scheme, month string, hand map[string]score.Num) score.Entry {
	came := r.Came
	e := score.Entry{Unit: r.Unit.Name, Period: month, Volume: &came, Values: map[string]score.Value{}}
	if len(s.Groups) == 0 || slices.ContainsFunc(s.Groups, func(g score.Group) bool { return g.Code == r.Unit.Kind }) {
		e.Group = r.Unit.Kind
	}
	fill := func(code, rate string) {
		if rate != "" {
			k, n := score.Int(r.Counts[rate].K), score.Int(r.Counts[rate].N)
			e.Values[code] = score.Value{K: &k, N: &n}
		} else if x, ok := hand[code]; ok {
			e.Values[code] = score.Value{X: &x}
		}
	}
	for _, it := range s.Items {
		if len(it.Parts) == 0 {
			fill(it.Code, it.Rate)
		}
		for _, p := range it.Parts {
			fill(p.Code, p.Rate)
		}
	}
	return e
}

func (l *League) put(r Row) {
	code, name := r.Group, ""
	if r.In != nil {
		code, name = r.In.Code, r.In.Name
	}
	i := slices.IndexFunc(l.Groups, func(g Group) bool { return g.Code == code })
	if i < 0 {
		i, l.Groups = len(l.Groups), append(l.Groups, Group{Code: code, Name: name})
	}
	l.Groups[i].Rows = append(l.Groups[i].Rows, r)
}

// place of a group on the page: as in the scheme, else as kinds of unit stand.
func (l *League) place(code string) int {
	if i := slices.IndexFunc(l.Version.Scheme.Groups, func(g score.Group) bool { return g.Code == code }); i >= 0 {
		return i
	}
	return slices.Index(actor.UnitKinds, code)
}

// find is the row of a unit.
func (l *League) find(unit string) (Row, bool) {
	for _, g := range l.Groups {
		for _, r := range g.Rows {
			if r.Unit.ID == unit {
				return r, true
			}
		}
	}
	return Row{}, false
}

// filters are the lists behind the numerator and the denominator of a rate.
func (l *League) filters(rate, unit string) (met, of request.Filter) {
	r, _ := assessment.FindRate(rate)
	of = r.Counted(request.Filter{Unit: unit}, l.Span, l.Choices)
	return r.Met(of, l.Choices), of
}

// Evidence is what the counts of one rate allow to say of the units of a group.
type Evidence struct {
	score.Evidence
	Units      []Weighed
	Red, Black []string
}

// Weighed is one unit by the evidence.
type Weighed struct {
	Unit     actor.Unit
	Count    score.Count
	Standing score.Standing
	Place    int // 0: too few cases
	Shrunk   score.Num
	Adjusted *score.Adjusted
}

// weigh compares the units of a group by one rate.
func (l *League) weigh(g Group, rate string) Evidence {
	r, _ := assessment.FindRate(rate)
	counts, mixes, standing := make([]score.Count, len(g.Rows)), make([]score.Mix, len(g.Rows)), make([]score.Standing, len(g.Rows))
	for i, row := range g.Rows {
		counts[i], mixes[i] = row.Counts[rate], row.mixes[rate]
	}
	e := Evidence{Evidence: score.Weigh(counts, l.Least)}
	places, adjusted := e.Order(counts, r.Low), score.Adjust(mixes)
	for i, row := range g.Rows {
		standing[i] = e.Standing(counts[i])
		w := Weighed{Unit: row.Unit, Count: counts[i], Standing: standing[i], Place: places[i], Adjusted: adjusted[i]}
		if counts[i].N > 0 {
			w.Shrunk = e.Shrunk(counts[i])
		}
		e.Units = append(e.Units, w)
	}
	red, black := score.Extremes(standing, places, r.Low, extremes)
	for _, i := range red {
		e.Red = append(e.Red, g.Rows[i].Unit.Name)
	}
	for _, i := range black {
		e.Black = append(e.Black, g.Rows[i].Unit.Name)
	}
	slices.SortStableFunc(e.Units, func(a, b Weighed) int { return cmp.Compare(behind(a.Place), behind(b.Place)) })
	return e
}

// extremes is how many units a red or a black list holds at most.
const extremes = 5
