package command

import (
	"cmp"
	"slices"

	"gongzhi/internal/score"
)

// rateField are the units that are compared: those of one indicator, period and
// group.
type rateField struct {
	Indicator string     `json:"indicator,omitempty"`
	Period    string     `json:"period,omitempty"`
	Group     string     `json:"group,omitempty"`
	Cases     int64      `json:"cases"`
	Rate      score.Num  `json:"rate"`   // of all together
	Spread    score.Num  `json:"spread"` // how far units differ beyond chance, 0 to 1
	Weight    *score.Num `json:"weight"` // cases of the group's rate mixed into each unit's own; null: nothing tells the units apart
	Least     int64      `json:"least"`  // fewer cases say too little
	Units     []unitRate `json:"units"`
	Red       []string   `json:"red"`   // better than the group as far as the data can say
	Black     []string   `json:"black"` // worse
	Method    string     `json:"method"`
}

type unitRate struct {
	Unit        string          `json:"unit"`
	Numerator   int64           `json:"numerator"`
	Denominator int64           `json:"denominator"`
	Rate        *score.Num      `json:"rate"`
	Interval    *score.Interval `json:"interval"`
	Shrunk      *score.Num      `json:"shrunk"`
	Standing    score.Standing  `json:"standing"` // above, below, alike, few
	Words       string          `json:"standing_words"`
	Place       *int            `json:"place"` // by the shrunk rate; null: too few cases
	Expected    *score.Num      `json:"expected,omitempty"`
	Ratio       *score.Num      `json:"observed_to_expected,omitempty"`
	Points      *score.Num      `json:"difference_points,omitempty"`
}

// gathered are the counts of the units of one field.
type gathered struct {
	key    [3]string
	names  []string
	counts []score.Count
	mixes  []score.Mix
}

// fields compares units where there is a column for them. Rows of a unit that
// differ in their category only are added up.
func (w *rating) fields(rows []rateRow) []rateField {
	var out []rateField
	for _, g := range w.gather(rows) {
		if len(g.names) > 1 {
			out = append(out, w.field(g))
		}
	}
	return out
}

func (w *rating) gather(rows []rateRow) []*gathered {
	var out []*gathered
	for _, r := range rows {
		k, whole := r.Numerator.Whole()
		n, wholeN := r.Denominator.Whole()
		if r.Unit == "" || !whole || !wholeN || k > n {
			continue
		}
		key := [3]string{r.Indicator, score.Month(r.Period), r.Group}
		at := slices.IndexFunc(out, func(g *gathered) bool { return g.key == key })
		if at < 0 {
			at, out = len(out), append(out, &gathered{key: key})
		}
		out[at].add(r.Unit, r.Category, score.Count{K: k, N: n})
	}
	return out
}

func (g *gathered) add(unit, category string, c score.Count) {
	i := slices.Index(g.names, unit)
	if i < 0 {
		i = len(g.names)
		g.names, g.counts, g.mixes = append(g.names, unit), append(g.counts, score.Count{}), append(g.mixes, score.Mix{})
	}
	sum := func(a score.Count) score.Count { return score.Count{K: a.K + c.K, N: a.N + c.N} }
	g.counts[i], g.mixes[i][category] = sum(g.counts[i]), sum(g.mixes[i][category])
}

// shownDecimals is how many decimals figures of evidence are given with.
const shownDecimals = 2

func (w *rating) field(g *gathered) rateField {
	e := score.Weigh(g.counts, w.least)
	two, four := score.Rounding{Decimals: shownDecimals}, score.Rounding{Decimals: 4}
	out := rateField{Indicator: g.key[0], Period: g.key[1], Group: g.key[2], Rate: two.Of(e.Percent()), Spread: four.Of(e.Spread), Least: w.least,
		Method: w.t("score.method"), Red: []string{}, Black: []string{}}
	if !e.None {
		weight := two.Of(e.Weight)
		out.Weight = &weight
	}
	places := e.Order(g.counts, w.low)
	standing := make([]score.Standing, len(g.counts))
	for i, c := range g.counts {
		out.Cases += c.N
		standing[i] = e.Standing(c)
		out.Units = append(out.Units, w.unitRate(e, g.names[i], c, places[i]))
	}
	red, black := score.Extremes(standing, places, w.low, len(g.names))
	for _, i := range red {
		out.Red = append(out.Red, g.names[i])
	}
	for _, i := range black {
		out.Black = append(out.Black, g.names[i])
	}
	if _, ok := w.at["category"]; ok {
		for i, a := range score.Adjust(g.mixes) {
			if a != nil {
				expected, ratio, points := two.Of(a.Expected), four.Of(a.Ratio), two.Of(a.Points)
				out.Units[i].Expected, out.Units[i].Ratio, out.Units[i].Points = &expected, &ratio, &points
			}
		}
	}
	slices.SortStableFunc(out.Units, func(a, b unitRate) int { return cmp.Compare(last(a.Place), last(b.Place)) })
	return out
}

// last puts those without a place behind all others.
func last(place *int) int {
	if place == nil {
		return 1 << 30
	}
	return *place
}

func (w *rating) unitRate(e score.Evidence, name string, c score.Count, place int) unitRate {
	k, n := score.Int(c.K), score.Int(c.N)
	u := unitRate{Unit: name, Numerator: c.K, Denominator: c.N, Standing: e.Standing(c)}
	u.Words = w.t("score.standing_" + string(u.Standing))
	two := score.Rounding{Decimals: shownDecimals}
	if rate, ok := score.Percent(k, n, two); ok {
		shrunk := two.Of(e.Shrunk(c))
		u.Rate, u.Shrunk = &rate, &shrunk
	}
	if i, ok := score.Wilson(k, n); ok {
		u.Interval = &i
	}
	if place > 0 {
		u.Place = &place
	}
	return u
}
