package request_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// spot is a point of the test city, so many metres to the north of its middle.
func spot(metres float64) (lat, lng float64) { return 30 + metres/111_195, 120 }

func similar(t *testing.T, db *sqldb.DB, a actor.Actor, l request.Likeness) []request.Twin {
	t.Helper()
	if err := request.Marker().Drain(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var out []request.Twin
	err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		out, err = request.Similar(tx, a, l)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func titles(list []request.Twin) []string {
	out := []string{}
	for _, t := range list {
		out = append(out, t.Title)
	}
	return out
}

func TestSimilarFindsTheSameThingNearby(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		at := func(metres float64, category, title string) {
			lat, lng := spot(metres)
			create(t, db, request.Draft{Title: title, Body: title, Category: category, Address: "梧桐路", Area: "330101001001", Lat: lat, Lng: lng, Publicity: "masked"}, "")
		}
		at(40, "lamp", "梧桐路28号路灯不亮")
		at(300, "lamp", "梧桐路东段一片漆黑")
		at(20, "road", "梧桐路井盖松动")
		at(60, "other", "梧桐路路灯坏了看不见路")
		at(5000, "lamp", "远处的路灯")
		lat, lng := spot(0)
		l := request.Likeness{Category: "lamp", Text: "梧桐路32号门口路灯坏了三天", Lat: lat, Lng: lng}
		got := similar(t, db, agent, l)
		want := []string{"梧桐路28号路灯不亮", "梧桐路路灯坏了看不见路", "梧桐路东段一片漆黑"}
		if diff := cmp.Diff(want, titles(got)); diff != "" {
			t.Errorf("similar ones nearby: %s", diff)
		}
		if m := got[0].Metres; m < 35 || m > 45 {
			t.Errorf("distance = %.0f m, want about 40", m)
		}
		l.Lat, l.Lng, l.Area, l.Exclude = 0, 0, "33010100100107", got[0].ID
		if list := titles(similar(t, db, agent, l)); len(list) != 3 || list[0] != "远处的路灯" && list[0] != "梧桐路东段一片漆黑" {
			t.Errorf("in the same community: %q", list)
		}
	})
}

// A text that names a place is about that place, before anybody has chosen one.
func TestSimilarHeedsThePlaceThatTheTextNames(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		for _, d := range []request.Draft{{Title: "路灯不亮", Body: "路灯不亮，晚上很黑", Address: "向阳路249号", Area: "330101001002"}, {Title: "路灯不亮", Body: "路灯不亮，很黑", Address: "梧桐路7号", Area: "330101001001"}} {
			d.Category, d.Publicity = "lamp", "public"
			create(t, db, d, "")
		}
		l := request.Likeness{Category: "lamp", Text: "梧桐路路灯不亮，晚上黑"}
		if got := similar(t, db, agent, l); len(got) != 2 {
			t.Errorf("without a named place: %q", titles(got))
		}
		l.Named = []request.Named{{Name: "梧桐路"}}
		if got := similar(t, db, agent, l); len(got) != 1 || got[0].Address != "梧桐路7号" {
			t.Errorf("a named road: %q", titles(got))
		}
		l.Named = []request.Named{{Name: "文昌社区", Areas: []string{"330101001002"}}}
		if got := similar(t, db, agent, l); len(got) != 1 || got[0].Address != "向阳路249号" {
			t.Errorf("a named community: %q", titles(got))
		}
	})
}

func TestSimilarGivesResidentsPublishedOnesOnly(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		lat, lng := spot(0)
		for _, d := range []request.Draft{{Title: "公开", Publicity: "public"}, {Title: "模糊", Publicity: "masked", Address: "梧桐路32号2单元501"}, {Title: "不公开"}, {Title: "举报", Publicity: "public", Sealed: true}} {
			d.Category, d.Lat, d.Lng, d.Body = "lamp", lat, lng, "原话"
			create(t, db, d, "")
		}
		got := similar(t, db, actor.Actor{}, request.Likeness{Category: "lamp", Lat: lat, Lng: lng, Public: true})
		if len(got) != 2 {
			t.Fatalf("a resident is offered %q, want the two published ones", titles(got))
		}
		for _, x := range got {
			if x.Body != "" || x.Address != "" || x.Title == "模糊" && x.Lat == lat {
				t.Errorf("%s tells a resident too much: %q %q %f", x.Title, x.Body, x.Address, x.Lat)
			}
		}
		if n := len(similar(t, db, agent, request.Likeness{Category: "lamp", Lat: lat, Lng: lng})); n != 3 {
			t.Errorf("the office is offered %d, want 3: sealed ones are compared with sealed ones", n)
		}
		if n := len(similar(t, db, water, request.Likeness{Category: "lamp", Lat: lat, Lng: lng})); n != 0 {
			t.Errorf("a unit is offered %d of others' requests", n)
		}
	})
}

func TestCopiedContactsStayReachableAndSealed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		world(t, db)
		o := create(t, db, request.Draft{Title: "两件事", Contact: request.Contact{Name: "李芳", Phone: "13800005521", Masked: "李** 138****5521"}}, "")
		part := create(t, db, request.Draft{Title: "第二件"}, "")
		update(t, db, func(tx *sqldb.Tx) error { return request.CopyContacts(tx, keys, o.ID, part.ID) })
		update(t, db, func(tx *sqldb.Tx) error {
			list, err := request.Contacts(tx, agent, part)
			if err != nil || len(list) != 1 {
				t.Fatalf("contacts of the part: %v, %v", list, err)
			}
			c, err := request.Reveal(tx, keys, agent, part, list[0].ID, "回电核实")
			if err != nil || c.Phone != "13800005521" || c.Kind != "requester" {
				t.Errorf("copied contact = %+v, %v", c, err)
			}
			return nil
		})
	})
}
