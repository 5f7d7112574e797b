package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/place/mention"
	"gongzhi/internal/sheet"
)

// files is a flag that may be given several times.
type files []string

func (f *files) String() string     { return strings.Join(*f, ",") }
func (f *files) Set(s string) error { *f = append(*f, s); return nil }

// foundPlace is one place of a row, as gongzhi eval places prints it.
type foundPlace struct {
	Span       [2]int      `json:"span"` // bytes of the columns' texts, each on a line
	Text       string      `json:"text"`
	Kind       string      `json:"kind"`
	Number     string      `json:"number,omitempty"`
	Known      bool        `json:"known"`
	Candidates []candidate `json:"candidates"`
}

type candidate struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Code string `json:"code,omitempty"`
}

type foundRow struct {
	ID     string       `json:"id"`
	Places []foundPlace `json:"places"`
}

// finding is one use of the command.
type finding struct {
	gazetteer *mention.Gazetteer
	id        string
	texts     []string
	rows      []foundRow
	spent     time.Duration
}

// evalPlaces finds the places in a column of texts; with labels it says how
// often it is right.
func evalPlaces(_ context.Context, e env, args []string) error {
	fs := evalFlags(e, "places")
	file, text, id := fs.String("file", "", "table, CSV or Excel"), fs.String("text", "", "`columns` of the text, with commas between"), fs.String("id", "", "`column` that names a row; without it rows are numbered")
	labels, hold := fs.String("labels", "", "table of the right answers: the id's column or id, and place"), fs.Int("hold", 0, "every so many-th labelled text is held out and counted apart")
	wrong := fs.Bool("errors", false, "list what was missed and what was too much, without those held out")
	var gazetteers files
	fs.Var(&gazetteers, "gazetteer", "table of places with name, and kind, code and aliases when there are any; may be given again")
	if err := fs.Parse(args); err != nil {
		return err
	}
	w := finding{id: *id, texts: columns(*text)}
	if *file == "" || len(w.texts) == 0 || len(gazetteers) == 0 || *labels != "" && *id == "" {
		return errors.New("eval places needs --file, --text and --gazetteer, and --id with --labels")
	}
	var err error
	if w.gazetteer, err = readGazetteer(gazetteers); err != nil {
		return err
	}
	right, err := readLabels(*labels, *id)
	if err != nil {
		return err
	}
	if err := w.find(*file, right); err != nil {
		return err
	}
	if right == nil {
		return e.answer(map[string]any{"rows": w.rows, "gazetteer": w.gazetteer.Size(), "docs_per_second": w.speed()})
	}
	return e.answer(w.score(right, *hold, *wrong))
}

// find reads the table; with labels only the rows that have some.
func (w *finding) find(path string, only map[string][]string) error {
	need := w.texts
	if w.id != "" {
		need = append([]string{w.id}, need...)
	}
	return readTable(path, need, func(row sheet.Row) error {
		r := foundRow{ID: strconv.Itoa(row.Number), Places: []foundPlace{}}
		if w.id != "" {
			r.ID = strings.TrimSpace(row.Get(w.id))
		}
		if _, ok := only[r.ID]; only != nil && !ok {
			return nil
		}
		text := strings.Join(cells(row, w.texts), "\n")
		began := time.Now()
		found := w.gazetteer.Find(text)
		w.spent += time.Since(began)
		for _, m := range found {
			r.Places = append(r.Places, printed(m))
		}
		w.rows = append(w.rows, r)
		return nil
	})
}

func printed(m mention.Mention) foundPlace {
	p := foundPlace{Span: [2]int{m.Start, m.End}, Text: m.Text, Kind: m.Kind, Number: m.Number, Known: m.Known, Candidates: []candidate{}}
	for _, c := range m.Candidates {
		p.Candidates = append(p.Candidates, candidate{c.Name, c.Kind, c.Code})
	}
	return p
}

func (w *finding) speed() float64 {
	if w.spent == 0 {
		return 0
	}
	return float64(len(w.rows)) / w.spent.Seconds()
}

// readGazetteer reads tables of places. Without a kind the ending of a name
// tells it.
func readGazetteer(paths []string) (*mention.Gazetteer, error) {
	var out []mention.Entry
	for _, path := range paths {
		err := readTable(path, []string{"name"}, func(row sheet.Row) error {
			e := mention.Entry{Name: strings.TrimSpace(row.Get("name")), Kind: strings.TrimSpace(row.Get("kind")), Code: strings.TrimSpace(row.Get("code"))}
			e.Aliases = strings.FieldsFunc(row.Get("aliases"), func(r rune) bool { return strings.ContainsRune("、,，;；|", r) })
			if e.Name != "" {
				out = append(out, e)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read gazetteer: %w", err)
		}
	}
	return mention.New(out), nil
}

// readLabels reads the right answers: row id → places, empty when it names none.
func readLabels(path, id string) (map[string][]string, error) {
	if path == "" {
		return nil, nil
	}
	out := map[string][]string{}
	err := readTable(path, []string{"place"}, func(row sheet.Row) error {
		key := row.Get(id)
		if key == "" {
			key = row.Get("id")
		}
		if key = strings.TrimSpace(key); key == "" {
			return fmt.Errorf("row %d of the labels has no id", row.Number)
		}
		out[key] = append(out[key], row.Get("place"))
		return nil
	})
	for key, places := range out {
		out[key] = slices.DeleteFunc(places, func(p string) bool { return p == "" })
	}
	return out, err
}
