package score

// Why a published figure was not reproduced.
const (
	WhyNoFigures = "no_figures"     // the table does not bring what it was made of
	WhyRounded   = "rounded_inputs" // the difference is what its inputs lost when they were rounded
	WhyDiffers   = "differs"
	WhyUnranked  = "unranked" // the unit has no place
)

// Miss is a published figure that the rule does not reproduce.
type Miss struct {
	Row       int
	Unit      string
	Period    string
	Item      string // name; "" of a total or a rank
	Rank      bool
	Published Num
	Computed  *Num
	Why       string
}

// Compared counts published figures.
type Compared struct {
	Figures, Reproduced int
	Misses              []Miss
}

func (c *Compared) add(m Miss) {
	c.Figures++
	if m.Why == "" {
		c.Reproduced++
		return
	}
	c.Misses = append(c.Misses, m)
}

// Compare holds the results against the figures that the table brought as
// published: points, totals, ranks. A total from which units are only ranked is
// an input and not counted.
func (s *Scheme) Compare(f *Figures, results []Result) Compared {
	var out Compared
	for _, st := range f.Stated {
		r := &results[st.Entry]
		m := Miss{Row: st.Row, Unit: r.Unit, Period: r.Period}
		if st.Points != nil && st.Item != "" {
			out.add(r.missedPoints(m, st))
		}
		if st.Total != nil && !r.Taken {
			out.add(s.missedTotal(m, *st.Total, r))
		}
		if st.Rank != nil {
			out.add(missedRank(m, *st.Rank, r))
		}
	}
	return out
}

func (r *Result) missedPoints(m Miss, st Stated) Miss {
	m.Published, m.Why = *st.Points, WhyNoFigures
	for _, p := range r.Items {
		if p.Item.Code == st.Item {
			m.Item = p.Item.Name
			if p.State == Scored {
				m.Computed, m.Why = &p.Got, differs(*st.Points, p.Got)
			}
		}
	}
	return m
}

func differs(published, computed Num) string {
	if published.Cmp(computed) == 0 {
		return ""
	}
	return WhyDiffers
}

func (s *Scheme) missedTotal(m Miss, published Num, r *Result) Miss {
	m.Published, m.Why = published, WhyNoFigures
	if r.Total == nil {
		return m
	}
	m.Computed, m.Why = r.Total, differs(published, *r.Total)
	if m.Why != "" && r.slack(s.Total.Round).Cmp(published.minus(r.Raw).abs()) >= 0 {
		m.Why = WhyRounded
	}
	return m
}

// slack is how far a total of given figures may lie from one of the figures
// before they were rounded: half a last digit for each, and for the total.
func (r *Result) slack(round *Rounding) Num {
	if round == nil {
		return Num{}
	}
	unit := Int(1)
	for range round.Decimals {
		unit = unit.over(Int(10))
	}
	halves := int64(1)
	for _, p := range r.Items {
		switch {
		case p.Item.Kind == Given || p.Item.Kind == Mean:
			halves++
		case p.Item.Kind != Fixed:
			return Num{}
		}
	}
	return Int(halves).times(unit).over(Int(2))
}

func missedRank(m Miss, published int, r *Result) Miss {
	m.Rank, m.Published, m.Why = true, Int(int64(published)), WhyUnranked
	if r.Rank > 0 {
		got := Int(int64(r.Rank))
		m.Computed, m.Why = &got, differs(m.Published, got)
	}
	return m
}
