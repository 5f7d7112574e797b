package search

import "testing"

// SetFew lowers the number above which a query has many hits.
func SetFew(t *testing.T, n int) {
	old := few
	few = n
	t.Cleanup(func() { few = old })
}
