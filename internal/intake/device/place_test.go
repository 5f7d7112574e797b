package device_test

import (
	"fmt"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	faults "gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/intake/device"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

var corner = geo.Point{Lat: 31.230123, Lng: 121.470456}

func find(t *testing.T, db *sqldb.DB, code string) (d device.Device) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		d, err = device.Find(tx, code)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func near(p geo.Point, lat, lng float64) bool { return p.Distance(geo.Point{Lat: lat, Lng: lng}) < 0.6 }

// onlyCase is the one request that there is.
func onlyCase(t *testing.T, db *sqldb.DB) (o *request.Order) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		var m matter.ID
		if err := tx.QueryRow(`select id from matter where kind = 'request'`).Scan(&m); err != nil {
			return err
		}
		o, err = request.Find(tx, actor.System, m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestADevicesPointIsTakenInAnyCoordinateSystem(t *testing.T) {
	for _, datum := range []geo.Datum{geo.WGS84, geo.CGCS2000, geo.GCJ02, geo.BD09} {
		t.Run(string(datum), func(t *testing.T) {
			sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				s := world(t, db)
				given, _ := geo.FromWGS84(corner, datum)
				d := find(t, db, "JS-1")
				d.Lat, d.Lng, d.Origin = given.Lat, given.Lng, request.Origin{Datum: datum}
				if err := s.Register(t.Context(), sysadmin, d); err != nil {
					t.Fatal(err)
				}
				want := request.Origin{}
				if datum == geo.GCJ02 || datum == geo.BD09 {
					want = request.Origin{Datum: datum, Lat: given.Lat, Lng: given.Lng}
				}
				if d = find(t, db, "JS-1"); !near(corner, d.Lat, d.Lng) || d.Origin != want {
					t.Errorf("kept at %v,%v, as given %+v, want %+v", d.Lat, d.Lng, d.Origin, want)
				}
				table, err := device.TableOf(t.Context(), s)
				if err != nil || !strings.Contains(string(table), fmt.Sprint(given.Lat)) {
					t.Fatalf("the table: %v\n%s", err, table)
				}
				if bad, err := device.LoadTable(t.Context(), s, sysadmin, table); bad > 0 || err != nil {
					t.Fatalf("the table imported again: %d wrong, %v", bad, err)
				}
				again := find(t, db, "JS-1")
				if again.Lat != d.Lat || again.Lng != d.Lng || again.Origin != d.Origin {
					t.Errorf("imported again at %v,%v %+v, was %v,%v %+v", again.Lat, again.Lng, again.Origin, d.Lat, d.Lng, d.Origin)
				}
				again.Name, again.Origin = "下穿一号", request.Origin{} // a program that knows our point alone
				if err := s.Register(t.Context(), sysadmin, again); err != nil {
					t.Fatal(err)
				}
				if got := find(t, db, "JS-1"); got.Origin != want {
					t.Errorf("a new name has lost the point as it was given: %+v", got.Origin)
				}
				take(t, s, device.Reading{Event: "1", Value: 40})
				if o := onlyCase(t, db); o.Lat != d.Lat || o.Lng != d.Lng || o.Origin != want {
					t.Errorf("the request stands at %v,%v, %+v", o.Lat, o.Lng, o.Origin)
				}
			})
		})
	}
	db := sqldbtest.New(t, sqldb.SQLite)
	s := world(t, db)
	d := find(t, db, "JS-1")
	d.Lat, d.Lng, d.Origin = corner.Lat, corner.Lng, request.Origin{Datum: "beijing54"}
	if f, ok := faults.FieldsOf(s.Register(t.Context(), sysadmin, d)).Of("datum"); !ok || f.Key != "geo.datum_unknown" {
		t.Errorf("a system nobody knows: %+v", f)
	}
}

func TestAMovingDeviceSaysWhereItIs(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		given, _ := geo.FromWGS84(corner, geo.GCJ02)
		url, auth := door(t, s), "Bearer "+issue(t, s, platform)
		with := func(id, more string) reply {
			return post(t, url, strings.Replace(event(id, "JS-1", 35), `"value":35`, `"value":35`+more, 1), "Authorization", auth, "Content-Type", one)
		}
		for id, more := range map[string]string{"a": `,"lat":31.2`, "b": `,"lat":131.2,"lng":121.4`, "c": `,"lat":31.2,"lng":121.4,"datum":"beijing54"`} {
			if got := with(id, more); got.status != 422 {
				t.Errorf("%s: %+v", more, got)
			}
		}
		if got := with("1", fmt.Sprintf(`,"lat":%v,"lng":%v,"datum":"gcj02"`, given.Lat, given.Lng)); got.status != 202 || got.Accepted != 1 {
			t.Fatalf("%+v", got)
		}
		if o := onlyCase(t, db); !near(corner, o.Lat, o.Lng) || o.Origin != (request.Origin{Datum: geo.GCJ02, Lat: given.Lat, Lng: given.Lng}) {
			t.Errorf("the request stands at %v,%v, %+v", o.Lat, o.Lng, o.Origin)
		}
	})
}
