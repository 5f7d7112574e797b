package setup

import (
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/sqldb"
)

func groundKind() *kind {
	return &kind{name: "grounds", what: "ground", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: code, required: true, max: 40},
			{name: "name", required: true, max: 60, list: true},
			{name: "kind", sort: choice, options: catalog.GroundKinds, labels: "catalog.ground_kind_", required: true, blank: "exclude", list: true},
			{name: "rates", sort: words, required: true, max: 200, list: true},
			{name: "source", max: 100, list: true},
			{name: "proof", sort: truth},
			{name: "sort", sort: count, hi: 1_000_000},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.Grounds(tx)
			return records(list, err, groundRecord)
		},
		save: func(tx *sqldb.Tx, by string, r, was record) error {
			return catalog.SaveGround(tx, by, groundOf(r), whole(was["_rev"]))
		},
		decode: decode(groundRecord)}
}

func groundRecord(g catalog.Ground) record {
	return record{"code": g.Code, "name": g.Name, "kind": g.Kind, "rates": strings.Join(g.Rates, "、"), "source": g.Source, "proof": yes(g.Proof),
		"sort": number(g.Sort), "active": yes(g.Active), "_rev": number(g.Rev)}
}

func groundOf(r record) catalog.Ground {
	return catalog.Ground{Code: r["code"], Name: r["name"], Kind: r["kind"], Rates: apart(r["rates"]), Source: r["source"], Proof: r["proof"] == "1",
		Sort: whole(r["sort"]), Active: r["active"] == "1"}
}
