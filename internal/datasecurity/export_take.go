package datasecurity

import (
	"context"
	"errors"
	"io"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Take hands the file over: once, in the session that asked, while it lies
// ready, to who still may see the list.
func (s *Service) Take(ctx context.Context, a actor.Actor, export string) (*Export, []byte, error) {
	var e *Export
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		e, err = s.takeable(tx, a, export)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	data, err := s.exported(e)
	if err != nil {
		return nil, nil, err
	}
	file := e.File
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := loadExport(tx, export); err != nil {
			return err
		}
		if e, err = s.takeable(tx, a, export); err != nil { // somebody may have been faster with the same button
			return err
		}
		e.State, e.EndedAt, e.File = Fetched, tx.Now, ""
		if err := e.save(tx); err != nil {
			return err
		}
		return e.deed(tx, a, "export.fetch")
	})
	if err != nil {
		return nil, nil, err
	}
	return e, data, s.Blobs.Remove(file)
}

func (s *Service) takeable(tx *sqldb.Tx, a actor.Actor, export string) (*Export, error) {
	e, err := find(tx, export)
	if err != nil {
		return nil, err
	}
	l, err := s.list(e.List)
	here, unknown := actor.SessionName(tx, a)
	if unknown != nil {
		return nil, unknown
	}
	switch {
	case e.Staff != a.ID:
		return nil, fault.New(fault.NotFound, "datasecurity.export_not_found", nil)
	case e.State == Fetched:
		return nil, fault.New(fault.Conflict, "datasecurity.export_fetched", nil)
	case err != nil || e.State != Ready || !tx.Now.Before(e.FetchUntil()):
		return nil, fault.New(fault.Conflict, "datasecurity.export_over", err)
	case e.Session != here:
		return nil, fault.New(fault.Denied, "datasecurity.export_session", nil)
	case e.Contact && !actor.Allowed(a, "datasecurity.take"):
		return nil, fault.New(fault.Denied, "actor.denied", nil)
	}
	return e, actor.Can(a, l.Policy)
}

func (s *Service) exported(e *Export) ([]byte, error) {
	f, err := s.Blobs.Open(e.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sealed, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return s.Vault.OpenBytes(sealed, exportRow(e.ID))
}

// SweepExports ends what nobody came for: files are gone fifteen minutes after
// they were ready.
func (s *Service) SweepExports(ctx context.Context) error {
	var over []*Export
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		micros := func(d time.Duration) int64 { return sqldb.Micros(tx.Now.Add(-d)) }
		over, err = exports(tx, ` where e.state = 'ready' and e.ready_at <= $1 or e.state = 'asked' and e.asked_at <= $2
			or e.state = 'approved' and e.decided_at <= $3 or e.state = 'making' and e.asked_at <= $3 and e.decided_at <= $3`,
			micros(fetchWithin), micros(waitsFor), micros(approvedFor))
		return err
	})
	for _, e := range over {
		if e.File != "" {
			err = errors.Join(err, s.Blobs.Remove(e.File))
		}
		err = errors.Join(err, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return s.end(tx, e.ID, e.State) }))
	}
	return err
}

func (s *Service) end(tx *sqldb.Tx, export, was string) error {
	e, err := loadExport(tx, export)
	if err != nil || e.State != was {
		return err
	}
	e.State, e.File, e.EndedAt = Expired, "", tx.Now
	return e.save(tx)
}
