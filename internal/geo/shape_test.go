package geo_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gongzhi/internal/geo"
)

func keyOf(err error) string {
	var e *geo.Error
	if errors.As(err, &e) {
		return e.Key
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func rect(east, north, wide, high float64) geo.Ring {
	return geo.Ring{
		old.Offset(east, north), old.Offset(east+wide, north),
		old.Offset(east+wide, north+high), old.Offset(east, north+high),
	}
}

func TestAreaTakesHolesOff(t *testing.T) {
	p := geo.Polygon{rect(0, 0, 1000, 1000), rect(400, 400, 200, 200)}
	if got := p.Area(); math.Abs(got-960_000) > 1000 {
		t.Errorf("area = %.0f, want 960000", got)
	}
	if p.Contains(old.Offset(500, 500)) || !p.Contains(old.Offset(100, 500)) || p.Contains(old.Offset(-1, 500)) {
		t.Error("the hole and the outside must be out, the rest in")
	}
	if in := p.Inside(); !p.Contains(in) {
		t.Errorf("label point %v lies in the hole", in)
	}
}

func TestCentroidOfAnL(t *testing.T) {
	l := geo.Ring{old, old.Offset(300, 0), old.Offset(300, 100), old.Offset(100, 100), old.Offset(100, 300), old.Offset(0, 300)}
	if d := (geo.Polygon{l}).Centroid().Distance(old.Offset(110, 110)); d > 1 {
		t.Errorf("centroid is off by %.2f m", d)
	}
}

func TestEveryPointIsInExactlyOneTile(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	const n = 12
	var at [n + 1][n + 1]geo.Point
	for i := range at {
		for j := range at[i] {
			at[i][j] = old.Offset(float64(i)*100+rnd.Float64()*60, float64(j)*100+rnd.Float64()*60).Round(6)
		}
	}
	var tiles []geo.MultiPolygon
	for i := range n {
		for j := range n {
			tiles = append(tiles, geo.MultiPolygon{{{at[i][j], at[i+1][j], at[i+1][j+1], at[i][j+1]}}})
		}
	}
	check := func(p geo.Point) {
		var in []int
		for i, tile := range tiles {
			if tile.Contains(p) {
				in = append(in, i)
			}
		}
		if len(in) != 1 {
			t.Fatalf("%v is in tiles %v, want one", p, in)
		}
	}
	for i := 1; i < n; i++ {
		for j := 1; j < n; j++ {
			check(at[i][j]) // corners are the hard case
		}
	}
	for range 5000 {
		check(old.Offset(100+rnd.Float64()*1000, 100+rnd.Float64()*1000))
	}
}

func TestIndexFindsWhatALoopFinds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	boxes := make([]geo.Box, 400)
	for i := range boxes {
		boxes[i] = geo.Around(old.Offset(rnd.Float64()*5000, rnd.Float64()*5000), rnd.Float64()*300)
	}
	index := geo.NewIndex(boxes)
	for range 200 {
		q := geo.Around(old.Offset(rnd.Float64()*6000-500, rnd.Float64()*6000-500), 200)
		var want []int
		for i, b := range boxes {
			if b.Meets(q) {
				want = append(want, i)
			}
		}
		got := index.Meeting(q)
		if len(got) != len(want) {
			t.Fatalf("found %v, want %v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("found %v, want %v", got, want)
			}
		}
	}
	if got := geo.NewIndex(nil).Meeting(geo.Around(old, 10)); len(got) != 0 {
		t.Errorf("empty index found %v", got)
	}
}

func TestSimplifyKeepsTheShapeWithinTheTolerance(t *testing.T) {
	var l geo.Line
	for i := range 200 {
		l = append(l, old.Offset(float64(i)*10, math.Sin(float64(i)/10)*3))
	}
	s := l.Simplify(7)
	if len(s) != 2 {
		t.Errorf("a wave of 3 m kept %d points at 7 m, want 2", len(s))
	}
	if s = l.Simplify(1); len(s) < 6 || len(s) > 40 {
		t.Errorf("a wave of 3 m kept %d points at 1 m", len(s))
	}
	if r := rect(0, 0, 10, 10).Simplify(1000); len(r) < 3 {
		t.Errorf("a ring of %d points is left, want at least 3", len(r))
	}
}

func TestLineAtMeasuresAlong(t *testing.T) {
	l := geo.Line{old, old.Offset(100, 0), old.Offset(100, 100)}
	if d := l.At(150).Distance(old.Offset(100, 50)); d > 0.5 {
		t.Errorf("150 m along is off by %.2f m", d)
	}
	if l.At(-5) != l[0] || l.At(9999) != l[2] {
		t.Error("beyond the ends the ends are meant")
	}
}

func TestRingsThatCutThemselvesAreSeen(t *testing.T) {
	bow := geo.Ring{old, old.Offset(100, 100), old.Offset(100, 0), old.Offset(0, 100)}
	spike := geo.Ring{old, old.Offset(100, 0), old.Offset(200, 0), old.Offset(150, 0), old.Offset(150, 90)}
	if !bow.Crosses() || !spike.Crosses() {
		t.Error("a bow tie and a spike must be seen")
	}
	if rect(0, 0, 50, 80).Crosses() {
		t.Error("a rectangle does not cut itself")
	}
}
