package alike_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gongzhi/internal/alike"
)

const long = "尊敬的领导：我们小区楼下的夜宵摊每天营业到凌晨三点，油烟直接排到楼上，孩子没法睡觉，投诉了五次都没有结果，请城管部门依法处理。"

func TestPlainKeepsWhatIsSaid(t *testing.T) {
	if got, want := alike.Plain("\t路灯　不亮，ＡＢ12\u00a0栋\u200b！\n"), "路灯不亮ab12栋"; got != want {
		t.Errorf("plain text = %q, want %q", got, want)
	}
	if alike.Print("路灯 不亮。") != alike.Print("路灯不亮") || alike.Print("路灯不亮") == alike.Print("路灯亮了") {
		t.Error("texts have one print exactly when they differ in blanks and punctuation only")
	}
	if alike.Print(" ，。") != 0 {
		t.Error("a text without words must not be the same as another one without words")
	}
}

func TestCompareKnowsCopiesFromOthers(t *testing.T) {
	var w alike.Weights
	copied := "胡书记您好！我们小区楼下的夜宵摊天天营业到凌晨三点，油烟直接排到楼上，小孩没法睡觉，投诉了六次都没有结果，请有关部门处理！"
	other := "我们小区的电梯坏了三天，老人上下楼不方便，物业说要等配件，请相关部门督促。"
	near, _ := w.Compare(alike.Grams(long), alike.Grams(copied))
	far, _ := w.Compare(alike.Grams(long), alike.Grams(other))
	if near < 0.4 || far > 0.1 {
		t.Errorf("a copy shares %.2f and another matter %.2f", near, far)
	}
	_, part := w.Compare(alike.Grams("夜宵摊油烟直接排到楼上"), alike.Grams(long))
	if part < 0.8 {
		t.Errorf("of a sentence that stands in the long text only %.2f is found in it", part)
	}
}

func TestGroupsByText(t *testing.T) {
	list := []alike.Report{
		{Texts: []string{"夜宵摊", long}},
		{Texts: []string{"电梯", "我们小区的电梯坏了三天，老人上下楼不方便，物业说要等配件，请相关部门督促。"}},
		{Texts: []string{"油烟扰民", " " + long + "\u3000"}},
		{Texts: []string{"又是夜宵摊", "胡书记您好！我们小区楼下的夜宵摊天天营业到凌晨三点，油烟直接排到楼上，小孩没法睡觉，投诉了六次都没有结果，请城管处理！"}},
		{Texts: []string{"", ""}}, {Texts: []string{"", ""}},
	}
	if diff := cmp.Diff([][]int{{0, 2, 3}}, alike.Groups(list, false, alike.Usual)); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsByPlaceAndTime(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 8, 0, 0, 0, time.UTC) }
	lamp := func(metres float64, n int) alike.Report {
		return alike.Report{Texts: []string{"street light out"}, At: day(n), Lat: 30 + metres/111_195, Lng: 120}
	}
	list := []alike.Report{lamp(0, 1), lamp(25, 3), lamp(300, 3), lamp(10, 28),
		{Texts: []string{"graffiti"}, At: day(1), Lat: 30, Lng: 120}, {Texts: []string{"street light out"}, At: day(1)}}
	for range 40 { // the middle of the city, where everything is put that has no place
		list = append(list, alike.Report{Texts: []string{"street light out"}, At: day(2), Lat: 31, Lng: 121})
	}
	if diff := cmp.Diff([][]int{{0, 1}}, alike.Groups(list, true, alike.Usual)); diff != "" {
		t.Error(diff)
	}
}

func FuzzGrams(f *testing.F) {
	f.Add(long)
	f.Add("Street light 12 out, \xff③㎡𠮷")
	f.Fuzz(func(t *testing.T, s string) {
		g := alike.Grams(s)
		for i := 1; i < len(g); i++ {
			if g[i-1] >= g[i] {
				t.Fatal("pieces are not in order, or twice")
			}
		}
		var w alike.Weights
		if both, part := w.Compare(g, g); len(g) > 0 && (both < 0.999 || part < 0.999) {
			t.Fatalf("a text has %f of itself", both)
		}
	})
}
