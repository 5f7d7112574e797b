package command

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"gongzhi/internal/reply"
	"gongzhi/internal/sheet"
)

// replies is what gongzhi eval replies prints.
type replies struct {
	Rows       int                    `json:"rows"`
	Flagged    int                    `json:"flagged"` // rows with at least one warning
	Demands    int                    `json:"demands"`
	Seconds    float64                `json:"seconds"`
	PerReplyMS float64                `json:"ms_per_reply"`
	Kinds      map[reply.Kind]replied `json:"kinds"`
	Judged     *judgedReplies         `json:"judged,omitempty"`
	Sample     []sampled              `json:"sample,omitempty"`
}

// replied is one kind of finding.
type replied struct {
	Level    string    `json:"level"`
	Found    int       `json:"found"`
	Rows     int       `json:"rows"`
	Examples []example `json:"examples,omitempty"`
}

// example is one finding of a row.
type example struct {
	Row     string `json:"row"`
	In      string `json:"in,omitempty"`
	About   string `json:"about,omitempty"`
	Passage string `json:"passage,omitempty"`
}

// sampled is a finding drawn for somebody to judge, with a mark instead of its
// words by which a judgement finds it again.
type sampled struct {
	Row     string     `json:"row"`
	Kind    reply.Kind `json:"kind"`
	Mark    string     `json:"mark"`
	About   string     `json:"about,omitempty"`
	Passage string     `json:"passage,omitempty"`
	Request string     `json:"request"`
	Reply   string     `json:"reply"`
}

// judgedReplies is how the findings stand against what a person said of them.
type judgedReplies struct {
	Right     int                       `json:"right"`
	Wrong     int                       `json:"wrong"`
	Gone      int                       `json:"gone"` // judged, and no longer made
	Precision float64                   `json:"precision"`
	Kinds     map[reply.Kind]judgedKind `json:"kinds"`
}

type judgedKind struct {
	Right     int     `json:"right"`
	Wrong     int     `json:"wrong"`
	Precision float64 `json:"precision"`
}

// replying is one use of the command.
type replying struct {
	check      *reply.Checker
	id, answer string
	request    []string
	examples   int
	out        replies
	seen       map[verdict]bool
	pool       []sampled
	keep       func(id string) bool
}

// verdict names one finding without its words.
type verdict struct {
	row, mark string
	kind      reply.Kind
}

// evalReplies checks the answers of a table, and says how often a person agreed.
func evalReplies(_ context.Context, e env, args []string) error {
	fs := evalFlags(e, "replies")
	file, request, answer := fs.String("file", "", "table, CSV or Excel"), fs.String("request", "", "`columns` of what was asked, the title first, with commas between"), fs.String("reply", "", "`column` of the answer")
	id, examples := fs.String("id", "", "`column` that names a row; without it rows are numbered"), fs.Int("examples", 3, "how many findings of each kind are shown")
	labels := fs.String("judged", "", "table of judgements: id, kind, mark, right; the answer then tells the precision")
	draw, seed := fs.Int("draw", 0, "so many findings are drawn for a person to judge, as evenly over the kinds as there are"), fs.Uint64("seed", 1, "of the draw")
	held := fs.Int("held", 0, "draw only from each so many-th row, for which nothing was tuned; 0 from all")
	if err := fs.Parse(args); err != nil {
		return err
	}
	w := &replying{check: reply.New(nil), id: *id, answer: *answer, request: columns(*request), examples: *examples, seen: map[verdict]bool{}}
	if *file == "" || len(w.request) == 0 || *answer == "" {
		return errors.New("eval replies needs --file, --request and --reply")
	}
	w.out.Kinds = map[reply.Kind]replied{}
	n := 0
	w.keep = func(string) bool { n++; return *held == 0 || n%*held == 0 }
	if err := w.read(*file); err != nil {
		return err
	}
	if *labels != "" {
		if err := w.judge(*labels); err != nil {
			return err
		}
	}
	if *draw > 0 {
		w.out.Sample = drawn(w.pool, *draw, *seed)
	}
	return e.answer(w.out)
}

func (w *replying) read(path string) error {
	need := append(slices.Clone(w.request), w.answer)
	if w.id != "" {
		need = append(need, w.id)
	}
	var spent time.Duration
	err := readTable(path, need, func(row sheet.Row) error {
		x := reply.Case{Request: cells(row, w.request), Answer: row.Get(w.answer)}
		id := strconv.Itoa(row.Number)
		if w.id != "" {
			id = row.Get(w.id)
		}
		began := time.Now()
		r := w.check.Read(x)
		spent += time.Since(began)
		w.count(id, x, r)
		return nil
	})
	w.out.Seconds = spent.Seconds()
	w.out.PerReplyMS = spent.Seconds() * 1000 / float64(max(w.out.Rows, 1))
	return err
}

func (w *replying) count(id string, x reply.Case, r reply.Report) {
	w.out.Rows++
	w.out.Demands += r.Demands
	if r.Warns() {
		w.out.Flagged++
	}
	rows, pick := map[reply.Kind]bool{}, w.keep(id)
	for _, f := range r.Findings {
		k := w.out.Kinds[f.Kind]
		k.Level, k.Found = f.Level, k.Found+1
		if !rows[f.Kind] {
			k.Rows++
		}
		if len(k.Examples) < w.examples && !rows[f.Kind] {
			k.Examples = append(k.Examples, example{id, f.In, f.About, f.Passage})
		}
		rows[f.Kind], w.out.Kinds[f.Kind] = true, k
		m := mark(f)
		w.seen[verdict{id, m, f.Kind}] = true
		if pick {
			w.pool = append(w.pool, sampled{id, f.Kind, m, f.About, f.Passage, x.Request[len(x.Request)-1], x.Answer})
		}
	}
}

// mark stands for the words of a finding in a list of judgements, which may hold
// nothing of the texts themselves.
func mark(f reply.Finding) string {
	h := fnv.New32a()
	h.Write([]byte(f.About + "\n" + f.Passage)) // never fails
	return fmt.Sprintf("%08x", h.Sum32())
}

// drawn takes one of each kind in turn, each kind in an order of the seed.
func drawn(pool []sampled, n int, seed uint64) []sampled {
	rnd := rand.New(rand.NewPCG(seed, seed))
	byKind := map[reply.Kind][]sampled{}
	known := map[verdict]bool{}
	for _, s := range pool {
		if same := (verdict{mark: s.Mark, kind: s.Kind}); !known[same] { // one answer that was given thirty times is judged once
			known[same] = true
			byKind[s.Kind] = append(byKind[s.Kind], s)
		}
	}
	for _, k := range reply.Kinds {
		rnd.Shuffle(len(byKind[k]), func(i, j int) { byKind[k][i], byKind[k][j] = byKind[k][j], byKind[k][i] })
	}
	var out []sampled
	for at := 0; len(out) < n && at < len(pool); at++ {
		for _, k := range reply.Kinds {
			if at < len(byKind[k]) && len(out) < n {
				out = append(out, byKind[k][at])
			}
		}
	}
	return out
}

// judge counts what a person said of findings that are still made.
func (w *replying) judge(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	if _, err := r.Read(); err != nil {
		return fmt.Errorf("read judgements: %w", err)
	}
	j := &judgedReplies{Kinds: map[reply.Kind]judgedKind{}}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read judgements: %w", err)
		}
		j.take(w.seen, verdict{row[0], row[2], reply.Kind(row[1])}, row[3] == "right")
	}
	j.Precision = share(j.Right, j.Wrong)
	w.out.Judged = j
	return nil
}

func (j *judgedReplies) take(seen map[verdict]bool, v verdict, right bool) {
	if !seen[v] {
		j.Gone++
		return
	}
	k := j.Kinds[v.kind]
	if right {
		j.Right, k.Right = j.Right+1, k.Right+1
	} else {
		j.Wrong, k.Wrong = j.Wrong+1, k.Wrong+1
	}
	k.Precision = share(k.Right, k.Wrong)
	j.Kinds[v.kind] = k
}

func share(right, wrong int) float64 {
	if right+wrong == 0 {
		return 0
	}
	return float64(right) / float64(right+wrong)
}
