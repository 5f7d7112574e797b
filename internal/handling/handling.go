// Package handling 处置 is the work of the handling units: accept, return, ask,
// extend, answer; and the page of one request that everybody in the office
// works on.
package handling

import (
	"strings"
	"time"

	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/locale"
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
	Blobs   blob.Store
	Catalog *catalog.Shelf
	Atlas   *place.Shelf
	Land    *citymap.Shelf
	Base    page.Maker
	Panels  []show.PanelFunc // what each feature offers on the page of a request
	BaseURL string           // how the site is reached; "" as it was asked
}

// day is a date in the words of a notice; residents are written to in Chinese.
func (s *Service) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return locale.Short(locale.ZH, t, s.Catalog.Book().Calendar.Zone)
}

// track is where a notice sends people: to the look-up by number and code. The
// code itself is not known here, so it cannot be part of a link.
func (s *Service) track() string {
	if s.BaseURL == "" {
		return locale.T(locale.ZH, "handling.track_hint")
	}
	return strings.TrimSuffix(s.BaseURL, "/") + "/track"
}
