package place_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gongzhi/internal/geo"
	"gongzhi/internal/place"
)

var old = geo.Point{Lat: 28.2, Lng: 112.98}

func square(east, north, side float64) geo.MultiPolygon {
	return geo.MultiPolygon{{{old.Offset(east, north), old.Offset(east+side, north), old.Offset(east+side, north+side), old.Offset(east, north+side)}}}
}

// brute is every area that holds a point, one after the other.
func brute(areas []geo.MultiPolygon, p geo.Point) []int {
	var out []int
	for i, a := range areas {
		if a.Contains(p) {
			out = append(out, i)
		}
	}
	return out
}

// agrees checks the ground against a look into every area. Where a line that is
// straight on the map and one that is straight on the earth part by a few
// centimetres the two may differ, so the area is asked for around the point too.
func agrees(t *testing.T, g *place.Ground, areas []geo.MultiPolygon, p geo.Point) {
	t.Helper()
	got := g.Find(p)
	want := brute(areas, p)
	if len(want) == 1 && got == want[0] || len(want) == 0 && got == -1 {
		return
	}
	for turn := 0.0; turn < 2*math.Pi; turn += 0.1 {
		if slices.Contains(brute(areas, p.Offset(1.5*math.Cos(turn), 1.5*math.Sin(turn))), got) {
			return
		}
	}
	t.Errorf("%v is found in %d, brute force says %v", p, got, want)
}

func TestGroundFindsWhatBruteForceFinds(t *testing.T) {
	for name, areas := range map[string][]geo.MultiPolygon{"mesh": mesh(12), "districts": districts(t)} {
		t.Run(name, func(t *testing.T) {
			var box geo.Box
			for _, a := range areas {
				box = box.Union(a.Box())
			}
			box = box.Grow(0.05)
			g, rnd := place.NewGround(areas), rand.New(rand.NewPCG(5, 8))
			for range 5000 {
				agrees(t, g, areas, geo.Point{Lat: box.Min.Lat + rnd.Float64()*(box.Max.Lat-box.Min.Lat), Lng: box.Min.Lng + rnd.Float64()*(box.Max.Lng-box.Min.Lng)})
			}
			for _, a := range areas { // corners and the middles of edges are the hard cases
				ring := a[0][0]
				for i := 0; i < len(ring); i += 7 {
					next := ring[(i+1)%len(ring)]
					agrees(t, g, areas, ring[i])
					agrees(t, g, areas, geo.Point{Lat: (ring[i].Lat + next.Lat) / 2, Lng: (ring[i].Lng + next.Lng) / 2})
				}
			}
		})
	}
}

// mesh is a town of n × n crooked areas that share their borders.
func mesh(n int) []geo.MultiPolygon {
	rnd := rand.New(rand.NewPCG(7, 7))
	at := make([][]geo.Point, n+1)
	for i := range at {
		for j := range n + 1 {
			at[i] = append(at[i], old.Offset(float64(i)*400+rnd.Float64()*200, float64(j)*400+rnd.Float64()*200).Round(6))
		}
	}
	var out []geo.MultiPolygon
	for i := range n {
		for j := range n {
			out = append(out, geo.MultiPolygon{{{at[i][j], at[i+1][j], at[i+1][j+1], at[i][j+1]}}})
		}
	}
	return out
}

// districts are the real ones beside the repository, none when they are absent.
func districts(t *testing.T) []geo.MultiPolygon {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "geo", "districts_430100.geojson"))
	if err != nil {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatal(err)
		}
		t.Log("the real districts are not beside the repository: ../shared/data/geo")
		return nil
	}
	list, err := geo.DecodeFeatures(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var out []geo.MultiPolygon
	for _, f := range list {
		out = append(out, f.Geometry.Areas)
	}
	return out
}

func TestAPointOnASharedBorderIsInOneArea(t *testing.T) {
	west, east := square(0, 0, 1000), square(1000, 0, 1000)
	both, turned := place.NewGround([]geo.MultiPolygon{west, east}), place.NewGround([]geo.MultiPolygon{east, west})
	for north := 12.5; north < 1000; north += 12.5 {
		p := old.Offset(1000, north)
		i, j := both.Find(p), turned.Find(p)
		if i < 0 || j < 0 || i == j {
			t.Errorf("%.1f m up the border: %d, and %d with the areas in the other order: want the same area", north, i, j)
		}
	}
}

func TestNeighboursDrawnApartLeaveNoGap(t *testing.T) {
	g := place.NewGround([]geo.MultiPolygon{square(0, 0, 1000), square(1000.6, 0, 1000)})
	if i := g.Find(old.Offset(1000.2, 500)); i != 0 {
		t.Errorf("between two borders: %d, want the nearer area", i)
	}
	if i := g.Find(old.Offset(-5, 500)); i != -1 {
		t.Errorf("outside: %d", i)
	}
	if i := place.NewGround(nil).Find(old); i != -1 {
		t.Errorf("without areas: %d", i)
	}
}

func TestAHoleIsOutside(t *testing.T) {
	with := geo.MultiPolygon{{square(0, 0, 1000)[0][0], square(400, 400, 200)[0][0]}}
	g := place.NewGround([]geo.MultiPolygon{with})
	if g.Find(old.Offset(500, 500)) != -1 || g.Find(old.Offset(100, 100)) != 0 {
		t.Error("the hole must be out and the rest in")
	}
}

func BenchmarkLocateAmong484(b *testing.B) {
	areas := mesh(22)
	rnd := rand.New(rand.NewPCG(1, 2))
	var at []geo.Point
	for range 4096 {
		at = append(at, old.Offset(200+rnd.Float64()*8600, 200+rnd.Float64()*8600))
	}
	g := place.NewGround(areas)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.Find(at[i%len(at)])
	}
}
