package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// assessed runs a command on a table and reads what it printed.
func assessed(t *testing.T, table string, into any, args ...string) (said string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	return assessedFile(t, file, into, args...)
}

func assessedFile(t *testing.T, file string, into any, args ...string) (said string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = Run(t.Context(), append(append([]string{"assess"}, args...), "--input", file, "--json"), nil, &out, &errs)
	if out.Len() > 0 {
		if e := json.Unmarshal(out.Bytes(), into); e != nil {
			t.Fatalf("%v: %s", e, out.String())
		}
	}
	if err != nil {
		return errs.String() + err.Error(), err
	}
	return errs.String(), nil
}

// unitsOut is the answer as a script reads it.
type unitsOut struct {
	Units []struct {
		Unit, Apart string
		Total       *float64
		Rank        *int
		Deductions  float64
		Bonus       float64
		Items       []struct {
			Name, Rule, Sum, State string
			Points                 *float64
			Interval               *struct{ Low, High float64 }
		}
	}
	Published struct {
		Figures, Reproduced int
		Misses              []struct{ Unit, What, Why string }
	}
	Warnings []string
	Problems []problem
}

func TestScoreTellsEachStepOfTheSum(t *testing.T) {
	var out unitsOut
	_, err := assessed(t, "# 内部测算, 2022 年\n# 第二行说明\n月份,单位,及时签收率,按时办结率,回访满意率分子,回访满意率分母,总分\n2022-02,市体育局,100,100.00%,12,17,91.8\n2022-02,市水利局,97,无应办结工单,9,10,\n2022-02,市供销社,100,100,20,20,104\n",
		&out, "score", "--scheme", "lianyungang")
	if err != nil || len(out.Units) != 3 {
		t.Fatalf("%v: %+v", err, out)
	}
	u := out.Units[0]
	if u.Total == nil || *u.Total != 91.8 || *u.Rank != 2 || u.Bonus != 4 || u.Deductions != 12.2 {
		t.Errorf("%+v, want 100 − 12.2 + 4 = 91.8 and rank 2", u)
	}
	it := u.Items[2]
	if it.Sum != "25 − 0.5 × (95 − 70.59) = 12.795 ≈ 12.80" || it.Interval == nil || !strings.Contains(it.Rule, "95%") {
		t.Errorf("%+v", it)
	}
	if out.Units[1].Apart != "none" || out.Units[1].Total != nil || out.Units[1].Rank != nil {
		t.Errorf("without orders: %+v", out.Units[1])
	}
	if len(out.Warnings) != 2 || !strings.Contains(out.Warnings[1], "absent_items") {
		t.Errorf("that items were not given is not said: %v", out.Warnings)
	}
	if out.Published.Figures != 2 || out.Published.Reproduced != 2 {
		t.Errorf("%+v", out.Published)
	}
}

func TestASchemeOfOnesOwnIsRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.json")
	own := `{"code": "own", "name": "本市", "source": "通知", "items": [{"code": "solved", "name": "解决率", "kind": "linear", "full": 100}]}`
	if err := os.WriteFile(file, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	var out unitsOut
	if _, err := assessed(t, "单位,解决率\n甲,90\n乙,95\n", &out, "score", "--scheme", file); err != nil || *out.Units[1].Rank != 1 {
		t.Errorf("%v: %+v", err, out)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(own, "linear", "lineal", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := assessed(t, "单位,解决率\n甲,90\n", &out, "score", "--scheme", file); err == nil || !strings.Contains(said, "items[0].kind") || !strings.Contains(said, file) {
		t.Errorf("a wrong scheme: %q", said)
	}
}

func TestWrongCellsAreNamedByFileRowAndColumn(t *testing.T) {
	var out unitsOut
	said, err := assessed(t, "# 说明\n单位,按时办结率\n甲,九十\n乙,120\n", &out, "score", "--scheme", "lianyungang")
	if err == nil || len(out.Problems) != 2 || out.Problems[0].Row != 3 || out.Problems[0].Column != "按时办结率" || len(out.Units) != 0 {
		t.Errorf("%v: %+v", err, out)
	}
	if !strings.Contains(said, "table.csv 第 3 行") {
		t.Errorf("people are told %q", said)
	}
	if said, _ = assessed(t, "unit,ontime\nA,120\n", &out, "score", "--scheme", "lianyungang", "--lang", "en"); !strings.Contains(said, "row 2") {
		t.Errorf("in English: %q", said)
	}
	for _, args := range [][]string{{"score", "--scheme", "none"}, {"score"}, {"rates"}, {"rank", "--order", "up"}, {"else"}} {
		if _, err := assessed(t, "单位,甲乙\n甲,1\n", &out, args...); err == nil {
			t.Errorf("%v is no error", args)
		}
	}
}

// ratesOut is the answer as a script reads it.
type ratesOut struct {
	Rows []struct {
		Row      int
		Rate     *float64
		Text     string
		Interval *struct{ Low, High float64 }
		Matches  *bool
		Note     string
	}
	Published, Reproduced int
	Fields                []struct {
		Rate  float64
		Units []struct {
			Unit, Standing string
			Place          *int
			Shrunk         float64
			Points         *float64 `json:"difference_points"`
		}
		Red, Black []string
	}
}

func TestRatesOfATable(t *testing.T) {
	var out ratesOut
	_, err := assessed(t, "# x, y\n指标,分子,分母,小数位,取舍,公布值\n结案率,25783,29186,2,四舍五入,88.34\n建议占比,114,9230,2,,1.23\n建议占比,114,9230,2,截尾,1.23\n解决率,0,0,2,,\n网络占比,102.56,1103.94,2,,9.29%\n",
		&out, "rates")
	if err != nil || len(out.Rows) != 5 || out.Published != 4 || out.Reproduced != 3 {
		t.Fatalf("%v: %+v", err, out)
	}
	if r := out.Rows[0]; *r.Rate != 88.34 || r.Text != "88.34%" || r.Interval == nil || r.Interval.Low >= 88.34 || r.Row != 3 {
		t.Errorf("%+v", r)
	}
	if r := out.Rows[1]; *r.Matches || !strings.Contains(r.Note, "截尾") {
		t.Errorf("a figure that was truncated: %+v", r)
	}
	if r := out.Rows[3]; r.Rate != nil || r.Note == "" {
		t.Errorf("0 of 0: %+v", r)
	}
	if out.Rows[4].Interval != nil {
		t.Error("a share of amounts has an interval")
	}
}

func TestUnitsAreComparedByEvidence(t *testing.T) {
	var out ratesOut
	_, err := assessed(t, "单位,事项,解决数,回访数\n大街,噪声,60,100\n大街,路灯,10,10\n小巷,噪声,1,1\n老街,噪声,2,10\n老街,路灯,95,100\n新街,路灯,93,100\n",
		&out, "rates", "--numerator", "解决数", "--denominator", "回访数", "--category", "事项")
	if err != nil || len(out.Fields) != 1 {
		t.Fatalf("%v: %+v", err, out)
	}
	for _, u := range out.Fields[0].Units {
		switch u.Unit {
		case "小巷":
			if u.Place != nil || u.Standing != "few" {
				t.Errorf("one case: %+v", u)
			}
		case "大街":
			if u.Points == nil || *u.Points <= 0 {
				t.Errorf("the unit with the hard cases: %+v", u)
			}
		}
	}
}
