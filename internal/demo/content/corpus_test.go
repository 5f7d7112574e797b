package content

import (
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T) *City {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// someplace is a place of a made-up street, known as well as a caller tells it.
func someplace(rng *rand.Rand) Slots {
	any := func(list ...string) string { return list[rng.IntN(len(list))] }
	return Slots{
		District: any("南湖区", "江北区", "云台区", "泽东区"), Street: any("文昌街道", "江滨街道", "云台街道"),
		Community: any("梧桐社区", "花园社区", "滨江社区"), Estate: any("", "梧桐苑", "清水湾", "锦江花园"),
		Road: any("梧桐路", "文昌街", "江滨大道", "云台路"), Near: any("", "菜场北门", "小学门口"),
		Channel: Draw(rng, ChannelShares),
	}
}

func TestEveryLeafHasPhrasesEnough(t *testing.T) {
	c := load(t)
	for _, k := range c.Leaves() {
		p, ok := c.phrases[k.Code]
		if !ok || len(p.Say) < 4 || len(p.Short) == 0 || len(p.Why) == 0 || len(p.Found) == 0 || len(p.Did) == 0 {
			t.Errorf("%s %s: phrases %+v", k.Code, k.Name, p)
		}
	}
	if len(c.phrases) != len(c.Leaves()) {
		t.Errorf("got phrases for %d leaves of %d", len(c.phrases), len(c.Leaves()))
	}
}

func TestEveryHoleIsKnown(t *testing.T) {
	c := load(t)
	check := func(where, text string) {
		if strings.Count(text, "〔") != strings.Count(text, "〕") {
			t.Errorf("%s: a bracket is not closed", where)
		}
		for {
			from, to := strings.Index(text, "{"), strings.Index(text, "}")
			if from < 0 || to < from {
				break
			}
			if name := text[from+1 : to]; !c.knownHole(name) {
				t.Errorf("%s: nothing is called %q", where, name)
			}
			text = text[to+1:]
		}
	}
	walk := func(lists ...any) {
		for _, l := range lists {
			switch l := l.(type) {
			case []string:
				for _, text := range l {
					check(text, text)
				}
			case map[string][]string:
				for _, list := range l {
					for _, text := range list {
						check(text, text)
					}
				}
			}
		}
	}
	for _, p := range c.phrases {
		walk(p.Short, p.Say, p.Why, p.Found, p.Did)
	}
	o := c.common
	walk(o.Open, o.Record, o.Since, o.Tried, o.Wish, o.Close, o.Extra, o.Instead, o.Records, o.Publics, o.Told,
		o.Answers, o.Explain, o.Direct, o.Returns, o.Extensions, o.Holds, o.Remarks, o.Unhappy)
}

// Six thousand requests, as many as the demonstration city has, must read like
// six thousand people.
func TestRequestsOfACityReadLikeDifferentPeople(t *testing.T) {
	c := load(t)
	rng := rand.New(rand.NewPCG(1, 2))
	bodies := map[string]int{}
	leaves := map[string]bool{}
	const n = 6000
	for i := range n {
		leaf, kind := c.Matter(rng, Season{Month: time.Month(9 + i%3), Storm: i%40 == 0})
		title, body := c.RequestOf(rng, leaf, kind, someplace(rng))
		bodies[body]++
		leaves[leaf.Code] = true
		if length := utf8.RuneCountInString(body); length < 16 || length > 200 {
			t.Errorf("%s %s: %d characters: %s", leaf.Code, leaf.Name, length, body)
		}
		if length := utf8.RuneCountInString(title); length < 4 || length > 32 {
			t.Errorf("%s: title of %d characters: %s", leaf.Code, length, title)
		}
		if strings.ContainsAny(title+body, "{}〔〕") || strings.Contains(body, "。。") || strings.Contains(body, "，。") {
			t.Errorf("%s: a hole is left: %s | %s", leaf.Code, title, body)
		}
	}
	if share := float64(len(bodies)) / n; share < 0.97 {
		t.Errorf("got %.3f distinct bodies, want at least 0.97", share)
	}
	if len(leaves) < 220 {
		t.Errorf("only %d leaves occur", len(leaves))
	}
}

func TestEveryLeafSpeaksAndIsAnswered(t *testing.T) {
	c := load(t)
	rng := rand.New(rand.NewPCG(3, 4))
	unit, _ := c.Unit("roads")
	for _, leaf := range c.Leaves() {
		for _, kind := range []string{leaf.Type, Consult, Suggestion, Praise} {
			s := someplace(rng)
			title, body := c.RequestOf(rng, leaf, kind, s)
			s.Type, s.Said = kind, title+body
			record, public := c.Answer(rng, leaf, unit, s)
			direct := c.Direct(rng, leaf, unit, s)
			for _, text := range []string{title, body, record, public, direct} {
				if utf8.RuneCountInString(text) < 4 || strings.ContainsAny(text, "{}〔〕") {
					t.Errorf("%s %s as %s: %q", leaf.Code, leaf.Name, kind, text)
				}
			}
			if record == public {
				t.Errorf("%s: the internal record is the public answer", leaf.Code)
			}
		}
	}
}

func TestTheSameSeedSaysTheSame(t *testing.T) {
	c := load(t)
	run := func() []string {
		rng := rand.New(rand.NewPCG(9, 9))
		var said []string
		for range 200 {
			leaf, kind := c.Matter(rng, Season{Month: time.November})
			title, body := c.RequestOf(rng, leaf, kind, someplace(rng))
			said = append(said, title, body, c.ReturnReason(rng, leaf, "水务集团", Slots{}),
				c.ExtensionReason(rng, leaf, Slots{}), c.HoldReason(rng, leaf, Slots{}),
				c.Remark(rng, leaf, Draw(rng, Ratings), Slots{}), c.Dissatisfaction(rng, leaf, Slots{}))
		}
		return said
	}
	first := run()
	if diff := cmp.Diff(first, run()); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
	for _, text := range first {
		if text == "" || strings.ContainsAny(text, "{}〔〕") {
			t.Errorf("got %q", text)
		}
	}
}

func TestAnAnswerFitsWhatWasAsked(t *testing.T) {
	c := load(t)
	unit, _ := c.Unit("medins")
	leaf, _ := c.Category("110301")
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		_, public := c.Answer(rng, leaf, unit, Slots{Said: "新生儿多久内要交，没上户口行吗？"})
		if !strings.Contains(public, "出生") {
			t.Errorf("a newborn was asked about, and the answer is: %s", public)
		}
	}
}

func TestSharesAreWholes(t *testing.T) {
	for name, shares := range map[string][]Share{"types": TypeShares, "channels": ChannelShares, "ratings": Ratings} {
		total := 0.0
		for _, s := range shares {
			total += s.Part
		}
		if math.Abs(total-1) > 1e-9 {
			t.Errorf("%s add up to %v, want 1", name, total)
		}
	}
	direct := 0.0
	for _, s := range TypeShares {
		direct += s.Part * DirectShares[s.Code]
	}
	if direct < 0.50 || direct > 0.75 {
		t.Errorf("got %.2f answered on the line, want 0.50 to 0.75 as cities publish", direct)
	}
}

func TestTheDayPeaksInTheMorningAndTheAfternoon(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var hours [24]int
	for range 20000 {
		hours[int(Moment(rng).Hours())]++
	}
	for _, peak := range []int{9, 10, 14, 15} {
		for _, calm := range []int{3, 7, 12, 19, 23} {
			if hours[peak] <= hours[calm] {
				t.Errorf("%d o'clock has %d, %d o'clock %d", peak, hours[peak], calm, hours[calm])
			}
		}
	}
}

func TestHandlingHasThePublishedMeans(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for kind, want := range map[string]float64{Consult: ConsultDays, Complaint: OtherDays} {
		sum := 0.0
		for range 20000 {
			sum += Handling(rng, kind, Limit{N: 10, Unit: "wd"})
		}
		if got := sum / 20000; math.Abs(got-want) > 0.15 {
			t.Errorf("%s: got a mean of %.2f working days, want %.2f", kind, got, want)
		}
	}
}

func TestSeasonAndStormShowInWhatIsReported(t *testing.T) {
	c := load(t)
	count := func(prefix string, s Season) int {
		rng := rand.New(rand.NewPCG(2, 3))
		n := 0
		for range 3000 {
			if leaf, _ := c.Matter(rng, s); strings.HasPrefix(leaf.Code, prefix) {
				n++
			}
		}
		return n
	}
	if july, january := count("0404", Season{Month: time.July}), count("0404", Season{Month: time.January}); july*4 > january {
		t.Errorf("heating: %d in July, %d in January", july, january)
	}
	if calm, storm := count("010302", Season{Month: time.July}), count("010302", Season{Month: time.July, Storm: true}); calm*4 > storm {
		t.Errorf("flooded roads: %d on a calm day, %d in a storm", calm, storm)
	}
	for code := range c.mix.Weight {
		if k, ok := c.Category(code); !ok || !k.Leaf {
			t.Errorf("a weight for %s, which is no leaf", code)
		}
	}
}

// A person should be able to read any of these files in one sitting.
func TestFilesAreShort(t *testing.T) {
	err := fs.WalkDir(files, "data", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if lines := strings.Count(string(text), "\n"); lines > 400 {
			return fmt.Errorf("%s has %d lines", name, lines)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
