package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/score"
	"gongzhi/internal/sheet"
)

// assessments are the commands on tables of figures: gongzhi assess NAME ….
func assessments() []measure {
	return []measure{{"score", assessScore}, {"rates", assessRates}, {"rank", assessRank}}
}

// assess scores, reckons rates and ranks. It reads no database.
func assess(ctx context.Context, e env, args []string) error {
	var names []string
	for _, m := range assessments() {
		if len(args) > 0 && m.name == args[0] {
			return m.run(ctx, e, args[1:])
		}
		names = append(names, m.name)
	}
	return errors.New("usage: gongzhi assess " + strings.Join(names, "|") + " --input FILE … (each tells its flags and columns with --help)")
}

// assessing is one use of such a command.
type assessing struct {
	env
	fs    *flag.FlagSet
	input string
	lang  locale.Lang
}

// assessFlags are the flags of all of them. --json is taken and changes nothing:
// the answer is always JSON.
func assessFlags(e env, name, columns string) *assessing {
	w := &assessing{env: e, fs: flag.NewFlagSet("gongzhi assess "+name, flag.ContinueOnError), lang: locale.ZH}
	w.fs.SetOutput(e.err)
	w.fs.StringVar(&w.input, "input", "", "`table` of figures, CSV or Excel; lines that begin with # are comments")
	w.fs.Bool("json", true, "the answer as JSON, which it always is")
	w.fs.Func("lang", "`language` of what is said: zh or en (default zh)", func(s string) error {
		if s != string(locale.ZH) && s != string(locale.EN) {
			return errors.New("zh or en")
		}
		w.lang = locale.Lang(s)
		return nil
	})
	w.fs.Usage = func() {
		fmt.Fprintf(e.err, "gongzhi assess %s --input FILE …\n\n", name)
		w.fs.PrintDefaults()
		fmt.Fprintln(e.err, columns)
	}
	return w
}

// parse reads the flags; the table may also be named without one.
func (w *assessing) parse(args []string) error {
	if err := w.fs.Parse(args); err != nil {
		return err
	}
	if w.input == "" {
		w.input = w.fs.Arg(0)
	}
	if w.input == "" {
		return errors.New(w.t("score.cli_no_input"))
	}
	return nil
}

func (w *assessing) t(key string, args ...any) string { return locale.T(w.lang, key, args...) }

// sentence is an error in words for people where there are some.
func (w *assessing) sentence(err error) string {
	if key, args := fault.KeyOf(err); key != "" && locale.Has(w.lang, key) {
		return w.t(key, args...)
	}
	return err.Error()
}

// say names the file in an error.
func (w *assessing) say(file string, err error) error {
	if err == nil {
		return nil
	}
	var fields fault.Fields
	if errors.As(err, &fields) { // of a scheme: every place that is wrong
		lines := make([]string, len(fields))
		for i, f := range fields {
			lines[i] = file + ": " + f.Name + ": " + w.t(f.Key, f.Args...)
		}
		return errors.New(strings.Join(lines, "\n"))
	}
	return fmt.Errorf("%s: %s", file, w.sentence(err))
}

// mostTable is how large a table may be.
const mostTable = 64 << 20

// table reads the input. known are headers by which the header row is found.
func (w *assessing) table(known []string) (t score.Table, problems []score.Problem, err error) {
	f, err := os.Open(w.input)
	if err != nil {
		return t, nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, mostTable+1))
	if err != nil {
		return t, nil, err
	}
	raw = withoutRemarks(raw)
	r, err := sheet.Open(filepath.Base(w.input), bytes.NewReader(raw), int64(len(raw)), sheet.Options{Columns: known, MaxBytes: mostTable})
	if err != nil {
		return t, nil, w.say(w.input, err)
	}
	defer r.Close()
	t.Header = r.Header.Names
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return t, problems, nil
		}
		if err != nil {
			return t, nil, w.say(w.input, err)
		}
		if strings.HasPrefix(strings.TrimSpace(row.Cells[0]), "#") {
			continue
		}
		if p := row.Ragged; p != nil {
			problems = append(problems, score.Problem{Row: row.Number, Err: fault.New(fault.Invalid, p.Key, nil, p.Args...)})
		}
		t.Rows = append(t.Rows, score.TableRow{Number: row.Number, Cells: row.Cells})
	}
}

// withoutRemarks empties the lines with # above the header: a long remark with
// commas would look like one. The lines stay, so that rows keep their numbers.
func withoutRemarks(raw []byte) []byte {
	if bytes.HasPrefix(raw, []byte("PK")) {
		return raw // a workbook
	}
	body := bytes.TrimPrefix(raw, []byte("\ufeff"))
	var out []byte
	for bytes.HasPrefix(body, []byte("#")) {
		end := bytes.IndexByte(body, '\n')
		if end < 0 {
			return out
		}
		out, body = append(out, '\n'), body[end+1:]
	}
	return append(out, body...)
}

// problems are the cells that cannot be used, in words.
func (w *assessing) problems(list []score.Problem) []problem {
	out := make([]problem, len(list))
	for i, p := range list {
		out[i] = problem{p.Row, p.Column, p.Value, w.sentence(p.Err)}
	}
	return out
}

// refuse prints what is wrong with the table, for people and as JSON, and ends
// with an error: where one figure is wrong every rank may be.
func (w *assessing) refuse(list []score.Problem) error {
	said := w.problems(list)
	for _, p := range said {
		fmt.Fprintln(w.err, w.t("score.cli_problem", w.input, fmt.Sprint(p.Row), p.Column, p.Message))
	}
	err := errors.New(w.t("score.cli_problems", w.input, len(said)))
	return errors.Join(w.print(map[string]any{"file": w.input, "error": err.Error(), "problems": said}), err)
}

func (w *assessing) print(v any) error {
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// scheme is the one of a file, or one that comes with the program.
func (w *assessing) scheme(name string) (*score.Scheme, error) {
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		s, err := score.Read(f)
		return s, w.say(name, err)
	}
	s, there, also := score.Template(name)
	if there || !errors.Is(err, os.ErrNotExist) {
		return s, w.say(name, also)
	}
	return nil, errors.New(w.t("score.cli_no_scheme", name, strings.Join(score.Templates(), ", ")))
}
