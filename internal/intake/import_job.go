package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/sqldb"
)

// ImportJob is the kind of the background work of an import; RunImport does it.
const ImportJob = "intake/import"

// importSlice is how long one attempt works: less than a lease. A long file goes
// on in the next attempt.
const importSlice = 2 * time.Minute

type importArgs struct {
	Run string `json:"run"`
}

// RunImport checks or takes in the file of a run, from where it stopped.
func (s *Service) RunImport(ctx context.Context, j job.Job) error {
	var args importArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	im, err := s.resumeImport(ctx, args.Run)
	if err != nil || im == nil {
		return err
	}
	slice, cancel := context.WithTimeout(ctx, importSlice)
	defer cancel()
	run, err := im.work(slice)
	switch {
	case errors.Is(err, errImportStopped), run.State == ImportFailed:
		return nil // said on the page
	case slice.Err() != nil && ctx.Err() == nil:
		return job.Again(s.DB.Now())
	}
	return err
}

// resumeImport builds the work of a run, nil when there is nothing to do.
func (s *Service) resumeImport(ctx context.Context, id string) (*importing, error) {
	var run ImportRun
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		run, err = FindImport(tx, id)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return nil, job.Permanent(err)
	}
	if err != nil || !run.Moving() || run.File == "" {
		return nil, err
	}
	im, err := s.importOf(run)
	if err != nil {
		return nil, err
	}
	im.keep, im.dry = true, run.State == ImportChecking
	return im, nil
}

// importOf reads the file and the mapping of a run.
func (s *Service) importOf(run ImportRun) (*importing, error) {
	data, err := s.importedFile(run)
	if err != nil {
		return nil, err
	}
	m, err := ReadImportMapping(run.Mapping, []byte(run.Spec))
	if err != nil {
		return nil, err
	}
	return &importing{s: s, who: actor.Actor{ID: run.Actor, UnitID: run.Unit}, m: m, file: bytes.NewReader(data), run: run}, nil
}

// keepFile puts an uploaded table into the file store. It is sealed: a table of
// requests is a list of people with their telephone numbers.
func (s *Service) keepFile(ctx context.Context, hash string, data []byte) (string, error) {
	sealed, err := s.Vault.SealBytes(data, importRow(hash))
	if err != nil {
		return "", err
	}
	file, _, err := s.Blobs.Put(ctx, bytes.NewReader(sealed))
	return file, err
}

func importRow(hash string) string { return "intake_import/" + hash }

func (s *Service) importedFile(run ImportRun) ([]byte, error) {
	if run.File == "" {
		return nil, fault.New(fault.NotFound, "intake.import_file_gone", nil)
	}
	f, err := s.Blobs.Open(run.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sealed, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return s.Vault.OpenBytes(sealed, importRow(run.Hash))
}

// importDays is how long an uploaded table is kept: long enough to mend what
// was refused.
const importDays = 30

// SweepImports forgets the tables of old imports.
func (s *Service) SweepImports(ctx context.Context) error {
	var files []string
	err := s.DB.Update(ctx, func(tx *sqldb.Tx) (err error) {
		before := tx.Now.AddDate(0, 0, -importDays)
		if files, err = oldFiles(tx, before); err != nil || len(files) == 0 {
			return err
		}
		return tx.Exec(`update intake_import set file = '' where `+oldFile, sqldb.Micros(before))
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		err = errors.Join(err, s.Blobs.Remove(f))
	}
	return err
}

const oldFile = `file <> '' and created_at < $1 and state not in ('checking', 'running')`

func oldFiles(tx *sqldb.Tx, before time.Time) ([]string, error) {
	const q = `select file from intake_import where ` + oldFile
	rows, err := tx.Query(q, sqldb.Micros(before))
	if err != nil {
		return nil, fmt.Errorf("old import files: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var f string
		if err := rows.Scan(&f); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}
