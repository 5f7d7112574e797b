package assessment

import (
	"context"
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// sweepSize bounds one sweep, so that it never holds up people at work for long.
const sweepSize = 200

// Sweep 归档 files requests that were finished longer ago than the setting
// archive.days says, at most sweepSize of them. Whoever changed one meanwhile
// keeps it from being filed until the next sweep.
func (s *Service) Sweep(ctx context.Context) error {
	var ids []matter.ID
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		ids, err = rested(tx, tx.Now.AddDate(0, 0, -s.Catalog.Book().Settings.Int("archive.days", 7)))
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range ids {
		err := s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.ArchiveTx(tx, actor.System, m) })
		if err != nil && fault.KindOf(err) != fault.Conflict {
			return fmt.Errorf("file %s: %w", m, err)
		}
	}
	return nil
}

// ArchiveTx files one request.
func (s *Service) ArchiveTx(tx *sqldb.Tx, a actor.Actor, m matter.ID) error {
	o, err := request.Load(tx, a, m, 0)
	if err != nil {
		return err
	}
	return o.Record(tx, a, request.Deed{Name: request.DeedArchived})
}

// rested are finished requests that are not filed yet. The list of states is
// that of the index, word for word.
func rested(tx *sqldb.Tx, before time.Time) ([]matter.ID, error) {
	const q = `select m.id from matter m where m.closed_at < $1 and m.kind = 'request' and m.state in ('closed', 'answered', 'diverted', 'terminated')
		order by m.closed_at, m.id limit $2`
	rows, err := tx.Query(q, before.UnixMicro(), sweepSize)
	if err != nil {
		return nil, fmt.Errorf("requests to file: %w", err)
	}
	defer rows.Close()
	var out []matter.ID
	for rows.Next() {
		var m matter.ID
		if err := rows.Scan(&m); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}
