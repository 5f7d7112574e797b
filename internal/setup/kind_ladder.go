package setup

import (
	"gongzhi/internal/catalog"
	"gongzhi/internal/sqldb"
)

func ladderKind() *kind {
	return &kind{name: "ladder", what: "rung", change: "setup.catalog", key: "code",
		columns: []column{
			{name: "code", sort: code, required: true, max: 40},
			{name: "stage", row: "stage", sort: choice, options: catalog.RungStages, labels: "catalog.rung_stage_", required: true, blank: "handle", list: true},
			{name: "percent", row: "stage", sort: count, lo: 1, hi: 1000, required: true, list: true},
			{name: "urgency", row: "stage", sort: choice, options: []string{"normal", "urgent"}, labels: "request.urgency_"},
			{name: "act", sort: choice, options: catalog.RungActs, labels: "catalog.rung_", required: true, blank: "remind", list: true},
			{name: "words", sort: text, max: 200, list: true},
			{name: "active", sort: truth, blank: "1", list: true},
		},
		all: func(tx *sqldb.Tx) ([]record, error) {
			list, err := catalog.Ladder(tx)
			return records(list, err, rungRecord)
		},
		save: func(tx *sqldb.Tx, by string, r, was record) error {
			return catalog.SaveRung(tx, by, catalog.Rung{Code: r["code"], Stage: r["stage"], Percent: whole(r["percent"]), Urgency: r["urgency"], Act: r["act"], Words: r["words"],
				Active: r["active"] == "1"}, whole(was["_rev"]))
		},
		decode: decode(rungRecord)}
}

func rungRecord(x catalog.Rung) record {
	return record{"code": x.Code, "stage": x.Stage, "percent": number(x.Percent), "urgency": x.Urgency, "act": x.Act, "words": x.Words, "active": yes(x.Active), "_rev": number(x.Rev)}
}
