package signin

import (
	"net/url"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
)

// Exports are the lists of this feature as tables: providers without their secrets.
func (s *Service) Exports() []export.List {
	return []export.List{{Name: "providers", Back: "/setup/signin", Policy: "setup.signin", Open: exportProviders}}
}

func exportProviders(tx *sqldb.Tx, b page.Base, _ actor.Actor, _ url.Values) (export.Table, error) {
	list, err := providers(tx)
	rows := make([][]any, len(list))
	for i, x := range list {
		state := b.T("signin.provider_off")
		if x.Active {
			state = b.T("signin.provider_on")
		}
		rows[i] = []any{x.Name, x.Issuer, x.ClientID, state}
	}
	return export.Rows(export.Columns("name_of", "endpoint", "client", "state"), "", rows), err
}
