package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// chunk is how many rows share a unit of work: long enough to be fast, short
// enough that nobody at work waits for it.
const chunk = 200

// importing is one run through one file.
type importing struct {
	s        *Service
	who      actor.Actor
	m        *ImportMapping
	file     io.ReaderAt
	run      ImportRun
	dry      bool // writes no request
	keep     bool // a run that the database knows; its progress is written
	now      time.Time
	progress func(ImportRun)
	problem  func(sheet.Problem)

	reader *rowReader
	kept   int
}

// importLock lets one import write at a time, so that no id is taken twice.
const importLock = "intake/import"

var errImportStopped = errors.New("intake: the import was stopped")

// all reads the file from the beginning, also when a run goes on: what was read
// before must be known to find repetitions.
func (im *importing) all(ctx context.Context) error {
	if err := im.prepare(ctx); err != nil {
		return err
	}
	if err := im.survey(ctx); err != nil {
		return err
	}
	d, err := im.open(im.m.Mapping)
	if err != nil {
		return err
	}
	defer d.Close()
	return im.chunks(ctx, d)
}

func (im *importing) open(m *sheet.Mapping) (*sheet.Reader, error) {
	d, err := sheet.Open(im.run.Name, im.file, im.run.Size, im.m.Options())
	if err != nil {
		return nil, err
	}
	if err := m.Check(d.Header); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (im *importing) prepare(ctx context.Context) error {
	var units []actor.Unit
	err := im.s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		im.now = tx.Now
		units, err = actor.Units(tx)
		return err
	})
	im.reader = im.s.newRowReader(im.m, units, im.now)
	return err
}

// survey counts the rows and finds points that are no places: systems give
// every case without a place the same one.
func (im *importing) survey(ctx context.Context) error {
	points := im.m.Only(toLat, toLng)
	d, err := im.open(points)
	if err != nil {
		return err
	}
	defer d.Close()
	rows, at := int64(0), map[string]int64{}
	for {
		row, err := d.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if rows++; rows%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if len(points.Fields) == 2 {
			r, _ := points.Apply(row)
			if r[toLat] != "" {
				at[r[toLat]+" "+r[toLng]]++
			}
		}
	}
	im.run.Total, im.reader.crowds = rows, crowds(at, rows)
	return nil
}

// crowds are the points of more than a thousand rows, or of more than a
// twentieth of a file, fifty rows at least: the busiest address has fewer.
func crowds(at map[string]int64, rows int64) map[string]bool {
	limit := min(1000, max(50, rows/20))
	out := map[string]bool{}
	for point, n := range at {
		if n > limit {
			out[point] = true
		}
	}
	return out
}

func (im *importing) chunks(ctx context.Context, d *sheet.Reader) error {
	var list []*arrival
	skip := im.run.Cursor
	for {
		row, err := d.Next()
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return errors.Join(im.flush(ctx, list), err)
		}
		if !end {
			x := im.reader.read(row)
			if int64(row.Number) > skip {
				list = append(list, x)
			}
		}
		if len(list) == chunk || end {
			if err := im.flush(ctx, list); err != nil {
				return err
			}
			list = list[:0]
		}
		if end {
			return nil
		}
	}
}

// flush takes a chunk in and tells how far the run has come.
func (im *importing) flush(ctx context.Context, list []*arrival) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	before := im.run
	before.Notes = slices.Clone(im.run.Notes)
	work := func(tx *sqldb.Tx) error {
		im.run = before
		im.run.Notes = slices.Clone(before.Notes)
		return im.take(tx, list)
	}
	var err error
	if im.keep {
		err = im.s.DB.Update(ctx, work)
	} else {
		err = im.s.DB.View(ctx, work)
	}
	if err != nil {
		im.run = before
		return err
	}
	for _, x := range list {
		for _, p := range x.problems {
			if im.problem != nil {
				im.problem(p)
			}
		}
	}
	if im.progress != nil {
		im.progress(im.run)
	}
	return nil
}

// take is one chunk in its unit of work: what is new is written, the rest is
// counted, and the cursor moves with it.
func (im *importing) take(tx *sqldb.Tx, list []*arrival) error {
	if im.keep {
		if err := tx.Lock(importLock); err != nil {
			return err
		}
		if err := im.goOn(tx); err != nil {
			return err
		}
	}
	there, err := alreadyIn(tx, im.run.Source, list)
	if err != nil {
		return err
	}
	var fresh []*arrival
	for _, x := range list {
		im.count(x, there)
		if !x.refused() && there[x.source] == "" {
			fresh = append(fresh, x)
		}
	}
	im.run.Rows += int64(len(list))
	im.run.Cursor = int64(list[len(list)-1].row)
	if !im.dry {
		if err := im.write(tx, fresh, there); err != nil {
			return err
		}
	}
	if !im.keep {
		return nil
	}
	if err := im.writeProblems(tx, list); err != nil {
		return err
	}
	return saveImport(tx, im.run)
}

// goOn stops when a person said so, or when another process is doing the same.
func (im *importing) goOn(tx *sqldb.Tx) error {
	now, err := FindImport(tx, im.run.ID)
	if err != nil {
		return err
	}
	if now.State != im.run.State || now.Cursor != im.run.Cursor {
		return errImportStopped
	}
	return nil
}

func (im *importing) count(x *arrival, there map[string]string) {
	switch {
	case x.refused():
		im.run.Refused++
		return
	case there[x.source] != "":
		im.run.Existing++
		return
	}
	im.run.Imported++
	if x.repeatOf != "" {
		im.run.Repeats++
	}
	for _, p := range x.notes {
		im.run.Notes = countNote(im.run.Notes, p)
	}
}

// mostNotes is how many different notes are told apart; what comes after counts
// with the last.
const mostNotes = 300

func countNote(notes []ImportNote, p sheet.Problem) []ImportNote {
	s := sentenceOf(p.Key, p.Args)
	i := slices.IndexFunc(notes, func(n ImportNote) bool {
		return n.Key == s.Key && n.Column == p.Column && slices.Equal(n.Args, s.Args)
	})
	if i < 0 && len(notes) >= mostNotes {
		i = len(notes) - 1
	}
	if i < 0 {
		return append(notes, ImportNote{Sentence: s, Column: p.Column, Rows: 1, First: p.Row})
	}
	notes[i].Rows++
	return notes
}

func (im *importing) writeProblems(tx *sqldb.Tx, list []*arrival) error {
	var problems []sheet.Problem
	for _, x := range list {
		problems = append(problems, x.problems...)
	}
	room := max(0, keptProblems-im.kept)
	problems = problems[:min(len(problems), room)]
	im.kept += len(problems)
	return addProblems(tx, im.run.ID, problems)
}

// alreadyIn maps the source ids of the chunk, and those that its rows repeat, to
// the requests that exist.
func alreadyIn(tx *sqldb.Tx, source string, list []*arrival) (map[string]string, error) {
	var ids []string
	for _, x := range list {
		if x.source != "" {
			ids = append(ids, x.source)
		}
		if x.repeatOf != "" {
			ids = append(ids, x.repeatOf)
		}
	}
	if err := tx.PlanAnew(); err != nil { // a plan kept since the table was small reads all of it
		return nil, err
	}
	marks, args := sqldb.In(2, ids)
	rows, err := tx.Query(`select source_id, matter_id from request_order where source = $1 and source_id in (`+marks+`)`, append([]any{source}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("find imported requests: %w", err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var s, m string
		if err := rows.Scan(&s, &m); err != nil {
			return nil, err
		}
		out[s] = m
	}
	return out, rows.Err()
}

// importTrouble is what a person is told about a file that cannot be read to its end.
func importTrouble(err error) (Sentence, bool) {
	key, args := fault.KeyOf(err)
	if key == "" || fault.KindOf(err) == fault.Internal || strings.HasPrefix(key, "sqldb.") {
		return Sentence{}, false
	}
	return sentenceOf(key, args), true
}
