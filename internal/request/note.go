package request

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Audiences of a text or photo.
const (
	Public   = "public"   // the resident and everybody who may read the published request
	Resident = "resident" // the resident with his query code, and staff
	Internal = "internal" // staff only
)

// Note is a text that belongs to a deed. It lives outside of the history, so
// that it can be redacted.
type Note struct {
	Kind     string // reason, ruling, record, answer, question, supplement, result …
	Audience string
	Text     string
}

const insertNote = `insert into request_note(matter_id, seq, kind, audience, text) values (`

func addNote(tx *sqldb.Tx, m matter.ID, seq int64, n Note) error {
	if err := tx.Exec(insertNote+`$1, $2, $3, $4, $5)`, n.row(m, seq)...); err != nil {
		return fmt.Errorf("note on %s: %w", m, err)
	}
	return nil
}

func (n Note) row(m matter.ID, seq int64) []any {
	return []any{m, seq, n.Kind, or(n.Audience, Internal), n.Text}
}

// File is a photo of a request.
type File struct {
	ID       string
	Matter   matter.ID
	Seq      int64  // the deed it came with
	Kind     string // report, before, after, evidence
	Audience string
	Hash     string // in the blob store
	Thumb    string
	Width    int
	Height   int
	At       time.Time
}

// AddFile puts a stored photo to a deed. It returns the file's id.
func AddFile(tx *sqldb.Tx, f File) (string, error) {
	f.ID = id.New(tx.Now)
	const q = `insert into request_file(id, matter_id, seq, kind, audience, hash, thumb, width, height, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	err := tx.Later(q, f.ID, f.Matter, f.Seq, f.Kind, or(f.Audience, Internal), f.Hash, f.Thumb, f.Width, f.Height, tx.Now.UnixMicro())
	if err != nil {
		return "", fmt.Errorf("file of %s: %w", f.Matter, err)
	}
	return f.ID, nil
}

// Files are the photos of a request in the order of its history.
func Files(tx *sqldb.Tx, m matter.ID) ([]File, error) {
	rows, err := tx.Query(`select id, matter_id, seq, kind, audience, hash, thumb, width, height, at from request_file where matter_id = $1 order by seq, id`, m)
	if err != nil {
		return nil, fmt.Errorf("files of %s: %w", m, err)
	}
	defer rows.Close()
	var out []File
	for rows.Next() {
		var f File
		var at int64
		if err := rows.Scan(&f.ID, &f.Matter, &f.Seq, &f.Kind, &f.Audience, &f.Hash, &f.Thumb, &f.Width, &f.Height, &at); err != nil {
			return nil, err
		}
		f.At = sqldb.FromMicros(at)
		out = append(out, f)
	}
	return out, rows.Err()
}

// FindFile reads one photo with the matter it belongs to, or NotFound.
func FindFile(tx *sqldb.Tx, file string) (File, error) {
	var f File
	var at int64
	const q = `select id, matter_id, seq, kind, audience, hash, thumb, width, height, at from request_file where id = $1`
	err := tx.QueryRow(q, file).Scan(&f.ID, &f.Matter, &f.Seq, &f.Kind, &f.Audience, &f.Hash, &f.Thumb, &f.Width, &f.Height, &at)
	f.At = sqldb.FromMicros(at)
	return f, notFound(err)
}

// Pause is a time in which the request's clock stood still.
type Pause struct {
	From, To time.Time // To zero: still paused
	Reason   string    // waiting, hold
}

// StartPause stops the clock.
func StartPause(tx *sqldb.Tx, m matter.ID, reason string) error {
	return tx.Exec(`insert into request_pause(matter_id, from_at, reason) values ($1, $2, $3)`, m, tx.Now.UnixMicro(), reason)
}

// EndPause starts the clock again and returns how long it stood, 0 when it ran.
func EndPause(tx *sqldb.Tx, m matter.ID) (time.Duration, error) {
	var from int64
	err := tx.QueryRow(`update request_pause set to_at = $1 where matter_id = $2 and to_at is null returning from_at`, tx.Now.UnixMicro(), m).Scan(&from)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("end pause of %s: %w", m, err)
	}
	return tx.Now.Sub(sqldb.FromMicros(from)), nil
}

// Marks that say how a request was decided on.
const (
	FlagHuman  = "human"  // the resident asks that a person looks at it
	FlagDirect = "direct" // dispatched without a person
)

// Flagged is since when a request has a mark, the zero time when it has none.
func Flagged(tx *sqldb.Tx, m matter.ID, kind string) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`select coalesce((select at from request_flag where matter_id = $1 and kind = $2), 0)`, m, kind).Scan(&at)
	if err != nil || at == 0 {
		return time.Time{}, err
	}
	return sqldb.FromMicros(at), nil
}

// Flag marks a request: urged, reminded, supervised, escalated, pushed, human, direct.
func Flag(tx *sqldb.Tx, m matter.ID, kind, by string) error {
	const q = `insert into request_flag(matter_id, kind, at, actor) values ($1, $2, $3, $4) on conflict (matter_id, kind) do update set at = excluded.at, actor = excluded.actor`
	return tx.Later(q, m, kind, tx.Now.UnixMicro(), by)
}

// Unflag takes a mark away.
func Unflag(tx *sqldb.Tx, m matter.ID, kind string) error {
	return tx.Exec(`delete from request_flag where matter_id = $1 and kind = $2`, m, kind)
}

// Pauses are the times in which the request's clock stood still, oldest first.
func Pauses(tx *sqldb.Tx, m matter.ID) ([]Pause, error) {
	rows, err := tx.Query(`select from_at, coalesce(to_at, 0), reason from request_pause where matter_id = $1 order by from_at`, m)
	if err != nil {
		return nil, fmt.Errorf("pauses of %s: %w", m, err)
	}
	defer rows.Close()
	var out []Pause
	for rows.Next() {
		var p Pause
		var from, to int64
		if err := rows.Scan(&from, &to, &p.Reason); err != nil {
			return nil, err
		}
		p.From, p.To = sqldb.FromMicros(from), sqldb.FromMicros(to)
		out = append(out, p)
	}
	return out, rows.Err()
}

// NamedFiles are hashes of photos that requests name, with the number of the
// request: at most n, after the file of an id, and the id to go on from.
func NamedFiles(tx *sqldb.Tx, after string, n int) (files map[string]string, last string, err error) {
	rows, err := tx.Query(`select f.id, f.hash, f.thumb, m.number from request_file f join matter m on m.id = f.matter_id where f.id > $1 order by f.id limit $2`, after, n)
	if err != nil {
		return nil, "", fmt.Errorf("named files: %w", err)
	}
	defer rows.Close()
	files = map[string]string{}
	for rows.Next() {
		var hash, thumb, number string
		if err := rows.Scan(&last, &hash, &thumb, &number); err != nil {
			return nil, "", err
		}
		for _, h := range []string{hash, thumb} {
			if h != "" {
				files[h] = number
			}
		}
	}
	return files, last, rows.Err()
}
