// Package setup lets administrators keep the city: accounts, units, places, categories,
// the duty list, texts, calendar and settings; and lets staff sign in.
package setup

import (
	"context"
	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service offers the verbs and pages of this feature.
type Service struct {
	DB            *sqldb.DB
	Catalog       *catalog.Shelf
	Atlas         *place.Shelf
	Land          *citymap.Shelf
	Base          page.Maker
	Reload        func(context.Context) error // after an edit
	Demo          bool                        // lists the demo accounts on the sign-in page
	Home          func(actor.Actor) string    // where a member of staff begins
	Vault         *vault.Vault
	SessionCookie string
	BackupTo      string // folder of backups, "" none
	BackupKeep    int
	Secure        bool // people reach us over https
}

// DemoPassword opens the accounts of the demonstration city, and nothing else:
// only the demonstration makes accounts with it.
const DemoPassword = "yunze-demo"
