package intake_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
	"gongzhi/internal/intake"
	"gongzhi/internal/locale"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// here lies in the community of the world.
var here = geo.Point{Lat: 30.05, Lng: 120.05}

func TestAPointKeepsTheCoordinateSystemItCameIn(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		for _, datum := range []geo.Datum{geo.GCJ02, geo.BD09} {
			given, _ := geo.FromWGS84(here, datum)
			o := find(t, s, receive(t, s, intake.Report{Body: "路灯不亮", Lat: given.Lat, Lng: given.Lng, Origin: request.Origin{Datum: datum}}).ID)
			if d := here.Distance(geo.Point{Lat: o.Lat, Lng: o.Lng}); d > 0.1 {
				t.Errorf("%s: the point is %.3f m off", datum, d)
			}
			if want := (request.Origin{Datum: datum, Lat: given.Lat, Lng: given.Lng}); o.Origin != want {
				t.Errorf("origin is %+v, want %+v", o.Origin, want)
			}
		}
		plain := find(t, s, receive(t, s, intake.Report{Body: "路灯不亮", Lat: here.Lat, Lng: here.Lng, Origin: request.Origin{Datum: geo.WGS84}}).ID)
		if plain.Origin != (request.Origin{}) || plain.Lat != here.Lat {
			t.Errorf("WGS 84 became %v with %+v", plain.Lat, plain.Origin)
		}
		_, err := s.Receive(t.Context(), anne, intake.Report{Body: "路灯不亮", Lat: 30, Lng: 120, Origin: request.Origin{Datum: "beijing54"}})
		if f, ok := fault.FieldsOf(err).Of("datum"); !ok || f.Key != "geo.datum_unknown" {
			t.Errorf("an unknown system gives %v", err)
		}
	})
}

func TestAnImportConvertsOnceAndSaysFromWhat(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		m, err := intake.ReadImportMapping("points", []byte(`{"name": "点", "source": "points", "id": "编号", "fields": [{"to": "body", "from": "内容"}, {"to": "received", "from": "时间"},
			{"to": "lat", "from": "纬度"}, {"to": "lng", "from": "经度"}, {"to": "datum", "from": "坐标系", "optional": true}]}`))
		if err != nil {
			t.Fatal(err)
		}
		gcj, _ := geo.FromWGS84(here, geo.GCJ02)
		row := func(id string, p geo.Point, datum string) string {
			return fmt.Sprintf("%s,梧桐路路灯不亮,2026-02-04 10:00,%.7f,%.7f,%s\n", id, p.Lat, p.Lng, datum)
		}
		data := "编号,内容,时间,纬度,经度,坐标系\n" + row("1", gcj, "gcj02") + row("2", here, "wgs84") + row("3", here, "") + row("4", here, "beijing54")
		got := bring(t, s, []byte(data), func(f *intake.ImportFile) { f.Mapping = m })
		if got.run.Imported != 3 || got.run.Refused != 1 {
			t.Fatalf("%+v, want the row with an unknown system refused", got.run)
		}
		if n := count(t, db, `select count(*) from request_order where source = 'points' and lat between 30.0499999 and 30.0500001 and lng between 120.0499999 and 120.0500001`); n != 3 {
			t.Errorf("%d rows lie where they should", n)
		}
		if n := count(t, db, `select count(*) from request_order where source = 'points' and src_datum = 'gcj02' and src_lat is not null`); n != 1 {
			t.Errorf("%d rows keep the point as it came, want 1", n)
		}
	})
}

func TestAFileIsReadInTheCoordinateSystemThatAPersonNames(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		plain, err := intake.ReadImportMapping("points", []byte(`{"name": "点", "source": "points", "id": "编号", "settings": {"repeats": "off"}, "fields": [{"to": "body", "from": "内容"}, {"to": "received", "from": "时间"},
			{"to": "lat", "from": "纬度"}, {"to": "lng", "from": "经度"}, {"to": "datum", "from": "坐标系", "optional": true}]}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, datum := range []geo.Datum{geo.CGCS2000, geo.GCJ02, geo.BD09} {
			m, err := intake.In(plain, string(datum))
			if err != nil {
				t.Fatal(err)
			}
			given, _ := geo.FromWGS84(here, datum)
			data := fmt.Sprintf("编号,内容,时间,纬度,经度,坐标系\n%s-1,路灯不亮,2026-02-04 10:00,%v,%v,\n%s-2,路灯不亮,2026-02-04 10:00,%v,%v,WGS-84\n", datum, given.Lat, given.Lng, datum, here.Lat, here.Lng)
			got := bring(t, s, []byte(data), func(f *intake.ImportFile) { f.Mapping = m })
			if got.run.Imported != 2 {
				t.Fatalf("%s: %+v, %v", datum, got.run, got.problems)
			}
		}
		if n := count(t, db, `select count(*) from request_order where source = 'points' and lat between 30.0499949 and 30.0500051 and lng between 120.0499949 and 120.0500051`); n != 6 {
			t.Errorf("%d rows lie where they should, want 6", n)
		}
		if n := count(t, db, `select count(*) from request_order where source = 'points' and src_datum in ('gcj02', 'bd09') and src_lat is not null`); n != 2 {
			t.Errorf("%d rows keep the point as it came, want 2", n)
		}
		if _, err := intake.In(plain, "beijing54"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a system nobody knows: %v", err)
		}
	})
}

// TestWhatIsExportedIsImportedAtTheSamePoints takes the table of a list as it is
// downloaded and brings it into another city as the page offers it.
func TestWhatIsExportedIsImportedAtTheSamePoints(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		want := map[string]string{}
		at := func(o *request.Order) string {
			p, datum := o.Given()
			return fmt.Sprint(o.Lat, " ", o.Lng, " ", p, " ", datum)
		}
		for i, datum := range []geo.Datum{"", geo.WGS84, geo.CGCS2000, geo.GCJ02, geo.BD09} {
			p := geo.Point{Lat: here.Lat + float64(i)/7000, Lng: here.Lng - float64(i)/9000}
			if datum != "" {
				p, _ = geo.FromWGS84(p, datum)
			}
			o := find(t, s, receive(t, s, intake.Report{Body: fmt.Sprint("路灯不亮", i), Lat: p.Lat, Lng: p.Lng, Origin: request.Origin{Datum: datum}}).ID)
			want[o.Number] = at(o)
		}
		nowhere := find(t, s, receive(t, s, intake.Report{Body: "没有地点"}).ID)
		want[nowhere.Number] = at(nowhere)
		head, data := table(t, s)
		m, err := intake.GuessMapping("另一个热线", head)
		if err != nil {
			t.Fatal(err)
		}
		other := world(t, sqldbtest.New(t, db.Dialect()))
		got := bring(t, other, data, func(f *intake.ImportFile) { f.Mapping = m })
		if got.run.Imported != int64(len(want)) {
			t.Fatalf("%+v, %v", got.run, got.problems)
		}
		for number, place := range want {
			var m matter.ID
			err := other.DB.View(t.Context(), func(tx *sqldb.Tx) error {
				return tx.QueryRow(`select matter_id from request_order where source_id = $1`, number).Scan(&m)
			})
			if err != nil {
				t.Fatal(number, err)
			}
			if now := at(find(t, other, m)); now != place {
				t.Errorf("%s lies at %s, was at %s", number, now, place)
			}
		}
	})
}

// table is all requests as a download in Chinese.
func table(t *testing.T, s *intake.Service) (head []string, data []byte) {
	t.Helper()
	b := page.Base{Lang: locale.ZH, Zone: s.Catalog.Book().Calendar.Zone, Now: s.DB.Now()}
	var out bytes.Buffer
	err := s.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		list, err := export.Requests(tx, b, s.Catalog.Book().Calendar, actor.System, request.Filter{}, nil, nil)
		if err != nil {
			return err
		}
		for _, c := range list.Columns {
			head = append(head, c.Heading(b))
		}
		w := sheet.CSV(&out)
		if err := w.Write(head...); err != nil {
			return err
		}
		if err := list.Each(func(r export.Row) error { return w.Row(r.Cells...) }); err != nil {
			return err
		}
		return w.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	return head, out.Bytes()
}

func TestWordsPlaceAMessageWhenOnePlaceIsCertain(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		update(t, db, func(tx *sqldb.Tx) error {
			return place.SaveArea(tx, place.Area{Code: "330101002", Parent: "330101", Level: place.Street, Name: "城东街道", Aliases: "东门", Active: true})
		})
		if err := s.Atlas.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		for body, want := range map[string]string{
			"梧桐社区居委会门口路灯不亮":      "330101001001||words|false",
			"梧桐路32号3栋2单元门口路灯不亮":  "330101001001|梧桐路32号|words|true",
			"东门菜场没水":             "330101002||words|false",
			"梧桐社区和城东街道都停水了":      "|||false",
			"南湖区政府不回我的电话":        "|||false",
			"我们小区停水了，没人管，打电话也没用": "|||false",
		} {
			o := find(t, s, receive(t, s, intake.Report{Channel: "sms", Body: body}).ID)
			if got := fmt.Sprintf("%s|%s|%s|%v", o.Area, o.Address, o.Origin.Placed, o.HasPoint()); got != want {
				t.Errorf("%s: %s, want %s", body, got, want)
			}
		}
		if o := find(t, s, receive(t, s, intake.Report{Channel: "web", Body: "梧桐社区路灯不亮"}).ID); o.Area != "" {
			t.Errorf("the resident's own page was not asked to guess: %s", o.Area)
		}
	})
}

func TestTheDeskOffersWhatTheWordsNameWithAllTheyMayMean(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		update(t, db, func(tx *sqldb.Tx) error {
			return place.SaveArea(tx, place.Area{Code: "330102001001", Parent: "330102001", Level: place.Community, Name: "梧桐社区", Active: true})
		})
		if err := s.Atlas.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		look := func(f intake.Fields) string {
			l, err := s.LookAt(t.Context(), actor.System, &f)
			if err != nil {
				t.Fatal(err)
			}
			out := fmt.Sprintf("%v %s", l.Mentioned, f.Area)
			for _, h := range l.Places {
				out += " " + h.Text + "/" + h.Area
			}
			return out
		}
		if got := look(intake.Fields{What: "梧桐社区路灯坏了"}); got != "true  梧桐社区/330101001001 梧桐社区/330102001001" {
			t.Errorf("two of one name: %s", got)
		}
		if got := look(intake.Fields{What: "梧桐路32号路灯坏了"}); !strings.HasPrefix(got, "true  梧桐路32号/330101001001") {
			t.Errorf("a house number: %s", got)
		}
		gcj, _ := geo.FromWGS84(here, geo.GCJ02)
		if got := look(intake.Fields{Address: fmt.Sprintf("%.6f,%.6f 高德", gcj.Lng, gcj.Lat)}); got != "false 330101001001" {
			t.Errorf("coordinates of an internet map: %s", got)
		}
	})
}

func TestAConfirmedDefaultPointIsNoPlace(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		old := receive(t, s, intake.Report{Body: "路灯不亮", Lat: here.Lat, Lng: here.Lng})
		update(t, db, func(tx *sqldb.Tx) error {
			d := place.Default{Point: here, Requests: 40, Among: 50}
			if err := place.KeepDefault(tx, d); err != nil {
				return err
			}
			if err := place.DecideDefault(tx, d, "yes", "u1", 1); err != nil {
				return err
			}
			return request.Unplace(tx, here)
		})
		if err := s.Atlas.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		fresh := receive(t, s, intake.Report{Body: "路灯又不亮", Address: "说不清", Lat: here.Lat, Lng: here.Lng})
		for _, r := range []intake.Receipt{old, fresh} {
			if o := find(t, s, r.ID); o.HasPoint() || o.Origin.Placed != request.DefaultPoint || o.Origin.Lat != here.Lat {
				t.Errorf("%s: point %v, origin %+v", o.Body, o.HasPoint(), o.Origin)
			}
		}
		update(t, db, func(tx *sqldb.Tx) error { return request.Replace(tx, here) })
		if o := find(t, s, old.ID); o.Lat != here.Lat || o.Origin != (request.Origin{}) {
			t.Errorf("given back: %v, %+v", o.Lat, o.Origin)
		}
	})
}
