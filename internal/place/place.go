// Package place knows the city's ground: districts, streets, communities and
// grids with their borders, addresses, facilities and the features its map is
// drawn from. Coordinates are WGS 84.
package place

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Levels of areas, from the city down.
const (
	District  = "district"
	Street    = "street"
	Community = "community"
	Grid      = "grid"
)

// Levels lists them in order.
var Levels = []string{District, Street, Community, Grid}

// Area is a district, street, community or grid. Codes of lower levels begin
// with the code of the area they lie in, as the statistical codes do.
type Area struct {
	Code       string
	Parent     string
	Level      string
	Name       string
	Aliases    string // other names, separated by 、
	Lat, Lng   float64
	Border     string // GeoJSON geometry, "" unknown
	Population int64
	Active     bool
}

const areaColumns = `code, parent, level, name, aliases, lat, lng, border, population, active`

func scanArea(scan func(...any) error) (Area, error) {
	var a Area
	err := scan(&a.Code, &a.Parent, &a.Level, &a.Name, &a.Aliases, &a.Lat, &a.Lng, &a.Border, &a.Population, &a.Active)
	return a, err
}

// Areas are all areas in the order of their codes.
func Areas(tx *sqldb.Tx) ([]Area, error) {
	rows, err := tx.Query(`select ` + areaColumns + ` from place_area order by code`)
	if err != nil {
		return nil, fmt.Errorf("list areas: %w", err)
	}
	defer rows.Close()
	var out []Area
	for rows.Next() {
		a, err := scanArea(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list areas: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// FindArea reads one area, or NotFound.
func FindArea(tx *sqldb.Tx, code string) (Area, error) {
	a, err := scanArea(tx.QueryRow(`select `+areaColumns+` from place_area where code = $1`, code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.New(fault.NotFound, "place.area_not_found", err, code)
	}
	return a, err
}

// SaveArea creates or changes an area.
func SaveArea(tx *sqldb.Tx, a Area) error {
	if a.Code == "" || a.Name == "" {
		return fault.New(fault.Invalid, "place.area_incomplete", nil, a.Code)
	}
	const q = `insert into place_area(` + areaColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (code) do update set parent = excluded.parent, level = excluded.level, name = excluded.name, aliases = excluded.aliases,
		lat = excluded.lat, lng = excluded.lng, border = case when excluded.border = '' then place_area.border else excluded.border end,
		population = excluded.population, active = excluded.active`
	if err := tx.Exec(q, a.Code, a.Parent, a.Level, a.Name, a.Aliases, a.Lat, a.Lng, a.Border, a.Population, a.Active); err != nil {
		return fmt.Errorf("save area %s: %w", a.Code, err)
	}
	return nil
}

// Address is one known address.
type Address struct {
	ID       string
	Text     string
	Area     string // code of its grid or community
	Estate   string // name of the housing estate, "" none
	Lat, Lng float64
}

// SaveAddress creates or changes an address.
func SaveAddress(tx *sqldb.Tx, a Address) error {
	const q = `insert into place_address(id, text, folded, area, estate, lat, lng) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (id) do update set text = excluded.text, folded = excluded.folded, area = excluded.area, estate = excluded.estate,
		lat = excluded.lat, lng = excluded.lng`
	if err := tx.Exec(q, a.ID, a.Text, Fold(a.Text), a.Area, a.Estate, a.Lat, a.Lng); err != nil {
		return fmt.Errorf("save address %s: %w", a.Text, err)
	}
	return nil
}

// RemoveAddress forgets an address: requests keep their own words.
func RemoveAddress(tx *sqldb.Tx, id string) error {
	return tx.Exec(`delete from place_address where id = $1`, id)
}

// Facility is a thing with a place: a school, a market, a street lamp.
type Facility struct {
	ID       string
	Kind     string
	Code     string // component code painted on it, "" none
	Name     string
	Area     string
	Lat, Lng float64
	Active   bool
}

// SaveFacility creates or changes a facility.
func SaveFacility(tx *sqldb.Tx, f Facility) error {
	const q = `insert into place_facility(id, kind, code, name, folded, area, lat, lng, active) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (id) do update set kind = excluded.kind, code = excluded.code, name = excluded.name, folded = excluded.folded,
		area = excluded.area, lat = excluded.lat, lng = excluded.lng, active = excluded.active`
	if err := tx.Exec(q, f.ID, f.Kind, f.Code, f.Name, Fold(f.Name), f.Area, f.Lat, f.Lng, f.Active); err != nil {
		return fmt.Errorf("save facility %s: %w", f.Name, err)
	}
	return nil
}

// Hit is one answer to a typed place.
type Hit struct {
	Text     string
	Kind     string // "address", "area" or the facility's kind
	Area     string
	Lat, Lng float64
}

// Search finds addresses, facilities and areas that contain what was typed,
// those that begin with it first, at most n. Without digits in the text the
// many house numbers of one road stand behind everything else.
func Search(tx *sqldb.Tx, typed string, n int) ([]Hit, error) {
	folded := Fold(typed)
	if len([]rune(folded)) < 2 {
		return nil, nil
	}
	const q = `select text, kind, area, lat, lng from (
		select name as text, 'area' as kind, code as area, lat, lng, 0 as rank from place_area where active and name like $1 escape '\' and level <> 'grid'
		union all select name, kind, area, lat, lng, 1 from place_facility where active and folded like $1 escape '\'
		union all select text, 'address', area, lat, lng, 2 from place_address where folded like $1 escape '\'
		) h order by case when text like $2 escape '\' then 0 else 1 end, rank, length(text), text limit $3`
	rows, err := tx.Query(q, "%"+escapeLike(folded)+"%", escapeLike(typed)+"%", n)
	if err != nil {
		return nil, fmt.Errorf("search places: %w", err)
	}
	defer rows.Close()
	var out []Hit
	for rows.Next() {
		var h Hit
		if err := rows.Scan(&h.Text, &h.Kind, &h.Area, &h.Lat, &h.Lng); err != nil {
			return nil, fmt.Errorf("search places: %w", err)
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// Exact is the known address that was typed, however it was written.
func Exact(tx *sqldb.Tx, typed string) (Address, bool, error) {
	var a Address
	const q = `select id, text, area, estate, lat, lng from place_address where folded = $1 order by folded, id limit 1`
	err := tx.QueryRow(q, Fold(typed)).Scan(&a.ID, &a.Text, &a.Area, &a.Estate, &a.Lat, &a.Lng)
	if errors.Is(err, sql.ErrNoRows) {
		return a, false, nil
	}
	return a, err == nil, err
}

// ExactAll are the known addresses among those typed, in the order of their texts.
func ExactAll(tx *sqldb.Tx, typed []string) ([]Address, error) {
	if len(typed) == 0 {
		return nil, nil
	}
	folded := make([]string, len(typed))
	for i, t := range typed {
		folded[i] = Fold(t)
	}
	marks, args := sqldb.In(1, folded)
	rows, err := tx.Query(`select id, text, area, estate, lat, lng from place_address where folded in (`+marks+`) order by text, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("find addresses: %w", err)
	}
	defer rows.Close()
	var out []Address
	for rows.Next() {
		var a Address
		if err := rows.Scan(&a.ID, &a.Text, &a.Area, &a.Estate, &a.Lat, &a.Lng); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// Nearest is the known address closest to a point within about 300 metres.
func Nearest(tx *sqldb.Tx, lat, lng float64) (Address, bool, error) {
	const q = `select id, text, area, estate, lat, lng from place_address where lat between $1 and $2 and lng between $3 and $4
		order by (lat - $5) * (lat - $5) + (lng - $6) * (lng - $6) * 0.75, id limit 1`
	const d = 0.003
	var a Address
	err := tx.QueryRow(q, lat-d, lat+d, lng-d, lng+d, lat, lng).Scan(&a.ID, &a.Text, &a.Area, &a.Estate, &a.Lat, &a.Lng)
	if errors.Is(err, sql.ErrNoRows) {
		return a, false, nil
	}
	return a, err == nil, err
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// Fold brings a typed address to the form that is compared: NFKC, narrow
// digits, lower case, no blanks, 号 and 號 alike.
func Fold(s string) string {
	s = strings.ToLower(width.Fold.String(norm.NFKC.String(s)))
	return strings.NewReplacer(" ", "", "　", "", "號", "号", "-", "", "—", "").Replace(s)
}

// Feature is one thing drawn on the map. Shape is a GeoJSON geometry.
type Feature struct {
	ID, Kind, Class, Name string
	Rank                  int64
	Shape                 string
}

// SaveFeature creates or changes a feature of the map.
func SaveFeature(tx *sqldb.Tx, f Feature) error {
	const q = `insert into place_feature(id, kind, class, name, rank, shape) values ($1, $2, $3, $4, $5, $6)
		on conflict (id) do update set kind = excluded.kind, class = excluded.class, name = excluded.name, rank = excluded.rank, shape = excluded.shape`
	if err := tx.Exec(q, f.ID, f.Kind, f.Class, f.Name, f.Rank, f.Shape); err != nil {
		return fmt.Errorf("save feature %s: %w", f.Name, err)
	}
	return nil
}

// Features are all features in drawing order.
func Features(tx *sqldb.Tx) ([]Feature, error) {
	rows, err := tx.Query(`select id, kind, class, name, rank, shape from place_feature order by rank, id`)
	if err != nil {
		return nil, fmt.Errorf("list features: %w", err)
	}
	defer rows.Close()
	var out []Feature
	for rows.Next() {
		var f Feature
		if err := rows.Scan(&f.ID, &f.Kind, &f.Class, &f.Name, &f.Rank, &f.Shape); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}
