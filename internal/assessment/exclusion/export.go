package exclusion

import (
	"net/url"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/id"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Exports are this procedure's list as a table.
func (s *Service) Exports() []export.List {
	return []export.List{{Name: "exclusions", Back: "/exclusions", Policy: "assessment.exclusion_look", Open: exportList}}
}

// lot is how many rows are read at once.
const lot = 500

func exportList(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
	view := q.Get("view")
	if !slices.Contains(views, view) {
		view = views[0]
	}
	n, err := count(tx, a, view)
	next := func(after string) ([]Exclusion, string, error) { return list(tx, a, view, after, lot) }
	cells := func(x Exclusion) []any {
		return []any{id.ShowNumber(x.Number), x.Title, x.UnitName, b.T("catalog.ground_kind_" + x.Kind), x.GroundName, rateWords(b, x.Rates), b.T("exclusion.state_" + x.State),
			export.When(b, x.AskedAt), export.When(b, x.DueAt), export.When(b, x.DecidedAt), export.When(b, x.AppealedAt), export.When(b, x.FinalAt)}
	}
	return export.Lots(export.Columns("number", "title", "unit", "exclusion_kind", "ground", "rates", "state", "asked", "answer_by", "exclusion_decided", "appealed", "final"),
		b.T("exclusion.view_"+view), n, next, cells), err
}
