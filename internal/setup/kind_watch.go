package setup

import (
	"strings"

	"gongzhi/internal/catalog"
	"gongzhi/internal/sqldb"
)

// watchKind are the thresholds of the patterns in a unit's month that a reviewer
// is told of. They can be changed, not added to.
func watchKind() *kind {
	return &kind{name: "watches", what: "watch", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: choice, options: catalog.WatchCodes, labels: "catalog.watch_", required: true, list: true},
			{name: "least", row: "least", sort: count, lo: 1, hi: 100_000, required: true, list: true},
			{name: "share", row: "least", sort: count, hi: 100, list: true},
			{name: "days", row: "least", sort: count, hi: 31, list: true},
			{name: "words", sort: text, max: 2000},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.Watches(tx)
			return records(list, err, watchRecord)
		},
		save: func(tx *sqldb.Tx, by string, r, was record) error {
			return catalog.SaveWatch(tx, by, watchOf(r), whole(was["_rev"]))
		},
		decode: decode(watchRecord)}
}

func watchRecord(x catalog.Watch) record {
	return record{"code": x.Code, "least": number(x.Least), "share": number(x.Share), "days": number(x.Days), "words": strings.Join(x.Words, "、"), "active": yes(x.Active), "_rev": number(x.Rev)}
}

func watchOf(r record) catalog.Watch {
	return catalog.Watch{Code: r["code"], Least: int(whole(r["least"])), Share: int(whole(r["share"])), Days: int(whole(r["days"])), Words: apart(r["words"]), Active: r["active"] == "1"}
}
