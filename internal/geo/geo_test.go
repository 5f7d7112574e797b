package geo_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gongzhi/internal/fault"
	"gongzhi/internal/geo"
)

var old = geo.Point{Lat: 30.2, Lng: 116.1}

func TestDistanceAgreesWithOffset(t *testing.T) {
	for _, c := range []struct{ east, north float64 }{{0, 0}, {300, 400}, {-5000, 12000}} {
		got, want := old.Distance(old.Offset(c.east, c.north)), math.Hypot(c.east, c.north)
		if math.Abs(got-want) > 1+want/1000 {
			t.Errorf("offset %v: distance = %.2f, want %.2f", c, got, want)
		}
	}
}

func TestPointsOffTheEarthAreRefusedByName(t *testing.T) {
	for _, c := range []struct {
		p    geo.Point
		want string
	}{
		{geo.Point{Lat: math.NaN(), Lng: 1}, "geo.not_a_number"},
		{geo.Point{Lat: 1, Lng: math.Inf(1)}, "geo.not_a_number"},
		{geo.Point{Lat: 91, Lng: 0}, "geo.swapped"},
		{geo.Point{Lat: 116.1, Lng: 30.2}, "geo.swapped"},
		{geo.Point{Lat: 91, Lng: 116}, "geo.latitude_range"},
		{geo.Point{Lat: 30, Lng: 181}, "geo.longitude_range"},
		{old, ""},
	} {
		err := c.p.Check()
		if key, _ := fault.KeyOf(err); key != c.want || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: fault = %q of kind %q, want %q", c.p, key, fault.KindOf(err), c.want)
		}
		if got := keyOf(err); got != c.want {
			t.Errorf("%v: key = %q, want %q", c.p, got, c.want)
		}
	}
}

func TestGrid100HidesTheDoorAndIsStable(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		p := old.Offset(rnd.Float64()*9000, rnd.Float64()*9000)
		q := geo.Grid100(p)
		if d := p.Distance(q); d > 72 {
			t.Fatalf("%v moved %.1f m, want at most half a diagonal", p, d)
		}
		if again := geo.Grid100(q); again != q {
			t.Fatalf("grid of %v = %v, want it to stay", q, again)
		}
	}
}

func TestMercatorReturns(t *testing.T) {
	x, y := geo.Mercator(old)
	if got := geo.Unmercator(x, y); got.Distance(old) > 0.001 {
		t.Errorf("there and back = %v, want %v", got, old)
	}
	b := geo.Around(old, 500)
	zoom := geo.ZoomToFit(b, 520, 260)
	if wide := 1000 / geo.MetresPerPixel(old.Lat, zoom); wide > 262 || wide < 255 {
		t.Errorf("a kilometre at the fitting zoom = %.0f pixels, want the height of the view", wide)
	}
}

func TestBoxes(t *testing.T) {
	a, b := geo.Around(old, 100), geo.Around(old.Offset(150, 0), 100)
	if !a.Meets(b) || a.Meets(geo.Around(old.Offset(500, 0), 100)) {
		t.Error("boxes 150 m apart must meet, 500 m apart must not")
	}
	if u := (geo.Box{}).Union(a); u != a {
		t.Errorf("union with the empty box = %v, want %v", u, a)
	}
	if c := a.Union(b).Center().Distance(old.Offset(75, 0)); c > 0.5 {
		t.Errorf("centre of the union is off by %.2f m", c)
	}
	if !a.Grow(0.5).Contains(old.Offset(190, 0)) || a.Contains(old.Offset(190, 0)) {
		t.Error("a box grown by half must reach 200 m")
	}
}
