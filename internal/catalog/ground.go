package catalog

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Ground is why a request may be left out of rates, or why a unit may appeal
// against a rating or a count. No law lists them; each city decides on its own.
type Ground struct {
	Code   string
	Name   string
	Kind   string   // GroundKinds
	Rates  []string // that the request is left out of
	Source string   // the rule it rests on, "" the city's own
	Proof  bool     // a picture must be added
	Active bool
	Rev    int64 // 0 the default
	Sort   int64
}

// GroundKinds are what a unit may ask for.
var GroundKinds = []string{"exclude", "rating", "count"}

//go:embed data/grounds.json
var defaultGrounds []byte

// DefaultGrounds is what a new city begins with.
func DefaultGrounds() ([]Ground, error) {
	var out []Ground
	if err := json.Unmarshal(defaultGrounds, &out); err != nil {
		return nil, fmt.Errorf("default grounds: %w", err)
	}
	for i := range out {
		out[i].Active, out[i].Sort = true, int64(i+1)*10
	}
	return out, nil
}

// Grounds are all grounds in their order, the default where the city has
// changed nothing.
func Grounds(tx *sqldb.Tx) ([]Ground, error) {
	out, err := DefaultGrounds()
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`select code, name, kind, rates, source, proof, active, rev, sort from catalog_ground order by code`)
	if err != nil {
		return nil, fmt.Errorf("list grounds: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var g Ground
		var rates string
		if err := rows.Scan(&g.Code, &g.Name, &g.Kind, &rates, &g.Source, &g.Proof, &g.Active, &g.Rev, &g.Sort); err != nil {
			return nil, fmt.Errorf("list grounds: %w", err)
		}
		g.Rates = apart(rates)
		if i := slices.IndexFunc(out, func(x Ground) bool { return x.Code == g.Code }); i >= 0 {
			out[i] = g
		} else {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b Ground) int { return int(a.Sort - b.Sort) })
	return out, rows.Err()
}

// FindGround is an active ground, or NotFound.
func FindGround(tx *sqldb.Tx, code string) (Ground, error) {
	all, err := Grounds(tx)
	for _, g := range all {
		if g.Code == code && g.Active {
			return g, err
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "catalog.ground_not_found", nil, code)
	}
	return Ground{}, err
}

// SaveGround creates or changes a ground and keeps the former one as a revision.
func SaveGround(tx *sqldb.Tx, by string, g Ground, rev int64) error {
	if g.Code == "" || g.Name == "" || len(g.Rates) == 0 || !slices.Contains(GroundKinds, g.Kind) {
		return fault.New(fault.Invalid, "catalog.ground_incomplete", nil, g.Code)
	}
	all, err := Grounds(tx)
	if err != nil {
		return err
	}
	var before Ground
	if i := slices.IndexFunc(all, func(x Ground) bool { return x.Code == g.Code }); i >= 0 {
		before = all[i]
	}
	if before.Rev != rev {
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	g.Rev = rev + 1
	const q = `insert into catalog_ground(code, name, kind, rates, source, proof, active, rev, sort) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (code) do update set name = excluded.name, kind = excluded.kind, rates = excluded.rates, source = excluded.source, proof = excluded.proof,
		active = excluded.active, rev = excluded.rev, sort = excluded.sort`
	if err := tx.Exec(q, g.Code, g.Name, g.Kind, strings.Join(g.Rates, "、"), g.Source, g.Proof, g.Active, g.Rev, g.Sort); err != nil {
		return fmt.Errorf("save ground %s: %w", g.Code, err)
	}
	return Revise(tx, by, "ground", g.Code, g.Rev, before, g)
}
