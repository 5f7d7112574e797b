// Package setup lets administrators keep the city: accounts, units, places, categories,
// the duty list, texts, calendar and settings.
package setup

import (
	"context"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service offers the verbs and pages of this feature.
type Service struct {
	DB      *sqldb.DB
	Catalog *catalog.Shelf
	Atlas   *place.Shelf
	Land    *citymap.Shelf
	Base    page.Maker
	Reload  func(context.Context) error // after an edit
	Demo    bool                        // passwords of demo accounts cannot be changed
	Vault   *vault.Vault

	BackupTo   string // folder of backups, "" none
	BackupKeep int
}

// DemoPassword opens the accounts of the demonstration city, and nothing else:
// only the demonstration makes accounts with it.
const DemoPassword = "yunze-demo"
