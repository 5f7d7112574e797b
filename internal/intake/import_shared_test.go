package intake_test

import (
	"os"
	"path/filepath"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/intake"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// shared is a folder of real data that may not be copied into the repository.
func shared(t testing.TB, name string) string {
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

func kept(t testing.TB, code string) *intake.ImportMapping {
	t.Helper()
	all, err := intake.KeptMappings()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.Code == code {
			return m
		}
	}
	t.Fatalf("no mapping %s", code)
	return nil
}

// realFiles are the three, with what is to come of them.
var realFiles = []struct {
	file, mapping       string
	rows, open, repeats int64
}{
	{"messages/stream_2019.csv", "messages-stream", 4326, 4326, 104},
	{"messages/replied_before_2018.csv", "messages-replied", 1079, 0, 9},
	{"boston311/requests_2011-07_09.csv", "boston311", 31828, 1747, 0},
}

// TestRealFilesAreTakenInWhole imports three real files on both engines: every
// row becomes a request or is listed with its reason.
func TestRealFilesAreTakenInWhole(t *testing.T) {
	for _, x := range realFiles {
		path := shared(t, x.file)
		for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
			t.Run(x.mapping+"/"+d.String(), func(t *testing.T) {
				s := bare(t, sqldbtest.New(t, d))
				run := importReal(t, s, path, x.mapping)
				if run.Rows != x.rows || run.Imported+run.Refused != x.rows || run.Total != x.rows {
					t.Errorf("%d rows in, %d imported, %d refused; want %d rows and none lost", run.Rows, run.Imported, run.Refused, x.rows)
				}
				if n := count(t, s.DB, `select count(*) from request_order where source = $1`, run.Source); int64(n) != run.Imported {
					t.Errorf("%d requests are there, %d were counted", n, run.Imported)
				}
				if n := count(t, s.DB, `select count(*) from matter where open`); int64(n) != x.open {
					t.Errorf("%d are open, want %d", n, x.open)
				}
				if n := count(t, s.DB, `select count(*) from matter_link where kind = 'same'`); int64(n) != run.Repeats || run.Repeats != x.repeats {
					t.Errorf("%d are linked to the row they repeat, %d were counted, want %d", n, run.Repeats, x.repeats)
				}
				for _, n := range run.Notes {
					if n.Key != "intake.import_category_unknown" && n.Key != "intake.import_area_unknown" {
						t.Logf("%d × %s %v (%s)", n.Rows, n.Key, n.Args, n.Column)
					}
				}
			})
		}
	}
}

// BenchmarkImport says how many rows of real files are taken in a second, with
// the settings of production.
func BenchmarkImport(b *testing.B) {
	for _, x := range realFiles {
		path := shared(b, x.file)
		for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
			b.Run(x.mapping+"/"+d.String(), func(b *testing.B) {
				var rows int64
				for range b.N {
					b.StopTimer()
					s := bare(b, sqldbtest.Durable(b, d))
					b.StartTimer()
					rows += importReal(b, s, path, x.mapping).Rows
				}
				b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

func importReal(t testing.TB, s *intake.Service, path, mapping string) intake.ImportRun {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	watch := newWatch()
	run, err := s.Import(t.Context(), actor.System, intake.ImportFile{Name: filepath.Base(path), File: f, Size: info.Size(), Mapping: kept(t, mapping)})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d rows in, %d imported, %d refused, %d repeat another, %.0f rows/s", run.Name, run.Rows, run.Imported, run.Refused, run.Repeats, watch.rate(run.Rows))
	return run
}
