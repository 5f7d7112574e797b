// Package dispatch 派单 decides who handles a request: the duty list proposes, the
// dispatcher chooses, rules on returns, merges and splits.
package dispatch

import (
	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service offers the verbs and pages of this feature.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Catalog *catalog.Shelf
	Atlas   *place.Shelf
	Numbers *request.Numbers
	Base    page.Maker
	Case    show.CaseFunc // the page of one request
}

// SendTx dispatches a request to a lead and assistants.
func (s *Service) SendTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, lead string, assists []string) error {
	return nil
}
