package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
)

// What is wrong, or wants a look, with a line of the duty list.
const (
	DutyClash     = "clash"     // another line says the same of the same place at the same time with another lead: neither can win
	DutyTwice     = "twice"     // another line says the very same
	DutyCrossed   = "crossed"   // a city department and a county one both have it: the city's leads (潍坊条例 第二十四条)
	DutyShadowed  = "shadowed"  // closer lines cover all of it: it can never win
	DutyLead      = "lead"      // the lead is not there or no longer active
	DutyBureau    = "bureau"    // some districts have no such bureau
	DutyCommunity = "community" // a community may not be asked this (北京条例 第十七条)
	DutyStreet    = "street"    // a street may not be given this (潍坊条例 第二十四条)
	DutyAssist    = "assist"    // an assisting unit is the lead, or not there
	DutyEnds      = "ends"      // it ends and nothing follows
	DutyGap       = "gap"       // a category without any line in some district: it falls to the district
)

// DutyKinds are the kinds in the order of pages.
var DutyKinds = []string{DutyClash, DutyLead, DutyCommunity, DutyStreet, DutyAssist, DutyTwice, DutyShadowed, DutyCrossed, DutyBureau, DutyEnds, DutyGap}

// DutyFinding is one thing found in the duty list.
type DutyFinding struct {
	Kind     string
	Line     string   // "" of a gap
	Category string   // of a gap
	Others   []string // the lines it is about, or the districts
	Unit     string   // the unit it is about, as the line calls it
	Day      string   // when it ends
}

// Contradicts reports whether the list cannot be put in force so: two lines
// that cannot both be right.
func (f DutyFinding) Contradicts() bool { return f.Kind == DutyClash }

// dutyCheck is the list prepared for the checks.
type dutyCheck struct {
	r         *Resolver
	day       calendar.Day
	lines     []Duty
	byKey     map[string][]Duty // category, area and scope
	byCat     map[string][]Duty
	districts []string
	out       []DutyFinding
}

// CheckDuties looks through a duty list. r gives the tree, the units and the
// lists of communities and streets; its own lines are not read.
func CheckDuties(r *Resolver, lines []Duty, day calendar.Day) []DutyFinding {
	c := &dutyCheck{r: r, day: day, byKey: map[string][]Duty{}, byCat: map[string][]Duty{}}
	for _, d := range lines {
		if !d.Active || d.ValidTo != "" && d.ValidTo < string(day) && !c.lately(d) {
			continue
		}
		c.lines = append(c.lines, d)
		c.byKey[dutyKey(d)] = append(c.byKey[dutyKey(d)], d)
		c.byCat[d.Category] = append(c.byCat[d.Category], d)
	}
	for _, u := range r.Units {
		if u.Kind == "district" && u.Active && u.Area != "" {
			c.districts = append(c.districts, u.Area)
		}
	}
	for _, d := range c.lines {
		c.pairs(d)
		c.units(d)
		c.shadow(d)
		c.ends(d)
	}
	c.gaps()
	slices.SortStableFunc(c.out, func(a, b DutyFinding) int {
		return cmp.Or(slices.Index(DutyKinds, a.Kind)-slices.Index(DutyKinds, b.Kind), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Category, b.Category))
	})
	return c.out
}

// lately lets lines be seen that ended within this year: what follows them is
// asked.
func (c *dutyCheck) lately(d Duty) bool {
	return len(d.ValidTo) >= 4 && d.ValidTo[:4] == string(c.day)[:4]
}

func dutyKey(d Duty) string { return d.Category + "|" + d.Area + "|" + d.Scope }

func (c *dutyCheck) add(f DutyFinding) { c.out = append(c.out, f) }

// pairs compares a line with those that say something of the same.
func (c *dutyCheck) pairs(d Duty) {
	found := map[string][]string{}
	for _, o := range c.byKey[dutyKey(d)] {
		if o.ID == d.ID || !overlap(d, o) {
			continue
		}
		switch {
		case o.Lead == d.Lead:
			found[DutyTwice] = append(found[DutyTwice], o.ID)
		case c.crossing(d, o) || c.crossing(o, d):
			found[DutyCrossed] = append(found[DutyCrossed], o.ID)
		default:
			found[DutyClash] = append(found[DutyClash], o.ID)
		}
	}
	for _, kind := range []string{DutyTwice, DutyCrossed, DutyClash} {
		if len(found[kind]) > 0 {
			c.add(DutyFinding{Kind: kind, Line: d.ID, Others: found[kind]})
		}
	}
	for _, o := range c.byCat[d.Category] {
		if o.Area != d.Area && o.Scope == d.Scope && strings.HasPrefix(o.Area, d.Area) && overlap(d, o) && !o.Ceded && c.crossing(d, o) {
			c.add(DutyFinding{Kind: DutyCrossed, Line: o.ID, Others: []string{d.ID}})
		}
	}
}

// Clashing are the ids of the lines that contradict one: of the same, in force at
// the same time, with another lead.
func (r *Resolver) Clashing(d Duty, beside []Duty) []string {
	c := &dutyCheck{r: r}
	var out []string
	for _, o := range beside {
		if o.ID != d.ID && o.Active && d.Active && o.Lead != d.Lead && overlap(d, o) && !c.crossing(d, o) && !c.crossing(o, d) {
			out = append(out, o.ID)
		}
	}
	slices.Sort(out)
	return out
}

// crossing reports whether one line names a city department and the other one of
// a district.
func (c *dutyCheck) crossing(city, county Duty) bool {
	return city.Category != "*" && c.r.cityLevel(city.Lead) && c.r.countyLevel(county.Lead)
}

func overlap(a, b Duty) bool {
	return (a.ValidTo == "" || b.ValidFrom == "" || b.ValidFrom <= a.ValidTo) && (b.ValidTo == "" || a.ValidFrom == "" || a.ValidFrom <= b.ValidTo)
}

// covers reports whether a line is in force on all days of another.
func covers(a, b Duty) bool {
	return (a.ValidFrom == "" || b.ValidFrom != "" && a.ValidFrom <= b.ValidFrom) && (a.ValidTo == "" || b.ValidTo != "" && a.ValidTo >= b.ValidTo)
}

func (c *dutyCheck) units(d Duty) {
	c.unit(d, d.Lead, true, DutyLead)
	for _, a := range d.Assists {
		if a.Unit == d.Lead {
			c.add(DutyFinding{Kind: DutyAssist, Line: d.ID, Unit: a.Unit})
			continue
		}
		c.unit(d, a.Unit, false, DutyAssist)
	}
}

func (c *dutyCheck) unit(d Duty, name string, lead bool, kind string) {
	u := actor.Unit{Kind: strings.TrimPrefix(name, "@"), Active: true, Name: name}
	switch bureau, isBureau := strings.CutPrefix(name, "@bureau:"); {
	case isBureau:
		c.bureau(d, bureau, kind)
		return
	case !strings.HasPrefix(name, "@"):
		u, _ = c.r.Unit(name)
	}
	if u.Kind == "" || !u.Active || strings.HasPrefix(name, "@") && codeLength[u.Kind] == 0 {
		c.add(DutyFinding{Kind: kind, Line: d.ID, Unit: name})
		return
	}
	if d.Category == "*" {
		return // what of it the unit may be given is asked at each request
	}
	if mayAsk(c.r.items, c.r.tree, u, d.Category, lead) != nil && c.r.leafless(d.Category, u, lead) {
		c.add(DutyFinding{Kind: DutyCommunity, Line: d.ID, Unit: name})
	}
	if c.r.mayGive(u, d.Category, lead) != nil {
		c.add(DutyFinding{Kind: DutyStreet, Line: d.ID, Unit: name})
	}
}

// bureau notes the districts that have no such bureau, among those where the
// line applies.
func (c *dutyCheck) bureau(d Duty, bureau, kind string) {
	var without []string
	n := 0
	for _, area := range c.districts {
		if d.Area != "" && !strings.HasPrefix(d.Area, area) {
			continue
		}
		n++
		if u, ok := c.r.Unit(area + "-" + bureau); !ok || !u.Active {
			without = append(without, area)
		}
	}
	switch {
	case len(without) == 0 && n > 0:
	case len(without) == n:
		c.add(DutyFinding{Kind: kind, Line: d.ID, Unit: "@bureau:" + bureau})
	default:
		c.add(DutyFinding{Kind: DutyBureau, Line: d.ID, Unit: "@bureau:" + bureau, Others: without})
	}
}

// shadow finds a line that others cover leaf by leaf. The line for everything,
// and one for a whole branch anywhere, are meant to be reached by nobody: they
// wait for leaves that are still to come.
func (c *dutyCheck) shadow(d Duty) {
	general := d.Area == "" && d.Scope == "" && !c.r.tree.Leaf(d.Category)
	if d.Category == "*" || general && len(c.byKey[dutyKey(d)]) == 1 {
		return
	}
	leaves := c.r.tree.Leaves(d.Category)
	if len(leaves) == 0 {
		return
	}
	var over []string
	for _, leaf := range leaves {
		other := c.above(d, leaf.Code)
		if other == "" {
			return
		}
		if !slices.Contains(over, other) {
			over = append(over, other)
		}
	}
	c.add(DutyFinding{Kind: DutyShadowed, Line: d.ID, Others: over})
}

// above is a line that wins over another everywhere for a leaf, "" none.
func (c *dutyCheck) above(d Duty, leaf string) string {
	path := c.r.tree.Path(leaf)
	for i := len(path) - 1; i >= 0 && path[i] != d.Category; i-- {
		for _, o := range c.byCat[path[i]] {
			if strings.HasPrefix(d.Area, o.Area) && (o.Scope == "" || o.Scope == d.Scope) && covers(o, d) {
				return o.ID
			}
		}
	}
	for _, o := range c.byKey[dutyKey(d)] {
		if o.ID < d.ID && o.Lead == d.Lead && covers(o, d) {
			return o.ID
		}
	}
	return ""
}

// ends finds a line after whose last day nobody answers as closely.
func (c *dutyCheck) ends(d Duty) {
	if d.ValidTo == "" {
		return
	}
	follows := func(o Duty) bool {
		return o.ID != d.ID && (o.ValidTo == "" || o.ValidTo > d.ValidTo) && (o.ValidFrom == "" || o.ValidFrom <= nextDay(d.ValidTo))
	}
	if !slices.ContainsFunc(c.byKey[dutyKey(d)], follows) {
		c.add(DutyFinding{Kind: DutyEnds, Line: d.ID, Day: d.ValidTo})
	}
}

func nextDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

// gaps finds leaves that only the line for everything answers for in some
// district.
func (c *dutyCheck) gaps() {
	for _, leaf := range c.r.tree.Leaves("") {
		covered := map[string]bool{}
		all := false
		for _, code := range c.r.tree.Path(leaf.Code) {
			for _, d := range c.byCat[code] {
				if d.Scope != "" || !d.inForce(c.day) {
					continue
				}
				if d.Area == "" {
					all = true
				} else if len(d.Area) == codeLength["district"] {
					covered[d.Area] = true
				}
			}
		}
		if all {
			continue
		}
		var without []string
		for _, area := range c.districts {
			if !covered[area] {
				without = append(without, area)
			}
		}
		if len(without) > 0 || len(c.districts) == 0 {
			c.add(DutyFinding{Kind: DutyGap, Category: leaf.Code, Others: without})
		}
	}
}
