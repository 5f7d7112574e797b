package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/app"
	"gongzhi/internal/config"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake"
	"gongzhi/internal/locale"
	"gongzhi/internal/sheet"
)

// bring takes a file of another system in: gongzhi import requests … FILE.
func bring(ctx context.Context, e env, args []string) error {
	if len(args) == 0 || args[0] != "requests" {
		return errors.New("usage: gongzhi import requests --db URL --mapping FILE [--dry-run] [--json] FILE")
	}
	w := bringing{env: e}
	var mapping, lang string
	c, rest, err := config.Load("gongzhi import requests", args[1:], e.vars, e.err, func(fs *flag.FlagSet) {
		fs.StringVar(&mapping, "mapping", "", "`FILE` that says which column is what, or the name of one that comes with the program")
		fs.BoolVar(&w.dry, "dry-run", false, "check all rows and write nothing")
		fs.BoolVar(&w.json, "json", false, "report as JSON")
		fs.StringVar(&lang, "lang", "zh", "language of the report: zh or en")
	})
	if err != nil {
		return err
	}
	if len(rest) != 1 || mapping == "" {
		return errors.New("import requests takes one file and --mapping")
	}
	if w.lang = locale.ZH; lang == "en" {
		w.lang = locale.EN
	}
	w.file = rest[0]
	if w.mapping, err = findMapping(mapping); err != nil {
		return w.plain(err)
	}
	return w.plain(w.run(ctx, c))
}

// findMapping reads a mapping file, or takes one that comes with the program.
func findMapping(name string) (*intake.ImportMapping, error) {
	code := strings.TrimSuffix(filepath.Base(name), ".json")
	spec, err := os.ReadFile(name)
	if err == nil {
		return intake.ReadImportMapping(code, spec)
	}
	kept, also := intake.KeptMappings()
	if i := slices.IndexFunc(kept, func(m *intake.ImportMapping) bool { return m.Code == code }); i >= 0 {
		return kept[i], nil
	}
	return nil, errors.Join(err, also)
}

// bringing is one use of the command.
type bringing struct {
	env
	file      string
	mapping   *intake.ImportMapping
	dry, json bool
	lang      locale.Lang
	problems  []problem
}

type problem struct {
	Row     int    `json:"row"`
	Column  string `json:"column"`
	Value   string `json:"value"`
	Message string `json:"message"`
}

type note struct {
	Rows    int64  `json:"rows"`
	First   int    `json:"first_row"`
	Column  string `json:"column"`
	Message string `json:"message"`
}

type report struct {
	File     string    `json:"file"`
	Mapping  string    `json:"mapping"`
	DryRun   bool      `json:"dry_run"`
	Rows     int64     `json:"rows"`
	Imported int64     `json:"imported"`
	Existing int64     `json:"existing"`
	Refused  int64     `json:"refused"`
	Repeats  int64     `json:"repeats"`
	Problems []problem `json:"problems"`
	Notes    []note    `json:"notes"`
	Seconds  float64   `json:"seconds"`
	Speed    float64   `json:"rows_per_second"`
	Error    string    `json:"error,omitempty"`
}

func (w *bringing) run(ctx context.Context, c *config.Config) error {
	f, err := os.Open(w.file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, c, app.Options{})
	if err != nil {
		return err
	}
	defer a.Close()
	started := time.Now()
	run, err := a.Intake.Import(ctx, actor.System, intake.ImportFile{Name: filepath.Base(w.file), File: f, Size: info.Size(), Mapping: w.mapping,
		DryRun: w.dry, Progress: w.progress(), Problem: w.problem})
	r := w.report(run, time.Since(started))
	if err != nil {
		r.Error = w.sentence(err)
	}
	if err == nil || w.json {
		err = errors.Join(err, w.write(r, run))
	}
	if err != nil || w.dry {
		return err
	}
	fmt.Fprintln(w.err, locale.T(w.lang, "intake.import_cli_index"))
	return a.Settle(ctx)
}

// progress tells now and then how far it has come.
func (w *bringing) progress() func(intake.ImportRun) {
	last := time.Now()
	return func(r intake.ImportRun) {
		if time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintln(w.err, locale.T(w.lang, "intake.import_cli_progress", int(r.Rows), int(r.Total), int(r.Imported), int(r.Existing), int(r.Refused)))
	}
}

func (w *bringing) problem(p sheet.Problem) {
	w.problems = append(w.problems, problem{p.Row, p.Column, p.Value, locale.T(w.lang, p.Key, p.Args...)})
}

func (w *bringing) report(run intake.ImportRun, took time.Duration) report {
	r := report{File: w.file, Mapping: run.Mapping, DryRun: w.dry, Rows: run.Rows, Imported: run.Imported, Existing: run.Existing, Refused: run.Refused,
		Repeats: run.Repeats, Problems: w.problems, Notes: []note{}, Seconds: took.Seconds(), Speed: float64(run.Rows) / took.Seconds()}
	if r.Problems == nil {
		r.Problems = []problem{}
	}
	for _, n := range run.Notes {
		r.Notes = append(r.Notes, note{n.Rows, n.First, n.Column, locale.T(w.lang, n.Key, n.Any()...)})
	}
	return r
}

func (w *bringing) write(r report, run intake.ImportRun) error {
	if w.json {
		out := json.NewEncoder(w.out)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	t := func(key string, args ...any) { fmt.Fprintln(w.out, locale.T(w.lang, key, args...)) }
	for _, p := range r.Problems {
		t("intake.import_cli_row", strconv.Itoa(p.Row), p.Column, p.Message)
	}
	for _, n := range r.Notes {
		t("intake.import_cli_note", int(n.Rows), n.Column, n.Message, strconv.Itoa(n.First))
	}
	t("intake.import_cli_summary", run.Name, int(r.Rows), int(r.Imported), int(r.Existing), int(r.Refused), fmt.Sprintf("%.1f", r.Seconds), int(r.Speed))
	if w.dry {
		t("intake.import_cli_dry")
	}
	return nil
}

// sentence is an error in words for people where there are some.
func (w *bringing) sentence(err error) string {
	if key, args := fault.KeyOf(err); key != "" && locale.Has(w.lang, key) {
		return locale.T(w.lang, key, args...)
	}
	return err.Error()
}

func (w *bringing) plain(err error) error {
	if key, _ := fault.KeyOf(err); key == "" || err == nil {
		return err
	}
	return fmt.Errorf("%s: %s", w.file, w.sentence(err))
}
