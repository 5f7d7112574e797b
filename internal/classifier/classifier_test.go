package classifier_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/classifier"
	"gongzhi/internal/fault"
)

// Sentences of three kinds of city life, put together from parts.
var (
	lamps  = []string{"路灯不亮", "路灯坏了", "晚上没有灯", "灯杆歪了", "照明不好"}
	noise  = []string{"半夜施工噪音", "广场舞太吵", "夜里装修声音大", "酒吧噪声扰民", "喇叭声吵"}
	school = []string{"小学学位不够", "幼儿园收费高", "学区怎么划分", "老师补课", "入学报名"}
	where  = []string{"文昌路", "梧桐苑", "三里桥", "解放街", "东门口", "西湖边"}
	end    = []string{"请处理", "已经好几天了", "麻烦看一下", "谢谢", "希望尽快解决"}
)

func sentence(r *rand.Rand, kind []string) string {
	pick := func(l []string) string { return l[r.IntN(len(l))] }
	return pick(where) + pick(kind) + "，" + pick(end)
}

func city(n int) []classifier.Example {
	r := rand.New(rand.NewPCG(1, 1))
	var out []classifier.Example
	for range n {
		for i, kind := range [][]string{lamps, noise, school} {
			out = append(out, classifier.Example{Doc: classifier.Doc{Parts: []string{sentence(r, kind)}}, Class: []string{"lamp", "noise", "school"}[i]})
		}
	}
	return out
}

func trained(t *testing.T, n int, path func(string) []string) *classifier.Model {
	t.Helper()
	m, err := classifier.Train(city(n), nil, path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestATextIsPutWhereItsWordsBelongAndSaysWhy(t *testing.T) {
	m := trained(t, 12, nil)
	got := m.Guess(classifier.Doc{Parts: []string{"解放街的路灯不亮，请处理"}}, 3)
	if len(got) != 3 || got[0].Class != "lamp" || got[0].P < 0.5 {
		t.Fatalf("guesses %v", got)
	}
	if sum := got[0].P + got[1].P + got[2].P; math.Abs(sum-1) > 1e-6 {
		t.Errorf("shares add to %v", sum)
	}
	if !slices.ContainsFunc(got[0].Words, func(w string) bool { return strings.Contains(w, "灯") }) {
		t.Errorf("words %q", got[0].Words)
	}
	for _, w := range got[0].Words {
		if !strings.Contains("解放街的路灯不亮，请处理", w) {
			t.Errorf("%q does not stand in the text", w)
		}
	}
}

func TestTextsWithoutAnyKnownWordGiveNothing(t *testing.T) {
	m := trained(t, 12, nil)
	for _, text := range []string{"", "   ", "\x00", "zzz", "☃"} {
		if got := m.Guess(classifier.Doc{Parts: []string{text}}, 3); len(got) != 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestBlanksWidthAndCaseDoNotMatter(t *testing.T) {
	m := trained(t, 12, nil)
	plain := m.Guess(classifier.Doc{Parts: []string{"广场舞太吵,A栋"}}, 1)
	other := m.Guess(classifier.Doc{Parts: []string{" 广 场舞\u3000太吵，ａ栋"}}, 1)
	if plain[0].Class != other[0].Class || math.Abs(plain[0].P-other[0].P) > 1e-6 {
		t.Errorf("%v and %v", plain, other)
	}
}

func TestATreeIsWalkedFromTheTop(t *testing.T) {
	path := func(c string) []string {
		return map[string][]string{"lamp": {"outside", "lamp"}, "noise": {"outside", "noise"}, "school": {"inside", "school"}}[c]
	}
	m := trained(t, 12, path)
	if got := m.Classes(); !slices.Equal(got, []string{"lamp", "noise", "school"}) {
		t.Fatalf("classes %v", got)
	}
	for class, text := range map[string]string{"lamp": "三里桥灯杆歪了", "noise": "东门口酒吧噪声扰民", "school": "西湖边小学学位不够"} {
		if got := m.Guess(classifier.Doc{Parts: []string{text}}, 1); got[0].Class != class {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestAStoredModelAnswersTheSame(t *testing.T) {
	path := func(c string) []string { return []string{"all", c} }
	m := trained(t, 12, path)
	var b bytes.Buffer
	if err := m.Encode(&b); err != nil {
		t.Fatal(err)
	}
	again, err := classifier.Decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range city(3) {
		if a, b := fmt.Sprint(m.Guess(e.Doc, 3)), fmt.Sprint(again.Guess(e.Doc, 3)); a != b {
			t.Fatalf("%s and %s", a, b)
		}
	}
	if _, err := classifier.Decode(b.Bytes()[:b.Len()/2]); err == nil {
		t.Error("half a model was read")
	}
}

func TestTheSameExamplesGiveTheSameModel(t *testing.T) {
	var a, b bytes.Buffer
	if err := trained(t, 8, nil).Encode(&a); err != nil {
		t.Fatal(err)
	}
	if err := trained(t, 8, nil).Encode(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two trainings differ")
	}
}

func TestMarksCountAsWordsDo(t *testing.T) {
	var all []classifier.Example
	for i := range 20 {
		for _, u := range []string{"east", "west"} {
			all = append(all, classifier.Example{Doc: classifier.Doc{Parts: []string{fmt.Sprintf("垃圾没有人收%d", i)}, Marks: []string{"area:" + u}}, Class: u})
		}
	}
	m, err := classifier.Train(all, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := m.Guess(classifier.Doc{Parts: []string{"垃圾没有人收"}, Marks: []string{"area:west"}}, 1)
	if got[0].Class != "west" {
		t.Errorf("%v", got)
	}
}

func TestOneClassIsNothingToLearn(t *testing.T) {
	_, err := classifier.Train([]classifier.Example{{Doc: classifier.Doc{Parts: []string{"路灯"}}, Class: "lamp"}}, nil, nil)
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

// What is said about words of a corpus holds for words that go with them: lamp
// examples never say 灯杆, but texts without a class say it beside 路灯.
func TestTextsWithoutAClassHelp(t *testing.T) {
	var examples []classifier.Example
	var more []classifier.Doc
	for i := range 12 {
		examples = append(examples,
			classifier.Example{Doc: classifier.Doc{Parts: []string{fmt.Sprintf("路灯坏了%d", i)}}, Class: "lamp"},
			classifier.Example{Doc: classifier.Doc{Parts: []string{fmt.Sprintf("施工太吵%d", i)}}, Class: "noise"})
	}
	for i := range 60 {
		more = append(more, classifier.Doc{Parts: []string{fmt.Sprintf("路灯坏了灯杆歪斜%d", i)}}, classifier.Doc{Parts: []string{fmt.Sprintf("施工太吵凌晨轰鸣%d", i)}})
	}
	share := func(more []classifier.Doc) float64 {
		m, err := classifier.Train(examples, more, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range m.Guess(classifier.Doc{Parts: []string{"灯杆歪斜坏"}}, 2) {
			if g.Class == "lamp" {
				return g.P
			}
		}
		return 0
	}
	if with, without := share(more), share(nil); with <= without {
		t.Errorf("lamp with other texts %.3f, without %.3f", with, without)
	}
}

func FuzzGuess(f *testing.F) {
	m, err := classifier.Train(city(6), nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("文昌路路灯不亮")
	f.Add("\xff\xfe①ﷺ\u200b")
	f.Fuzz(func(t *testing.T, text string) {
		d := classifier.Doc{Parts: []string{text, text}, Marks: []string{text}}
		sum := 0.0
		for _, g := range m.Guess(d, 3) {
			if sum += g.P; math.IsNaN(g.P) {
				t.Fatalf("share of %q", text)
			}
			for _, w := range g.Words {
				if !strings.Contains(text, w) {
					t.Errorf("%q is not in %q", w, text)
				}
			}
		}
		if sum > 1.0001 {
			t.Errorf("shares add to %v", sum)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("x"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = classifier.Decode(b) })
}
