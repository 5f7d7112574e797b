// Package handling 处置 is the work of the handling units: accept, return, ask, extend,
// answer; and the page of one request that everybody in the office works on.
package handling

import (
	"gongzhi/internal/actor"
	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
	"net/http"
)

// Service offers the verbs and pages of this feature.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Blobs   blob.Store
	Catalog *catalog.Shelf
	Atlas   *place.Shelf
	Base    page.Maker
	Panels  []show.PanelFunc // what each feature offers on the page of a request
}

// Case shows the page of one request.
func (s *Service) Case(w http.ResponseWriter, r *http.Request, number string, f *show.Failed) error {
	return nil
}

// OwnPanels are the acts of the handling unit.
func (s *Service) OwnPanels(tx *sqldb.Tx, b page.Base, a actor.Actor, o *request.Order, f *show.Failed) ([]show.Panel, error) {
	return nil, nil
}
