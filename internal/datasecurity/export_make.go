package datasecurity

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/export"
	"gongzhi/internal/fault"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
)

// ExportJob is the kind of the background work of a long export; RunExport does it.
const ExportJob = "datasecurity/export"

type exportArgs struct {
	Export string `json:"export"`
}

// RunExport makes a long export. What fails is said on its page; whoever needs
// it asks again.
func (s *Service) RunExport(ctx context.Context, j job.Job) error {
	var args exportArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	if err := s.make(ctx, args.Export); err != nil {
		return job.Permanent(err)
	}
	return nil
}

// making is one export on its way into a file.
type making struct {
	s     *Service
	ctx   context.Context
	e     *Export
	a     actor.Actor
	b     page.Base
	list  export.List
	out   sheet.Writer
	lot   []export.Row
	rows  int64
	asker bool // a column says, masked, who asked
}

// lotSize is how many rows are written, and looked up, at a time.
const lotSize = 200

// saidEvery is after how many rows the page hears how far the work has come.
const saidEvery = 2_000

// make writes the table with the rights that the person has now, seals it and
// lays it ready.
func (s *Service) make(ctx context.Context, export string) error {
	m := &making{s: s, ctx: ctx}
	err := s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		if m.e, err = find(tx, export); err == nil {
			m.a, err = actor.Acting(tx, m.e.Staff)
		}
		return err
	})
	if err != nil || m.e.State != Making {
		return err
	}
	var file bytes.Buffer
	if err := m.write(&file); err != nil {
		return errors.Join(err, m.fail(err))
	}
	sealed, err := s.Vault.SealBytes(file.Bytes(), exportRow(m.e.ID))
	if err != nil {
		return err
	}
	kept, _, err := s.Blobs.Put(ctx, bytes.NewReader(sealed))
	if err != nil {
		return errors.Join(err, m.fail(err))
	}
	return s.DB.Update(ctx, func(tx *sqldb.Tx) error {
		e, err := loadExport(tx, m.e.ID)
		if err != nil || e.State != Making {
			return err
		}
		e.State, e.File, e.Size, e.Total, e.Done, e.ReadyAt = Ready, kept, int64(file.Len()), m.rows, m.rows, tx.Now
		m.e.State, m.e.ReadyAt = Ready, tx.Now
		if err := e.save(tx); err != nil {
			return err
		}
		return e.deed(tx, m.a, "export.make")
	})
}

func exportRow(export string) string { return "datasecurity_export/" + export }

// fail notes why there is no file.
func (m *making) fail(cause error) error {
	key, _ := fault.KeyOf(cause)
	if kind := fault.KindOf(cause); key == "" || kind == fault.Internal {
		key = "datasecurity.export_broken"
	}
	return m.s.DB.Update(context.WithoutCancel(m.ctx), func(tx *sqldb.Tx) error {
		e, err := loadExport(tx, m.e.ID)
		if err != nil || e.State != Making {
			return err
		}
		e.State, e.Trouble, e.EndedAt = Failed, key, tx.Now
		return e.save(tx)
	})
}

func (m *making) write(w io.Writer) (err error) {
	if m.list, err = m.s.list(m.e.List); err != nil {
		return err
	}
	if err := actor.Can(m.a, m.list.Policy); err != nil {
		return err
	}
	if m.e.Contact {
		if err := actor.Can(m.a, "datasecurity.take"); err != nil {
			return err
		}
	}
	var kept []export.Row
	err = m.s.DB.View(m.ctx, func(tx *sqldb.Tx) error {
		m.b = m.s.words(m.e.Lang, tx.Now)
		t, err := m.list.Open(tx, m.b, m.a, m.e.Query)
		if err != nil {
			return err
		}
		t = t.Keep(m.e.Columns)
		m.asker = askerColumn(m.a, m.list, m.e)
		if err := m.begin(w, t); err != nil {
			return err
		}
		return t.Each(func(r export.Row) error {
			if m.joins() { // their contact data are read, and the looks logged, afterwards
				kept = append(kept, r)
				return nil
			}
			return m.add(tx, r)
		})
	})
	if err == nil {
		err = m.finish(kept)
	}
	return err
}

// joins reports whether contact data of requests go into the table.
func (m *making) joins() bool { return m.e.Contact && m.list.Contact }

// askerColumn reports whether a column says, masked, who asked.
func askerColumn(a actor.Actor, l export.List, e *Export) bool {
	return l.Contact && !e.Contact && actor.Allowed(a, "request.contact") && (len(e.Columns) == 0 || slices.Contains(e.Columns, askerName))
}

const askerName = "asker"

// contactColumns are those of contact data, and the mark on each row.
var contactColumns = []string{"name", "phone", "email", "home"}

func (m *making) begin(w io.Writer, t export.Table) error {
	if m.out = sheet.CSV(w); m.e.Format == "xlsx" {
		m.out = sheet.Workbook(w, m.paper(t))
	}
	var head []any
	for _, c := range t.Columns {
		head = append(head, c.Heading(m.b))
	}
	var more []string
	switch {
	case m.joins():
		more = append(more, contactColumns...)
	case m.asker:
		more = append(more, askerName)
	}
	if m.e.Contact {
		more = append(more, "mark")
	}
	for _, name := range more {
		head = append(head, m.b.T("export.col_"+name))
	}
	return m.out.Row(head...)
}

// paper is what the workbook says of itself.
func (m *making) paper(t export.Table) sheet.Paper {
	title, e := m.b.T("export.list_"+m.e.List), m.e
	notes := [][2]string{
		{m.b.T("datasecurity.export_note_list"), title}, {m.b.T("datasecurity.export_note_filter"), t.Filter},
		{m.b.T("datasecurity.export_note_number"), e.Number}, {m.b.T("datasecurity.export_note_who"), m.who()},
		{m.b.T("datasecurity.export_note_at"), m.b.DateTime(m.b.Now)}, {m.b.T("datasecurity.export_note_rows"), m.b.T("datasecurity.export_rows", t.Count)},
	}
	if e.Contact {
		notes = append(notes, [2]string{m.b.T("datasecurity.export_note_reason"), e.Reason}, [2]string{m.b.T("datasecurity.export_note_rule"), m.b.T("datasecurity.export_rule")})
	}
	p := sheet.Paper{Sheet: title, Title: m.b.City + " " + title, Creator: m.who(), Mark: m.mark(), Foot: m.foot(), About: m.b.T("datasecurity.export_about"), Notes: notes}
	for _, c := range t.Columns {
		p.Widths = append(p.Widths, c.Width)
	}
	return p
}

// who is the person whose copy it is.
func (m *making) who() string {
	return strings.TrimSpace(m.a.UnitName + " " + m.a.Name + " " + m.a.Number)
}

// mark names the copy on each row, in the properties and on each printed page.
func (m *making) mark() string { return m.e.Number + "·" + m.a.Login }

// foot is what a person reads under the table.
func (m *making) foot() string {
	if m.e.Contact {
		return m.b.T("datasecurity.export_mark_contact", m.e.Number, m.who(), m.b.DateTime(m.b.Now))
	}
	return m.b.T("datasecurity.export_mark", m.e.Number, m.who(), m.b.DateTime(m.b.Now))
}

// add takes a row; a full lot is written.
func (m *making) add(tx *sqldb.Tx, r export.Row) error {
	if m.lot = append(m.lot, r); len(m.lot) < lotSize {
		return nil
	}
	return m.flush(tx)
}

// flush writes the lot, with who asked where that is a column.
func (m *making) flush(tx *sqldb.Tx) error {
	var askers map[matter.ID]request.Masked
	if m.asker {
		var err error
		if askers, err = request.Askers(tx, orders(m.lot)); err != nil {
			return err
		}
	}
	for _, r := range m.lot {
		cells := r.Cells
		if m.asker {
			cells = append(slices.Clip(cells), askers[r.Order.ID].Text)
		}
		if m.e.Contact {
			cells = append(slices.Clip(cells), m.mark())
		}
		if err := m.row(cells); err != nil {
			return err
		}
	}
	m.lot = m.lot[:0]
	return nil
}

func orders(lot []export.Row) []*request.Order {
	out := make([]*request.Order, len(lot))
	for i, r := range lot {
		out[i] = r.Order
	}
	return out
}

func (m *making) row(cells []any) error {
	if err := m.out.Row(cells...); err != nil {
		return err
	}
	if m.rows++; m.rows%saidEvery != 0 {
		return nil
	}
	return m.s.DB.Update(m.ctx, func(tx *sqldb.Tx) error {
		return tx.Exec(`update datasecurity_export set done = $1 where id = $2`, m.rows, m.e.ID)
	})
}

// finish writes what is left: the last lot, or the rows that contact data are
// joined to.
func (m *making) finish(kept []export.Row) error {
	if len(m.lot) > 0 {
		if err := m.s.DB.View(m.ctx, m.flush); err != nil {
			return err
		}
	}
	for lot := range slices.Chunk(kept, lotSize) {
		if err := m.reveal(lot); err != nil {
			return err
		}
	}
	if m.joins() {
		if err := m.out.Row(m.foot()); err != nil {
			return err
		}
	}
	return m.out.Close()
}

// reveal joins contact data to rows. Each look is in the log before the row is
// in the file.
func (m *making) reveal(lot []export.Row) error {
	var found map[matter.ID]request.Contact
	err := m.s.DB.Update(m.ctx, func(tx *sqldb.Tx) (err error) {
		found, err = request.RevealAskers(tx, m.s.Vault, m.a, orders(lot), m.e.Number+" "+m.e.Reason)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range lot {
		c := found[r.Order.ID]
		if err := m.row(append(slices.Clip(r.Cells), c.Name, c.Phone, c.Email, c.Home, m.mark())); err != nil {
			return err
		}
	}
	return nil
}
