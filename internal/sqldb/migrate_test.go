package sqldb

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatementsAreSplit(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"at line ends", "-- cost: none\ncreate table a (x text default ';');\ncreate table b (x text);\n-- end\n",
			[]string{"-- cost: none\ncreate table a (x text default ';')", "create table b (x text)"}},
		{"last without end", "select 1;\r\nselect 2", []string{"select 1", "select 2"}},
		{"at marks", "create trigger t begin\n  select 1;\n  select 2;\nend;\n--;\nselect 3;\n--;\n",
			[]string{"create trigger t begin\n  select 1;\n  select 2;\nend;", "select 3;"}},
		{"nothing", "-- only\n\n-- comments;\n", nil},
	} {
		if diff := cmp.Diff(c.want, Statements(c.text)); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestMigrationsHaveTwinsAndCosts(t *testing.T) {
	names := map[Dialect][]string{}
	for _, d := range []Dialect{SQLite, Postgres} {
		all, err := Migrations(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			names[d] = append(names[d], m.Name)
			if !strings.HasPrefix(m.Text, "--") {
				t.Errorf("%s/%s: the first line must say the cost at a million rows", d, m.Name)
			}
		}
	}
	if diff := cmp.Diff(names[SQLite], names[Postgres]); diff != "" {
		t.Errorf("twins differ (-sqlite +postgres):\n%s", diff)
	}
}

// steps leave a trace each time they run.
var steps = []Migration{
	{"0001_a.sql", "create table trace (n integer);\ninsert into trace values (1);\n"},
	{"0002_b.sql", "insert into trace values (2);\n"},
}

func TestTwoProcessesMigrateOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "city.db")
	var all sync.WaitGroup
	for range 4 {
		db, err := Open(t.Context(), "sqlite:"+file, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		all.Go(func() {
			if err := db.migrate(t.Context(), steps); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	db, err := Open(t.Context(), "sqlite:"+file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var trace string
	if err := db.read.QueryRow(`select group_concat(n, ' ') from trace`).Scan(&trace); err != nil || trace != "1 2" {
		t.Errorf("steps run: got %q %v, want \"1 2\"", trace, err)
	}
}

func TestFailedStepLeavesNothing(t *testing.T) {
	db := lite(t)
	bad := append(slices.Clone(steps), Migration{"0003_c.sql", "insert into trace values (3);\nselect nope;\n"})
	err := db.migrate(t.Context(), bad)
	if err == nil || !strings.Contains(err.Error(), "0003_c.sql") {
		t.Errorf("got %v, want an error that names the step", err)
	}
	if err := db.migrate(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.read.QueryRow(`select count(*) from trace`).Scan(&n); err != nil || n != 2 {
		t.Errorf("rows: got %d %v, want 2", n, err)
	}
}

func TestOpenTakesParametersOfTheDriver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "city.db")
	for address, want := range map[string]int{"sqlite:" + file: 2, "sqlite:" + file + "?_synchronous=off": 0} {
		db, err := Open(t.Context(), address, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got int
		if err := db.write.QueryRow(`pragma synchronous`).Scan(&got); err != nil || got != want {
			t.Errorf("%s: synchronous is %d %v, want %d", address, got, err, want)
		}
		var mode string
		if err := db.write.QueryRow(`pragma journal_mode`).Scan(&mode); err != nil || mode != "wal" {
			t.Errorf("%s: journal is %q %v, want wal", address, mode, err)
		}
		db.Close()
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(fmt.Errorf("the file is elsewhere: %w", err))
	}
}
