package place

import (
	"fmt"
	"strings"

	"gongzhi/internal/geo"
	"gongzhi/internal/place/mention"
	"gongzhi/internal/sqldb"
)

// LoadGazetteer reads the names of the city: its areas down to the communities,
// its facilities, and the roads and estates of its addresses.
func LoadGazetteer(tx *sqldb.Tx, areas []Area) (*mention.Gazetteer, error) {
	var out []mention.Entry
	for _, a := range areas {
		if a.Active && a.Level != Grid {
			out = append(out, mention.Entry{Name: a.Name, Aliases: strings.FieldsFunc(a.Aliases, func(r rune) bool { return r == '、' }),
				Kind: a.Level, Code: a.Code, Point: geo.Point{Lat: a.Lat, Lng: a.Lng}})
		}
	}
	facilities, err := namedFacilities(tx)
	if err != nil {
		return nil, err
	}
	streets, err := roadsAndEstates(tx)
	if err != nil {
		return nil, err
	}
	return mention.New(append(append(out, facilities...), streets...)), nil
}

func namedFacilities(tx *sqldb.Tx) ([]mention.Entry, error) {
	rows, err := tx.Query(`select name, kind, area, lat, lng from place_facility where active and name <> '' order by id`)
	if err != nil {
		return nil, fmt.Errorf("names of facilities: %w", err)
	}
	defer rows.Close()
	var out []mention.Entry
	for rows.Next() {
		e := mention.Entry{Kind: mention.Facility}
		var kind string
		if err := rows.Scan(&e.Name, &kind, &e.Code, &e.Point.Lat, &e.Point.Lng); err != nil {
			return nil, err
		}
		if kind == Estate {
			e.Kind = mention.Estate
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// roadsAndEstates are the names that addresses are made of. Each has the code of
// the area that holds all its addresses, and no point: it has many.
func roadsAndEstates(tx *sqldb.Tx) ([]mention.Entry, error) {
	rows, err := tx.Query(`select text, estate, area from place_address order by id`)
	if err != nil {
		return nil, fmt.Errorf("names in addresses: %w", err)
	}
	defer rows.Close()
	var list names
	for rows.Next() {
		var text, estate, area string
		if err := rows.Scan(&text, &estate, &area); err != nil {
			return nil, err
		}
		list.add(mention.Estate, estate, area)
		list.add(mention.Road, mention.RoadOf(text), area)
	}
	return list.entries, rows.Err()
}

// names collects entries, one for each name and kind.
type names struct {
	entries []mention.Entry
	at      map[[2]string]int
}

func (n *names) add(kind, name, area string) {
	if name == "" {
		return
	}
	if n.at == nil {
		n.at = map[[2]string]int{}
	}
	key := [2]string{kind, name}
	i, ok := n.at[key]
	if !ok {
		n.at[key] = len(n.entries)
		n.entries = append(n.entries, mention.Entry{Name: name, Kind: kind, Code: area})
		return
	}
	n.entries[i].Code = common(n.entries[i].Code, area)
}

// common is the beginning of two codes that is the code of an area.
func common(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for _, width := range []int{12, 9, 6} { // of communities, streets and districts in the statistical codes
		if i >= width {
			return a[:width]
		}
	}
	return ""
}
