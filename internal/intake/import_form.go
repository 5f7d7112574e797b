package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// matchByHand stands in the form for a mapping that is still to be made.
const matchByHand = "match"

// postImport takes a file and has it checked, or asks what its columns are.
func (s *Service) postImport(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := importsPage{Chosen: v.String("mapping", 100), Datum: v.String("datum", 20)}
	run, err := s.takeFile(r, v, p.Chosen, p.Datum)
	switch fault.KindOf(err) {
	case "":
		to := "/import/" + run
		if p.Datum != "" { // for the step in which the columns are matched
			to += "?" + url.Values{"datum": {p.Datum}}.Encode()
		}
		return web.See(w, r, to)
	case fault.Invalid, fault.NotFound:
		p.Problems = s.Base(w, r, "intake.import").Problems(err)
		return s.drawImports(w, r, http.StatusUnprocessableEntity, p)
	}
	return err
}

func (s *Service) takeFile(r *http.Request, v *web.Values, chosen, datum string) (string, error) {
	if datum != "" && !slices.Contains(importDatums, datum) {
		v.Add("datum", "geo.datum_unknown", datum)
		return "", v.Err()
	}
	name, data, err := upload(v, "file", importSize)
	if err != nil {
		return "", err
	}
	if data == nil {
		v.Add("file", "intake.import_file_missing")
		return "", v.Err()
	}
	m, err := s.chosenMapping(r, v, chosen)
	if err != nil {
		return "", err
	}
	if err := looksRight(name, data, m); err != nil {
		return "", onField("file", err)
	}
	if m, err = m.in(datum); err != nil {
		return "", err
	}
	return s.AddImport(r.Context(), actor.From(r.Context()), name, data, m)
}

// looksRight reads the header, so that a wrong file is refused at once.
func looksRight(name string, data []byte, m *ImportMapping) error {
	o := sheet.Options{Trim: true}
	if m != nil {
		o = m.Options()
	}
	d, err := sheet.Open(name, bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		return err
	}
	defer d.Close()
	if m != nil {
		return m.Check(d.Header)
	}
	return nil
}

// upload reads one uploaded file, nil when there is none.
func upload(v *web.Values, field string, most int64) (string, []byte, error) {
	files := v.Files(field, 1)
	if len(files) == 0 {
		return "", nil, nil
	}
	if files[0].Size > most {
		v.Add(field, "sheet.file_too_large", most>>20)
		return "", nil, v.Err()
	}
	f, err := files[0].Open()
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	return path.Base(strings.ReplaceAll(files[0].Name, `\`, "/")), data, err
}

// onField puts the sentence of a fault beside a field.
func onField(name string, err error) error {
	key, args := fault.KeyOf(err)
	if key == "" || fault.KindOf(err) != fault.Invalid {
		return err
	}
	return fault.Fields{{Name: name, Key: key, Args: args}}
}

// chosenMapping is an uploaded mapping, one of the list, or nil when the
// columns are to be matched by hand. An uploaded one is kept for the next time.
func (s *Service) chosenMapping(r *http.Request, v *web.Values, chosen string) (*ImportMapping, error) {
	name, spec, err := upload(v, "mapping_file", 4<<20)
	if err != nil {
		return nil, err
	}
	if spec != nil {
		m, err := ReadImportMapping(plainCode(strings.TrimSuffix(name, ".json")), spec)
		if err != nil {
			return nil, onField("mapping_file", err)
		}
		return m, s.DB.Update(r.Context(), func(tx *sqldb.Tx) error { return saveMapping(tx, actor.From(r.Context()), m) })
	}
	if chosen == matchByHand || chosen == "" {
		return nil, nil
	}
	m, err := s.mapping(r.Context(), chosen)
	return m, onField("mapping", err)
}

// plainCode keeps what may stand in an address and in a file's name.
func plainCode(name string) string {
	code := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '-'
	}, name)
	return or(strings.Trim(code[:min(len(code), 60)], "-"), "mapping")
}

func (s *Service) mapping(ctx context.Context, code string) (found *ImportMapping, err error) {
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		all, err := importMappings(tx)
		for _, m := range all {
			if m.Code == code {
				found = m
			}
		}
		return err
	})
	if err == nil && found == nil {
		err = fault.New(fault.NotFound, "intake.import_no_mapping", nil)
	}
	return found, err
}

// AddImport keeps a file for import and has it checked; without a mapping it
// waits for its columns to be matched.
func (s *Service) AddImport(ctx context.Context, a actor.Actor, name string, data []byte, m *ImportMapping) (string, error) {
	if err := actor.Can(a, "intake.import"); err != nil {
		return "", err
	}
	hash, err := hashOf(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	run := ImportRun{Name: name, Hash: hash, Size: int64(len(data)), State: ImportMatching}
	if run.File, err = s.keepFile(ctx, hash, data); err != nil {
		return "", err
	}
	if m != nil {
		run.Mapping, run.Spec, run.Source, run.State = m.Code, string(m.Spec), m.Source, ImportChecking
	}
	err = s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := addImport(tx, a, &run); err != nil {
			return err
		}
		if err := actor.Deed(tx, a, "import", run.ID, run.Source); err != nil || m == nil {
			return err
		}
		return enqueueImport(tx, run.ID)
	})
	return run.ID, err
}

func enqueueImport(tx *sqldb.Tx, run string) error {
	return job.Enqueue(tx, ImportJob, "", importArgs{run}, tx.Now)
}

// postMatch makes a mapping of the columns a person chose, keeps it, and has
// the file checked.
func (s *Service) postMatch(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	p := importPage{Name: v.String("name", 60), Matched: map[string]string{}}
	for _, to := range matchTargets() {
		p.Matched[to] = v.String("to."+to, 200)
	}
	if err := s.match(r, v, p); err != nil {
		if fault.KindOf(err) != fault.Invalid {
			return err
		}
		if e := s.loadImport(r, &p); e != nil {
			return e
		}
		p.Problems = s.Base(w, r, "intake.import").Problems(err)
		return s.drawImport(w, r, http.StatusUnprocessableEntity, p)
	}
	return web.See(w, r, "/import/"+r.PathValue("run"))
}

func (s *Service) match(r *http.Request, v *web.Values, p importPage) error {
	if err := v.Err(); err != nil {
		return err
	}
	return s.MatchImport(r.Context(), actor.From(r.Context()), r.PathValue("run"), p.Name, p.Matched)
}

// MatchImport makes a mapping of what each column means, keeps it, and has the
// file checked.
func (s *Service) MatchImport(ctx context.Context, a actor.Actor, run, name string, columns map[string]string) error {
	var wrong fault.Fields
	if name == "" {
		wrong.Add("name", "web.field_missing")
	}
	for _, to := range []string{"id", toReceived} {
		if columns[to] == "" {
			wrong.Add("to."+to, "intake.import_column_missing")
		}
	}
	if columns[toTitle] == "" && columns[toBody] == "" {
		wrong.Add("to."+toBody, "intake.import_column_missing")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	m, err := buildMapping(ownCode(name), name, columns)
	if err != nil {
		return err
	}
	return s.moveImport(ctx, a, run, []string{ImportMatching}, func(tx *sqldb.Tx, run *ImportRun) error {
		run.Mapping, run.Spec, run.Source, run.State = m.Code, string(m.Spec), m.Source, ImportChecking
		if err := saveMapping(tx, a, m); err != nil {
			return err
		}
		return enqueueImport(tx, run.ID)
	})
}

// ownCode is the code and the source of a mapping made here. It follows from the
// name: who matches a table of the same source anew is not to get its rows twice.
func ownCode(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "own-" + hex.EncodeToString(sum[:6])
}

// StartImport takes the rows of a checked file in.
func (s *Service) StartImport(ctx context.Context, a actor.Actor, run string) error {
	return s.moveImport(ctx, a, run, []string{ImportChecked}, func(tx *sqldb.Tx, m *ImportRun) error {
		if err := dropProblems(tx, m.ID); err != nil {
			return err
		}
		m.Rows, m.Imported, m.Existing, m.Refused, m.Repeats, m.Cursor, m.Notes = 0, 0, 0, 0, 0, 0, nil
		m.State, m.Started = ImportRunning, tx.Now
		return enqueueImport(tx, m.ID)
	})
}

// StopImport ends the work after the rows that are being written; they stay.
func (s *Service) StopImport(ctx context.Context, a actor.Actor, run string) error {
	return s.moveImport(ctx, a, run, []string{ImportRunning}, func(_ *sqldb.Tx, m *ImportRun) error {
		m.State = ImportStopped
		return nil
	})
}

// ResumeImport goes on after the last row that was done with.
func (s *Service) ResumeImport(ctx context.Context, a actor.Actor, run string) error {
	return s.moveImport(ctx, a, run, []string{ImportStopped, ImportFailed}, func(tx *sqldb.Tx, m *ImportRun) error {
		if m.File == "" {
			return fault.New(fault.Conflict, "intake.import_file_gone", nil)
		}
		m.State, m.Trouble = ImportRunning, Sentence{}
		if m.Started.IsZero() { // it was only being checked
			m.State = ImportChecking
		}
		return enqueueImport(tx, m.ID)
	})
}

// ForgetImport removes the uploaded table. What was imported stays.
func (s *Service) ForgetImport(ctx context.Context, a actor.Actor, run string) error {
	file := ""
	err := s.moveImport(ctx, a, run, []string{ImportMatching, ImportChecked, ImportStopped, ImportFailed, ImportDone}, func(_ *sqldb.Tx, m *ImportRun) error {
		file, m.File = m.File, ""
		if m.State == ImportMatching || m.State == ImportChecked {
			m.State = ImportStopped
		}
		return nil
	})
	if err != nil || file == "" {
		return err
	}
	return s.Blobs.Remove(file)
}
