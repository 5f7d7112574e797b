package demo

import (
	"testing"

	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestTheCityLoadsIntoBothDatabases(t *testing.T) {
	c, err := NewCity(1)
	if err != nil {
		t.Fatal(err)
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := db.Update(t.Context(), c.Load); err != nil {
			t.Fatal(err)
		}
		shelf := &place.Shelf{DB: db}
		if err := shelf.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, a := range c.Land.Addresses[:200] {
			if got := shelf.Atlas().Locate(a.Point); got != a.Grid {
				t.Errorf("%s lies in %q, want %s", a.Text, got, a.Grid)
			}
		}
	})
}
