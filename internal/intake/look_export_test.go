package intake

import (
	"context"

	"gongzhi/internal/actor"
	"gongzhi/internal/sqldb"
)

// LookAt is what the desk says about a call, for tests outside of the package.
func (s *Service) LookAt(ctx context.Context, a actor.Actor, f *Fields) (l Look, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		l, err = s.look(tx, a, f)
		return err
	})
	return l, err
}

// GuessMapping is the mapping that the page offers for a table with these columns.
func GuessMapping(name string, columns []string) (*ImportMapping, error) {
	return buildMapping(ownCode(name), name, guessColumns(columns))
}

// In is a mapping for a file whose points are in a coordinate system.
func In(m *ImportMapping, datum string) (*ImportMapping, error) { return m.in(datum) }
