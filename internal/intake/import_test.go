package intake_test

import (
	"testing"
	"time"

	"gongzhi/internal/blob"
	"gongzhi/internal/catalog"
	"gongzhi/internal/intake"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// bare is a city without land, units or categories.
func bare(t *testing.T, db *sqldb.DB) *intake.Service {
	t.Helper()
	s := &intake.Service{DB: db, Vault: keys, Blobs: blob.NewMemory(db.Now), Catalog: &catalog.Shelf{DB: db}, Atlas: &place.Shelf{DB: db}}
	if err := s.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Atlas.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Numbers = &request.Numbers{DB: db, Zone: s.Catalog.Book().Calendar.Zone}
	return s
}

type watch struct{ from time.Time }

func newWatch() watch { return watch{time.Now()} }

func (w watch) rate(n int64) float64 { return float64(n) / time.Since(w.from).Seconds() }
