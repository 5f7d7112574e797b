package mention_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gongzhi/internal/place/mention"
)

// real is a directory of the real data beside the repository.
func real(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "data", dir)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("GONGZHI_SHARED") == "required" {
			t.Fatal(err)
		}
		t.Skip("the real data are not beside the repository: ../shared/data/" + dir)
	}
	return path
}

func table(t *testing.T, path string) [][]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// TestRealMessagesNameTheirPlaces holds what was measured: see testdata/README.md
// for how the labels were made, and make eval for the figures in full.
func TestRealMessagesNameTheirPlaces(t *testing.T) {
	var entries []mention.Entry
	for _, name := range []string{"streets_430100.csv", "communities_430100.csv"} {
		for _, row := range table(t, filepath.Join(real(t, "geo"), name)) {
			entries = append(entries, mention.Entry{Code: row[0], Name: row[1]})
		}
	}
	g := mention.New(entries)
	labels := map[string]map[string]bool{}
	for _, row := range table(t, filepath.Join("testdata", "places_300.csv")) {
		if labels[row[0]] == nil {
			labels[row[0]] = map[string]bool{}
		}
		if row[1] != "" {
			labels[row[0]][row[1]] = true
		}
	}
	var found, right, all int
	for _, row := range table(t, filepath.Join(real(t, "messages"), "unlabelled.csv")) {
		want, ok := labels[row[0]]
		if !ok {
			continue
		}
		all += len(want)
		seen := map[string]bool{}
		for _, m := range g.Find(row[2] + "\n" + row[4]) {
			name := strings.Join(strings.Fields(m.Text), "")
			if !seen[name] {
				found++
			}
			if !seen[name] && want[name] {
				right++
			}
			seen[name] = true
		}
	}
	precision, recall := float64(right)/float64(found), float64(right)/float64(all)
	t.Logf("%d messages, %d places: precision %.3f, recall %.3f", len(labels), all, precision, recall)
	if len(labels) != 300 || precision < 0.66 || recall < 0.63 {
		t.Errorf("%d messages, precision %.3f, recall %.3f: worse than measured", len(labels), precision, recall)
	}
}
