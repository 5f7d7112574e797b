package setup

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// ImportPage asks for a table.
type ImportPage struct {
	page.Base
	Kind     *kind
	Problems page.Problems
	Pasted   string
}

// PreviewPage says what a table would do.
type PreviewPage struct {
	page.Base
	Kind   *kind
	Upload string
	File   string
	Plan   *plan
	Stale  bool
	Rows   []PlannedRow
	words  *world

	Problems page.Problems // with the proof that accounts need
	Reason   string
	Notes    []Found // what the checks of the duty list find at the rows
}

// PlannedRow is one row of the preview in words.
type PlannedRow struct {
	Number int
	Key    string
	New    bool
	Lines  []Line
}

// CredentialsPage shows first passwords, once.
type CredentialsPage struct {
	page.Base
	Kind *kind
	List []Credential
}

// mostPreviewed is how many rows the preview spells out; the counts are of all.
const mostPreviewed = 100

func (s *Service) tableXLSX(w http.ResponseWriter, r *http.Request) error {
	return s.table(w, r, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", func(o io.Writer) sheet.Writer { return sheet.XLSX(o) })
}

func (s *Service) tableCSV(w http.ResponseWriter, r *http.Request) error {
	return s.table(w, r, "csv", "text/csv; charset=utf-8", sheet.CSV)
}

func (s *Service) table(w http.ResponseWriter, r *http.Request, ext, media string, format func(io.Writer) sheet.Writer) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	attach(w, "gongzhi-"+k.name+"."+ext, media)
	return s.export(r.Context(), k, ext, format(w))
}

// export writes the table of a kind; of accounts it leaves a line in the log.
func (s *Service) export(ctx context.Context, k *kind, ext string, out sheet.Writer) error {
	who := actor.From(ctx)
	if k.sealed { // taking the accounts away is an act of its own
		err := s.DB.Update(ctx, func(tx *sqldb.Tx) error { return actor.Deed(tx, who, "staff.export", "staff", ext) })
		if err != nil {
			return err
		}
	}
	return s.DB.View(ctx, func(tx *sqldb.Tx) error {
		world, err := newWorld(tx, who)
		if err != nil {
			return err
		}
		return k.export(tx, world, out)
	})
}

func attach(w http.ResponseWriter, name, media string) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
}

func (s *Service) templateXLSX(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	attach(w, "gongzhi-"+k.name+"-template.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	return k.template(w, web.Lang(r))
}

func (s *Service) importForm(w http.ResponseWriter, r *http.Request) error {
	return s.showImport(w, r, http.StatusOK, nil)
}

func (s *Service) showImport(w http.ResponseWriter, r *http.Request, status int, err error) error {
	k, kerr := kindOf(r)
	if kerr != nil {
		return kerr
	}
	p := ImportPage{Base: s.Base(w, r, "setup.import_title"), Kind: k}
	p.Title = p.T("setup.import_title", p.T("setup."+k.name))
	if v, err := web.Form(r); err == nil {
		p.Pasted = v.Raw("paste")
	}
	for _, x := range p.Base.Problems(err) {
		p.Problems = append(p.Problems, page.Problem{Name: "file", Text: x.Text})
	}
	return page.View{}.Render(w, r, status, importPage(p))
}

func (s *Service) receive(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	name, file, err := uploaded(r)
	v, _ := web.Form(r) // read before by uploaded
	if pasted := v.Raw("paste"); file == nil && strings.TrimSpace(pasted) != "" {
		name, file, err = s.Base(w, r, "setup.pasted").Title, []byte(pasted), nil
	}
	var up string
	if err == nil {
		up, err = s.Upload(r.Context(), actor.From(r.Context()), k.name, name, file)
	}
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return s.showImport(w, r, http.StatusUnprocessableEntity, err)
	case err != nil:
		return err
	}
	return web.See(w, r, k.path()+"/import/"+up)
}

// uploaded is the file of a form with one.
func uploaded(r *http.Request) (name string, content []byte, err error) {
	v, err := web.Form(r)
	if err != nil {
		return "", nil, err
	}
	files := v.Files("file", 1)
	if len(files) == 0 {
		return "", nil, fault.New(fault.Invalid, "setup.file_missing", v.Err())
	}
	f, err := files[0].Open()
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	content, err = io.ReadAll(io.LimitReader(f, MaxUpload))
	return files[0].Name, content, err
}

func (s *Service) previewPage(w http.ResponseWriter, r *http.Request) error {
	return s.showPreview(w, r, http.StatusOK, nil)
}

func (s *Service) showPreview(w http.ResponseWriter, r *http.Request, status int, fail error) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	p := PreviewPage{Base: s.Base(w, r, "setup.preview_title"), Kind: k, Upload: r.PathValue("upload")}
	p.Stale = errors.As(fail, new(stale))
	if v, err := web.Form(r); err == nil && fail != nil && !p.Stale {
		p.Problems, p.Reason = p.Base.Problems(fail), v.String("reason")
	}
	p.Title = p.T("setup.preview_title", p.T("setup."+k.name))
	err = s.DB.View(r.Context(), func(tx *sqldb.Tx) error {
		u, plan, world, err := s.preview(tx, actor.From(r.Context()), k, p.Upload)
		p.File, p.Plan, p.words = u.Name, plan, world
		if err != nil || k.name != "duties" {
			return err
		}
		p.Notes, err = s.planNotes(tx, world, p.Base, plan)
		return err
	})
	if err != nil {
		return err
	}
	for _, x := range p.Plan.Rows[:min(len(p.Plan.Rows), mostPreviewed)] {
		p.Rows = append(p.Rows, p.row(x))
	}
	return page.View{}.Render(w, r, status, previewTable(p))
}

func (p *PreviewPage) row(x planned) PlannedRow {
	out := PlannedRow{Number: x.Row, Key: x.Key, New: x.Was == nil}
	for _, d := range p.Kind.diff(x.Was, x.Now) {
		if out.New && d.Column.name == p.Kind.key {
			continue
		}
		l := Line{Label: p.Kind.header(p.Lang, d.Column), Now: shownLong(p.words.show(p.Lang, d.Column, d.Now, false))}
		if !out.New {
			l.Was = shownLong(p.words.show(p.Lang, d.Column, d.Was, false))
		}
		out.Lines = append(out.Lines, l)
	}
	return out
}

// sentence is what is wrong, and how to mend it.
func (p PreviewPage) sentence(x sheet.Problem) string { return locale.T(p.Lang, x.Key, x.Args...) }

func (s *Service) confirm(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	who := actor.From(r.Context())
	done, err := s.Confirm(r.Context(), who, k.name, r.PathValue("upload"), Proof{v.String("reason", 200)})
	var old stale
	switch {
	case errors.As(err, &old):
		if err := s.renew(r.Context(), old); err != nil {
			return err
		}
		return s.showPreview(w, r, http.StatusConflict, old)
	case fault.KindOf(err) == fault.Invalid:
		return s.showPreview(w, r, http.StatusUnprocessableEntity, err)
	case err != nil:
		return err
	case len(done.Passwords) > 0:
		return s.showCredentials(w, r, k, done.Passwords)
	}
	page.SetFlash(w, r, "good", "setup.imported")
	if k.name == "days" {
		return web.See(w, r, "/setup/calendar")
	}
	return web.See(w, r, k.path())
}

func (s *Service) showCredentials(w http.ResponseWriter, r *http.Request, k *kind, list []Credential) error {
	p := CredentialsPage{Base: s.Base(w, r, "setup.credentials"), Kind: k, List: list}
	return page.View{}.Render(w, r, http.StatusOK, credentialsPage(p))
}
