package request_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/geo"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

// bring registers requests at points, a thousand at once.
func bringAt(t *testing.T, db *sqldb.DB, list []request.Draft) {
	t.Helper()
	at := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)
	for from := 0; from < len(list); from += 1000 {
		var past []request.Past
		for i, d := range list[from:min(from+1000, len(list))] {
			d.ID, d.Number = matter.ID(id.New(at)), id.Number(at, int64(from+i+1))
			d.Title, d.Type, d.Channel, d.Publicity, d.State, d.Due = "一件事", "help", "other", "public", request.ToDispatch, at
			past = append(past, request.Past{Draft: d, Received: at})
		}
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			if err := tx.Lock("test/bring"); err != nil {
				return err
			}
			return request.CreateAll(tx, vault.Test(), actor.System, past)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func shared(t *testing.T, db *sqldb.DB) (out []place.Default) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		out, err = request.SharedPoints(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOnlyAPointOfManyPlacesIsADefault(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var list []request.Draft
		add := func(n int, p geo.Point, address, category func(i int) string) {
			for i := range n {
				list = append(list, request.Draft{Lat: p.Lat, Lng: p.Lng, Address: address(i), Category: category(i)})
			}
		}
		roads := []rune("梧桐樟柳桂兰荷菊枫杉松竹梅杏桃李")
		road := func(i int) string { return string(roads[i%len(roads)]) + "树路" + strconv.Itoa(i) + "号" }
		flat := func(i int) string { return fmt.Sprintf("梧桐苑%d栋%d单元%d室", i%9, i%4, i) }
		kind := func(i int) string { return "0" + strconv.Itoa(i%12) }
		one := func(int) string { return "01" }
		add(40, geo.Point{Lat: 30.1, Lng: 120.1}, road, kind) // a default
		add(90, geo.Point{Lat: 30.2, Lng: 120.2}, flat, kind) // a large estate
		add(25, geo.Point{Lat: 30.3, Lng: 120.3}, road, kind) // too few
		none := func(int) string { return "" }
		add(250, geo.Point{Lat: 30.4, Lng: 120.4}, none, kind) // a default of a system without addresses
		add(250, geo.Point{Lat: 30.5, Lng: 120.5}, none, one)  // a burst main
		bringAt(t, db, list)
		got := shared(t, db)
		if len(got) != 2 || got[0].Point.Lat != 30.4 || got[1].Point.Lat != 30.1 {
			t.Fatalf("found %+v, want 30.4 and 30.1", got)
		}
		if d := got[1]; d.Requests != 40 || d.Among != int64(len(list)) || d.Addresses != 16 || len(d.Examples) != 6 {
			t.Errorf("got %+v", d)
		}
	})
}

// TestBostonHasOneDefaultPoint reads the real requests beside the repository.
// Points with fewer than ten are left out: no rule could find them.
func TestBostonHasOneDefaultPoint(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "boston311", "requests_2011-07_09.csv"))
	if err != nil {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatal(err)
		}
		t.Skip("the real requests are not beside the repository: ../shared/data/boston311")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at, column := map[string]int{}, map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, row := range rows[1:] {
		at[row[column["latitude"]]+" "+row[column["longitude"]]]++
	}
	var list []request.Draft
	for _, row := range rows[1:] {
		if at[row[column["latitude"]]+" "+row[column["longitude"]]] < 10 {
			continue
		}
		d := request.Draft{Address: row[column["location_street_name"]], Category: row[column["type"]]}
		d.Lat, _ = strconv.ParseFloat(row[column["latitude"]], 64)
		d.Lng, _ = strconv.ParseFloat(row[column["longitude"]], 64)
		list = append(list, d)
	}
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		bringAt(t, db, list)
		got := shared(t, db)
		if len(got) != 1 || got[0].Point != (geo.Point{Lat: 42.3594, Lng: -71.0587}) || got[0].Requests != 2462 {
			t.Fatalf("found %+v of %d requests, want the one default point", got, len(list))
		}
		t.Logf("%d of %d requests, %d addresses, %d categories: %v", got[0].Requests, len(list), got[0].Addresses, got[0].Categories, got[0].Examples)
	})
}
