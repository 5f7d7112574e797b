package geo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/geo"
)

func TestUnsoundGeometryIsRefusedByName(t *testing.T) {
	for _, c := range []struct{ in, key, where string }{
		{`{"type":"Point","coordinates":[116.1,30.2]}`, "", ""},
		{`{"type":"Point","coordinates":[116.1,30.2,12.5]}`, "", ""},
		{`{"type":"Point","coordinates":[30.2,116.1]}`, "geo.swapped", ""},
		{`{"type":"Point","coordinates":[116.1,91]}`, "geo.latitude_range", ""},
		{`{"type":"Point","coordinates":[116.1]}`, "geo.not_a_number", ""},
		{`{"type":"Point","coordinates":["116","30"]}`, "geo.not_a_number", ""},
		{`{"type":"Point","coordinates":[1e999,1]}`, "geo.not_a_number", ""},
		{`{"type":"Point","coordinates":[NaN,1]}`, "geo.not_geojson", ""},
		{`{"type":"Point","coordinates":null}`, "geo.not_geojson", ""},
		{`{"type":"Point"}`, "geo.not_geojson", ""},
		{`{"type":"Circle","coordinates":[1,2]}`, "geo.type_unknown", ""},
		{`{"type":"LineString","coordinates":[[1,2]]}`, "geo.line_short", ""},
		{`{"type":"LineString","coordinates":[[1,2],[3,4],[200,4]]}`, "geo.longitude_range", "2"},
		{`{"type":"Polygon","coordinates":[]}`, "geo.empty", ""},
		{`{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}`, "geo.ring_short", "0"},
		{`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`, "geo.ring_open", "0"},
		{`{"type":"Polygon","coordinates":[[[0,0],[1,0],[2,0],[0,0]]]}`, "geo.ring_flat", "0"},
		{`{"type":"Polygon","coordinates":[[[0,0],[4,4],[4,0],[0,1],[0,0]]]}`, "geo.ring_crosses", "0"},
		{`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,95],[0,0]]]]}`, "geo.swapped", "0/0/2"},
		{`[]`, "geo.not_geojson", ""},
		{``, "geo.not_geojson", ""},
	} {
		_, err := geo.DecodeGeometry([]byte(c.in))
		if got := keyOf(err); got != c.key {
			t.Errorf("%s: key = %q, want %q", c.in, got, c.key)
		}
		if e, ok := err.(*geo.Error); ok && e.Where != c.where {
			t.Errorf("%s: where = %q, want %q", c.in, e.Where, c.where)
		}
	}
}

func TestAMillionVerticesAreRefusedAtTheCap(t *testing.T) {
	many := `{"type":"LineString","coordinates":[` + strings.Repeat("[1,2],", 1_000_000) + `[1,2]]}`
	if _, err := geo.DecodeGeometry([]byte(many)); keyOf(err) != "geo.too_many" {
		t.Errorf("error = %v, want geo.too_many", err)
	}
}

func TestGeometryReturnsWithoutLoss(t *testing.T) {
	p := old.Offset(1.0/3, 2.0/3)
	square := geo.Polygon{rect(0, 0, 900, 900), rect(100, 100, 50, 50)}
	for _, g := range []geo.Geometry{
		geo.PointGeometry(p),
		geo.LineGeometry(geo.Line{old, p}),
		geo.LineGeometry(geo.Line{old, p}, geo.Line{p, old}),
		geo.AreaGeometry(square),
		geo.AreaGeometry(square, geo.Polygon{rect(2000, 0, 10, 10)}),
	} {
		data, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		back, err := geo.DecodeGeometry(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(g, back); diff != "" {
			t.Errorf("%s came back changed:\n%s", data, diff)
		}
	}
}

func TestFeaturesReturn(t *testing.T) {
	fs := geo.Features{
		{ID: "a", Properties: map[string]any{"name": "梧桐路", "class": 2.0}, Geometry: geo.PointGeometry(old)},
		{Properties: map[string]any{"code": "990101"}, Geometry: geo.AreaGeometry(geo.Polygon{rect(0, 0, 5, 5)})},
	}
	var b bytes.Buffer
	if err := fs.Encode(&b); err != nil {
		t.Fatal(err)
	}
	back, err := geo.DecodeFeatures(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fs, back); diff != "" {
		t.Error(diff)
	}
	if f := back[0]; f.Text("name") != "梧桐路" || f.Number("class") != 2 || f.Text("class") != "2" || back[1].Number("code") != 990101 {
		t.Errorf("properties read wrongly: %v", back)
	}
}

func TestABadFeatureIsNamedByItsPosition(t *testing.T) {
	in := `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null},{"type":"Feature","geometry":{"type":"Point","coordinates":[0,99]}}]}`
	_, err := geo.DecodeFeatures(strings.NewReader(in))
	if keyOf(err) != "geo.swapped" || !strings.HasPrefix(fmt.Sprint(err), "feature 1:") {
		t.Errorf("error = %v", err)
	}
}

// FuzzDecodeGeometry holds that whatever is accepted is sound and comes back
// unchanged when it is written and read again.
func FuzzDecodeGeometry(f *testing.F) {
	for _, seed := range []string{
		`{"type":"Point","coordinates":[116.1,30.2]}`,
		`{"type":"MultiLineString","coordinates":[[[0,0],[1,1]],[[2,2],[3,3]]]}`,
		`{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[1,1]]]}`,
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := geo.DecodeGeometry(data)
		if err != nil {
			return
		}
		b := g.Box()
		if b.Min.Check() != nil || b.Max.Check() != nil {
			t.Fatalf("accepted %s with box %v", data, b)
		}
		out, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		again, err := geo.DecodeGeometry(out)
		if err != nil {
			t.Fatalf("%s was written as %s: %v", data, out, err)
		}
		if diff := cmp.Diff(g, again); diff != "" {
			t.Fatalf("%s came back changed:\n%s", data, diff)
		}
	})
}
