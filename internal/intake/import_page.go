package intake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/request"
	"gongzhi/internal/sheet"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// importRoutes are the ways in of files of other systems.
func (s *Service) importRoutes() []web.Route {
	const p = "intake.import"
	return []web.Route{
		{Method: "GET", Path: "/import", Policy: p, Do: s.showImports},
		{Method: "POST", Path: "/import", Policy: p, Do: s.postImport, Body: importBody},
		{Method: "GET", Path: "/import/{run}", Policy: p, Do: s.showImport},
		{Method: "GET", Path: "/import/{run}/progress", Policy: p, Do: s.showImportProgress},
		{Method: "POST", Path: "/import/{run}/match", Policy: p, Do: s.postMatch},
		{Method: "POST", Path: "/import/{run}/start", Policy: p, Do: s.importAct(s.StartImport)},
		{Method: "POST", Path: "/import/{run}/stop", Policy: p, Do: s.importAct(s.StopImport)},
		{Method: "POST", Path: "/import/{run}/resume", Policy: p, Do: s.importAct(s.ResumeImport)},
		{Method: "POST", Path: "/import/{run}/forget", Policy: p, Do: s.importAct(s.ForgetImport)},
		{Method: "GET", Path: "/mapping/{code}", Policy: p, Do: s.showMapping},
		{Method: "GET", Path: "/mapping/{code}/template", Policy: p, Do: s.showTemplate},
	}
}

const (
	importSize = 64 << 20
	importBody = importSize + 5<<20 // the form around it, and a mapping file
	listedRuns = 30
	listedBad  = 100
	sampleRows = 20
)

// importsPage is the list of imports and the form of a new one.
type importsPage struct {
	page.Base
	Mappings []*ImportMapping
	Runs     []ImportRun
	Chosen   string
	Datum    string
	Problems page.Problems
}

func (s *Service) showImports(w http.ResponseWriter, r *http.Request) error {
	return s.drawImports(w, r, http.StatusOK, importsPage{})
}

func (s *Service) drawImports(w http.ResponseWriter, r *http.Request, status int, p importsPage) error {
	err := s.DB.View(r.Context(), func(tx *sqldb.Tx) (err error) {
		if p.Mappings, err = importMappings(tx); err != nil {
			return err
		}
		p.Runs, err = Imports(tx, listedRuns)
		return err
	})
	if err != nil {
		return err
	}
	p.Base = s.Base(w, r, "intake.import")
	return page.View{}.Render(w, r, status, imports(p))
}

func (p importsPage) options() []page.Option {
	out := []page.Option{{Value: matchByHand, Label: p.T("intake.import_match_by_hand")}}
	for _, m := range p.Mappings {
		out = append(out, page.Option{Value: m.Code, Label: or(m.Name, m.Code)})
	}
	return out
}

// datums are the coordinate systems a file may be in.
func (p importsPage) datums() []page.Option {
	out := []page.Option{{Value: "", Label: p.T("intake.import_datum_none")}}
	for _, d := range importDatums {
		out = append(out, page.Option{Value: d, Label: p.T("intake.import_datum_" + d)})
	}
	return out
}

// importPage is one import, wherever it stands.
type importPage struct {
	page.Base
	Run      ImportRun
	Bad      []ImportProblem
	Sample   []importSample
	Columns  []string
	Datum    string // of the points, as it was said when the file was given
	Matched  map[string]string
	Name     string // of the mapping being made
	Problems page.Problems
}

// importSample is a row as it will be imported.
type importSample struct {
	Row                                    int
	Title, Body, Status, Category, Channel string
	Where, Person                          string
	Received                               time.Time
	Bad, Notes                             []string
}

func (s *Service) showImport(w http.ResponseWriter, r *http.Request) error {
	p := importPage{Datum: r.URL.Query().Get("datum")}
	if err := s.loadImport(r, &p); err != nil {
		return err
	}
	return s.drawImport(w, r, http.StatusOK, p)
}

func (s *Service) loadImport(r *http.Request, p *importPage) error {
	return s.readImport(r.Context(), r.PathValue("run"), p)
}

func (s *Service) readImport(ctx context.Context, run string, p *importPage) error {
	return s.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		if p.Run, err = FindImport(tx, run); err != nil {
			return err
		}
		p.Bad, err = importProblems(tx, p.Run.ID, listedBad)
		return err
	})
}

func (s *Service) drawImport(w http.ResponseWriter, r *http.Request, status int, p importPage) error {
	p.Base = s.Base(w, r, "intake.import_of", p.Run.Name)
	p.Base.Path = "/import/" + p.Run.ID
	if err := s.lookInto(r.Context(), &p); err != nil {
		return err
	}
	return page.View{}.Render(w, r, status, oneImport(p))
}

// lookInto reads of the file what its state asks for.
func (s *Service) lookInto(ctx context.Context, p *importPage) error {
	switch {
	case p.Run.File == "":
	case p.Run.State == ImportMatching:
		return s.columns(p)
	case p.Run.State == ImportChecked:
		return s.sample(ctx, p)
	}
	return nil
}

// columns reads the header of a file for which there is no mapping yet.
func (s *Service) columns(p *importPage) error {
	data, err := s.importedFile(p.Run)
	if err != nil {
		return err
	}
	d, err := sheet.Open(p.Run.Name, bytes.NewReader(data), p.Run.Size, sheet.Options{Trim: true})
	if err != nil {
		return err
	}
	p.Columns = d.Header.Names
	if p.Matched == nil {
		p.Matched = guessColumns(p.Columns)
		if slices.Contains(importDatums, p.Datum) && p.Matched[toDatum] == "" {
			p.Matched[toDatum] = "=" + p.Datum
		}
	}
	return d.Close()
}

// sample reads the first rows as they will be imported.
func (s *Service) sample(ctx context.Context, p *importPage) error {
	im, err := s.importOf(p.Run)
	if err != nil {
		return err
	}
	if err := im.prepare(ctx); err != nil {
		return err
	}
	d, err := im.open(im.m.Mapping)
	if err != nil {
		return err
	}
	defer d.Close()
	for len(p.Sample) < sampleRows {
		row, err := d.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		p.Sample = append(p.Sample, s.sampleOf(p.Base, im.reader.read(row)))
	}
	return nil
}

func (s *Service) sampleOf(b page.Base, x *arrival) importSample {
	out := importSample{Row: x.row, Title: x.report.Title, Received: x.received, Category: s.Catalog.Book().Tree.Name(x.report.Category),
		Channel: b.T("request.channel_" + x.report.Channel), Person: contact(x.report, "requester").Masked, Status: b.T("request.state_" + importedState(x.status))}
	out.Where = strings.TrimSpace(s.Atlas.Atlas().Name(x.report.Area) + " " + x.report.Address)
	for _, p := range x.problems {
		out.Bad = append(out.Bad, sayProblem(b, p))
	}
	for _, p := range x.notes {
		out.Notes = append(out.Notes, b.T(p.Key, p.Args...))
	}
	return out
}

func importedState(status string) string {
	switch status {
	case statusReplied:
		return request.Replied
	case statusClosed:
		return request.Closed
	}
	return request.ToDispatch
}

// sayProblem names the column where there is one.
func sayProblem(b page.Base, p sheet.Problem) string {
	if p.Column == "" {
		return b.T(p.Key, p.Args...)
	}
	return b.T("intake.import_in_column", p.Column, b.T(p.Key, p.Args...))
}

func (s *Service) showImportProgress(w http.ResponseWriter, r *http.Request) error {
	p := importPage{}
	if err := s.loadImport(r, &p); err != nil {
		return err
	}
	p.Base = s.Base(w, r, "intake.import")
	p.Base.Path = "/import/" + p.Run.ID
	return page.View{}.Render(w, r, http.StatusOK, importProgress(p))
}

func (s *Service) showMapping(w http.ResponseWriter, r *http.Request) error {
	m, err := s.mapping(r.Context(), r.PathValue("code"))
	if err != nil {
		return err
	}
	return download(w, "application/json", m.Code+".json", m.Spec)
}

func (s *Service) showTemplate(w http.ResponseWriter, r *http.Request) error {
	m, err := s.mapping(r.Context(), r.PathValue("code"))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := m.Template(&out, web.Lang(r)); err != nil {
		return err
	}
	return download(w, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", m.Code+".xlsx", out.Bytes())
}

func download(w http.ResponseWriter, kind, name string, data []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(data)
	return nil
}

// repeatWords says how many rows repeat another, if any.
func (p importPage) repeatWords() string {
	if p.Run.Repeats == 0 {
		return ""
	}
	return p.T("intake.import_repeats", countWord(p.Run.Repeats))
}

// refusedWords says what to do with refused rows, if there are any.
func (p importPage) refusedWords() string {
	if p.Run.Refused == 0 {
		return ""
	}
	return p.T("intake.import_refused_note")
}

// targetName is what the page calls a field.
func (p importPage) targetName(to string) string { return p.T("intake.import_to_" + to) }

// columnOptions are the columns of the table; for a coordinate system also one
// that holds for all of it.
func (p importPage) columnOptions(to string) []page.Option {
	out := []page.Option{{Value: "", Label: p.T("intake.import_no_column")}}
	for _, c := range p.Columns {
		if c != "" {
			out = append(out, page.Option{Value: c, Label: c})
		}
	}
	if to == toDatum {
		for _, d := range importDatums {
			out = append(out, page.Option{Value: "=" + d, Label: p.T("intake.import_datum_all", p.T("intake.import_datum_"+d))})
		}
	}
	return out
}

// matchTargets are the fields the page asks for, the id first.
func matchTargets() []string { return slices.Insert(slices.Clone(importTargets), 0, "id") }

// commonNotes are the notes of most rows; one of few rows is rarely worth a look.
func (p importPage) commonNotes(n int) []ImportNote {
	list := slices.Clone(p.Run.Notes)
	slices.SortStableFunc(list, func(a, b ImportNote) int { return int(b.Rows - a.Rows) })
	return list[:min(n, len(list))]
}

// state is the word and the shape of where a run stands.
func importState(b page.Base, r ImportRun) (kind, word string) {
	kinds := map[string]string{ImportMatching: "new", ImportChecked: "new", ImportDone: "done", ImportStopped: "wait", ImportFailed: "late"}
	return kinds[r.State], b.T("intake.import_state_" + r.State)
}

func countWord(n int64) string { return locale.Count(int(n)) }

func rowWord(n int) string { return strconv.Itoa(n) }

func (s *Service) importAct(do func(context.Context, actor.Actor, string) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		run := r.PathValue("run")
		if err := do(r.Context(), actor.From(r.Context()), run); err != nil {
			return err
		}
		return web.See(w, r, "/import/"+run)
	}
}
