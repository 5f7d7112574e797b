package citymap_test

import (
	"strings"
	"testing"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
	"gongzhi/internal/place/citymap"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

const field = `{"type":"Polygon","coordinates":[[[120,30],[120.01,30],[120.01,30.01],[120,30.01],[120,30]]]}`

func TestTheMapIsDrawnUpAnewOnlyWhenTheLandHasChanged(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		shelf := &citymap.Shelf{DB: db}
		save := func(name string) {
			t.Helper()
			err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
				if err := place.SaveArea(tx, place.Area{Code: "330101", Level: place.District, Name: name, Lat: 30.005, Lng: 120.005, Border: field, Active: true}); err != nil {
					return err
				}
				return place.SaveFeature(tx, place.Feature{ID: name, Kind: "park", Name: name + "公园", Shape: field})
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := shelf.Reload(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		save("南湖区")
		first := shelf.Map()
		view := citymap.View{Center: geo.Point{Lat: 30.005, Lng: 120.005}, Zoom: 15, Width: 600, Height: 400, Borders: citymap.Districts}
		if svg := first.SVG(view); !strings.Contains(svg, "map-park") || !strings.Contains(svg, "南湖区") {
			t.Errorf("the park is not on the map: %s", svg)
		}
		if err := shelf.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		if shelf.Map() != first {
			t.Error("the map was drawn up again although nothing had changed")
		}
		save("江北区")
		if shelf.Map() == first {
			t.Error("the map was not drawn up again after the land had changed")
		}
	})
}
