package open311

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
)

// tokenLife is how long a token leads to its request.
const tokenLife = 7 * 24 * time.Hour

// BatchJob registers what was taken for a token.
const BatchJob = "open311/batch"

type batchArgs struct {
	Token string `json:"token"`
}

// defer311 takes a request of a batch service: what was sent is durable and
// sealed, and the token leads to its number as soon as there is one.
func (s *Service) defer311(ctx context.Context, b brought) (token string, err error) {
	token = rand.Text()
	if b.Once {
		token = s.Vault.Token("open311 token", b.Key+"/"+b.mark()) // the same mark, the same token
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		row := id.New(tx.Now)
		if !b.Once {
			b.Once, b.Report.Draft = true, "once/open311/"+row // the job may run twice
		}
		text, err := s.sealed(b, "intake_open311_token/"+row)
		if err != nil {
			return err
		}
		const q = `insert into intake_open311_token(id, hash, key_id, sealed, number, created_at, expires_at) values ($1, $2, $3, $4, '', $5, $6) on conflict (hash) do nothing`
		n, err := tx.ExecN(q, row, s.tokenHash(token), b.Key, text, tx.Now.UnixMicro(), tx.Now.Add(tokenLife).UnixMicro())
		if err != nil {
			return fmt.Errorf("keep token: %w", err)
		}
		if n == 0 {
			return nil
		}
		return job.Enqueue(tx, BatchJob, row, batchArgs{row}, tx.Now)
	})
	return token, err
}

func (s *Service) tokenHash(token string) string { return s.Vault.CodeHash("open311 token", token) }

// RunBatch is the handler of BatchJob.
func (s *Service) RunBatch(ctx context.Context, j job.Job) error {
	var args batchArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	var text, number string
	err := s.DB.Look(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select sealed, number from intake_open311_token where id = $1`, args.Token).Scan(&text, &number)
	})
	if err != nil || number != "" {
		return err
	}
	b, err := s.unsealed(text, "intake_open311_token/"+args.Token)
	if err != nil {
		return job.Permanent(err)
	}
	if number, err = s.take(ctx, b); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update intake_open311_token set number = $1, sealed = '' where id = $2`, number, args.Token)
	})
}

// token tells the id that a token leads to, if there is one already.
func (s *Service) token(c *call) (answer, error) {
	var number string
	err := s.DB.Look(c.r.Context(), func(tx *sqldb.Tx) error {
		const q = `select number from intake_open311_token where hash = $1 and expires_at > $2`
		return tx.QueryRow(q, s.tokenHash(c.id), tx.Now.UnixMicro()).Scan(&number)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return answer{}, fault.New(fault.NotFound, "georeport.token_unknown", nil)
	}
	return c.say(georeport.TokenOf(c.format, c.id, number)), err
}

// Sweep forgets tokens that have expired and what was tried out long ago.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Exec(`delete from intake_open311_token where expires_at <= $1 and number <> ''`, tx.Now.UnixMicro()); err != nil {
			return err
		}
		return tx.Exec(`delete from intake_open311_sandbox where at < $1`, tx.Now.Add(-tokenLife).UnixMicro())
	})
}
