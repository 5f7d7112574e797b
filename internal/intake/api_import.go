package intake

import (
	"bytes"
	"context"
	"path"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/api"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// importAPI brings tables of other systems.
func (s *Service) importAPI(a *api.API) {
	const p = "intake.import"
	api.Add(a, api.Op{ID: "imports", Method: "GET", Path: "/imports", Policy: p, Pages: []string{"GET /import"}}, s.apiImports)
	api.Add(a, api.Op{ID: "import-new", Method: "POST", Path: "/imports", Policy: p, Create: true, Body: importBody * 4 / 3, Pages: []string{"POST /import"}}, s.apiNewImport)
	api.Add(a, api.Op{ID: "import", Method: "GET", Path: "/imports/{run}", Policy: p, Pages: []string{"GET /import/{run}", "GET /import/{run}/progress"}}, s.apiImport)
	api.Add(a, api.Op{ID: "import-match", Method: "POST", Path: "/imports/{run}/match", Policy: p, Pages: []string{"POST /import/{run}/match"}}, s.apiMatch)
	for _, x := range []struct {
		name string
		do   func(context.Context, actor.Actor, string) error
	}{{"start", s.StartImport}, {"stop", s.StopImport}, {"resume", s.ResumeImport}, {"forget", s.ForgetImport}} {
		api.Add(a, api.Op{ID: "import-" + x.name, Method: "POST", Path: "/imports/{run}/" + x.name, Policy: p, Pages: []string{"POST /import/{run}/" + x.name}},
			func(ctx context.Context, in *RunIn) (api.None, error) {
				return api.None{}, x.do(ctx, actor.From(ctx), in.Run)
			})
	}
	api.Add(a, api.Op{ID: "mapping", Method: "GET", Path: "/mappings/{code}", Policy: p, Media: "application/json", Pages: []string{"GET /mapping/{code}"}}, s.apiMapping)
	api.Add(a, api.Op{ID: "mapping-template", Method: "GET", Path: "/mappings/{code}/template", Policy: p, Media: workbook, Pages: []string{"GET /mapping/{code}/template"}}, s.apiTemplate)
}

const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// RunIn names an import.
type RunIn struct {
	Run string `path:"run" maxLength:"60"`
}

// RunItem is an import and how far it has come.
type RunItem struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Mapping    string     `json:"mapping"`
	Source     string     `json:"source"`
	State      string     `json:"state"`
	Trouble    string     `json:"trouble"`
	Total      int64      `json:"total"`
	Rows       int64      `json:"rows"`
	Imported   int64      `json:"imported"`
	Existing   int64      `json:"existing"`
	Refused    int64      `json:"refused"`
	Repeats    int64      `json:"repeats"`
	CreatedAt  time.Time  `json:"created_at"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

func runOf(lang locale.Lang, r ImportRun) RunItem {
	out := RunItem{ID: r.ID, Name: r.Name, Mapping: r.Mapping, Source: r.Source, State: r.State, Total: r.Total, Rows: r.Rows, Imported: r.Imported,
		Existing: r.Existing, Refused: r.Refused, Repeats: r.Repeats, CreatedAt: r.Created.UTC(), StartedAt: show.Moment(r.Started), FinishedAt: show.Moment(r.Finished)}
	if r.Trouble.Key != "" {
		out.Trouble = locale.T(lang, r.Trouble.Key, r.Trouble.Any()...)
	}
	return out
}

type importsItem struct {
	Items    []RunItem     `json:"items"` // the newest
	Mappings []mappingItem `json:"mappings"`
}

type mappingItem struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

func (s *Service) apiImports(ctx context.Context, _ *struct{}) (out importsItem, err error) {
	lang := web.Lang(api.Request(ctx))
	err = s.DB.View(ctx, func(tx *sqldb.Tx) error {
		runs, err := Imports(tx, listedRuns)
		if err != nil {
			return err
		}
		for _, r := range runs {
			out.Items = append(out.Items, runOf(lang, r))
		}
		mappings, err := importMappings(tx)
		for _, m := range mappings {
			out.Mappings = append(out.Mappings, mappingItem{m.Code, m.Name})
		}
		return err
	})
	return out, err
}

type newImportIn struct {
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"200"`
		File    []byte `json:"file"`
		Mapping string `json:"mapping,omitempty" maxLength:"100"`
		Spec    []byte `json:"spec,omitempty"`
		Datum   string `json:"datum,omitempty" enum:"wgs84,cgcs2000,gcj02,bd09"`
	}
}

func (s *Service) apiNewImport(ctx context.Context, in *newImportIn) (RunItem, error) {
	b := in.Body
	name := path.Base(strings.ReplaceAll(b.Name, `\`, "/"))
	if len(b.File) == 0 {
		return RunItem{}, fault.Fields{{Name: "file", Key: "intake.import_file_missing"}}
	}
	if len(b.File) > importSize {
		return RunItem{}, fault.Fields{{Name: "file", Key: "sheet.file_too_large", Args: []any{importSize >> 20}}}
	}
	m, err := s.mappingFor(ctx, b.Mapping, b.Spec)
	if err != nil {
		return RunItem{}, err
	}
	if err := looksRight(name, b.File, m); err != nil {
		return RunItem{}, onField("file", err)
	}
	if m, err = m.in(b.Datum); err != nil {
		return RunItem{}, err
	}
	run, err := s.AddImport(ctx, actor.From(ctx), name, b.File, m)
	if err != nil {
		return RunItem{}, err
	}
	p := importPage{}
	err = s.readImport(ctx, run, &p)
	return runOf(web.Lang(api.Request(ctx)), p.Run), err
}

// mappingFor is an own mapping, one of the list, or none: then the columns are
// matched afterwards.
func (s *Service) mappingFor(ctx context.Context, code string, spec []byte) (*ImportMapping, error) {
	if len(spec) > 0 {
		m, err := ReadImportMapping(plainCode(or(code, "api")), spec)
		if err != nil {
			return nil, onField("spec", err)
		}
		return m, s.DB.Update(ctx, func(tx *sqldb.Tx) error { return saveMapping(tx, actor.From(ctx), m) })
	}
	if code == "" {
		return nil, nil
	}
	return s.mapping(ctx, code)
}

type runOne struct {
	RunItem
	Problems []problemItem     `json:"problems"`
	Notes    []noteOut         `json:"notes"`
	Columns  []string          `json:"columns"`
	Guess    map[string]string `json:"guess"`
	Sample   []sampleItem      `json:"sample"`
}

type problemItem struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Detail string `json:"detail"`
}

type noteOut struct {
	Detail string `json:"detail"`
	Rows   int64  `json:"rows"`
	First  int    `json:"first"`
}

type sampleItem struct {
	Row      int      `json:"row"`
	Title    string   `json:"title"`
	Status   string   `json:"status"`
	Category string   `json:"category_name"`
	Where    string   `json:"where"`
	Person   string   `json:"person"`
	Bad      []string `json:"bad"`
	Notes    []string `json:"notes"`
}

func (s *Service) apiImport(ctx context.Context, in *RunIn) (out runOne, err error) {
	p := importPage{Base: s.apiBase(ctx)}
	if err = s.readImport(ctx, in.Run, &p); err != nil {
		return out, err
	}
	if err = s.lookInto(ctx, &p); err != nil {
		return out, err
	}
	out.RunItem, out.Columns, out.Guess = runOf(p.Lang, p.Run), p.Columns, p.Matched
	for _, x := range p.Bad {
		out.Problems = append(out.Problems, problemItem{x.Row, x.Column, p.T(x.Key, x.Any()...)})
	}
	for _, x := range p.Run.Notes {
		out.Notes = append(out.Notes, noteOut{p.T(x.Key, x.Any()...), x.Rows, x.First})
	}
	for _, x := range p.Sample {
		out.Sample = append(out.Sample, sampleItem{x.Row, x.Title, x.Status, x.Category, x.Where, x.Person, x.Bad, x.Notes})
	}
	return out, nil
}

type matchIn struct {
	RunIn
	Body struct {
		Name    string            `json:"name" minLength:"1" maxLength:"60"`
		Columns map[string]string `json:"columns"`
	}
}

func (s *Service) apiMatch(ctx context.Context, in *matchIn) (api.None, error) {
	err := s.MatchImport(ctx, actor.From(ctx), in.Run, in.Body.Name, in.Body.Columns)
	fields := fault.FieldsOf(err)
	for i, f := range fields {
		if to, ok := strings.CutPrefix(f.Name, "to."); ok {
			fields[i].Name = "body.columns." + to
		}
	}
	if len(fields) > 0 {
		return api.None{}, fields
	}
	return api.None{}, err
}

type codeIn struct {
	Code string `path:"code" maxLength:"100"`
}

func (s *Service) apiMapping(ctx context.Context, in *codeIn) (api.File, error) {
	m, err := s.mapping(ctx, in.Code)
	if err != nil {
		return api.File{}, err
	}
	return api.File{Type: "application/json", Name: m.Code + ".json", Data: m.Spec}, nil
}

func (s *Service) apiTemplate(ctx context.Context, in *codeIn) (api.File, error) {
	m, err := s.mapping(ctx, in.Code)
	if err != nil {
		return api.File{}, err
	}
	var out bytes.Buffer
	err = m.Template(&out, web.Lang(api.Request(ctx)))
	return api.File{Type: workbook, Name: m.Code + ".xlsx", Data: out.Bytes()}, err
}
