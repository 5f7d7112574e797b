package mailbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/mail"
	"gongzhi/internal/sqldb"
)

// PollJob is the kind of the work of fetching from the polled mailbox.
const PollJob = "intake/poll"

// Polled is how the polled mailbox stands.
type Polled struct {
	mail.Mark
	At        time.Time // of the last poll that went well, zero never
	Trouble   string    // code of what is wrong now, "" nothing
	TroubleAt time.Time
}

const pollName = "imap"

// Poll fetches what has arrived. How far it came is kept after each message, and a
// message that was taken and not noted is known when it comes again.
func (s *Service) Poll(ctx context.Context) error {
	if s.Poller == nil {
		return nil
	}
	var p Polled
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		p, err = lastPoll(tx)
		return err
	})
	for more := true; err == nil && more; {
		p.Mark, more, err = s.Poller.Poll(ctx, p.Mark, s.Take, func(m mail.Mark) error {
			return s.DB.Update(ctx, func(tx *sqldb.Tx) error { return keepPoll(tx, Polled{Mark: m, At: tx.Now}) })
		})
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// A server that is away is no failed job: the next poll is the next try, and the page says since when.
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		now := Polled{Mark: p.Mark, At: tx.Now}
		if err != nil {
			now.At, now.Trouble, now.TroubleAt = p.At, cut(err.Error(), 200), tx.Now
		}
		return keepPoll(tx, now)
	})
}

func lastPoll(tx *sqldb.Tx) (p Polled, err error) {
	var at, trouble int64
	err = tx.QueryRow(`select validity, last, polled_at, trouble, trouble_at from intake_mail_poll where name = $1`, pollName).Scan(&p.Validity, &p.Last, &at, &p.Trouble, &trouble)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if at > 0 {
		p.At = sqldb.FromMicros(at)
	}
	if trouble > 0 {
		p.TroubleAt = sqldb.FromMicros(trouble)
	}
	return p, err
}

func keepPoll(tx *sqldb.Tx, p Polled) error {
	micros := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMicro()
	}
	const q = `insert into intake_mail_poll(name, validity, last, polled_at, trouble, trouble_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (name) do update set validity = excluded.validity, last = excluded.last, polled_at = excluded.polled_at, trouble = excluded.trouble, trouble_at = excluded.trouble_at`
	if err := tx.Exec(q, pollName, int64(p.Validity), int64(p.Last), micros(p.At), p.Trouble, micros(p.TroubleAt)); err != nil {
		return fmt.Errorf("keep poll: %w", err)
	}
	return nil
}
