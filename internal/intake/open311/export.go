package open311

import (
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Exports are the lists of this door as tables. A key is named by its first
// letters; the rest of it nobody knows.
func (s *Service) Exports() []export.List {
	const look = "setup.look"
	return []export.List{
		{Name: "open311-keys", Back: "/setup/open311", Policy: look, Open: exportKeys},
		{Name: "open311-partners", Back: "/setup/open311", Policy: look, Open: exportPartners},
	}
}

func exportKeys(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := Keys(tx)
	p := setupPage{Base: b}
	rows := make([][]any, len(list))
	for i, k := range list {
		_, word := p.state(k)
		rows[i] = []any{k.Name, k.Hint + "…", p.scopes(k), export.When(b, k.Created), export.When(b, k.Expires), export.When(b, k.Used), word}
	}
	return export.Rows(export.Columns("name_of", "begins", "scopes", "made", "expires", "used", "state"), "", rows), err
}

func exportPartners(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := Destinations(tx)
	rows := make([][]any, len(list))
	for i, d := range list {
		_, word := partnerStanding(b, d)
		trouble := ""
		if d.Trouble != "" {
			trouble = words(b.Lang, d.Trouble)
		}
		rows[i] = []any{d.Name, or(d.Endpoint, d.Discovery), word, trouble, export.When(b, d.Checked)}
	}
	return export.Rows(export.Columns("name_of", "endpoint", "state", "notice_why", "checked"), "", rows), err
}

// partnerStanding is the shape and word of how a partner stands.
func partnerStanding(b page.Base, d Destination) (kind, word string) {
	switch {
	case !d.Active:
		return "wait", b.T("georeport.partner_off")
	case d.Trouble != "":
		return "late", b.T("georeport.partner_trouble")
	case d.Checked.IsZero():
		return "new", b.T("georeport.partner_unseen")
	}
	return "done", b.T("georeport.partner_fine")
}
