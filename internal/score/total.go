package score

import (
	"slices"
	"strings"

	"gongzhi/internal/fault"
)

// Entry is what is known of one unit in one period.
type Entry struct {
	Unit   string
	Group  string // code or name; "" lets the scheme find it by the unit
	Period string
	Volume *int64 // how many orders, for the least number of a ranking
	Values map[string]Value
	Known  *Num // what is known to be lost, when the items themselves are not given
	Stated *Num // the total as published; it ranks units of which nothing else is known
}

// Why a unit has no place among the others.
const (
	ApartNone   = "none"   // it had nothing to be scored by
	ApartAbsent = "absent" // items of the scheme are missing from the figures
	ApartFew    = "few"    // fewer orders than a ranking needs
)

// Result is one unit scored.
type Result struct {
	Entry
	In     *Group
	Items  []Points
	Base   Num
	Lost   Num
	Bonus  Num
	Raw    Num    // base − lost + bonus
	Total  *Num   // Raw within its limits and rounded; nil: no total
	Taken  bool   // Total is the published one
	Apart  string // why it has no place: ApartNone, ApartAbsent, ApartFew
	Rank   int    // in its group and period; 0: none
	Of     int    // how many are ranked there
	Tied   bool   // others share the rank
	Grade  string
	Absent []string // names of the items that the figures do not bring
}

// Score scores the entries and ranks them inside their group and period. The
// results stand in the order of the entries.
func (s *Scheme) Score(entries []Entry) ([]Result, error) {
	out := make([]Result, len(entries))
	bare := !slices.ContainsFunc(entries, func(e Entry) bool { return e.Known != nil || len(e.Values) > 0 })
	for i, e := range entries {
		g, err := s.place(e)
		if err != nil {
			return nil, err
		}
		if bare && e.Stated != nil {
			out[i] = s.taken(e, g)
			continue
		}
		out[i] = s.one(e, g)
	}
	s.rank(out)
	return out, nil
}

// place finds the group of a unit.
func (s *Scheme) place(e Entry) (*Group, error) {
	if len(s.Groups) == 0 {
		return nil, nil
	}
	if e.Group != "" {
		if g := s.group(e.Group); g != nil {
			return g, nil
		}
		return nil, fault.New(fault.Invalid, "score.group_unknown", nil, e.Unit, e.Group, s.groupNames())
	}
	var rest *Group
	for i := range s.Groups {
		g := &s.Groups[i]
		if slices.ContainsFunc(g.Units, func(u string) bool { return same(u, e.Unit) }) {
			return g, nil
		}
		if g.Rest || len(s.Groups) == 1 {
			rest = g
		}
	}
	if rest == nil {
		return nil, fault.New(fault.Invalid, "score.group_missing", nil, e.Unit, s.groupNames())
	}
	return rest, nil
}

// Places reports whether the scheme has a group for a unit.
func (s *Scheme) Places(e Entry) bool {
	_, err := s.place(e)
	return err == nil
}

func (s *Scheme) groupNames() string {
	names := make([]string, len(s.Groups))
	for i, g := range s.Groups {
		names[i] = g.Code
	}
	return strings.Join(names, ", ")
}

func (s *Scheme) one(e Entry, g *Group) Result {
	r := Result{Entry: e, In: g, Base: s.base(g)}
	for _, it := range s.items(g) {
		p := it.reckon(e.Values, e.Period)
		r.Items = append(r.Items, p)
		r.add(p, s.Absent)
	}
	if e.Known != nil { // the items are not given one by one, and neither missed
		r.Lost, r.Absent = *e.Known, nil
		if r.Apart == ApartAbsent {
			r.Apart = ""
		}
	}
	r.Raw = r.Base.minus(r.Lost).plus(r.Bonus)
	if e.Known == nil && len(e.Values) == 0 && r.Apart == "" {
		r.Apart = ApartAbsent
	}
	if r.Apart == "" {
		total := s.Total.finish(r.Raw)
		r.Total, r.Grade = &total, s.Grade(total)
		if e.Volume != nil && *e.Volume < s.Least {
			r.Apart = ApartFew
		}
	}
	return r
}

// taken is a unit of which only the published total is known.
func (s *Scheme) taken(e Entry, g *Group) Result {
	r := Result{Entry: e, In: g, Raw: *e.Stated, Total: e.Stated, Taken: true, Grade: s.Grade(*e.Stated)}
	if e.Volume != nil && *e.Volume < s.Least {
		r.Apart = ApartFew
	}
	return r
}

// add adds an item to the sums. A unit of which an item could not be scored
// has no total, unless the scheme says that it costs nothing.
func (r *Result) add(p Points, absent string) {
	it := p.Item
	switch {
	case it.Kind == Bonus:
		r.Bonus = r.Bonus.plus(p.Got)
	case p.State == Scored:
		r.Lost = r.Lost.plus(p.Lost)
	case p.State == Absent:
		if r.Absent = append(r.Absent, it.Name); absent != "full" && r.Apart == "" {
			r.Apart = ApartAbsent
		}
	case it.None != "full":
		r.Apart = ApartNone
	}
}

func (t Total) finish(raw Num) Num {
	if t.Floor != nil {
		raw = most(raw, *t.Floor)
	}
	if t.Cap != nil {
		raw = least(raw, *t.Cap)
	}
	if t.Round != nil {
		raw = t.Round.Of(raw)
	}
	return raw
}

// rank gives the places inside each group and period.
func (s *Scheme) rank(all []Result) {
	fields := map[[2]string][]int{}
	for i, r := range all {
		fields[r.field()] = append(fields[r.field()], i)
	}
	for _, field := range fields {
		keys := make([]*Num, len(field))
		for n, i := range field {
			if all[i].Apart == "" {
				keys[n] = all[i].Total
			}
		}
		places, count, of := Ranks(keys, s.Order == "low"), map[int]int{}, 0
		for _, p := range places {
			if count[p]++; p > 0 {
				of++
			}
		}
		for n, i := range field {
			if r := &all[i]; places[n] > 0 {
				r.Rank, r.Of, r.Tied = places[n], of, count[places[n]] > 1
			}
		}
	}
}

// field are those among whom a unit is ranked.
func (r Result) field() [2]string {
	if r.In != nil {
		return [2]string{r.In.Code, r.Period}
	}
	return [2]string{r.Group, r.Period}
}

// Compact is a name as it is compared: full width, case and blanks make no
// difference.
func Compact(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(narrow(s)), ""))
}

func same(a, b string) bool { return Compact(a) == Compact(b) }
