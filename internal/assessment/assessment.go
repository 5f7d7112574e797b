// Package assessment 考核 reviews answers, asks the resident, lets him say "not solved",
// and shows supervisors how promises stand.
package assessment

import (
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
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
	Land    *citymap.Shelf
	Base    page.Maker
	Case    show.CaseFunc // the page of one request
}
