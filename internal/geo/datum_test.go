package geo_test

import (
	"encoding/json"
	"os"
	"testing"

	"gongzhi/internal/geo"
)

func TestDatumsReturnToTheStart(t *testing.T) {
	for _, d := range []geo.Datum{geo.WGS84, geo.CGCS2000, geo.GCJ02, geo.BD09} {
		there, err := geo.FromWGS84(old, d)
		if err != nil {
			t.Fatal(err)
		}
		back, err := geo.ToWGS84(there, d)
		if err != nil {
			t.Fatal(err)
		}
		if off := back.Distance(old); off > 0.6 {
			t.Errorf("%s there and back moved %.3f m", d, off)
		}
		if moved := there.Distance(old); d != geo.WGS84 && d != geo.CGCS2000 && (moved < 100 || moved > 2000) {
			t.Errorf("%s moved the point %.0f m, want a shift one would notice", d, moved)
		}
	}
}

func TestOutsideChinaNothingIsShifted(t *testing.T) {
	boston := geo.Point{Lat: 42.36, Lng: -71.06}
	if got, _ := geo.FromWGS84(boston, geo.GCJ02); got != boston {
		t.Errorf("Boston moved to %v", got)
	}
}

func TestUnknownDatumIsRefused(t *testing.T) {
	_, err := geo.ToWGS84(old, "")
	if _, err2 := geo.FromWGS84(old, "beijing54"); keyOf(err) != "geo.datum_unknown" || keyOf(err2) != "geo.datum_unknown" {
		t.Errorf("errors = %v, %v, want geo.datum_unknown", err, err2)
	}
}

// TestDatumsAgreeWithPublishedPairs reads pairs kept beside the repository.
func TestDatumsAgreeWithPublishedPairs(t *testing.T) {
	data, err := os.ReadFile("../../../shared/data/coordinates/cities.json")
	if err != nil {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatal(err)
		}
		t.Skip("the shared coordinate pairs are not here: ", err)
	}
	var cities []struct {
		City               string
		WGS84, GCJ02, BD09 [2]float64
	}
	if err := json.Unmarshal(data, &cities); err != nil {
		t.Fatal(err)
	}
	at := func(v [2]float64) geo.Point { return geo.Point{Lat: v[1], Lng: v[0]} }
	for _, c := range cities {
		for datum, v := range map[geo.Datum][2]float64{geo.GCJ02: c.GCJ02, geo.BD09: c.BD09} {
			from, _ := geo.ToWGS84(at(v), datum)
			to, _ := geo.FromWGS84(at(c.WGS84), datum)
			if a, b := from.Distance(at(c.WGS84)), to.Distance(at(v)); a > 0.8 || b > 0.8 {
				t.Errorf("%s %s: off by %.2f m to and %.2f m from WGS-84", c.City, datum, a, b)
			}
		}
	}
}
