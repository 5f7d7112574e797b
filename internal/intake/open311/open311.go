// Package open311 lets other systems report to the city and read what is
// published, by Open311 GeoReport v2, and lets the city hand a request on to
// another system that speaks it and hear what becomes of it there.
//
// The server's calls are in routes.go, the partners we call are destinations.
// Both speak the words of package georeport.
package open311

import (
	"log/slog"

	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/outbound"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/vault"
)

// Service is the door of Open311 in both directions.
type Service struct {
	DB      *sqldb.DB
	Vault   *vault.Vault
	Blobs   blob.Store
	Catalog *catalog.Shelf
	Atlas   *place.Shelf
	Numbers *request.Numbers
	Intake  *intake.Service
	Out     *outbound.Client
	Base    page.Maker
	Case    show.CaseFunc
	BaseURL string // how others reach us; "" as the caller does
	Demo    bool   // shows the key of the demonstration
	Log     *slog.Logger
}

// Settings of this door, kept among the city's settings.
const (
	setJurisdiction = "open311.jurisdiction" // its jurisdiction_id; "" any
	setDescription  = "open311.description"  // what is published of what people wrote: title, full, none
	setFrom         = "open311.from"         // since when a request is published: received, dispatched
	setContact      = "open311.contact"      // whom the operators of other systems ask
)

func (s *Service) setting(name, otherwise string) string {
	if v := s.Catalog.Book().Settings[name]; v != "" {
		return v
	}
	return otherwise
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}
