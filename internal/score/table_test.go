package score

import (
	"strings"
	"testing"

	"gongzhi/internal/fault"
)

func table(text string) Table {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	t := Table{Header: strings.Split(lines[0], ",")}
	for i, l := range lines[1:] {
		t.Rows = append(t.Rows, TableRow{i + 2, strings.Split(l, ",")})
	}
	return t
}

func scored(t *testing.T, s *Scheme, text string) (*Figures, []Result) {
	t.Helper()
	f, err := s.Read(table(text))
	if err != nil || len(f.Problems) > 0 {
		t.Fatalf("%v, %v", err, f)
	}
	out, err := s.Score(f.Entries)
	if err != nil {
		t.Fatal(err)
	}
	return f, out
}

func TestWideAndLongTablesGiveTheSame(t *testing.T) {
	s := template(t, "lianyungang")
	for name, text := range map[string]string{
		"wide":    "月份,单位,及时签收率（%）,按时办结率,回访满意率\n2022年2月,市体育局,80.00%,100,50",
		"english": "Month,Unit,accepted,ontime,satisfied\n2022-02,市体育局,80,100.00,50.00",
		"counts":  "month,unit,及时签收率分子,及时签收率分母,ontime_numerator,ontime_denominator,回访满意率\n2022/2,市体育局,8,10,7,7,50",
		"long":    "month,unit,indicator,published_rate_pct\n2022-02,市体育局,及时签收率,80\n2022-02,市体育局,按时办结率,100\n2022-02,市体育局,回访满意率,50",
		"long_kn": "月份,单位,指标,分子,分母\n2022-02,市体育局,签收率,4,5\n2022-02,市体育局,按期办结率,3,3\n2022-02,市体育局,满意率,1,2",
		"known":   "month,unit,known_deductions\n2022-02,市体育局,27.5",
	} {
		_, out := scored(t, s, text)
		if len(out) != 1 || out[0].Total == nil || out[0].Total.String() != "76.5" || out[0].Lost.String() != "27.5" {
			t.Errorf("%s: %+v, want 100 − 27.5 + 4", name, out)
		}
	}
}

func TestATableOfTotalsIsOnlyRanked(t *testing.T) {
	f, out := scored(t, template(t, "lianyungang"), "month,group,unit,orders_total,published_score,published_rank\n2021-08,district100,甲,286,98.18,1\n2021-08,district100,乙,1205,98.18,1\n2021-08,district100,丙,9,82,3\n2021-08,county150,东海县,4039,135.75,1")
	if !out[0].Taken || out[0].Rank != 1 || out[1].Rank != 1 || out[2].Rank != 3 || out[3].Rank != 1 {
		t.Errorf("%+v", out)
	}
	if c := template(t, "lianyungang").Compare(f, out); c.Figures != 4 || c.Reproduced != 4 {
		t.Errorf("%+v: a total that was only taken over is not reproduced, its rank is", c)
	}
}

func TestCellsThatCannotBeUsedAreAllNamed(t *testing.T) {
	s := template(t, "lianyungang")
	f, err := s.Read(table("单位,按时办结率,回访满意率,答复不规范件数,及时签收率分子,及时签收率分母\n甲,101,八成,1.5,3,\n,90,90,0,1,1\n乙,-1,90,0,5,4\n甲,90,90,0,1,1"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, p := range f.Problems {
		key, _ := fault.KeyOf(p.Err)
		got[key] = p.Row
	}
	for key, row := range map[string]int{"score.over_hundred": 2, "score.not_a_number": 2, "score.not_a_count": 2, "score.half_a_rate": 2, "score.unit_empty": 3, "score.below_zero": 4, "score.more_than_all": 4, "score.unit_twice": 5} {
		if got[key] != row {
			t.Errorf("%s in row %d, want %d (%v)", key, got[key], row, f.Problems)
		}
	}
	for text, key := range map[string]string{
		"指标,数值\n按时办结率,90":      "score.no_unit_column",
		"单位,指标,得分\n甲,按时办结率,25": "score.no_figure_column",
	} {
		if _, err := s.Read(table(text)); errKey(err) != key {
			t.Errorf("%s: %v, want %s", text, err, key)
		}
	}
	for text, key := range map[string]string{
		"单位,指标,数值\n甲,按期办接率,90":             "score.item_unknown",
		"单位,指标,数值\n甲,按时办结率,90\n甲,按期结案率,91": "score.item_twice",
		"单位,分组,按时办结率\n甲,第三组,90":            "score.group_unknown",
	} {
		f, err := s.Read(table(text))
		if err != nil || len(f.Problems) != 1 || errKey(f.Problems[0].Err) != key {
			t.Errorf("%s: %v, %v, want %s", text, f, err, key)
		}
	}
}

func errKey(err error) string { key, _ := fault.KeyOf(err); return key }

func TestRemarksBlankCellsAndUnknownColumns(t *testing.T) {
	s := template(t, "egova-60-30-10")
	f, out := scored(t, s, "单位,按期处置率,结案率,返工率,领导批示\n# 以下为街道,,,,\n甲,90,95,2,无\n乙,90,,2,1\n丙,无,无,无,0")
	if len(out) != 3 || out[0].Total.String() != "92.3" {
		t.Errorf("%+v", out)
	}
	if out[1].Apart != ApartAbsent || len(out[1].Absent) != 1 || out[2].Apart != ApartNone {
		t.Errorf("a blank cell: %q; nothing to count: %q", out[1].Apart, out[2].Apart)
	}
	if len(f.Unused) != 1 || f.Unused[0] != "领导批示" {
		t.Errorf("unused: %v", f.Unused)
	}
}

func TestDifferencesAreExplained(t *testing.T) {
	s := template(t, "lianyungang-data-2020")
	f, out := scored(t, s, "county,data_complete,content_complete,deduction_item,sample_check,data_timely,interface_stable,published_total\n甲,9.48,9.99,10.00,10.00,4.98,5.00,29.45\n乙,9.69,9.99,10.00,10.00,4.99,5.00,29.68\n丙,9,9,9,9,4,4,20")
	c := s.Compare(f, out)
	if c.Figures != 3 || c.Reproduced != 1 || len(c.Misses) != 2 || c.Misses[0].Why != WhyRounded || c.Misses[1].Why != WhyDiffers {
		t.Errorf("%+v", c)
	}
}

func FuzzSchemesAndTables(f *testing.F) {
	raw, _ := shipped.ReadFile("schemes/lianyungang.json")
	f.Add(string(raw), "单位,按时办结率\n甲,90")
	f.Add(`{"code":"a","name":"a","items":[{"code":"b","name":"b","kind":"levels","full":1,"parts":[{"code":"c","name":"c","each":1}]}]}`, "unit,c\nx,0")
	f.Fuzz(func(t *testing.T, scheme, rows string) {
		s, err := Read(strings.NewReader(scheme))
		if err != nil {
			return
		}
		figures, err := s.Read(table(rows))
		if err != nil || len(figures.Problems) > 0 {
			return
		}
		out, err := s.Score(figures.Entries)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out {
			r.Sum(s.Total.Round)
			for _, p := range r.Items {
				p.Sum()
				p.Figure()
			}
		}
		s.Compare(figures, out)
	})
}
