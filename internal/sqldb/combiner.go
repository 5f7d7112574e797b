package sqldb

import (
	"context"
	"database/sql"
)

// placeholder, replaced below
type combiner struct{ write *sql.DB }

func newCombiner(w *sql.DB) *combiner { return &combiner{w} }
func (c *combiner) close()            {}
func (c *combiner) do(ctx context.Context, f func(*sql.Tx) error) error {
	return alone(context.WithoutCancel(ctx), c.write, nil, f)
}
