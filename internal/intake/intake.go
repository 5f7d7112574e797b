// Package intake 受理 takes requests: from residents on the web, from agents on the
// telephone, and from files of other systems.
package intake

import (
	"context"
	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service offers the verbs and pages of this feature.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Blobs   blob.Store
	Catalog *catalog.Shelf
	Advice  *advice.Advisor
	Atlas   *place.Shelf
	Land    *citymap.Shelf
	Numbers *request.Numbers
	Base    page.Maker
	Case    show.CaseFunc               // the page of one request
	Sender  Sender                      // dispatches at once when the desk asks
	Reload  func(context.Context) error // after an import changed the city
	Resumer Resumer                     // starts the clock when the resident answered; nil does nothing
	BaseURL string                      // how others reach us, for QR codes; "" as the visitor does

	guard guard
	month keptMonth
}

// Resumer starts the clock of a request again that waited for its requester,
// who has just answered. Package handling is one.
type Resumer interface {
	Supplemented(tx *sqldb.Tx, o *request.Order) error
}

// Sender dispatches a request that was just registered, in the same unit of
// work. Package dispatch is one.
type Sender interface {
	SendTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, lead string, assists []string) error
}

// Hide is request.Hide, for the ways in that stand under this package.
func Hide(text string) string { return request.Hide(text) }
