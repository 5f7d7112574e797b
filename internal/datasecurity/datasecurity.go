// Package datasecurity shows who looked at what, reveals contact data only with a
// reason that is logged, and hands lists over as tables: asked for, marked,
// perhaps approved, fetched once, logged.
package datasecurity

import (
	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/export"
	"gongzhi/internal/page"
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
	Base    page.Maker
	Case    show.CaseFunc // the page of one request
	Lists   []export.List // what the features offer for export
}
