package catalog

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

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
	Ceded     bool // the city has handed it down to this lead: it does not cross a city department's duty
}

// Assist is a unit that helps, with its own limit.
type Assist struct {
	Unit  string         `json:"unit"`
	Limit calendar.Limit `json:"limit"`
}

const dutyColumns = `id, category, area, scope, lead, assists, reason, valid_from, valid_to, active, rev, ceded`

func scanDuty(scan func(...any) error) (Duty, error) {
	var d Duty
	var assists string
	if err := scan(&d.ID, &d.Category, &d.Area, &d.Scope, &d.Lead, &assists, &d.Reason, &d.ValidFrom, &d.ValidTo, &d.Active, &d.Rev, &d.Ceded); err != nil {
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
	const q = `insert into catalog_duty(` + dutyColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (id) do update set category = excluded.category, area = excluded.area, scope = excluded.scope, lead = excluded.lead,
		assists = excluded.assists, reason = excluded.reason, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
		active = excluded.active, rev = excluded.rev, ceded = excluded.ceded`
	if err := tx.Exec(q, d.ID, d.Category, d.Area, d.Scope, d.Lead, string(assists), d.Reason, d.ValidFrom, d.ValidTo, d.Active, d.Rev, d.Ceded); err != nil {
		return fmt.Errorf("save duty %s: %w", d.ID, err)
	}
	return Revise(tx, by, "duty", d.ID, d.Rev, before, d)
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

// RemoveCommunityItem takes a category off the communities' list.
func RemoveCommunityItem(tx *sqldb.Tx, category string) error {
	return tx.Exec(`delete from catalog_community where category = $1`, category)
}

// StreetItem is an entry of the 属地管理事项责任清单. Kind is "lead" (the street is
// responsible), "assist" (it helps the department) or "none" (the department's
// own duty, which may not be handed to a street).
type StreetItem struct{ Category, Kind, Note string }

// StreetItems is the list of what streets and townships may be given.
func StreetItems(tx *sqldb.Tx) ([]StreetItem, error) {
	rows, err := tx.Query(`select category, kind, note from catalog_street order by kind, category`)
	if err != nil {
		return nil, fmt.Errorf("list street items: %w", err)
	}
	defer rows.Close()
	var out []StreetItem
	for rows.Next() {
		var x StreetItem
		if err := rows.Scan(&x.Category, &x.Kind, &x.Note); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// SaveStreetItem puts a category on the streets' list.
func SaveStreetItem(tx *sqldb.Tx, x StreetItem) error {
	const q = `insert into catalog_street(category, kind, note) values ($1, $2, $3) on conflict (category) do update set kind = excluded.kind, note = excluded.note`
	return tx.Exec(q, x.Category, x.Kind, x.Note)
}

// RemoveStreetItem takes a category off the streets' list.
func RemoveStreetItem(tx *sqldb.Tx, category string) error {
	return tx.Exec(`delete from catalog_street where category = $1`, category)
}
