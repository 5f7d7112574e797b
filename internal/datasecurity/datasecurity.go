// Package datasecurity shows who looked at what, and reveals contact data only with a
// reason that is logged.
package datasecurity

import (
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service offers the verbs and pages of this feature.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Catalog *catalog.Shelf
	Base    page.Maker
	Case    show.CaseFunc // the page of one request
}
