package device

import (
	"context"
	"fmt"
	"time"

	"gongzhi/internal/sqldb"
)

// Sweep writes down what was counted, and forgets readings that are older than
// the city keeps them, a few at a time so that no writer waits for it.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	days := max(s.setting("device.keep_days"), s.setting("device.age_hours")/24+1) // else an old one could be taken twice
	const old = `delete from intake_device_reading where received_at <= $1 and (owner, origin, event) in
		(select owner, origin, event from intake_device_reading where received_at <= $1 order by received_at limit 500)`
	const counts = `delete from intake_device_drop where hour <= $1`
	return s.forget(ctx, time.Duration(days)*24*time.Hour, old, counts)
}

func (s *Service) forget(ctx context.Context, age time.Duration, readings, counts string) error {
	for n := int64(500); n == 500; {
		err := s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = tx.ExecN(readings, tx.Now.Add(-age).UnixMicro())
			return err
		})
		if err != nil {
			return fmt.Errorf("forget old readings: %w", err)
		}
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return tx.Exec(counts, tx.Now.Add(-3*age).UnixMicro()) })
}
