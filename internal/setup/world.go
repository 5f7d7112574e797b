package setup

import (
	"cmp"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
)

// world is what entries may name: the units, areas and categories there are,
// and in an import those that the file itself brings.
type world struct {
	tx    *sqldb.Tx
	who   actor.Actor
	zone  *time.Location
	tree  *catalog.Tree
	units map[string]actor.Unit
	order []actor.Unit
	areas map[string]place.Area
	lands []place.Area
	fresh map[string]bool // "units/lamps"
	names map[string]map[string][]string
	staff map[string]actor.Staff // by login, read when asked for

	lines   map[string]catalog.Duty // the duty list as it will be, read when asked for
	sameKey map[string][]string     // ids of lines by what they are about
	duty    *catalog.Resolver
}

func newWorld(tx *sqldb.Tx, who actor.Actor) (*world, error) {
	w := &world{tx: tx, who: who, units: map[string]actor.Unit{}, areas: map[string]place.Area{}, fresh: map[string]bool{},
		names: map[string]map[string][]string{"units": {}, "areas": {}, "categories": {}}}
	settings, err := catalog.LoadSettings(tx)
	if err != nil {
		return nil, err
	}
	w.zone = settings.Zone()
	if w.tree, err = catalog.LoadTree(tx); err != nil {
		return nil, err
	}
	if w.order, err = actor.Units(tx); err != nil {
		return nil, err
	}
	if w.lands, err = place.Areas(tx); err != nil {
		return nil, err
	}
	w.index()
	return w, nil
}

// index lets tables name things in words where the words are not ambiguous.
func (w *world) index() {
	add := func(sort, name, key string) {
		if name != "" {
			w.names[sort][name] = append(w.names[sort][name], key)
		}
	}
	for _, u := range w.order {
		w.units[u.ID] = u
		add("units", u.Name, u.ID)
		if u.Short != u.Name {
			add("units", u.Short, u.ID)
		}
	}
	for _, a := range w.lands {
		w.areas[a.Code] = a
	}
	for _, a := range w.lands {
		add("areas", a.Name, a.Code)
		if full := w.areaName(a.Code); full != a.Name {
			add("areas", full, a.Code)
		}
	}
	for _, c := range w.tree.All {
		add("categories", c.Name, c.Code)
		if full := w.tree.Name(c.Code); full != c.Name {
			add("categories", full, c.Code)
		}
	}
}

func (w *world) areaName(code string) string {
	var names []string
	for range len(place.Levels) {
		a, ok := w.areas[code]
		if !ok {
			break
		}
		names = append([]string{a.Name}, names...)
		code = a.Parent
	}
	return strings.Join(names, " ")
}

// members are the accounts by login.
func (w *world) members() (map[string]actor.Staff, error) {
	if w.staff != nil {
		return w.staff, nil
	}
	all, err := actor.AllStaff(w.tx)
	w.staff = map[string]actor.Staff{}
	for _, s := range all {
		w.staff[s.Login] = s
	}
	return w.staff, err
}

// resolve finds what a cell names: by its code, by a code with the name behind
// it, as exports write it, or by a name that only one thing has.
func (w *world) resolve(sort, s string, known func(string) bool) (found, key string, args []any) {
	first, _, _ := strings.Cut(s, " ")
	for _, c := range []string{s, first} {
		if known(c) || w.fresh[sort+"/"+c] {
			return c, "", nil
		}
	}
	switch list := w.names[sort][s]; len(list) {
	case 0:
		return s, "setup.unknown_" + sort, []any{s}
	case 1:
		return list[0], "", nil
	default:
		return s, "setup.ambiguous", []any{s, strings.Join(list[:min(len(list), 4)], "、")}
	}
}

func readUnit(_ *column, s string, w *world) (string, string, []any) {
	return w.resolve("units", s, func(id string) bool { _, ok := w.units[id]; return ok })
}

func readArea(_ *column, s string, w *world) (string, string, []any) {
	return w.resolve("areas", s, func(id string) bool { _, ok := w.areas[id]; return ok })
}

func readCategory(c *column, s string, w *world) (string, string, []any) {
	if c.sort == anyCategory && (s == "*" || strings.HasPrefix(s, "* ") || s == locale.T(locale.ZH, "setup.every_category") || s == locale.T(locale.EN, "setup.every_category")) {
		return "*", "", nil
	}
	return w.resolve("categories", s, func(id string) bool { _, ok := w.tree.Find(id); return ok })
}

// The parts of the territory that a duty may name instead of a unit.
var territories = []string{"@community", "@street", "@district"}

func readLead(c *column, s string, w *world) (string, string, []any) {
	first, _, _ := strings.Cut(s, " ")
	for _, t := range territories {
		if first == t || s == leadWords(locale.ZH, t) || strings.EqualFold(s, leadWords(locale.EN, t)) {
			return t, "", nil
		}
	}
	if bureau, ok := strings.CutPrefix(first, "@bureau:"); ok {
		if w.bureau(bureau) == "" {
			return s, "setup.unknown_bureau", []any{bureau}
		}
		return first, "", nil
	}
	if strings.HasPrefix(first, "@") {
		return s, "setup.unknown_territory", []any{first}
	}
	return readUnit(c, s, w)
}

func leadWords(lang locale.Lang, territory string) string {
	return locale.T(lang, "setup.lead_"+strings.TrimPrefix(territory, "@"))
}

// bureau is the name of what every district has under a code, "" when none has
// it: 综合行政执法局.
func (w *world) bureau(code string) string {
	for _, u := range w.order {
		district, ok := strings.CutSuffix(u.ID, "-"+code)
		if !ok || len(district) != 6 {
			continue
		}
		return strings.TrimPrefix(u.Name, w.areas[district].Name)
	}
	return ""
}

// bureaus are the codes of what districts have.
func (w *world) bureaus() []string {
	var out []string
	seen := map[string]bool{}
	for _, u := range w.order {
		district, code, ok := strings.Cut(u.ID, "-")
		if _, is := w.areas[district]; ok && is && len(district) == 6 && !seen[code] {
			seen[code] = true
			out = append(out, code)
		}
	}
	return out
}

// show is a value as people read it. named puts the code before a name, as
// tables need it to be read back.
func (w *world) show(lang locale.Lang, c *column, v string, named bool) string {
	name := ""
	switch c.sort {
	case truth:
		return locale.T(lang, "setup.truth_"+cmp.Or(v, "0"))
	case choice:
		return c.showOption(lang, v)
	case many:
		var out []string
		for _, o := range apart(v) {
			out = append(out, c.showOption(lang, o))
		}
		return strings.Join(out, "、")
	case limit:
		return limitWords(lang, v)
	case scope:
		return showScope(lang, v)
	case unit, lead:
		name = w.leadName(lang, v)
	case area:
		name = w.areaName(v)
	case category, anyCategory:
		if name = w.tree.Name(v); v == "*" {
			name = locale.T(lang, "setup.every_category")
		}
	default:
		return v
	}
	if name == "" || named && name != v {
		return strings.TrimSpace(v + " " + name)
	}
	return name
}

func (c *column) showOption(lang locale.Lang, v string) string {
	if v == "" || !locale.Has(lang, c.labels+v) {
		return v
	}
	return c.label(lang, v)
}

func showScope(lang locale.Lang, v string) string {
	kind, facility := strings.CutPrefix(v, "facility:")
	switch {
	case v == "":
		return ""
	case !facility:
		return locale.T(lang, "setup.scope_"+v)
	case lang == locale.ZH:
		return locale.T(lang, "setup.scope_facility") + "：" + kind
	}
	return "facility:" + kind
}

func (w *world) leadName(lang locale.Lang, v string) string {
	if bureau, ok := strings.CutPrefix(v, "@bureau:"); ok {
		return locale.T(lang, "setup.lead_bureau", cmp.Or(w.bureau(bureau), bureau))
	}
	if strings.HasPrefix(v, "@") {
		return leadWords(lang, v)
	}
	return w.units[v].Name
}

// denied is the answer to who may not change a kind.
func (k *kind) denied(a actor.Actor) error {
	if err := actor.Can(a, k.change); err != nil {
		return err
	}
	if k.all == nil && k.some == nil {
		return fault.New(fault.NotFound, "setup.no_kind", nil)
	}
	return nil
}
