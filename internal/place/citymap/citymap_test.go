package citymap_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"gongzhi/internal/geo"
	"gongzhi/internal/place/citymap"
)

var here = geo.Point{Lat: 30.2, Lng: 116.1}

func square(east, north, size float64) geo.MultiPolygon {
	return geo.MultiPolygon{{{
		here.Offset(east, north), here.Offset(east+size, north), here.Offset(east+size, north+size), here.Offset(east, north+size),
	}}}
}

// town is a small place with one thing of each kind.
func town() citymap.Layers {
	return citymap.Layers{
		Water:     []citymap.Area{{Name: "月亮湖", Shape: square(-400, 100, 300)}},
		Parks:     []citymap.Area{{Name: "桂花公园", Shape: square(100, 100, 250)}},
		Blocks:    []citymap.Area{{Name: "桂花苑", Shape: square(-200, -250, 180)}},
		Buildings: []citymap.Area{{Shape: square(-150, -200, 40)}},
		Roads: []citymap.Line{
			{Name: "东西大道", Class: 2, Lines: []geo.Line{{here.Offset(-9000, 0), here.Offset(9000, 0)}}},
			{Name: "南北街", Class: 3, Lines: []geo.Line{{here.Offset(0, -9000), here.Offset(0, 9000)}}},
		},
		Rails: []citymap.Line{{Lines: []geo.Line{{here.Offset(-900, -300), here.Offset(900, -280)}}}},
		Borders: []citymap.Border{
			{Level: citymap.Communities, Name: "西社区", Shape: square(-500, -500, 500)},
			{Level: citymap.Communities, Name: "东社区", Shape: square(0, -500, 500)},
		},
		Labels:      []citymap.Label{{Name: "菜市场", At: here.Offset(200, -150), Rank: 5}},
		Attribution: "测试地图",
	}
}

func view() citymap.View {
	return citymap.View{Center: here, Zoom: 16, Width: 520, Height: 260}
}

// wellFormed reads the picture to its end as XML.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
	}
}

func TestMapShowsWhatIsThere(t *testing.T) {
	v := view()
	v.Borders = citymap.Communities
	svg := citymap.New(town()).SVG(v)
	wellFormed(t, svg)
	for _, want := range []string{
		"map-water", "map-park", "map-block", "map-building", "map-road-2", "map-road-3", "map-rail", "map-border-3",
		">桂花公园<", ">东西大道<", ">菜市场<", "测试地图", "100 米",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("the map lacks %s", want)
		}
	}
	if regexp.MustCompile(`\sstyle=|<style|<script|\son\w+=`).MatchString(svg) {
		t.Error("an inline map must pass a policy without inline styles and scripts")
	}
}

func TestWhatIsFarAwayCostsNothing(t *testing.T) {
	m := citymap.New(town())
	near := len(m.SVG(view()))
	v := view()
	v.Center = here.Offset(80_000, 0)
	if far := m.SVG(v); len(far) > 700 || near < 1500 {
		t.Errorf("%d bytes near, %d far away: want nothing drawn far away", near, len(far))
	}
}

func TestLongRoadsAreCutToThePicture(t *testing.T) {
	v := view()
	v.Zoom = 20
	for _, n := range regexp.MustCompile(`-?\d+(\.\d+)?`).FindAllString(citymap.New(town()).SVG(v), -1) {
		if len(strings.TrimPrefix(strings.Split(n, ".")[0], "-")) > 5 {
			t.Errorf("the coordinate %s lies far outside the picture", n)
		}
	}
}

func TestSharedBordersAreDrawnOnce(t *testing.T) {
	v := view()
	v.Borders = citymap.Communities
	v.Zoom = 14
	svg := citymap.New(town()).SVG(v)
	d := regexp.MustCompile(`map-border-3" d="([^"]+)"`).FindStringSubmatch(svg)
	if d == nil {
		t.Fatal("no border drawn")
	}
	if sides := len(regexp.MustCompile(`[lhv]`).FindAllString(d[1], -1)); sides > 8 {
		t.Errorf("two squares with a common side drew %d sides in %s, want at most 8 pieces for 7 sides", sides, d[1])
	}
}

func TestNamesCannotBreakOut(t *testing.T) {
	evil := `</text><script>alert(1)</script>"'&` + "\x00\x1b\ufffe"
	l := town()
	l.Parks[0].Name, l.Labels[0].Name, l.Attribution = evil, evil, evil
	l.Roads[0].Name = `<b>`
	v := view()
	v.Title, v.ID = `" onload="alert(1)`, `"><script>`
	v.Markers = []citymap.Marker{
		{At: here, Shape: citymap.Pin, Label: "<i>", Title: evil, Link: `javascript:alert(1)`},
		{At: here.Offset(50, 50), Link: `//evil.example`, Label: "1"}, {At: here.Offset(-50, 50), Link: `/r/1?a=b&c="d"`, Label: "2"},
	}
	v.Tints = []citymap.Tint{{Shape: square(0, 0, 300), Step: 9, Title: evil, Label: evil, Link: "data:text/html,x"}}
	m := citymap.New(l)
	for _, svg := range []string{m.SVG(v), string(m.SVGImage(v, citymap.Light))} {
		wellFormed(t, svg)
		for _, bad := range []string{"<script", "javascript:", "//evil", "data:", ` onload="`, "<b>", "<i>"} {
			if strings.Contains(svg, bad) {
				t.Errorf("the picture holds %q", bad)
			}
		}
	}
	if !strings.Contains(m.SVG(v), `<a href="/r/1?a=b&amp;c=&quot;d&quot;">`) {
		t.Error("a link of this site must be kept")
	}
}

func TestClickFindsThePlace(t *testing.T) {
	v := view()
	if d := v.PointAt(260, 130).Distance(here); d > 0.01 {
		t.Errorf("the middle is %.2f m off", d)
	}
	want := here.Offset(-200, 90)
	perPixel := geo.MetresPerPixel(here.Lat, v.Zoom)
	if d := v.PointAt(260-200/perPixel, 130-90/perPixel).Distance(want); d > 2 {
		t.Errorf("a click is %.2f m off", d)
	}
	v = citymap.View{Bounds: geo.Around(here, 300), Width: 360, Height: 120}
	if d := v.PointAt(180, 60).Distance(here); d > 1 {
		t.Errorf("with bounds the middle is %.2f m off", d)
	}
}

func TestMarkersAndTintsAreDrawn(t *testing.T) {
	v := view()
	me := here.Offset(30, 30)
	v.Me, v.Spread = &me, 60
	v.Markers = []citymap.Marker{{At: here, Shape: citymap.Pin, Title: "这里"}, {At: here.Offset(90, 0), Shape: citymap.Late, Label: "甲"}, {At: here.Offset(99_000, 0), Title: "太远"}}
	v.Tints = []citymap.Tint{{Shape: square(-300, -300, 300), Step: 3, Title: "17 件", Label: "17"}}
	svg := citymap.New(town()).SVG(v)
	for _, want := range []string{"map-pin", "<title>这里</title>", "map-late", ">甲<", "map-me", "map-spread", "map-tint-3", "url(#h3)", "<title>17 件</title>", ">17<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the map lacks %s", want)
		}
	}
	if strings.Contains(svg, "太远") {
		t.Error("a marker outside the picture is not drawn")
	}
}

func TestNamesDoNotCoverEachOther(t *testing.T) {
	l := town()
	for range 40 {
		l.Labels = append(l.Labels, citymap.Label{Name: "挤在一起的店", At: here.Offset(200, -150), Rank: 4})
	}
	svg := citymap.New(l).SVG(view())
	if strings.Contains(svg, "挤在一起的店") || !strings.Contains(svg, "菜市场") {
		t.Error("the more important name takes the place, the others give way")
	}
}

func TestTilesTakeThePlaceOfTheLand(t *testing.T) {
	v := view()
	v.Tiles = "https://tiles.example.gov.cn/{z}/{x}/{y}.png?k=1&l=zh"
	svg := citymap.New(town()).SVG(v)
	wellFormed(t, svg)
	if n := strings.Count(svg, "<image "); n < 4 || n > 12 || strings.Contains(svg, "map-water") {
		t.Errorf("%d tiles, vector land drawn: %t", n, strings.Contains(svg, "map-water"))
	}
	if !strings.Contains(svg, "/16/") || strings.Contains(svg, "{z}") {
		t.Error("the template must be filled")
	}
}

func TestNonsenseViewsStillDraw(t *testing.T) {
	m := citymap.New(citymap.Layers{})
	for _, v := range []citymap.View{{}, {Width: -5, Height: 1e9, Zoom: 99}, {Center: geo.Point{Lat: 95, Lng: 500}, Zoom: 3, Width: 100, Height: 100}} {
		wellFormed(t, m.SVG(v))
	}
}

func TestImageAndPageHaveTheSameRules(t *testing.T) {
	page, err := os.ReadFile("../../page/assets/map.css")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("image.css")
	if err != nil {
		t.Fatal(err)
	}
	_, rules, _ := strings.Cut(string(page), "/* rules */")
	rules, _, _ = strings.Cut(rules, "/* end */")
	_, want, _ := strings.Cut(string(own), "/* rules */")
	squash := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if squash(rules) != squash(want) {
		t.Error("the rules of map.css and image.css differ; change both")
	}
	for _, token := range regexp.MustCompile(`--map-[\w-]+`).FindAllString(want, -1) {
		if n := strings.Count(string(page), token+":"); n < 5 { // light, dark twice, contrast, print
			t.Errorf("%s is set %d times in map.css, want in every mode", token, n)
		}
	}
}

func TestEveryClassDrawnHasAColour(t *testing.T) {
	sheet, err := os.ReadFile("image.css")
	if err != nil {
		t.Fatal(err)
	}
	v := view()
	v.Borders, v.Me = citymap.Grids, &here
	v.Markers = []citymap.Marker{{At: here}, {At: here, Shape: citymap.Pin}, {At: here, Shape: citymap.Late}, {At: here, Shape: citymap.Done}}
	for _, list := range regexp.MustCompile(`class="([^"]+)"`).FindAllStringSubmatch(citymap.New(town()).SVG(v), -1) {
		coloured := false
		for _, class := range strings.Fields(list[1]) {
			coloured = coloured || regexp.MustCompile(`\.`+class+`\b`).Match(sheet)
		}
		if !coloured {
			t.Errorf("no rule for class %q", list[1])
		}
	}
}

func TestFeaturesBecomeLayers(t *testing.T) {
	in := `{"type":"FeatureCollection","features":[
	{"type":"Feature","properties":{"kind":"water","name":"湖"},"geometry":{"type":"Polygon","coordinates":[[[116,30],[116.1,30],[116.1,30.1],[116,30]]]}},
	{"type":"Feature","properties":{"kind":"road","name":"路","class":"2"},"geometry":{"type":"LineString","coordinates":[[116,30],[116.1,30]]}},
	{"type":"Feature","properties":{"kind":"border","name":"区","level":1},"geometry":{"type":"Polygon","coordinates":[[[116,30],[116.1,30],[116.1,30.1],[116,30]]]}},
	{"type":"Feature","properties":{"kind":"place","name":"店","rank":40},"geometry":{"type":"Point","coordinates":[116,30]}},
	{"type":"Feature","properties":{"kind":"tree"},"geometry":{"type":"Point","coordinates":[116,30]}}]}`
	fs, err := geo.DecodeFeatures(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	l, err := citymap.FromFeatures(fs)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Water) != 1 || l.Roads[0].Class != 2 || l.Borders[0].Level != citymap.Districts || l.Labels[0].Rank != 9 {
		t.Errorf("layers = %+v", l)
	}
	fs[1].Geometry = geo.PointGeometry(here)
	if _, err = citymap.FromFeatures(fs); err == nil || !strings.Contains(err.Error(), "feature 1") {
		t.Errorf("a road that is a point: error = %v, want the feature named", err)
	}
}
