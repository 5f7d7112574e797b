package setup

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
)

// Finding is one check of the city's data and what it found. Nothing found is
// a finding too: the page says that it was looked at.
type Finding struct {
	Name, Title, Why string
	Bad              bool // it stops work; others only ask for a look
	Items            []Found
}

// Found is one entry that needs a look.
type Found struct{ Label, Note, Path string }

// finder looks through the city's data for one thing.
type finder struct {
	name string
	bad  bool
	look func(f *find) error
}

// find is the city as the checks read it.
type find struct {
	b      page.Base
	w      *world
	duties []catalog.Duty
	out    []Found
}

var finders = []finder{
	{"admins", true, noAdmins}, {"lead", true, noLead}, {"named", true, namesUnknown}, {"year", true, yearMissing}, {"holes", true, holesUnknown},
	{"border", false, noBorder}, {"serve", false, noUnit}, {"nobody", false, nobody},
}

func (s *Service) findings(tx *sqldb.Tx, w *world, b page.Base) ([]Finding, error) {
	duties, err := catalog.Duties(tx)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, x := range finders {
		f := &find{b: b, w: w, duties: duties}
		if err := x.look(f); err != nil {
			return nil, fmt.Errorf("check %s: %w", x.name, err)
		}
		out = append(out, Finding{Name: x.name, Title: b.T("setup.check_" + x.name), Why: b.T("setup.check_" + x.name + "_why"), Bad: x.bad, Items: f.out})
	}
	return out, nil
}

func (f *find) add(kind, key, label, note string) {
	path := "/setup/data/" + kind + "/entry/" + url.PathEscape(key)
	f.out = append(f.out, Found{label, note, f.b.URL(path)})
}

// noLead finds categories that only the line for everything answers for.
func noLead(f *find) error {
	led := map[string]bool{}
	for _, d := range f.duties {
		if d.Active && d.Category != "*" && d.Area == "" && d.Scope == "" {
			led[d.Category] = true
		}
	}
	for _, c := range f.w.tree.Leaves("") {
		if !slices.ContainsFunc(f.w.tree.Path(c.Code), func(code string) bool { return led[code] }) {
			f.add("categories", c.Code, f.w.tree.Name(c.Code), c.Code)
		}
	}
	return nil
}

// namesUnknown finds lines of the duty list that name what is not there.
func namesUnknown(f *find) error {
	for _, d := range f.duties {
		if !d.Active {
			continue
		}
		units := []string{d.Lead}
		for _, a := range d.Assists {
			units = append(units, a.Unit)
		}
		for _, u := range units {
			if !f.names(u) {
				f.add("duties", d.ID, d.ID, f.b.T("setup.found_unit", u))
			}
		}
		if _, ok := f.w.tree.Find(d.Category); !ok && d.Category != "*" {
			f.add("duties", d.ID, d.ID, f.b.T("setup.found_category", d.Category))
		}
		if _, ok := f.w.areas[d.Area]; !ok && d.Area != "" {
			f.add("duties", d.ID, d.ID, f.b.T("setup.found_area", d.Area))
		}
	}
	return nil
}

func (f *find) names(unit string) bool {
	if bureau, ok := strings.CutPrefix(unit, "@bureau:"); ok {
		return f.w.bureau(bureau) != ""
	}
	if strings.HasPrefix(unit, "@") {
		return slices.Contains(territories, unit)
	}
	return f.w.units[unit].Active
}

// yearMissing finds years whose holidays are wanted: this one always, the next
// from October on, when the State Council announces it.
func yearMissing(f *find) error {
	settings, err := catalog.LoadSettings(f.w.tx)
	if err != nil {
		return err
	}
	for _, y := range yearsWanted(f.b.Now.In(f.w.zone), settings.Int("calendar.known", 0)) {
		f.out = append(f.out, Found{f.b.T("setup.found_year", strconv.Itoa(y)), "", f.b.URL("/setup/calendar?year=" + strconv.Itoa(y))})
	}
	return nil
}

func yearsWanted(now time.Time, known int) []int {
	var out []int
	if known < now.Year() {
		out = append(out, now.Year())
	}
	if now.Month() >= time.October && known < now.Year()+1 {
		out = append(out, now.Year()+1)
	}
	return out
}

func holesUnknown(f *find) error {
	texts, err := catalog.Texts(f.w.tx, "")
	for _, t := range texts {
		if bad := unknownHoles(t.Body, holesFor(t.Kind, t.Code)); t.Active && len(bad) > 0 {
			f.add("texts", t.Code, t.Title, strings.Join(bad, "、"))
		}
	}
	return err
}

func noBorder(f *find) error {
	bordered := map[string]bool{}
	for _, a := range f.w.lands {
		bordered[a.Level] = bordered[a.Level] || a.Border != ""
	}
	for _, a := range f.w.lands {
		if a.Active && a.Border == "" && bordered[a.Level] {
			f.add("areas", a.Code, f.w.areaName(a.Code), a.Code)
		}
	}
	return nil
}

// noUnit finds districts, streets and communities that nobody serves.
func noUnit(f *find) error {
	served := map[string]bool{}
	for _, u := range f.w.order {
		if u.Active {
			served[u.Kind+" "+u.Area] = true
		}
	}
	for _, a := range f.w.lands {
		if a.Active && a.Level != place.Grid && !served[a.Level+" "+a.Code] {
			f.add("areas", a.Code, f.w.areaName(a.Code), f.b.T("setup.level_"+a.Level))
		}
	}
	return nil
}

// nobody finds units with work of their own and nobody to do it: those that
// the duty list names.
func nobody(f *find) error {
	named := map[string]bool{}
	for _, d := range f.duties {
		if !d.Active {
			continue
		}
		named[d.Lead] = true
		for _, a := range d.Assists {
			named[a.Unit] = true
		}
	}
	staffed, err := staffedUnits(f.w.tx)
	if err != nil {
		return err
	}
	for _, u := range f.w.order {
		territorial := named["@"+u.Kind]
		_, bureau, ok := strings.Cut(u.ID, "-")
		if u.Active && (named[u.ID] || territorial || ok && named["@bureau:"+bureau]) && !staffed[u.ID] {
			f.add("units", u.ID, u.Name, f.b.T("actor.unit_"+u.Kind))
		}
	}
	return nil
}

func staffedUnits(tx *sqldb.Tx) (map[string]bool, error) {
	all, err := actor.AllStaff(tx)
	out := map[string]bool{}
	for _, s := range all {
		if s.Active && len(s.Roles) > 0 {
			out[s.UnitID] = true
		}
	}
	return out, err
}

// noAdmins finds the administrators that a city cannot do without.
func noAdmins(f *find) error {
	all, err := actor.AllStaff(f.w.tx)
	for _, role := range []actor.Role{actor.SysAdmin, actor.SecAdmin} {
		has := func(s actor.Staff) bool { return s.Active && slices.Contains(s.Roles, role) }
		if !slices.ContainsFunc(all, has) {
			f.out = append(f.out, Found{f.b.T("actor.role_" + string(role)), f.b.T("setup.found_admin", string(role)), f.b.URL("/setup/staff")})
		}
	}
	return err
}
