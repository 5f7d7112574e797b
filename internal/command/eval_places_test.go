package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// places runs gongzhi eval places and reads what it prints.
func places(t *testing.T, out any, args ...string) {
	t.Helper()
	var printed, said bytes.Buffer
	if err := Run(t.Context(), append([]string{"eval", "places"}, args...), nil, &printed, &said); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if err := json.Unmarshal(printed.Bytes(), out); err != nil {
		t.Fatalf("%v in %s", err, printed.String())
	}
}

func TestEvalPlacesPrintsWhatEachRowNames(t *testing.T) {
	rows := file(t, "rows.csv", "编号,主题,正文\n7,路灯,文艺路街道识字里社区路灯不亮\n8,停水,我们小区停水\n")
	areas := file(t, "areas.csv", "code,name,areaCode\n430102001001,识字里社区居委会,430102\n")
	streets := file(t, "streets.csv", "name,kind,code,aliases\n文艺路街道,street,430102001,文艺街\n")
	var got struct {
		Rows []foundRow `json:"rows"`
	}
	places(t, &got, "--file", rows, "--text", "主题,正文", "--id", "编号", "--gazetteer", areas, "--gazetteer", streets, "--json")
	if len(got.Rows) != 2 || len(got.Rows[0].Places) != 2 || len(got.Rows[1].Places) != 0 {
		t.Fatalf("got %+v", got)
	}
	p := got.Rows[0].Places[1]
	if p.Text != "识字里社区" || p.Kind != "community" || !p.Known || p.Candidates[0].Code != "430102001001" || p.Span != [2]int{22, 37} {
		t.Errorf("got %+v", p)
	}
}

func TestEvalPlacesCountsWhatIsRight(t *testing.T) {
	rows := file(t, "rows.csv", "id,text\n1,识字里社区和玉兰花园小区停电\n2,没有地方\n3,另一条识字里社区\n")
	areas := file(t, "areas.csv", "code,name\n1,识字里社区\n")
	labels := file(t, "labels.csv", "id,place\n1,识字里社区\n1,玉兰花园\n2,\n")
	var got placesScore
	places(t, &got, "--file", rows, "--text", "text", "--id", "id", "--gazetteer", areas, "--labels", labels)
	if got.Messages != 2 || got.Precision != 0.5 || got.Recall != 0.5 || got.Overlap.F1 != 1 {
		t.Errorf("got %+v, want two messages, half exact and all in part", got)
	}
}

func TestEvalPlacesNamesAColumnThatIsNotThere(t *testing.T) {
	rows := file(t, "rows.csv", "id,text\n1,识字里社区\n")
	var out bytes.Buffer
	err := Run(t.Context(), []string{"eval", "places", "--file", rows, "--text", "body", "--gazetteer", rows}, nil, &out, &out)
	if err == nil {
		t.Error("a table without the column is taken")
	}
}
