package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/classifier"
	"gongzhi/internal/sheet"
)

// classified is what gongzhi eval classify prints. With folds each figure but
// ece is the mean over them; ece is of all their answers together, as one fold is
// too small to tell chance from error.
type classified struct {
	MacroF1    float64             `json:"macro_f1"`
	Accuracy   float64             `json:"accuracy"`
	Top3       float64             `json:"top3"`
	ECE        float64             `json:"ece"`
	PerClass   map[string]perClass `json:"per_class"`
	TrainSecs  float64             `json:"train_seconds"`
	DocsPerSec float64             `json:"predict_docs_per_second"` // of one goroutine
	Train      int                 `json:"train_docs"`
	Test       int                 `json:"test_docs"`
	Unlabelled int                 `json:"unlabelled_docs"`
	Folds      []float64           `json:"macro_f1_of_folds,omitempty"`
}

type perClass struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Docs      int     `json:"docs"`
}

// classifying is what the command line asks for.
type classifying struct {
	text       []string
	label      string
	learn      int // at most so many examples of a training set, 0 all
	folds      int
	seeds      []uint64
	train      []classifier.Example
	test       []classifier.Example
	unlabelled []classifier.Doc
}

func evalClassify(_ context.Context, e env, args []string) error {
	fs := evalFlags(e, "classify")
	train, test := fs.String("train", "", "table of examples, CSV or Excel"), fs.String("test", "", "table to be judged by, or --folds")
	var more files
	fs.Var(&more, "unlabelled", "table of texts without a class; several are allowed. Texts that the examples have too are left out")
	text, label := fs.String("text", "", "`columns` of the text, the title first, with commas between"), fs.String("label", "", "`column` of the class")
	folds, seed := fs.Int("folds", 0, "judge by so many folds of --train"), fs.Uint64("seed", 0, "how the folds fall")
	write := fs.String("write-folds", "", "write which row is in which fold to this CSV `file`, for other systems")
	repeat, learn := fs.Int("repeat", 1, "folds of so many seeds, from --seed on"), fs.Int("learn", 0, "learn from at most so many examples, for a learning curve")
	if err := fs.Parse(args); err != nil {
		return err
	}
	c := classifying{text: columns(*text), label: *label, learn: *learn, folds: *folds}
	if *train == "" || len(c.text) == 0 || c.label == "" || (*test == "") == (c.folds < 2) {
		return errors.New("eval classify needs --train, --text, --label, and either --test or --folds of 2 or more")
	}
	for i := range *repeat {
		c.seeds = append(c.seeds, *seed+uint64(i))
	}
	if err := c.read(*train, *test, more); err != nil {
		return err
	}
	if *write != "" {
		if err := c.writeFolds(*write); err != nil {
			return err
		}
	}
	out, err := c.run()
	if err != nil {
		return err
	}
	return e.answer(out)
}

func (c *classifying) read(train, test string, more []string) error {
	var err error
	if c.train, err = c.examples(train); err != nil {
		return err
	}
	if test != "" {
		if c.test, err = c.examples(test); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for _, x := range slices.Concat(c.train, c.test) {
		seen[bare(x.Parts)], seen[bare(x.Parts[len(x.Parts)-1:])] = true, true
	}
	for _, path := range more {
		err := readTable(path, c.text, func(row sheet.Row) error {
			d := classifier.Doc{Parts: cells(row, c.text)}
			whole, body := bare(d.Parts), bare(d.Parts[len(d.Parts)-1:])
			if !seen[whole] && !seen[body] {
				seen[whole] = true
				c.unlabelled = append(c.unlabelled, d)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
	return nil
}

// bare is a text without its blanks: what makes two texts the same one.
func bare(parts []string) string { return strings.Join(strings.Fields(strings.Join(parts, "")), "") }

func (c *classifying) examples(path string) ([]classifier.Example, error) {
	var out []classifier.Example
	err := readTable(path, append([]string{c.label}, c.text...), func(row sheet.Row) error {
		if class := strings.TrimSpace(row.Get(c.label)); class != "" {
			out = append(out, classifier.Example{Doc: classifier.Doc{Parts: cells(row, c.text)}, Class: class})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return out, nil
}

func (c *classifying) writeFolds(path string) error {
	var b strings.Builder
	b.WriteString("seed,row,fold\n")
	for _, seed := range c.seeds {
		for i, fold := range folded(c.train, c.folds, seed) {
			fmt.Fprintf(&b, "%d,%d,%d\n", seed, i, fold)
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

func (c *classifying) run() (classified, error) {
	total := classified{PerClass: map[string]perClass{}, Unlabelled: len(c.unlabelled)}
	var all judged
	if c.folds == 0 {
		return total, c.one(&total, &all, c.train, c.test)
	}
	for _, seed := range c.seeds {
		fold := folded(c.train, c.folds, seed)
		for k := range c.folds {
			var train, test []classifier.Example
			for i, x := range c.train {
				if fold[i] == k {
					test = append(test, x)
				} else {
					train = append(train, x)
				}
			}
			if err := c.one(&total, &all, train, test); err != nil {
				return total, err
			}
		}
	}
	n := float64(len(total.Folds))
	total.MacroF1, total.Accuracy, total.Top3, total.TrainSecs, total.DocsPerSec = total.MacroF1/n, total.Accuracy/n, total.Top3/n, total.TrainSecs/n, total.DocsPerSec/n
	return total, nil
}

// one trains and judges once and adds the figures.
func (c *classifying) one(total *classified, all *judged, train, test []classifier.Example) error {
	if c.learn > 0 && c.learn < len(train) {
		train = some(train, c.learn)
	}
	began := time.Now()
	m, err := classifier.Train(train, c.unlabelled, nil)
	if err != nil {
		return inWords(err)
	}
	total.TrainSecs += time.Since(began).Seconds()
	var own judged
	for _, x := range test {
		own.add(x.Class, m.Guess(x.Doc, 3))
	}
	all.list = append(all.list, own.list...)
	f1, _ := own.perClass()
	total.MacroF1, total.Accuracy, total.Top3 = total.MacroF1+f1, total.Accuracy+own.within(1), total.Top3+own.within(3)
	total.Folds, total.Train, total.Test = append(total.Folds, f1), len(train), total.Test+len(test)
	total.DocsPerSec += speed(m, test)
	total.ECE = all.ece()
	_, total.PerClass = all.perClass()
	return nil
}

// speed is how many texts one goroutine puts into a class in a second, the best
// of some rounds.
func speed(m *classifier.Model, test []classifier.Example) float64 {
	r := m.NewReader()
	best := 0.0
	for range 5 {
		began, n := time.Now(), 0
		for time.Since(began) < 100*time.Millisecond {
			for _, x := range test {
				r.Top(x.Doc)
			}
			n += len(test)
		}
		best = max(best, float64(n)/time.Since(began).Seconds())
	}
	return best
}

// folded gives each example its fold, so that every class is spread evenly.
func folded(all []classifier.Example, folds int, seed uint64) []int {
	order := rand.New(rand.NewPCG(seed, 0)).Perm(len(all))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all[a].Class, all[b].Class) })
	out := make([]int, len(all))
	for i, x := range order {
		out[x] = i % folds
	}
	return out
}

// some are n of the examples, each class in its share.
func some(all []classifier.Example, n int) []classifier.Example {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b classifier.Example) int { return cmp.Compare(a.Class, b.Class) })
	out := make([]classifier.Example, n)
	for i := range out {
		out[i] = sorted[i*len(sorted)/n]
	}
	return out
}

// judged are answers beside the truth.
type judged struct{ list []judgement }

type judgement struct {
	class   string
	guesses []classifier.Guess
}

func (j *judged) add(class string, g []classifier.Guess) {
	j.list = append(j.list, judgement{class, g})
}

// within is the share whose class is among the first n guesses.
func (j *judged) within(n int) float64 {
	right := 0
	for _, x := range j.list {
		for _, g := range x.guesses[:min(n, len(x.guesses))] {
			if g.Class == x.class {
				right++
			}
		}
	}
	return ratio(right, len(j.list))
}

// ece is the expected calibration error over fifteen equal bins (Guo et al. 2017).
func (j *judged) ece() float64 {
	const bins = 15
	var sure, right, n [bins]float64
	for _, x := range j.list {
		if len(x.guesses) == 0 {
			continue
		}
		g := x.guesses[0]
		b := min(int(g.P*bins), bins-1)
		n[b]++
		sure[b] += g.P
		if g.Class == x.class {
			right[b]++
		}
	}
	sum := 0.0
	for b := range n {
		if d := sure[b] - right[b]; d < 0 {
			sum -= d
		} else {
			sum += d
		}
	}
	return sum / float64(len(j.list))
}

// perClass is the mean of the classes' F1 and each class's figures.
func (j *judged) perClass() (macro float64, out map[string]perClass) {
	hit, said, is := map[string]int{}, map[string]int{}, map[string]int{}
	for _, x := range j.list {
		is[x.class]++
		if len(x.guesses) == 0 {
			continue
		}
		said[x.guesses[0].Class]++
		if x.guesses[0].Class == x.class {
			hit[x.class]++
		}
	}
	out = map[string]perClass{}
	for class, n := range is {
		p := perClass{ratio(hit[class], said[class]), ratio(hit[class], n), ratio(2*hit[class], said[class]+n), n}
		out[class] = p
		macro += p.F1 / float64(len(is))
	}
	return macro, out
}
