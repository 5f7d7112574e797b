package catalog_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// The messages of testdata/signals_read.csv were read by hand: all that an
// earlier list of signals found in both files, all whose title speaks of danger
// or an outage, and 110 drawn at random from the rest. They are petitions to a
// city's leaders, so most dangers in them are long past: an alarm on them is
// wrong more often than on a hotline.
func TestDefaultSignalsOnRealMessages(t *testing.T) {
	texts := realMessages(t)
	_, alarm := defaults(t)
	read, err := os.Open("testdata/signals_read.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	rows, err := csv.NewReader(read).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	var right, wrong, missed, quiet int
	for _, row := range rows[1:] {
		id, urgent := row[0], row[2] == "1"
		known[id] = true
		_, fired := alarm.First(texts[id])
		switch {
		case fired && urgent:
			right++
		case fired:
			wrong++
			t.Logf("false alarm %s", id)
		case urgent:
			missed++
			t.Logf("missed %s", id)
		default:
			quiet++
		}
	}
	unread := 0
	for id, text := range texts {
		if got, ok := alarm.First(text); ok && !known[id] {
			unread++
			t.Logf("not read yet: %s %s %v", id, got.Code, got.Found)
		}
	}
	precision, recall := float64(right)/float64(right+wrong), float64(right)/float64(right+missed)
	t.Logf("n %d of %d messages: %d right, %d false, %d missed, %d quiet; precision %.2f, recall %.2f; %d fired and were not read", len(rows)-1, len(texts), right, wrong, missed, quiet, precision, recall, unread)
	if precision < 0.7 || recall < 0.75 || unread > 0 {
		t.Errorf("precision %.2f, recall %.2f, %d fired that nobody has read: read them and add them to the list", precision, recall, unread)
	}
}

func realMessages(t *testing.T) map[string]string {
	t.Helper()
	root := os.Getenv("GONGZHI_SHARED_DIR")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	out := map[string]string{}
	for _, name := range []string{"unlabelled.csv", "stream_2019.csv"} {
		f, err := os.Open(filepath.Join(root, "data", "messages", name))
		if err != nil {
			if os.Getenv("GONGZHI_SHARED") == "required" {
				t.Fatal(err)
			}
			t.Skipf("the shared data is not beside the repository: %v", err)
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			out[row[0]] = row[2] + "。" + row[4]
		}
	}
	return out
}
