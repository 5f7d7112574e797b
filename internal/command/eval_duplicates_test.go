package command

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// measured runs gongzhi eval and reads its answer.
func measured(t *testing.T, answer any, args ...string) {
	t.Helper()
	var out bytes.Buffer
	if err := Run(t.Context(), append([]string{"eval"}, args...), nil, &out, &out); err != nil {
		t.Fatalf("gongzhi eval %v: %v\n%s", args, err, out.String())
	}
	if err := json.Unmarshal(out.Bytes(), answer); err != nil {
		t.Fatalf("the answer is no JSON: %v\n%s", err, out.String())
	}
}

func TestDuplicatesOfAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f.csv")
	text := "小区南门的路灯坏了一个星期，晚上走路看不见，老人摔了一跤，请尽快修好"
	rows := "编号,主题,详情,时间\n1,路灯," + text + ",2019/2/28 11:25:05\n2,井盖,井盖松动,2019-03-01 10:00\n3,黑,\"\t" + text + "　\",2019-03-01 10:00\n4,空,,\n5,无,,\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	var got duplicates
	measured(t, &got, "duplicates", "--file", file, "--id", "编号", "--text", "主题,详情", "--time", "时间", "--json")
	if len(got.Groups) != 1 || !slices.Equal(got.Groups[0], []string{"1", "3"}) || got.Rows != 5 {
		t.Errorf("groups = %v of %d rows, want 1 with 3", got.Groups, got.Rows)
	}
	var out bytes.Buffer
	err := Run(t.Context(), []string{"eval", "duplicates", "--file", file, "--id", "number", "--text", "详情"}, nil, &out, &out)
	if err == nil || !strings.Contains(err.Error(), "number") {
		t.Errorf("a column that is not there: %v, want an answer that names it", err)
	}
}

// TestRealDuplicatesAreFound reads the stream of 2019: all groups of texts that
// differ in blanks only must come out as groups.
func TestRealDuplicatesAreFound(t *testing.T) {
	file := shared(t, "messages/stream_2019.csv")
	var got duplicates
	measured(t, &got, "duplicates", "--file", file, "--id", "留言编号", "--text", "留言主题,留言详情", "--time", "留言时间")
	group := map[string]int{}
	for i, g := range got.Groups {
		for _, id := range g {
			group[id] = i + 1
		}
	}
	found, all := 0, 0
	for _, ids := range equalButBlanks(t, file) {
		all++
		first := group[ids[0]]
		if first > 0 && !slices.ContainsFunc(ids, func(id string) bool { return group[id] != first }) {
			found++
		}
	}
	t.Logf("%d of %d groups found, %d groups of %d rows in all, %.1f s", found, all, len(got.Groups), got.Grouped, got.Seconds)
	if all != 100 || found != all {
		t.Errorf("%d of %d groups found, want 100 of 100", found, all)
	}
	if got.Grouped > 1000 {
		t.Errorf("%d of %d rows are in groups: that many are not the same", got.Grouped, got.Rows)
	}
}

func equalButBlanks(t *testing.T, file string) map[string][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, row := range rows[1:] {
		text := strings.Map(func(c rune) rune {
			if unicode.IsSpace(c) {
				return -1
			}
			return c
		}, row[4])
		out[text] = append(out[text], row[0])
	}
	for text, ids := range out {
		if len(ids) < 2 {
			delete(out, text)
		}
	}
	return out
}

// shared is a folder of real data that may not be copied into the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatalf("GONGZHI_SHARED=required, and %v", err)
		}
		t.Skipf("no real data beside the repository: %v", err)
	}
	return path
}
