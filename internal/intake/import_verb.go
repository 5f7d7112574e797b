package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// ImportFile is a file that is at hand, as on the command line.
type ImportFile struct {
	Name     string
	File     io.ReaderAt
	Size     int64
	Mapping  *ImportMapping
	DryRun   bool                // writes nothing at all
	Progress func(ImportRun)     // after each chunk; may be nil
	Problem  func(sheet.Problem) // each one that keeps a row out; may be nil
}

// Import takes a file in, or goes on where an earlier run with the same file and
// mapping was cut short. A row that exists already is counted and left alone.
func (s *Service) Import(ctx context.Context, a actor.Actor, c ImportFile) (ImportRun, error) {
	if err := actor.Can(a, "intake.import"); err != nil {
		return ImportRun{}, err
	}
	hash, err := hashOf(c.File, c.Size)
	if err != nil {
		return ImportRun{}, err
	}
	im := &importing{s: s, who: a, m: c.Mapping, file: c.File, dry: c.DryRun, keep: !c.DryRun, progress: c.Progress, problem: c.Problem}
	im.run = ImportRun{Name: c.Name, Hash: hash, Size: c.Size, Mapping: c.Mapping.Code, Spec: string(c.Mapping.Spec), Source: c.Mapping.Source, State: ImportRunning}
	if im.dry {
		err := im.all(ctx)
		return im.run, err
	}
	if err := s.DB.Update(ctx, func(tx *sqldb.Tx) error { return im.begin(tx) }); err != nil {
		return im.run, err
	}
	return im.work(ctx)
}

// hashOf names a file by what it holds.
func hashOf(file io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(file, 0, size)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// begin finds the run to go on with, or makes a new one.
func (im *importing) begin(tx *sqldb.Tx) error {
	if err := tx.Lock(importLock); err != nil {
		return err
	}
	old, found, err := unfinishedImport(tx, im.run.Hash, im.run.Spec)
	if err != nil {
		return err
	}
	if !found {
		if err := addImport(tx, im.who, &im.run); err != nil {
			return err
		}
		im.run.Started = tx.Now
		if err := actor.Deed(tx, im.who, "import", im.run.ID, im.run.Source); err != nil {
			return err
		}
		return saveImport(tx, im.run)
	}
	im.run = old
	im.run.State, im.run.Trouble = ImportRunning, Sentence{}
	return saveImport(tx, im.run)
}

// work reads the file to its end and writes how it went. What stops it from
// outside leaves the run as it is, so that it can go on.
func (im *importing) work(ctx context.Context) (ImportRun, error) {
	err := im.s.DB.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select cast(count(*) as bigint) from intake_import_problem where run_id = $1`, im.run.ID).Scan(&im.kept)
	})
	if err == nil {
		err = im.all(ctx)
	}
	if errors.Is(err, errImportStopped) || ctx.Err() != nil {
		return im.run, err
	}
	end := ImportDone
	if im.dry {
		end = ImportChecked
	}
	trouble, known := Sentence{}, true
	if err != nil {
		end = ImportFailed
		if trouble, known = importTrouble(err); !known {
			return im.run, err
		}
	}
	return im.run, errors.Join(err, im.end(ctx, end, trouble))
}

// end writes the last state, unless somebody has stopped the run.
func (im *importing) end(ctx context.Context, state string, trouble Sentence) error {
	return im.s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock(importLock); err != nil {
			return err
		}
		if err := im.goOn(tx); err != nil {
			return err
		}
		im.run.State, im.run.Trouble = state, trouble
		if !im.dry {
			im.run.Finished = tx.Now
		}
		return saveImport(tx, im.run)
	})
}

// moveImport changes a run whose state is one of from.
func (s *Service) moveImport(ctx context.Context, a actor.Actor, run string, from []string, change func(*sqldb.Tx, *ImportRun) error) error {
	if err := actor.Can(a, "intake.import"); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Lock(importLock); err != nil {
			return err
		}
		r, err := FindImport(tx, run)
		if err != nil {
			return err
		}
		for _, state := range from {
			if r.State == state {
				if err := change(tx, &r); err != nil {
					return err
				}
				return saveImport(tx, r)
			}
		}
		return fault.New(fault.Conflict, "intake.import_not_now", nil)
	})
}
