package sqldb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// victim is the environment variable that makes this program the one to be killed.
const victim = "GONGZHI_TEST_VICTIM"

func TestMain(m *testing.M) {
	if address := os.Getenv(victim); address != "" {
		writeForEver(address)
	}
	os.Exit(m.Run())
}

// writeForEver writes with eight writers and prints each number after it has been
// acknowledged.
func writeForEver(address string) {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, address, sqldb.Options{})
	if err != nil {
		panic(err)
	}
	var out sync.Mutex
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := w; ; n += 8 {
				err := db.Update(ctx, func(tx *sqldb.Tx) error {
					if err := tx.Exec(`insert into pet (name, kind) values ($1, $1)`, fmt.Sprint(n)); err != nil {
						return err
					}
					return tx.Exec(`insert into bowl (pet) values ($1)`, fmt.Sprint(n))
				})
				if err != nil {
					panic(err)
				}
				out.Lock()
				fmt.Println(n)
				out.Unlock()
			}
		})
	}
	all.Wait()
}

// TestKilledProgramKeepsWhatItAcknowledged kills a writing program without warning:
// what it had acknowledged is there, and each unit of work is there whole or not at
// all.
func TestKilledProgramKeepsWhatItAcknowledged(t *testing.T) {
	rounds := 2
	if testing.Short() {
		rounds = 1
	}
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			for round := range rounds {
				address := sqldbtest.DurableAddress(t, d)
				db, err := sqldb.Open(t.Context(), address, sqldb.Options{})
				if err != nil {
					t.Fatal(err)
				}
				create(t, db, pets, pets)
				db.Close()
				acknowledged := killAfter(t, address, 300+100*round)
				if db, err = sqldb.Open(t.Context(), address, sqldb.Options{}); err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				there := map[string]bool{}
				var torn int
				err = db.View(t.Context(), func(tx *sqldb.Tx) error {
					if err := tx.QueryRow(`select count(*) from pet where name not in (select pet from bowl)`).Scan(&torn); err != nil {
						return err
					}
					rows, err := tx.Query(`select name from pet`)
					if err != nil {
						return err
					}
					defer rows.Close()
					for rows.Next() {
						var name string
						if err := rows.Scan(&name); err != nil {
							return err
						}
						there[name] = true
					}
					return rows.Err()
				})
				if err != nil {
					t.Fatal(err)
				}
				missing := 0
				for _, n := range acknowledged {
					if !there[n] {
						missing++
					}
				}
				if missing > 0 || torn > 0 || len(acknowledged) == 0 {
					t.Errorf("acknowledged %d, missing %d, torn %d", len(acknowledged), missing, torn)
				}
			}
		})
	}
}

// killAfter kills a writing program after n acknowledgements and gives all it made.
func killAfter(t *testing.T, address string, n int) (acknowledged []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), victim+"="+address)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd.Wait() // says that it was killed
	return acknowledged
}

func TestAnalyzeRuns(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := db.Analyze(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
