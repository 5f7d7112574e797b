package mention_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongzhi/internal/place/mention"
)

// town is a gazetteer with a name that three places have.
var town = mention.New([]mention.Entry{
	{Name: "南湖区", Kind: mention.District, Code: "4301"},
	{Name: "北江区", Kind: mention.District, Code: "4302"},
	{Name: "文艺路街道", Kind: mention.Street, Code: "430101"},
	{Name: "观沙岭街道", Kind: mention.Street, Code: "430201"},
	{Name: "暮云街道", Kind: mention.Street, Code: "430102"},
	{Name: "识字里社区居委会", Code: "430101001"},
	{Name: "和平社区", Kind: mention.Community, Code: "430101002"},
	{Name: "和平社区", Kind: mention.Community, Code: "430201002"},
	{Name: "梧桐苑", Aliases: []string{"老梧桐"}, Kind: mention.Estate, Code: "430101001"},
	{Name: "文艺路", Kind: mention.Road, Code: "430101"},
	{Name: "书院路", Kind: mention.Road, Code: "4301"},
})

// said writes mentions as [text kind number candidates].
func said(text string) []string {
	var out []string
	for _, m := range town.Find(text) {
		s := m.Text + " " + m.Kind
		if m.Number != "" {
			s += " " + m.Number
		}
		for _, c := range m.Candidates {
			s += " " + c.Code
		}
		if !m.Known {
			s += " ?"
		}
		out = append(out, s)
	}
	return out
}

func TestFindsWhatProseNames(t *testing.T) {
	for text, want := range map[string][]string{
		"我住在识字里社区，楼道灯坏了":        {"识字里社区 community 430101001"},
		"识字里社区居委会不管":            {"识字里社区 community 430101001"},
		"位于识字里的菜场":              {"识字里 community 430101001"},
		"文艺路街的路灯":               {"文艺路街 street 430101"},
		"文艺路３２号门口":              {"文艺路３２号 road 32号 430101"},
		"文艺路32号3栋2单元501室":       {"文艺路32号 road 32号 430101"},
		"文艺路和书院路交叉口积水":          {"文艺路和书院路交叉口 crossing ?"},
		"老梧桐小区没水":               {"老梧桐小区 estate 430101001"},
		"南湖区暮云有人倒垃圾":            {"南湖区 district 4301", "暮云 street 430102"},
		"一朵暮云飘过":                nil,
		"和平社区":                  {"和平社区 community 430101002 430201002"},
		"观沙岭街道 和平社区":            {"观沙岭街道 street 430201", "和平社区 community 430201002"},
		"和平社区没人管，请南湖区政府处理":      {"和平社区 community 430101002", "南湖区 district 4301"},
		"投诉玉兰花园小区物业":            {"玉兰花园小区 estate ?"},
		"请问樟树坪小学什么时候放假":         {"樟树坪小学 facility ?"},
		"银双路楚岳路口有坑":             {"银双路楚岳路口 crossing ?"},
		"我们小区的道路很烂，整个农村都是":      nil,
		"国道旁320国道K12处":          {"320国道 road ?"},
		"书院\n路":                 nil,
		"A市火车站前广场太乱":            {"A市火车站 facility ?"},
		"文艺路小学门口":               {"文艺路小学 facility ?"},
		"住玉兰花园小区五年了。玉兰花园从来没人扫地": {"玉兰花园小区 estate ?", "玉兰花园 estate ?"},
	} {
		if diff := cmp.Diff(want, said(text)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
	}
}

func TestAPointSettlesWhatANameMeans(t *testing.T) {
	list := town.Find("和平社区的路灯不亮")
	mention.Settle(list, "430201002007")
	if len(list) != 1 || len(list[0].Candidates) != 1 || list[0].Candidates[0].Code != "430201002" {
		t.Errorf("got %+v, want the community that holds the point", list)
	}
}

func TestNamesBesideOneAnotherAreOnePlace(t *testing.T) {
	text := "请派人去南湖区文艺路街道识字里社区梧桐苑3栋看看"
	places := mention.Places(text, town.Find(text))
	if len(places) != 1 || places[0].Text != "南湖区文艺路街道识字里社区梧桐苑" || places[0].Head.Kind != mention.Estate {
		t.Fatalf("got %+v", places)
	}
	if e, ok := places[0].Sure(); !ok || e.Name != "梧桐苑" {
		t.Errorf("it means %+v, %v, want 梧桐苑", e, ok)
	}
}

func TestOnlyOnePlaceIsCertain(t *testing.T) {
	for text, want := range map[string]string{
		"识字里社区路灯不亮":        "430101001",
		"文艺路街道识字里社区路灯不亮":   "430101001",
		"和平社区路灯不亮":         "",
		"识字里社区和观沙岭街道都停水":   "",
		"北江区文艺路街道路灯不亮":     "", // the district is another one
		"路灯不亮":             "",
		"识字里社区的玉兰花园小区路灯不亮": "430101001",
	} {
		_, e, ok := mention.Certain(mention.Places(text, town.Find(text)))
		if !ok {
			e.Code = ""
		}
		if e.Code != want {
			t.Errorf("%s: certain is %q, want %q", text, e.Code, want)
		}
	}
}

// sound checks what holds for every text.
func sound(t interface{ Errorf(string, ...any) }, text string) {
	end := 0
	for _, m := range town.Find(text) {
		if m.Start < end || m.End <= m.Start || m.End > len(text) || text[m.Start:m.End] != m.Text {
			t.Errorf("%q: span %d–%d of %q after %d", text, m.Start, m.End, m.Text, end)
			return
		}
		if m.Known != (len(m.Candidates) > 0) || m.Name == "" {
			t.Errorf("%q: %+v", text, m)
		}
		end = m.End
	}
}

func TestSpansAreThoseOfTheText(t *testing.T) {
	pieces := []string{"南湖区", "文艺路", "街道", "识字里", "社区", "和平", "书院路", "交叉口", "32号", "３－４号", "小区", "村", " ", "　", "\n", "A3区", "路", "在", "和", "的", "小学", "站", "三期", "320国道", "G107", "\xff", "😀", "老梧桐", "業主", "业主", "栋"}
	rapid.Check(t, func(r *rapid.T) {
		sound(r, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(r, "pieces"), ""))
	})
}

func FuzzFind(f *testing.F) {
	f.Add("位于五一大道202号的杜鹃路和雷锋大道交界处A市火车站320国道")
	f.Add("玉兰花园小区、文艺路\x00号巷弄G１２３线")
	f.Fuzz(func(t *testing.T, text string) { sound(t, text) })
}

// crowd is a gazetteer of a hundred thousand names.
func crowd() *mention.Gazetteer {
	const letters = "梧桐樟柳桂兰荷菊枫杉松竹梅杏桃李金银铜铁玉石山水云月星河湖江海东南西北"
	runes := []rune(letters)
	var list []mention.Entry
	for i := range 100_000 {
		n := len(runes)
		name := string([]rune{runes[i%n], runes[i/n%n], runes[i/n/n%n], runes[i/n/n/n%n]})
		list = append(list, mention.Entry{Name: name + []string{"社区", "小区", "路", "小学"}[i%4], Code: fmt.Sprint(430000 + i)})
	}
	return mention.New(list)
}

func BenchmarkFindAmongHundredThousand(b *testing.B) {
	g := crowd()
	text := strings.Repeat("我住在南湖区文艺路街道识字里社区，每天经过书院路和梧桐大道交叉口，路灯都不亮，希望有关部门尽快处理。", 6)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		g.Find(text)
	}
}
