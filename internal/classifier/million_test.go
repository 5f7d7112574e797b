package classifier_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gongzhi/internal/classifier"
)

// TestMillion learns from GONGZHI_DOCS messages, each put together from
// sentences of real messages of one class, and prints time and memory.
func TestMillion(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("GONGZHI_DOCS"))
	if err != nil {
		t.Skip("GONGZHI_DOCS is not set")
	}
	rng := rand.New(rand.NewPCG(3, 3))
	mixed := mixture(t)
	texts := make([]classifier.Example, n)
	letters := 0
	for i := range texts {
		texts[i] = mixed(rng)
		letters += len([]rune(texts[i].Parts[0]))
	}
	runtime.GC()
	before := processor()
	began := time.Now()
	m, err := classifier.Train(texts, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	took, cpu := time.Since(began), processor()-before
	right := 0
	for range 2000 {
		x := mixed(rng)
		if m.Guess(x.Doc, 1)[0].Class == x.Class {
			right++
		}
	}
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	fmt.Printf("%d messages of %d characters: learnt in %s, %s of processor time; at most %d MB, texts included; %.1f %% of 2,000 further ones right\n",
		n, letters/n, took.Round(time.Second), cpu.Round(time.Second), u.Maxrss/1024, float64(right)/20)
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// mixture makes messages: two to seven sentences of messages of one class.
func mixture(t *testing.T) func(*rand.Rand) classifier.Example {
	f, err := os.Open("../../../shared/data/messages/labelled.csv")
	if err != nil {
		t.Fatal("the messages are put together from real ones: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sentences := map[string][]string{}
	for _, r := range rows[1:] {
		for s := range strings.FieldsFuncSeq(r[4], func(c rune) bool { return strings.ContainsRune("。！？；\n", c) }) {
			if s = strings.TrimSpace(s); len(s) > 18 {
				sentences[r[5]] = append(sentences[r[5]], s)
			}
		}
	}
	return func(rng *rand.Rand) classifier.Example {
		class := rows[1+rng.IntN(len(rows)-1)][5]
		var b strings.Builder
		for range 2 + rng.IntN(6) {
			b.WriteString(sentences[class][rng.IntN(len(sentences[class]))])
			b.WriteString("。")
		}
		return classifier.Example{Doc: classifier.Doc{Parts: []string{b.String()}}, Class: class}
	}
}
