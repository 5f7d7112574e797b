package score

import (
	"strings"

	"gongzhi/internal/locale"
)

// Words are the rule of an item as a sentence.
func (it *Item) Words(l locale.Lang) string {
	t := func(key string, args ...any) string { return locale.T(l, "score.rule_"+key, args...) }
	full, floor := it.Full.String(), it.floor().String()
	low := ""
	if it.Low {
		low = "_low"
	}
	switch it.Kind {
	case Slope:
		return t("slope"+low, it.Line.String(), full, it.Slope.String(), floor)
	case Line:
		return t("line"+low, it.Line.String(), full, floor)
	case Linear:
		return t("linear"+low, full)
	case Tally:
		return t("count", full, it.Each.String(), floor)
	case Parts:
		return t("parts", full, it.partWords(l), floor)
	case Steps:
		return t("steps", it.stepWords(l))
	case Mean:
		return t("mean", it.partNames(l))
	case Levels:
		return t("levels", it.partWords(l))
	case Fixed:
		return t("fixed", full)
	case Bonus:
		return it.bonusWords(t)
	}
	return t("given", full)
}

func (it *Item) bonusWords(t func(string, ...any) string) string {
	out := t("bonus")
	if it.Each != nil {
		out = t("bonus_each", it.Each.String())
	}
	if it.Cap != nil {
		out = t("bonus_cap", out, it.Cap.String())
	}
	return out
}

func (it *Item) partNames(l locale.Lang) string {
	names := make([]string, len(it.Parts))
	for i, p := range it.Parts {
		names[i] = p.Name
	}
	return strings.Join(names, locale.T(l, "score.list_and"))
}

func (it *Item) partWords(l locale.Lang) string {
	words := make([]string, len(it.Parts))
	for i, p := range it.Parts {
		switch {
		case it.Kind == Levels:
			words[i] = locale.T(l, "score.rule_level", p.Name, p.Each.String())
		case p.Each != nil:
			words[i] = locale.T(l, "score.rule_part_each", p.Name, p.Each.String())
		case it.Low:
			words[i] = locale.T(l, "score.rule_part_slope_low", p.Name, p.Line.String(), p.Slope.String())
		default:
			words[i] = locale.T(l, "score.rule_part_slope", p.Name, p.Line.String(), p.Slope.String())
		}
	}
	return strings.Join(words, locale.T(l, "score.list_next"))
}

func (it *Item) stepWords(l locale.Lang) string {
	words := make([]string, len(it.Steps))
	for i, s := range it.Steps {
		if s.From == nil {
			words[i] = locale.T(l, "score.rule_step_rest", s.Points.String())
			continue
		}
		words[i] = locale.T(l, "score.rule_step", s.From.String(), s.Points.String())
	}
	return strings.Join(words, locale.T(l, "score.list_next"))
}

// Sum is how the points of an item came about, as one does it on paper:
// 25 − 0.5 × (95 − 70.59) = 12.795 ≈ 12.80. It is the same in every language.
func (p Points) Sum() string {
	if p.State != Scored {
		return ""
	}
	left := p.left()
	out := left
	if value := shown(p.rawSum()); left != value {
		out = left + equals(p.rawSum())
	}
	if p.rawSum().Cmp(p.Raw) != 0 {
		out += " → " + shown(p.Raw)
	}
	if p.Item.Points != nil && p.Got.Cmp(p.Raw) != 0 {
		out += " ≈ " + p.Item.Points.Text(p.Raw)
	}
	return out
}

func equals(n Num) string {
	if _, ends := n.val().FloatPrec(); !ends {
		return " ≈ " + shown(n)
	}
	return " = " + shown(n)
}

// shown is a number with at most four decimals where it never ends.
func shown(n Num) string {
	if _, ends := n.val().FloatPrec(); ends {
		return n.String()
	}
	return n.Fixed(4)
}

// left is the sum before its result.
func (p Points) left() string {
	it, x := p.Item, shown(p.X)
	switch it.Kind {
	case Slope:
		if it.short(*it.Line, p.X).Sign() <= 0 {
			return x + it.reaches() + it.Line.String()
		}
		return it.Full.String() + " − " + it.Slope.String() + " × " + it.gap(*it.Line, p.X)
	case Line:
		if it.short(*it.Line, p.X).Sign() <= 0 {
			return x + it.reaches() + it.Line.String()
		}
		return x + it.misses() + it.Line.String()
	case Linear:
		if it.Low {
			return it.Full.String() + " × (100% − " + x + "%)"
		}
		return it.Full.String() + " × " + x + "%"
	case Tally:
		return it.Full.String() + " − " + it.Each.String() + " × " + x
	case Parts, Mean, Levels:
		return p.leftOfParts()
	case Fixed:
		return it.Full.String()
	case Bonus:
		if it.Each != nil {
			return it.Each.String() + " × " + x
		}
	}
	return x
}

func (it *Item) gap(line, x Num) string {
	if it.Low {
		return "(" + shown(x) + " − " + line.String() + ")"
	}
	return "(" + line.String() + " − " + shown(x) + ")"
}

func (it *Item) reaches() string {
	if it.Low {
		return " ≤ "
	}
	return " ≥ "
}

func (it *Item) misses() string {
	if it.Low {
		return " > "
	}
	return " < "
}

func (p Points) leftOfParts() string {
	it := p.Item
	var terms []string
	var times Num
	for _, x := range p.Parts {
		if !x.Given {
			continue
		}
		times = times.plus(x.X)
		switch {
		case it.Kind == Mean:
			terms = append(terms, shown(x.X))
		case x.Part.Each != nil:
			terms = append(terms, x.Part.Each.String()+" × "+shown(x.X))
		case x.Cost.Sign() > 0:
			terms = append(terms, x.Part.Slope.String()+" × "+it.gap(*x.Part.Line, x.X))
		default:
			terms = append(terms, "0")
		}
	}
	switch it.Kind {
	case Parts:
		return it.Full.String() + " − " + strings.Join(terms, " − ")
	case Mean:
		return "(" + strings.Join(terms, " + ") + ") ÷ " + shown(Int(int64(len(terms))))
	}
	return "(" + strings.Join(terms, " + ") + ") ÷ " + shown(times)
}

// rawSum is what the sum gives before floor and full marks.
func (p Points) rawSum() Num {
	it := p.Item
	switch {
	case it.Kind == Slope && it.short(*it.Line, p.X).Sign() > 0:
		return it.Full.minus(it.Slope.times(it.short(*it.Line, p.X)))
	case it.Kind == Tally:
		return it.Full.minus(it.Each.times(p.X))
	case it.Kind == Parts:
		sum := it.Full
		for _, x := range p.Parts {
			sum = sum.minus(x.Cost)
		}
		return sum
	case it.Kind == Bonus && it.Each != nil:
		return it.Each.times(p.X)
	case it.Kind == Given, it.Kind == Bonus:
		return p.X
	}
	return p.Raw
}

// Figure is how the rate of an item came about: 12 ÷ 17 = 70.59%. It is empty
// when the rate itself was given.
func (p Points) Figure() string {
	if p.Value == nil || p.Value.K == nil || p.Value.N == nil || p.State != Scored {
		return ""
	}
	exact := p.Value.K.times(hundred).over(*p.Value.N)
	sign := " = "
	if exact.Cmp(p.X) != 0 || shown(exact) != exact.String() {
		sign = " ≈ "
	}
	return shown(*p.Value.K) + " ÷ " + shown(*p.Value.N) + sign + shown(p.X) + "%"
}

// Sum is how a total came about: 100 − 27.2 + 4 = 76.8.
func (r Result) Sum(round *Rounding) string {
	out := shown(r.Base) + " − " + shown(r.Lost)
	if r.Bonus.Sign() != 0 {
		out += " + " + shown(r.Bonus)
	}
	out += equals(r.Raw)
	if r.Total == nil || r.Total.Cmp(r.Raw) == 0 {
		return out
	}
	sign := " → "
	if round != nil && round.Of(r.Raw).Cmp(*r.Total) == 0 {
		sign = " ≈ "
	}
	return out + sign + shown(*r.Total)
}
