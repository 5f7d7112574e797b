package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/sqldb"
)

// Sweep forgets what old messages said and who wrote them, once the city has done
// with them: the request holds what matters. A message that waits is kept.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		files, err := s.forget(ctx)
		for _, f := range files {
			err = errors.Join(err, s.Blobs.Remove(f))
		}
		if err != nil || len(files) < sweepLot {
			return err
		}
	}
}

const sweepLot = 200

func (s *Service) forget(ctx context.Context) (files []string, err error) {
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		ids, found, err := old(tx, tx.Now.Add(-time.Duration(s.keepDays())*24*hour))
		if err != nil || len(ids) == 0 {
			return err
		}
		files = found
		marks, args := sqldb.In(1, ids)
		return tx.Exec(`update intake_mail set file = '', sender = '', sender_token = '', masked = '', subject = '' where id in (`+marks+`)`, args...)
	})
	return files, err
}

func old(tx *sqldb.Tx, before time.Time) (ids, files []string, err error) {
	const q = `select id, file from intake_mail where file <> '' and at < $1 and state <> 'new' and not attention order by at limit 200`
	rows, err := tx.Query(q, before.UnixMicro())
	if err != nil {
		return nil, nil, fmt.Errorf("old mails: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, file string
		if err := rows.Scan(&id, &file); err != nil {
			return nil, nil, err
		}
		ids, files = append(ids, id), append(files, file)
	}
	return ids, files, rows.Err()
}
