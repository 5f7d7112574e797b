package catalog

import (
	"cmp"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Place is what the duty list needs to know of where something is.
type Place struct {
	Area  string // grid or community code, shorter when only the street or district is known, "" unknown
	Scope string // as in Duty, "" unknown
}

// Choice is what the duty list says of one request.
type Choice struct {
	Lead     actor.Unit
	Assists  []ChosenAssist
	Reason   string
	Rule     string // id of the line, "" when nothing applied
	Line     Duty   // the line itself
	Fallback bool   // the district must organise a solution (兜底)
	Passed   []Passed
	Crossed  Duty // the district's line that gave way to the city department's, ID "" none
}

// ChosenAssist is an assisting unit with its limit.
type ChosenAssist struct {
	Unit  actor.Unit
	Limit calendar.Limit
}

// Passed is a line that applied and was passed over.
type Passed struct {
	Rule string
	Unit string // name of the unit, or what the line calls it
	Why  string // PassedUnknown, PassedBarred or PassedList
}

// Why a line is passed over.
const (
	PassedUnknown = "unknown" // the line names a part of the territory that is not known here, or a unit that is no longer active
	PassedBarred  = "barred"  // the request is about this unit, or it was just ruled that it is not its duty
	PassedList    = "list"    // a community may not be asked this
	PassedStreet  = "street"  // a street may not be given this
)

// Resolver answers for any number of requests from one reading of the duty
// list and the units. It does not change; the book in force holds one.
type Resolver struct {
	tree   *Tree
	lines  map[string][]Duty
	Units  []actor.Unit // in tree order
	byID   map[string]int
	byArea map[string][]int
	items  []CommunityItem
	street []StreetItem
}

// NewResolver reads the duty list, the units and the communities' list.
func NewResolver(tx *sqldb.Tx, t *Tree) (*Resolver, error) {
	lines, err := duties(tx, `select `+dutyColumns+` from catalog_duty where active`)
	if err != nil {
		return nil, err
	}
	r := &Resolver{tree: t, lines: map[string][]Duty{}, byID: map[string]int{}, byArea: map[string][]int{}}
	for _, d := range lines {
		r.lines[d.Category] = append(r.lines[d.Category], d)
	}
	if r.Units, err = actor.Units(tx); err != nil {
		return nil, err
	}
	for i, u := range r.Units {
		r.byID[u.ID] = i
		if u.Active && u.Area != "" {
			r.byArea[u.Kind+" "+u.Area] = append(r.byArea[u.Kind+" "+u.Area], i)
		}
	}
	if r.items, err = CommunityItems(tx); err != nil {
		return nil, err
	}
	r.street, err = StreetItems(tx)
	return r, err
}

// Unit is a unit by id; ok is false when there is none.
func (r *Resolver) Unit(id string) (actor.Unit, bool) {
	i, ok := r.byID[id]
	if !ok {
		return actor.Unit{}, false
	}
	return r.Units[i], true
}

// Serving is the active unit of a kind ("street", "district") whose territory
// an area lies in; its ID is "" when there is none.
func (r *Resolver) Serving(kind, area string) actor.Unit {
	n := codeLength[kind]
	if n == 0 || len(area) < n {
		return actor.Unit{}
	}
	found := r.byArea[kind+" "+area[:n]]
	if len(found) == 0 {
		return actor.Unit{}
	}
	return r.Units[slices.MinFunc(found, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.Units[a].Sort, r.Units[b].Sort), cmp.Compare(r.Units[a].ID, r.Units[b].ID))
	})]
}

// codeLength is how many digits of an area's code name each level.
var codeLength = map[string]int{"district": 6, "street": 9, "community": 12}

// Resolve finds who answers for a category at a place on a day. The closest
// category wins, then the closest area, then a line with a matching scope. A
// line whose lead is barred, unknown here, or a community that may not be asked
// is passed over. Where no line applies the district of the place must organise
// a solution (北京市接诉即办工作条例 第十二条); without a place the answer has no Lead
// and the dispatcher decides. barred may be nil.
func (r *Resolver) Resolve(category string, p Place, day calendar.Day, barred func(actor.Unit) bool) Choice {
	if barred == nil {
		barred = func(actor.Unit) bool { return false }
	}
	var c Choice
	lines := r.applying(category, p, day)
	for i, d := range lines {
		lead := r.named(d.Lead, p.Area)
		if why := r.unfit(lead, category, true, barred); why != "" {
			c.Passed = append(c.Passed, Passed{d.ID, cmp.Or(lead.Name, d.Lead), why})
			continue
		}
		if over, u := r.cityLine(d, lead, lines[i+1:], category, p, barred); over.ID != "" {
			c.Crossed, d.Assists = d, append([]Assist{{Unit: d.Lead}}, d.Assists...)
			over.Assists = append(slices.Clone(over.Assists), d.Assists...)
			d, lead = over, u
		}
		// The line for everything is the district's duty in the city's own words.
		c.Lead, c.Reason, c.Rule, c.Line, c.Fallback = lead, d.Reason, d.ID, d, d.Category == "*"
		c.Assists = r.assists(d, category, p, lead, barred)
		return c
	}
	if lead := r.Serving("district", p.Area); r.unfit(lead, category, true, barred) == "" {
		c.Lead, c.Fallback = lead, true
	}
	return c
}

func (r *Resolver) unfit(u actor.Unit, category string, lead bool, barred func(actor.Unit) bool) string {
	switch {
	case u.ID == "" || !u.Active:
		return PassedUnknown
	case barred(u):
		return PassedBarred
	case r.MayAsk(u, category, lead) != nil:
		return PassedList
	case r.mayGive(u, category, lead) != nil:
		return PassedStreet
	}
	return ""
}

// cityLine is the city department's line over one of a district's for the same
// category and sort of place: where their duties cross, the city's leads
// (潍坊市12345政务服务便民热线条例 第二十四条). A line that the city has handed down is
// the district's own.
func (r *Resolver) cityLine(d Duty, lead actor.Unit, rest []Duty, category string, p Place, barred func(actor.Unit) bool) (Duty, actor.Unit) {
	if d.Ceded || d.Category == "*" || !r.county(lead) {
		return Duty{}, actor.Unit{}
	}
	for _, o := range rest {
		if o.Category != d.Category || o.Scope != d.Scope {
			continue
		}
		if u := r.named(o.Lead, p.Area); r.CityDepartment(u) && r.unfit(u, category, true, barred) == "" {
			return o, u
		}
	}
	return Duty{}, actor.Unit{}
}

// CityDepartment reports whether a unit is a department of the city itself:
// nothing of a district stands above it.
func (r *Resolver) CityDepartment(u actor.Unit) bool {
	return u.Kind == "department" && !r.inDistrict(u)
}

// county reports whether a unit is a district or county, or a department of one.
func (r *Resolver) county(u actor.Unit) bool {
	return u.Kind == "district" || u.Kind == "department" && r.inDistrict(u)
}

func (r *Resolver) inDistrict(u actor.Unit) bool {
	for range 8 { // deeper is a loop in bad data
		above, ok := r.Unit(u.Parent)
		if !ok {
			return false
		}
		if above.Kind == "district" {
			return true
		}
		u = above
	}
	return false
}

// cityLevel and countyLevel say the same of what a line names.
func (r *Resolver) cityLevel(name string) bool {
	u, ok := r.Unit(name)
	return ok && r.CityDepartment(u)
}

func (r *Resolver) countyLevel(name string) bool {
	if u, ok := r.Unit(name); ok {
		return r.county(u)
	}
	return name == "@district" || strings.HasPrefix(name, "@bureau:")
}

// leafless reports whether no leaf below a category may be asked of a unit.
func (r *Resolver) leafless(category string, u actor.Unit, lead bool) bool {
	for _, leaf := range r.tree.Leaves(category) {
		if mayAsk(r.items, r.tree, u, leaf.Code, lead) == nil {
			return false
		}
	}
	return true
}

// Streets is the list of what streets may be given.
func (r *Resolver) Streets() []StreetItem { return r.street }

// mayGive refuses to give a street a department's own duty, or to make it lead
// where it only assists (潍坊条例 第二十四条). Other units pass, and so does what the
// list does not speak of.
func (r *Resolver) mayGive(u actor.Unit, category string, lead bool) error {
	if u.Kind != "street" {
		return nil
	}
	path := r.tree.Path(category)
	for i := len(path) - 1; i >= 0; i-- { // the closest entry counts
		for _, x := range r.street {
			if x.Category != path[i] {
				continue
			}
			switch {
			case x.Kind == "none":
				return fault.New(fault.Invalid, "catalog.street_not_given", nil, u.Name, r.tree.Name(category))
			case x.Kind == "assist" && lead:
				return fault.New(fault.Invalid, "catalog.street_only_assists", nil, u.Name, r.tree.Name(category))
			}
			return nil
		}
	}
	return nil
}

// MayGive is the rule on streets for a unit that a person has chosen. Beside the
// list it refuses to hand over what the duty list gives a department, unless the
// list makes the street responsible.
func (r *Resolver) MayGive(u actor.Unit, category string, lead bool, proposed Choice) error {
	if err := r.mayGive(u, category, lead); err != nil || u.Kind != "street" || !lead || len(r.street) == 0 {
		return err
	}
	path := r.tree.Path(category)
	leads := func(x StreetItem) bool { return x.Kind == "lead" && slices.Contains(path, x.Category) }
	if proposed.Lead.Kind == "department" && !proposed.Fallback && !slices.ContainsFunc(r.street, leads) {
		return fault.New(fault.Invalid, "catalog.street_departments_duty", nil, u.Name, r.tree.Name(category), proposed.Lead.Name)
	}
	return nil
}

// applying are the lines for a category at a place, the closest first.
func (r *Resolver) applying(category string, p Place, day calendar.Day) []Duty {
	var out []Duty
	rank := map[string]int{}
	for i, c := range append([]string{"*"}, r.tree.Path(category)...) {
		rank[c] = i
		for _, d := range r.lines[c] {
			if d.applies(p, day) {
				out = append(out, d)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Duty) int {
		return cmp.Or(rank[b.Category]-rank[a.Category], len(b.Area)-len(a.Area), len(b.Scope)-len(a.Scope), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func (d Duty) applies(p Place, day calendar.Day) bool {
	return strings.HasPrefix(p.Area, d.Area) && (d.Scope == "" || d.Scope == p.Scope) && d.inForce(day)
}

func (d Duty) inForce(day calendar.Day) bool {
	return (d.ValidFrom == "" || string(day) >= d.ValidFrom) && (d.ValidTo == "" || string(day) <= d.ValidTo)
}

func (r *Resolver) assists(d Duty, category string, p Place, lead actor.Unit, barred func(actor.Unit) bool) []ChosenAssist {
	var out []ChosenAssist
	for _, a := range d.Assists {
		u := r.named(a.Unit, p.Area)
		same := func(c ChosenAssist) bool { return c.Unit.ID == u.ID }
		if u.ID != lead.ID && r.unfit(u, category, false, barred) == "" && !slices.ContainsFunc(out, same) {
			out = append(out, ChosenAssist{Unit: u, Limit: a.Limit})
		}
	}
	return out
}

// named is the unit a line names: by id, or whoever serves the territory.
func (r *Resolver) named(name, area string) actor.Unit {
	if bureau, ok := strings.CutPrefix(name, "@bureau:"); ok {
		if len(area) < 6 {
			return actor.Unit{}
		}
		name = area[:6] + "-" + bureau
	}
	if kind, territorial := strings.CutPrefix(name, "@"); territorial {
		return r.Serving(kind, area)
	}
	u, _ := r.Unit(name)
	return u
}

// Named are the units that lines name as leads for a category anywhere in the
// city, the closest category first. Those that depend on the place are left out.
func (r *Resolver) Named(category string, day calendar.Day) []actor.Unit {
	var out []actor.Unit
	path := r.tree.Path(category)
	for i := len(path) - 1; i >= 0; i-- {
		for _, d := range r.lines[path[i]] {
			if u, ok := r.Unit(d.Lead); ok && d.inForce(day) {
				out = append(out, u)
			}
		}
	}
	return out
}

// Community is the list of what communities may be asked to do.
func (r *Resolver) Community() []CommunityItem { return r.items }

// MayAsk is the function of this name for a resolver's own data.
func (r *Resolver) MayAsk(u actor.Unit, category string, lead bool) error {
	return mayAsk(r.items, r.tree, u, category, lead)
}

// Resolve is Resolver.Resolve for a single request.
func Resolve(tx *sqldb.Tx, t *Tree, category string, p Place, day calendar.Day) (Choice, error) {
	r, err := NewResolver(tx, t)
	if err != nil {
		return Choice{}, err
	}
	return r.Resolve(category, p, day, nil), nil
}

// MayAsk refuses to give a community work outside its list, or to make it lead
// where it only assists (北京市接诉即办工作条例 第十七条). Other units pass.
func MayAsk(tx *sqldb.Tx, t *Tree, u actor.Unit, category string, lead bool) error {
	if u.Kind != "community" {
		return nil
	}
	items, err := CommunityItems(tx)
	if err != nil {
		return err
	}
	return mayAsk(items, t, u, category, lead)
}

func mayAsk(items []CommunityItem, t *Tree, u actor.Unit, category string, lead bool) error {
	if u.Kind != "community" {
		return nil
	}
	path := t.Path(category)
	listed := func(it CommunityItem) bool { return slices.Contains(path, it.Category) }
	leads := func(it CommunityItem) bool { return listed(it) && it.Kind == "duty" }
	switch {
	case len(items) == 0:
		return fault.New(fault.Invalid, "catalog.community_no_list", nil, u.Name)
	case !slices.ContainsFunc(items, listed):
		return fault.New(fault.Invalid, "catalog.community_not_on_list", nil, u.Name, t.Name(category))
	case lead && !slices.ContainsFunc(items, leads):
		return fault.New(fault.Invalid, "catalog.community_only_assists", nil, u.Name, t.Name(category))
	}
	return nil
}
