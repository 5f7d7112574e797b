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
