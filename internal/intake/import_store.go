package intake

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// States of an import.
const (
	ImportMatching = "matching" // columns are to be matched to fields
	ImportChecking = "checking" // the dry run is under way
	ImportChecked  = "checked"  // ready to start
	ImportRunning  = "running"
	ImportStopped  = "stopped" // by a person; may go on
	ImportDone     = "done"
	ImportFailed   = "failed" // the file cannot be read to its end
)

// ImportRun is one file on its way in. Rows = Imported + Existing + Refused.
type ImportRun struct {
	ID       string
	Name     string // of the file, as its sender called it
	Hash     string // of the file
	File     string // sealed in the file store, "" not kept
	Size     int64
	Mapping  string // code
	Spec     string
	Source   string
	State    string
	Total    int64 // rows in the file, 0 not counted yet
	Rows     int64 // read so far
	Imported int64
	Existing int64 // had been imported before
	Refused  int64
	Repeats  int64 // imported, with the text of an earlier row
	Cursor   int64 // number of the last row that is done with
	Notes    []ImportNote
	Trouble  Sentence
	Actor    string
	Unit     string
	Created  time.Time
	Started  time.Time
	Finished time.Time
}

// Percent is how far it has come.
func (r ImportRun) Percent() int64 {
	if r.Total == 0 {
		return 0
	}
	return r.Rows * 100 / r.Total
}

// Moving reports whether it is being worked on.
func (r ImportRun) Moving() bool { return r.State == ImportChecking || r.State == ImportRunning }

// Sentence is one of the catalogue with what fills it.
type Sentence struct {
	Key  string   `json:"key,omitempty"`
	Args []string `json:"args,omitempty"`
}

func sentenceOf(key string, args []any) Sentence {
	s := Sentence{Key: key}
	for _, a := range args {
		s.Args = append(s.Args, fmt.Sprint(a))
	}
	return s
}

// Any are the arguments as the catalogue takes them.
func (s Sentence) Any() []any {
	out := make([]any, len(s.Args))
	for i, a := range s.Args {
		out[i] = a
	}
	return out
}

// ImportNote is what was noted of rows that were taken all the same, counted.
type ImportNote struct {
	Sentence
	Column string `json:"column"`
	Rows   int64  `json:"rows"`
	First  int    `json:"first"`
}

// ImportProblem keeps a row out, with how to mend it.
type ImportProblem struct {
	Sentence
	Row    int
	Column string
	Value  string // only where it cannot name a person
}

const importColumns = `id, name, file_hash, file, size, mapping, spec, source, state, total, rows_in, imported, existing, refused, repeats,
	cursor_row, notes, trouble, actor, unit, created_at, started_at, finished_at`

func scanImport(scan func(...any) error) (ImportRun, error) {
	var r ImportRun
	var notes, trouble string
	var created int64
	var started, finished sql.NullInt64
	err := scan(&r.ID, &r.Name, &r.Hash, &r.File, &r.Size, &r.Mapping, &r.Spec, &r.Source, &r.State, &r.Total, &r.Rows, &r.Imported, &r.Existing,
		&r.Refused, &r.Repeats, &r.Cursor, &notes, &trouble, &r.Actor, &r.Unit, &created, &started, &finished)
	if err != nil {
		return r, err
	}
	r.Created, r.Started, r.Finished = sqldb.FromMicros(created), sqldb.FromMicros(started.Int64), sqldb.FromMicros(finished.Int64)
	return r, errors.Join(json.Unmarshal([]byte(notes), &r.Notes), json.Unmarshal([]byte(trouble), &r.Trouble))
}

// FindImport reads one run, or NotFound.
func FindImport(tx *sqldb.Tx, run string) (ImportRun, error) {
	r, err := scanImport(tx.QueryRow(`select `+importColumns+` from intake_import where id = $1`, run).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.New(fault.NotFound, "intake.import_not_found", err)
	}
	return r, err
}

// Imports are the latest runs, newest first.
func Imports(tx *sqldb.Tx, n int) ([]ImportRun, error) {
	rows, err := tx.Query(`select `+importColumns+` from intake_import order by created_at desc, id desc limit $1`, n)
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	defer rows.Close()
	var out []ImportRun
	for rows.Next() {
		r, err := scanImport(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list imports: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// unfinishedImport is the run of the same file with the same mapping that was cut
// short, if there is one.
func unfinishedImport(tx *sqldb.Tx, hash, spec string) (ImportRun, bool, error) {
	const q = `select ` + importColumns + ` from intake_import where file_hash = $1 and spec = $2 and state in ('running', 'stopped', 'failed')
		order by created_at desc, id desc limit 1`
	r, err := scanImport(tx.QueryRow(q, hash, spec).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

func addImport(tx *sqldb.Tx, a actor.Actor, r *ImportRun) error {
	r.ID, r.Actor, r.Unit, r.Created = id.New(tx.Now), a.HistoryID(), a.UnitID, tx.Now
	const q = `insert into intake_import(` + importColumns + `)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, 0, 0, 0, '[]', '{}', $10, $11, $12, null, null)`
	err := tx.Exec(q, r.ID, r.Name, r.Hash, r.File, r.Size, r.Mapping, r.Spec, r.Source, r.State, r.Actor, r.Unit, sqldb.Micros(r.Created))
	if err != nil {
		return fmt.Errorf("add import: %w", err)
	}
	return nil
}

func saveImport(tx *sqldb.Tx, r ImportRun) error {
	if r.Notes == nil {
		r.Notes = []ImportNote{}
	}
	notes, err := json.Marshal(r.Notes)
	if err != nil {
		return err
	}
	trouble, err := json.Marshal(r.Trouble)
	if err != nil {
		return err
	}
	const q = `update intake_import set file = $1, mapping = $2, spec = $3, source = $4, state = $5, total = $6, rows_in = $7, imported = $8, existing = $9,
		refused = $10, repeats = $11, cursor_row = $12, notes = $13, trouble = $14, started_at = $15, finished_at = $16 where id = $17`
	err = tx.Exec(q, r.File, r.Mapping, r.Spec, r.Source, r.State, r.Total, r.Rows, r.Imported, r.Existing, r.Refused, r.Repeats, r.Cursor,
		string(notes), string(trouble), orNull(r.Started), orNull(r.Finished), r.ID)
	if err != nil {
		return fmt.Errorf("save import %s: %w", r.ID, err)
	}
	return nil
}

func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return sqldb.Micros(t)
}

// keptProblems is how many problem rows are kept for the page; the table of
// refused rows lists all of them, because it reads the file again.
const keptProblems = 2_000

func addProblems(tx *sqldb.Tx, run string, list []sheet.Problem) error {
	if len(list) == 0 {
		return nil
	}
	var values []string
	var args []any
	for i, p := range list {
		stored, err := json.Marshal(sentenceOf(p.Key, p.Args).Args)
		if err != nil {
			return err
		}
		marks, more := sqldb.In(len(args)+1, []any{run, p.Row, i, p.Column, p.Value, p.Key, string(stored)})
		values = append(values, marks)
		args = append(args, more...)
	}
	q := `insert into intake_import_problem(run_id, row_number, seq, column_name, value, key, args) values (` + strings.Join(values, "), (") + `)`
	if err := tx.Exec(q, args...); err != nil {
		return fmt.Errorf("keep problems of import %s: %w", run, err)
	}
	return nil
}

// importProblems are the first problems of a run in the order of its rows.
func importProblems(tx *sqldb.Tx, run string, n int) ([]ImportProblem, error) {
	const q = `select row_number, column_name, value, key, args from intake_import_problem where run_id = $1 order by row_number, seq limit $2`
	rows, err := tx.Query(q, run, n)
	if err != nil {
		return nil, fmt.Errorf("problems of import %s: %w", run, err)
	}
	defer rows.Close()
	var out []ImportProblem
	for rows.Next() {
		var p ImportProblem
		var args string
		if err := rows.Scan(&p.Row, &p.Column, &p.Value, &p.Key, &args); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(args), &p.Args); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func dropProblems(tx *sqldb.Tx, run string) error {
	return tx.Exec(`delete from intake_import_problem where run_id = $1`, run)
}

// saveMapping keeps a mapping that somebody made on the page.
func saveMapping(tx *sqldb.Tx, a actor.Actor, m *ImportMapping) error {
	const q = `insert into intake_import_mapping(code, name, spec, actor, created_at) values ($1, $2, $3, $4, $5)
		on conflict (code) do update set name = excluded.name, spec = excluded.spec, actor = excluded.actor, created_at = excluded.created_at`
	if err := tx.Exec(q, m.Code, m.Name, string(m.Spec), a.HistoryID(), sqldb.Micros(tx.Now)); err != nil {
		return fmt.Errorf("save mapping %s: %w", m.Code, err)
	}
	return nil
}

// importMappings are those that come with the program and those made here. One
// made here under the same code stands for the other.
func importMappings(tx *sqldb.Tx) ([]*ImportMapping, error) {
	all, err := KeptMappings()
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`select code, spec from intake_import_mapping order by created_at desc, code`)
	if err != nil {
		return nil, fmt.Errorf("list mappings: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var code, spec string
		if err := rows.Scan(&code, &spec); err != nil {
			return nil, err
		}
		if m, err := ReadImportMapping(code, []byte(spec)); err == nil { // one from an older program that is no longer understood is not offered
			all = append(all, m)
		}
	}
	return all, rows.Err()
}
