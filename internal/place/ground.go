package place

import (
	"sync"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"gongzhi/internal/geo"
)

// Ground says which of many areas a point lies in. A point on a border that two
// areas share lies in exactly one of them, always the same. Neighbours that were
// drawn apart by less than a metre leave no gap. It does not change and is safe
// for many goroutines.
type Ground struct {
	index *s2.ShapeIndex
	inner sync.Pool // of *s2.ContainsPointQuery, which serves one at a time
	near  sync.Pool // of *s2.EdgeQuery
}

// territory is an area in the index; at is its position in the slice.
type territory struct {
	*s2.LaxPolygon
	at int
}

// gap is how far a point may lie beside all areas and still belong to one:
// borders are surveyed and rounded, and two lists seldom agree to the last digit.
const gap = 1.0 // metre

// NewGround indexes the areas; Find gives back a position in the slice.
func NewGround(areas []geo.MultiPolygon) *Ground {
	g := &Ground{index: s2.NewShapeIndex()}
	for i, a := range areas {
		g.index.Add(territory{s2.LaxPolygonFromPoints(loops(a)), i})
	}
	g.index.Build()
	g.inner.New = func() any { return s2.NewContainsPointQuery(g.index, s2.VertexModelSemiOpen) }
	g.near.New = func() any {
		limit := s1.ChordAngleFromAngle(s1.Angle(gap / geo.EarthRadius))
		return s2.NewClosestEdgeQuery(g.index, s2.NewClosestEdgeQueryOptions().MaxResults(1).DistanceLimit(limit))
	}
	return g
}

// Find is the first area that holds the point, or -1.
func (g *Ground) Find(p geo.Point) int {
	at := onSphere(p)
	q := g.inner.Get().(*s2.ContainsPointQuery)
	found := -1
	for _, shape := range q.ContainingShapes(at) {
		if i := shape.(territory).at; found < 0 || i < found {
			found = i
		}
	}
	g.inner.Put(q)
	if found >= 0 {
		return found
	}
	return g.beside(at)
}

// beside is the area whose border passes a point closest, within the gap, or -1.
func (g *Ground) beside(at s2.Point) int {
	q := g.near.Get().(*s2.EdgeQuery)
	defer g.near.Put(q)
	for _, r := range q.FindEdges(s2.NewMinDistanceToPointTarget(at)) {
		return g.index.Shape(r.ShapeID()).(territory).at
	}
	return -1
}

// loops are the rings of an area with its inside on their left, as S2 wants it.
func loops(m geo.MultiPolygon) [][]s2.Point {
	var out [][]s2.Point
	for _, polygon := range m {
		for i, ring := range polygon {
			if len(ring) > 1 && ring[0] == ring[len(ring)-1] {
				ring = ring[:len(ring)-1]
			}
			if len(ring) > 2 {
				out = append(out, loop(ring, ring.Clockwise() == (i == 0)))
			}
		}
	}
	return out
}

func loop(ring geo.Ring, turn bool) []s2.Point {
	out := make([]s2.Point, len(ring))
	for i, p := range ring {
		if turn {
			i = len(ring) - 1 - i
		}
		out[i] = onSphere(p)
	}
	return out
}

func onSphere(p geo.Point) s2.Point {
	return s2.PointFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lng))
}
