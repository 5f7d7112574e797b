package catalog

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Duty is one line of the duty list: who answers for a category at a place.
// Lead and Assist.Unit name a unit, or whoever serves the territory: "@community",
// "@street", "@district", or "@bureau:enforce" for the district's own bureau,
// whose id is the district's code, a dash and the bureau's code.
type Duty struct {
	ID        string
	Category  string // a category and all below it, "*" every category
	Area      string // an area and all inside it, "" the whole city
	Scope     string // "", "estate" (inside a housing estate), "street" (outside of one) or "facility:park"
	Lead      string
	Assists   []Assist
	Reason    string
	ValidFrom string // dates, "" open
	ValidTo   string
	Active    bool
	Rev       int64
}

// Assist is a unit that helps, with its own limit.
type Assist struct {
	Unit  string         `json:"unit"`
	Limit calendar.Limit `json:"limit"`
}

const dutyColumns = `id, category, area, scope, lead, assists, reason, valid_from, valid_to, active, rev`

func scanDuty(scan func(...any) error) (Duty, error) {
	var d Duty
	var assists string
	if err := scan(&d.ID, &d.Category, &d.Area, &d.Scope, &d.Lead, &assists, &d.Reason, &d.ValidFrom, &d.ValidTo, &d.Active, &d.Rev); err != nil {
		return d, err
	}
	return d, json.Unmarshal([]byte(assists), &d.Assists)
}

// Duties is the whole list by category.
func Duties(tx *sqldb.Tx) ([]Duty, error) {
	return duties(tx, `select `+dutyColumns+` from catalog_duty order by category, area, id`)
}

// FindDuty reads one line, or NotFound.
func FindDuty(tx *sqldb.Tx, id string) (Duty, error) {
	d, err := scanDuty(tx.QueryRow(`select `+dutyColumns+` from catalog_duty where id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fault.New(fault.NotFound, "catalog.duty_not_found", err, id)
	}
	return d, err
}

func duties(tx *sqldb.Tx, q string, args ...any) ([]Duty, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("list duties: %w", err)
	}
	defer rows.Close()
	var out []Duty
	for rows.Next() {
		d, err := scanDuty(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list duties: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// SaveDuty creates or changes a line and keeps the former one as a revision.
func SaveDuty(tx *sqldb.Tx, by string, d Duty, rev int64) error {
	if d.ID == "" || d.Category == "" || d.Lead == "" {
		return fault.New(fault.Invalid, "catalog.duty_incomplete", nil, d.ID)
	}
	before, err := FindDuty(tx, d.ID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if before.Rev != rev {
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	d.Rev = rev + 1
	if d.Assists == nil {
		d.Assists = []Assist{}
	}
	assists, err := json.Marshal(d.Assists)
	if err != nil {
		return err
	}
	const q = `insert into catalog_duty(` + dutyColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (id) do update set category = excluded.category, area = excluded.area, scope = excluded.scope, lead = excluded.lead,
		assists = excluded.assists, reason = excluded.reason, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
		active = excluded.active, rev = excluded.rev`
	if err := tx.Exec(q, d.ID, d.Category, d.Area, d.Scope, d.Lead, string(assists), d.Reason, d.ValidFrom, d.ValidTo, d.Active, d.Rev); err != nil {
		return fmt.Errorf("save duty %s: %w", d.ID, err)
	}
	return Revise(tx, by, "duty", d.ID, d.Rev, before, d)
}

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
	Fallback bool   // the district must organise a solution (兜底)
}

// ChosenAssist is an assisting unit with its limit.
type ChosenAssist struct {
	Unit  actor.Unit
	Limit calendar.Limit
}

// Resolve finds who answers for a category at a place on a day. The closest
// category wins, then the closest area, then a line with a matching scope.
// Where no line applies the district of the place must organise a solution
// (北京市接诉即办工作条例 第十二条); without a place the answer has no Lead and the
// dispatcher decides.
func Resolve(tx *sqldb.Tx, t *Tree, category string, p Place, day calendar.Day) (Choice, error) {
	path := append([]string{"*"}, t.Path(category)...)
	marks, args := sqldb.In(1, path)
	lines, err := duties(tx, `select `+dutyColumns+` from catalog_duty where active and category in (`+marks+`)`, args...)
	if err != nil {
		return Choice{}, err
	}
	lines = slices.DeleteFunc(lines, func(d Duty) bool { return !d.applies(p, day) })
	rank := map[string]int{}
	for i, c := range path {
		rank[c] = i
	}
	slices.SortStableFunc(lines, func(a, b Duty) int {
		return cmp.Or(rank[b.Category]-rank[a.Category], len(b.Area)-len(a.Area), len(b.Scope)-len(a.Scope), cmp.Compare(a.ID, b.ID))
	})
	for _, d := range lines {
		lead, err := unitOf(tx, d.Lead, p.Area)
		if err != nil || lead.ID == "" {
			if err != nil {
				return Choice{}, err
			}
			continue // the line names a part of the territory that is not known here
		}
		c := Choice{Lead: lead, Reason: d.Reason, Rule: d.ID}
		return c, c.assist(tx, d.Assists, p.Area)
	}
	lead, err := unitOf(tx, "@district", p.Area)
	return Choice{Lead: lead, Fallback: lead.ID != ""}, err
}

func (d Duty) applies(p Place, day calendar.Day) bool {
	return strings.HasPrefix(p.Area, d.Area) && (d.Scope == "" || d.Scope == p.Scope) &&
		(d.ValidFrom == "" || string(day) >= d.ValidFrom) && (d.ValidTo == "" || string(day) <= d.ValidTo)
}

func (c *Choice) assist(tx *sqldb.Tx, list []Assist, area string) error {
	for _, a := range list {
		u, err := unitOf(tx, a.Unit, area)
		if err != nil {
			return err
		}
		if u.ID != "" && u.ID != c.Lead.ID {
			c.Assists = append(c.Assists, ChosenAssist{Unit: u, Limit: a.Limit})
		}
	}
	return nil
}

// codeLength is how many digits of an area's code name each level.
var codeLength = map[string]int{"district": 6, "street": 9, "community": 12}

func unitOf(tx *sqldb.Tx, name, area string) (actor.Unit, error) {
	if bureau, ok := strings.CutPrefix(name, "@bureau:"); ok {
		if len(area) < 6 {
			return actor.Unit{}, nil
		}
		name = area[:6] + "-" + bureau
	}
	kind, territorial := strings.CutPrefix(name, "@")
	if !territorial {
		u, err := actor.FindUnit(tx, name)
		if fault.KindOf(err) == fault.NotFound || err == nil && !u.Active {
			return actor.Unit{}, nil
		}
		return u, err
	}
	if n := codeLength[kind]; n == 0 || len(area) < n {
		return actor.Unit{}, nil
	}
	units, err := actor.UnitsOf(tx, kind, area[:codeLength[kind]])
	if err != nil || len(units) == 0 {
		return actor.Unit{}, err
	}
	return units[0], nil
}

// CommunityItem is something a community may be asked to do. Kind is "duty"
// (依法履职) or "assist" (协助).
type CommunityItem struct{ Category, Kind, Note string }

// CommunityItems is the list of what communities may be asked to do.
func CommunityItems(tx *sqldb.Tx) ([]CommunityItem, error) {
	rows, err := tx.Query(`select category, kind, note from catalog_community order by kind desc, category`)
	if err != nil {
		return nil, fmt.Errorf("list community items: %w", err)
	}
	defer rows.Close()
	var out []CommunityItem
	for rows.Next() {
		var c CommunityItem
		if err := rows.Scan(&c.Category, &c.Kind, &c.Note); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// SaveCommunityItem puts a category on the communities' list.
func SaveCommunityItem(tx *sqldb.Tx, c CommunityItem) error {
	const q = `insert into catalog_community(category, kind, note) values ($1, $2, $3) on conflict (category) do update set kind = excluded.kind, note = excluded.note`
	return tx.Exec(q, c.Category, c.Kind, c.Note)
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
	path := t.Path(category)
	for _, it := range items {
		if slices.Contains(path, it.Category) {
			if lead && it.Kind != "duty" {
				return fault.New(fault.Invalid, "catalog.community_only_assists", nil, u.Name, t.Name(category))
			}
			return nil
		}
	}
	return fault.New(fault.Invalid, "catalog.community_not_on_list", nil, u.Name, t.Name(category))
}
