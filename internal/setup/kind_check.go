package setup

import (
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/reply"
	"gongzhi/internal/sqldb"
)

// checkKind is the reply check. Its entries are the kinds of finding that the
// program knows: they can be changed, not added to.
func checkKind() *kind {
	kinds := make([]string, len(reply.Kinds))
	for i, k := range reply.Kinds {
		kinds[i] = string(k)
	}
	return &kind{name: "checks", what: "check", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: choice, options: kinds, labels: "reply.kind_", required: true, list: true},
			{name: "level", sort: choice, options: []string{reply.Warn, reply.Hint, reply.Off}, labels: "reply.level_", required: true, list: true},
			{name: "words", sort: text, max: 4000, list: true},
			{name: "off", sort: text, max: 2500},
			{name: "least", sort: count, hi: 100},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.Checks(tx)
			return records(list, err, checkRecord)
		},
		save: func(tx *sqldb.Tx, by string, r, was record) error {
			return catalog.SaveCheck(tx, by, checkOf(r), whole(was["_rev"]))
		},
		decode: decode(checkRecord)}
}

func checkRecord(x catalog.Check) record {
	return record{"code": string(x.Kind), "level": x.Level, "words": strings.Join(x.Words, "、"), "off": strings.Join(x.Off, "、"), "least": number(x.Least), "_rev": number(x.Rev)}
}

func checkOf(r record) catalog.Check {
	return catalog.Check{Rule: reply.Rule{Kind: reply.Kind(r["code"]), Level: r["level"], Words: apart(r["words"]), Off: apart(r["off"]), Least: int(whole(r["least"]))}}
}
