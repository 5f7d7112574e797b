package place

import (
	"fmt"
	"strings"

	"gongzhi/internal/sqldb"
)

// Scopes of a place, as the duty list tells them apart: inside a housing estate
// the property company answers for much that the city answers for on a street.
// At a known facility the scope is AtFacility and its kind.
const (
	Estate     = "estate"
	OnStreet   = "street"
	AtFacility = "facility:"
)

// Words that only addresses inside an estate, or only those on a street, have.
var (
	estateWords = []string{"小区内", "单元", "号楼", "幢", "栋"}
	streetWords = []string{"路口", "路段", "大道", "公路", "人行道", "非机动车道", "路中", "路边", "沿线"}
)

// Scopes tells for each of the addresses whether it lies in an estate, on a
// street or at a facility, "" when none is certain: known ones by their entry,
// others by their words. A house number of a road is on the street, also where
// an estate lies behind it; what begins with the estate's name is inside.
func Scopes(tx *sqldb.Tx, addresses []string) (map[string]string, error) {
	folded := make([]string, len(addresses))
	for i, a := range addresses {
		folded[i] = Fold(a)
	}
	known, err := knownScopes(tx, folded)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for i, a := range addresses {
		scope, ok := known[folded[i]]
		switch {
		case ok && scope != OnStreet:
			out[a] = scope
		case containsAny(a, estateWords):
			out[a] = Estate
		case ok, containsAny(a, streetWords):
			out[a] = OnStreet
		}
	}
	return out, nil
}

func knownScopes(tx *sqldb.Tx, folded []string) (map[string]string, error) {
	marks, args := sqldb.In(1, folded)
	rows, err := tx.Query(`select folded, case when estate <> '' and substr(text, 1, length(estate)) = estate then 'estate' else 'street' end from place_address where folded in (`+marks+`)
		union all select folded, case when kind = 'estate' then 'estate' else 'facility:' || kind end from place_facility where active and folded in (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("scopes of addresses: %w", err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var text, scope string
		if err := rows.Scan(&text, &scope); err != nil {
			return nil, err
		}
		out[text] = scope
	}
	return out, rows.Err()
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
