package mailbox

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/mail"
	"gongzhi/internal/sqldb"
)

// Job is the kind of the work on one message; Settle does it.
const Job = "intake/mail"

type jobArgs struct {
	Mail string `json:"mail"`
}

// Take keeps a message. When it returns nil the message survives a power cut, and
// work on it is due. One that was taken before is counted and is otherwise nothing
// new, by whatever way and however often it comes.
func (s *Service) Take(ctx context.Context, in mail.Incoming) error {
	m, known, err := s.tell(ctx, in)
	if err != nil || known {
		return err
	}
	data, err := pack(in)
	if err != nil {
		return err
	}
	sealed, err := s.Vault.SealBytes(data, row(m.ID))
	if err != nil {
		return err
	}
	if m.File, _, err = s.Blobs.Put(ctx, bytes.NewReader(sealed)); err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		fresh, err := insert(tx, m)
		if err != nil || !fresh {
			return err
		}
		return job.Enqueue(tx, Job, m.ID, jobArgs{m.ID}, tx.Now)
	})
}

// tell finds out whether a message was taken before. One that carries the id of
// another and says something else is not the same: its writer's program repeats
// its ids, and it must not be lost.
func (s *Service) tell(ctx context.Context, in mail.Incoming) (m Mail, known bool, err error) {
	key, body := keyOf(in)
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		m = Mail{ID: id.New(tx.Now), Key: key, BodyHash: body, Via: in.Via, Size: int64(len(in.Raw)), Cut: in.Large, State: New}
		was, err := byKey(tx, key)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if was.BodyHash != body {
			m.Key, m.Reason = key+"#"+body, ReasonSameID
			if was, err = byKey(tx, m.Key); fault.KindOf(err) == fault.NotFound {
				return nil
			}
		}
		known = true
		return again(tx, was.ID)
	})
	return m, known, err
}

// open reads a kept message.
func (s *Service) open(m Mail) (e envelope, raw []byte, err error) {
	if m.File == "" {
		return e, nil, fault.New(fault.NotFound, "mailbox.file_gone", nil)
	}
	f, err := s.Blobs.Open(m.File)
	if err != nil {
		return e, nil, err
	}
	defer f.Close()
	sealed, err := io.ReadAll(f)
	if err != nil {
		return e, nil, err
	}
	data, err := s.Vault.OpenBytes(sealed, row(m.ID))
	if err != nil {
		return e, nil, err
	}
	return unpack(data)
}
