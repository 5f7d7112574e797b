package actor

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Unit is an organisation that takes part: the city and its districts, streets
// and communities, departments, utilities, contractors.
type Unit struct {
	ID     string // also its code: stable, chosen by the city
	Parent string // "" for the root
	Path   string // ids from the root, each followed by "/"
	Name   string
	Short  string
	Kind   string // UnitKinds
	Area   string // code of its territory, "" none
	Phone  string
	Hours  string
	Remit  string
	Active bool
	Sort   int64
}

// UnitKinds are the kinds a unit may have.
var UnitKinds = []string{"city", "hotline", "district", "street", "community", "department", "utility", "contractor"}

const unitColumns = `u.id, u.parent_id, u.path, u.name, u.short, u.kind, u.area, u.phone, u.hours, u.remit, u.active, u.sort`

func scanUnit(scan func(...any) error) (Unit, error) {
	var u Unit
	err := scan(&u.ID, &u.Parent, &u.Path, &u.Name, &u.Short, &u.Kind, &u.Area, &u.Phone, &u.Hours, &u.Remit, &u.Active, &u.Sort)
	return u, err
}

// Units are all units in tree order: parents before children, siblings by
// their sort number.
func Units(tx *sqldb.Tx) ([]Unit, error) {
	return units(tx, `select `+unitColumns+` from actor_unit u order by u.path`)
}

// UnitsOf are the active units of one kind whose territory is the area.
func UnitsOf(tx *sqldb.Tx, kind, area string) ([]Unit, error) {
	return units(tx, `select `+unitColumns+` from actor_unit u where u.area = $1 and u.kind = $2 and u.active order by u.sort, u.id`, area, kind)
}

func units(tx *sqldb.Tx, q string, args ...any) ([]Unit, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, fmt.Errorf("list units: %w", err)
	}
	defer rows.Close()
	var out []Unit
	for rows.Next() {
		u, err := scanUnit(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list units: %w", err)
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

// FindUnit reads one unit, or NotFound.
func FindUnit(tx *sqldb.Tx, id string) (Unit, error) {
	u, err := scanUnit(tx.QueryRow(`select `+unitColumns+` from actor_unit u where u.id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return u, fault.New(fault.NotFound, "actor.unit_not_found", err, id)
	}
	return u, err
}

// SaveUnit creates or changes a unit. Its path follows from its parent; when a
// unit moves, everything below moves with it.
func SaveUnit(tx *sqldb.Tx, u Unit) error {
	if u.ID == "" || strings.ContainsAny(u.ID, "/%_ ") || u.Name == "" {
		return fault.New(fault.Invalid, "actor.unit_incomplete", nil, u.ID)
	}
	path := u.ID + "/"
	if u.Parent != "" {
		p, err := FindUnit(tx, u.Parent)
		if err != nil {
			return err
		}
		if strings.Contains(p.Path, "/"+u.ID+"/") || strings.HasPrefix(p.Path, u.ID+"/") {
			return fault.New(fault.Invalid, "actor.unit_below_itself", nil, u.Name)
		}
		path = p.Path + path
	}
	if err := moveBelow(tx, u.ID, path); err != nil {
		return err
	}
	const q = `insert into actor_unit(id, parent_id, path, name, short, kind, area, phone, hours, remit, active, sort)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (id) do update set parent_id = excluded.parent_id, path = excluded.path, name = excluded.name, short = excluded.short,
		kind = excluded.kind, area = excluded.area, phone = excluded.phone, hours = excluded.hours, remit = excluded.remit,
		active = excluded.active, sort = excluded.sort`
	if err := tx.Exec(q, u.ID, u.Parent, path, u.Name, u.Short, u.Kind, u.Area, u.Phone, u.Hours, u.Remit, u.Active, u.Sort); err != nil {
		return fmt.Errorf("save unit %s: %w", u.ID, err)
	}
	return nil
}

func moveBelow(tx *sqldb.Tx, id, path string) error {
	old, err := FindUnit(tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil || old.Path == path {
		return err
	}
	const q = `update actor_unit set path = $1 || substr(path, $2) where path >= $3 and path < $4 and id <> $5`
	return tx.Exec(q, path, len(old.Path)+1, old.Path, PathEnd(old.Path), id)
}

// PathEnd is the first path after all that begin with path, for the condition
// "path >= x and path < PathEnd(x)", which an index can answer.
func PathEnd(path string) string { return strings.TrimSuffix(path, "/") + "0" }

// UnitNames maps unit ids to names, for histories.
func UnitNames(tx *sqldb.Tx, ids []string) (map[string]string, error) {
	return names(tx, `select id, name from actor_unit where id in (%s)`, ids)
}
