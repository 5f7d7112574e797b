package score

// Value is a figure of one item: a rate or a count as it is published, or the
// two counts behind a rate.
type Value struct {
	X     *Num // the figure itself
	K, N  *Num // numerator and denominator; they come before X
	Empty bool // it is said that there was nothing to count: 无应办结工单
}

// What became of an item.
const (
	Scored = ""       // it has points
	Absent = "absent" // the figures do not name it
	None   = "none"   // there was nothing to count
)

// Points are what one item is worth, with what is needed to do the sum again.
type Points struct {
	Item  *Item
	Value *Value // nil: the figures do not name it
	X     Num    // the figure that the rule used: rounded as it is published
	Parts []PartValue
	Raw   Num // before rounding
	Got   Num
	Lost  Num    // full − got; nothing of a bonus
	State string // Scored, Absent, None
}

// PartValue is the figure of a part and what it cost.
type PartValue struct {
	Part  *Part
	X     Num
	Cost  Num
	Given bool
}

// reckon gives the points of one item. values are those of the unit by code.
func (it *Item) reckon(values map[string]Value, period string) Points {
	p := Points{Item: it}
	switch it.Kind {
	case Fixed:
		p.Raw = it.Full
	case Parts, Mean, Levels:
		p.ofParts(values)
	default:
		p.ofValue(values, period)
	}
	if p.State != Scored {
		return p
	}
	p.Got = p.Raw
	if it.Points != nil {
		p.Got = it.Points.Of(p.Raw)
	}
	if it.Kind != Bonus {
		p.Lost = it.Full.minus(p.Got)
	}
	return p
}

func (p *Points) ofValue(values map[string]Value, period string) {
	it := p.Item
	v, given := values[it.Code]
	if !given && it.Kind == Bonus {
		if known, ok := it.Known[period]; ok {
			p.Value, p.X = &Value{X: &known}, known
			p.Raw = it.keep(known)
			return
		}
	}
	if !given {
		p.State = Absent
		return
	}
	p.Value = &v
	if p.X, p.State = it.figure(v); p.State == Scored {
		p.Raw = it.rule(p.X)
	}
}

// figure is the value as the rule takes it.
func (it *Item) figure(v Value) (x Num, state string) {
	switch {
	case v.Empty, v.K != nil && v.N != nil && v.N.Sign() <= 0:
		return x, None
	case v.K != nil && v.N != nil:
		x = v.K.times(hundred).over(*v.N)
	case v.X != nil:
		x = *v.X
	default:
		return x, Absent
	}
	if it.Input != nil {
		x = it.Input.Of(x)
	}
	return x, Scored
}

// rule turns a figure into points.
func (it *Item) rule(x Num) Num {
	switch it.Kind {
	case Slope:
		return it.keep(it.Full.minus(it.Slope.times(most(Num{}, it.short(*it.Line, x)))))
	case Line:
		if it.short(*it.Line, x).Sign() <= 0 {
			return it.Full
		}
		return it.floor()
	case Linear:
		if it.Low {
			x = hundred.minus(x)
		}
		return it.keep(it.Full.times(x).over(hundred))
	case Tally:
		return it.keep(it.Full.minus(it.Each.times(x)))
	case Steps:
		return it.step(x)
	case Bonus:
		if it.Each != nil {
			x = it.Each.times(x)
		}
	}
	return it.keep(x)
}

// short is how far x is on the bad side of the line.
func (it *Item) short(line, x Num) Num {
	if it.Low {
		return x.minus(line)
	}
	return line.minus(x)
}

func (it *Item) floor() Num {
	if it.Floor == nil {
		return Num{}
	}
	return *it.Floor
}

// keep keeps points between floor and full marks, a bonus between 0 and cap.
func (it *Item) keep(points Num) Num {
	points = most(points, it.floor())
	switch {
	case it.Kind != Bonus:
		return least(points, it.Full)
	case it.Cap != nil:
		return least(points, *it.Cap)
	}
	return points
}

func (it *Item) step(x Num) Num {
	for _, s := range it.Steps {
		if s.From == nil || x.Cmp(*s.From) >= 0 {
			return s.Points
		}
	}
	return it.floor()
}

// ofParts reckons an item of several figures. One that the figures do not name
// costs nothing in an item of parts as long as one is named; a mean needs all
// of them.
func (p *Points) ofParts(values map[string]Value) {
	it := p.Item
	var sum, times Num
	given := 0
	for i := range it.Parts {
		part := &it.Parts[i]
		x, state := it.figure(values[part.Code])
		one := PartValue{Part: part, X: x, Given: state == Scored}
		if one.Given {
			given++
			one.Cost = part.cost(it, x)
			sum, times = sum.plus(one.Cost), times.plus(x)
		}
		p.Parts = append(p.Parts, one)
	}
	switch {
	case given == 0, given < len(it.Parts) && it.Kind != Parts:
		p.State = Absent
	case it.Kind == Parts:
		p.Raw = it.keep(it.Full.minus(sum))
	case it.Kind == Mean:
		p.Raw = it.keep(sum.over(Int(int64(given))))
	case times.Sign() <= 0:
		p.State = None
	default:
		p.Raw = it.keep(sum.over(times))
	}
}

// cost is what a part takes away; in a mean what it brings.
func (p *Part) cost(it *Item, x Num) Num {
	switch {
	case p.Each != nil:
		return p.Each.times(x)
	case p.Line != nil && p.Slope != nil:
		return p.Slope.times(most(Num{}, it.short(*p.Line, x)))
	}
	return x
}
