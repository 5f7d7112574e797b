package score

import (
	"slices"
	"strconv"
	"strings"

	"gongzhi/internal/fault"
)

// Check says what is wrong with a scheme, each with the place in the file where
// it stands; nil when it can be used.
func (s *Scheme) Check() error {
	c := checking{scheme: s}
	c.head()
	c.groups()
	seen := map[string]bool{}
	for i := range s.Items {
		c.item("items["+strconv.Itoa(i)+"]", &s.Items[i], seen)
	}
	c.grades()
	return c.Err()
}

// checking collects what is wrong.
type checking struct {
	fault.Fields
	scheme *Scheme
}

func (c *checking) is(wrong bool, place, key string, args ...any) {
	if wrong {
		c.Add(place, key, args...)
	}
}

func (c *checking) head() {
	s := c.scheme
	c.is(strings.TrimSpace(s.Code) == "", "code", "score.missing", "code")
	c.is(strings.TrimSpace(s.Name) == "", "name", "score.missing", "name")
	c.is(s.From != "" && !isMonth(s.From), "from", "score.not_a_month", s.From)
	c.is(s.To != "" && !isMonth(s.To), "to", "score.not_a_month", s.To)
	c.is(s.To != "" && s.From > s.To, "to", "score.ends_before", s.From, s.To)
	c.is(!slices.Contains([]string{"", "high", "low"}, s.Order), "order", "score.one_of", s.Order, "high, low")
	c.is(!slices.Contains([]string{"", "full", "apart"}, s.Absent), "absent", "score.one_of", s.Absent, "full, apart")
	c.is(s.Least < 0, "least", "score.negative", strconv.FormatInt(s.Least, 10))
	c.is(len(s.Items) == 0, "items", "score.no_items")
	c.is(len(s.Items) > 200, "items", "score.many_items", 200)
	c.rounding("total.round", s.Total.Round)
	c.is(s.Total.Floor != nil && s.Total.Cap != nil && s.Total.Floor.Cmp(*s.Total.Cap) > 0, "total.floor", "score.floor_high")
}

func (c *checking) groups() {
	seen, rest := map[string]bool{}, 0
	for i, g := range c.scheme.Groups {
		at := "groups[" + strconv.Itoa(i) + "]"
		c.is(g.Code == "" || g.Name == "", at, "score.missing", "code, name")
		c.is(seen[g.Code], at+".code", "score.twice", g.Code)
		c.is(g.Full.Sign() <= 0, at+".full", "score.not_positive", g.Full.String())
		if seen[g.Code] = true; g.Rest {
			rest++
		}
		c.is(rest > 1, at+".rest", "score.rest_twice")
	}
}

func (c *checking) item(at string, it *Item, seen map[string]bool) {
	c.is(it.Code == "" || it.Name == "", at, "score.missing", "code, name")
	c.is(seen[it.Code], at+".code", "score.twice", it.Code)
	seen[it.Code] = true
	for _, g := range it.In {
		c.is(c.scheme.group(g) == nil, at+".in", "score.no_group", g)
	}
	c.is(!slices.Contains(Kinds, it.Kind), at+".kind", "score.one_of", it.Kind, strings.Join(Kinds, ", "))
	c.is(!slices.Contains([]string{"", "full", "apart"}, it.None), at+".none", "score.one_of", it.None, "full, apart")
	c.is(it.Full.Sign() < 0, at+".full", "score.negative", it.Full.String())
	c.is(it.Full.Sign() == 0 && it.Kind != Bonus, at+".full", "score.not_positive", "0")
	c.is(it.Full.Sign() != 0 && it.Kind == Bonus, at+".full", "score.bonus_full")
	c.is(it.Floor != nil && it.Floor.Cmp(it.Full) > 0, at+".floor", "score.floor_high")
	c.rounding(at+".input", it.Input)
	c.rounding(at+".points", it.Points)
	c.needs(at, it)
	for i := range it.Parts {
		c.part(at+".parts["+strconv.Itoa(i)+"]", it, &it.Parts[i], seen)
	}
	c.steps(at, it)
}

// needs checks that each sort of item has what its rule speaks of.
func (c *checking) needs(at string, it *Item) {
	line := it.Kind == Slope || it.Kind == Line
	c.is(line && it.Line == nil, at+".line", "score.kind_needs", it.Kind, "line")
	c.is(!line && it.Line != nil, at+".line", "score.kind_has_not", it.Kind, "line")
	c.is(it.Kind == Slope && (it.Slope == nil || it.Slope.Sign() <= 0), at+".slope", "score.kind_needs", it.Kind, "slope")
	c.is(it.Kind == Tally && (it.Each == nil || it.Each.Sign() <= 0), at+".each", "score.kind_needs", it.Kind, "each")
	c.is(it.Kind == Steps && len(it.Steps) == 0, at+".steps", "score.kind_needs", it.Kind, "steps")
	parted := it.Kind == Parts || it.Kind == Mean || it.Kind == Levels
	c.is(parted && len(it.Parts) == 0, at+".parts", "score.kind_needs", it.Kind, "parts")
	c.is(!parted && len(it.Parts) > 0, at+".parts", "score.kind_has_not", it.Kind, "parts")
	c.is(it.Cap != nil && it.Kind != Bonus, at+".cap", "score.kind_has_not", it.Kind, "cap")
	c.is(len(it.Known) > 0 && it.Kind != Bonus, at+".known", "score.kind_has_not", it.Kind, "known")
}

func (c *checking) part(at string, it *Item, p *Part, seen map[string]bool) {
	c.is(p.Code == "" || p.Name == "", at, "score.missing", "code, name")
	c.is(seen[p.Code], at+".code", "score.twice", p.Code)
	seen[p.Code] = true
	count, rate := p.Each != nil, p.Line != nil || p.Slope != nil
	switch it.Kind {
	case Parts:
		c.is(count == rate || rate && (p.Line == nil || p.Slope == nil), at, "score.part_needs")
		c.is(count && p.Each.Sign() <= 0 || rate && p.Slope != nil && p.Slope.Sign() <= 0, at, "score.part_needs")
	case Levels:
		c.is(!count || rate, at, "score.kind_needs", it.Kind, "each")
	case Mean:
		c.is(count || rate, at, "score.kind_has_not", it.Kind, "each, line, slope")
	}
}

// steps go down and the last one catches everything.
func (c *checking) steps(at string, it *Item) {
	for i, s := range it.Steps {
		here := at + ".steps[" + strconv.Itoa(i) + "]"
		last := i == len(it.Steps)-1
		c.is(last != (s.From == nil), here+".from", "score.last_open")
		c.is(i > 0 && s.From != nil && it.Steps[i-1].From != nil && s.From.Cmp(*it.Steps[i-1].From) >= 0, here+".from", "score.not_falling")
		c.is(s.Points.Sign() < 0 || s.Points.Cmp(it.Full) > 0, here+".points", "score.beyond_full", it.Full.String())
	}
}

func (c *checking) grades() {
	list := c.scheme.Grades
	for i, g := range list {
		at := "grades[" + strconv.Itoa(i) + "]"
		c.is(g.Name == "", at+".name", "score.missing", "name")
		c.is((i == len(list)-1) != (g.From == nil), at+".from", "score.last_open")
		c.is(i > 0 && g.From != nil && list[i-1].From != nil && g.From.Cmp(*list[i-1].From) >= 0, at+".from", "score.not_falling")
	}
}

func (c *checking) rounding(at string, r *Rounding) {
	if r != nil && !r.ok() {
		c.Add(at, "score.rounding_unknown")
	}
}
